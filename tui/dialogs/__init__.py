"""Screens over a mode: pickers, sheets of text, the guideline, lists of pairs, a merge."""
