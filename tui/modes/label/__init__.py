"""Mode L: two answers, one verdict."""
