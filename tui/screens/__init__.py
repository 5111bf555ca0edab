"""One screen a mode, and the sheets over them."""
