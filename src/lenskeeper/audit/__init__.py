"""Who did what and why: entries are appended and never changed."""
