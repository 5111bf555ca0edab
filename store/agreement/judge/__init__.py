"""Figures about judges: models that were asked which answer of a pair is better."""
