"""What people decide: labels, decisions, rulings, guidelines, settings, attributes."""
