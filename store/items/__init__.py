"""Rows written once, under the hash of their content: prompts, candidates, pairs and so on."""
