"""Mode J: adjudication of the pairs people disagree on."""
