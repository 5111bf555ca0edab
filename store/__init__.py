"""The project file: SQLite, agreement statistics, import, export.

Nothing here knows the screen (``tui``) or the model (``engine``).
"""
