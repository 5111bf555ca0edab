"""The append-only event log, the current state made from it, and undo."""
