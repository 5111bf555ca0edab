"""What trainers do with our exports, tried with the trainers themselves: `make consumers`."""
