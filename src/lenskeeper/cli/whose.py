"""Whose act a command is, and which part of the organisation it is about: options that many commands share."""

import argparse
import getpass

from lenskeeper.base.access import ActorId, Scope
from lenskeeper.house.home import Home
from lenskeeper.house.organisation import scope_of


def add_by(command: argparse.ArgumentParser, words: str = "who does this") -> None:
    """Declare whose act it is."""
    command.add_argument("--by", default="", metavar="NAME", help=f"{words} (the account on this machine)")


def actor_of(given: argparse.Namespace) -> ActorId:
    """Whose act it is: the name that was given, else the account on this machine."""
    return actor_named(given.by)


def actor_named(name: str) -> ActorId:
    """A local account; an empty name is the one this process runs under."""
    return ActorId(f"local:{name or getpass.getuser()}")


def unit_scope(home: Home, path: str) -> Scope:
    """A unit with all below it; all, where none is named."""
    with home.store.read() as connection:
        return scope_of(connection, path)
