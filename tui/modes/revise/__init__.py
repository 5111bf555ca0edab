"""Mode R: a candidate, its critique, its revision, and the decision."""
