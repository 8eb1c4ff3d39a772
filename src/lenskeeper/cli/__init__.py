"""The commands a person types."""

from lenskeeper.cli.commands import main

__all__ = ["main"]
