"""What each screen and command reads, put together from the tables on the store thread."""
