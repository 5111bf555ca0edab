"""Any OpenAI-compatible server as the engine: llama-server, vLLM, a Ray cluster behind it."""
