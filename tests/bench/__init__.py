"""What is fast and what is slow: ``make bench``. Every figure has its baseline in the same run."""
