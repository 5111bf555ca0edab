"""What one screen or command reads, put together from items, events and blinding."""
