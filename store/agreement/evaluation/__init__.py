"""Harmlessness and helpfulness of the answers, before and after revision."""
