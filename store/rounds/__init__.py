"""Who labels what next: the queue, formal rounds, assignments, hidden repeats, presence."""
