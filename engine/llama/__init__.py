"""llama.cpp in a host process of its own, and the client of it."""
