"""Mode B: every item, found by words and filters."""
