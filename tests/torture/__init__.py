"""What the store must survive: each test counts what was acknowledged and what of it is lost."""
