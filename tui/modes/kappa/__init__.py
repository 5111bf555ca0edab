"""Mode K: how far annotators agree."""
