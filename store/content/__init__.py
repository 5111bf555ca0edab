"""What a text holds that a rule can tell: refusals, personal data, words another prompt has."""
