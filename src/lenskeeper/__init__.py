"""Keeps public-space camera networks in working order; it looks after cameras, not after people."""
