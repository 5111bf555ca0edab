"""Mode H, the page of the whole project."""
