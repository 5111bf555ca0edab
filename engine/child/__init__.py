"""What every child process of the app has in common: its life, its lines of JSON, its status."""
