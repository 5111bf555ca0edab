"""The database file: connection, thread, schema, identity, backup, diagnosis."""
