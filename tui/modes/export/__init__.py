"""Mode X: what goes out, and the file."""
