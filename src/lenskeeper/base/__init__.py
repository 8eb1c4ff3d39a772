"""Instants, outcomes, secrets and errors that every room shares; it knows no camera."""
