"""Bringing another file's work in: a private copy, every id checked, conflicts told."""
