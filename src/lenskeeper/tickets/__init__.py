"""Faults made into the work of repair: one ticket for one cause, with a clock, an owner and an end."""
