"""One room a mode: its screen, its words, its style."""
