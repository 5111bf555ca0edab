"""The parts of the report: who labelled, how far they agree, what was ruled, under which rules."""
