"""Facts that rooms announce and higher rooms follow, kept for two days."""
