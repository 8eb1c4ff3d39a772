"""What this installation is: its release, its database, whose it is, and under which terms the parts of it are used."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Final

from lenskeeper.base.access import Scope
from lenskeeper.house.home import Home
from lenskeeper.store.migrate import revision_of
from lenskeeper.units.rows import tree

NAME: Final = "lenskeeper"
_REQUIRED: Final = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")
_LICENCE: Final = "License :: "
LICENCE_CHARS_MAX: Final = 80  # some packages write the whole text where its name belongs


@dataclass(frozen=True, slots=True)
class Part:
    """A package that this program runs on. licence: as its makers name it; empty: they do not say in one line."""

    name: str
    version: str
    licence: str


@dataclass(frozen=True, slots=True)
class About:
    """exercise: whether the fleet is an invented one. database: sqlite or postgresql."""

    version: str
    revision: str
    database: str
    organisation: str
    tz: str
    exercise: bool
    parts: tuple[Part, ...]


def about(home: Home) -> About:
    """All of it. The parts are those that are installed here."""
    with home.store.read() as connection:
        revision = revision_of(connection) or ""
        top = next(unit for unit in tree(connection, Scope.ALL) if unit.parent_id is None)
    version = distribution(NAME).version
    return About(version, revision, home.store.dialect, top.name, top.tz, bool(home.exercise), parts())


@cache
def parts() -> tuple[Part, ...]:
    """The packages that ours needs, and those that they need, as far as they are installed here; by name."""
    found: dict[str, Part] = {}
    waiting = [NAME]
    seen = {NAME}
    while waiting:
        try:
            one = distribution(waiting.pop())
        except PackageNotFoundError:
            continue  # for another system, or an extra that is not wanted here
        name = one.metadata["Name"]
        if name.lower() != NAME:
            found[name.lower()] = Part(name, one.version, _licence(one))
        for required in one.requires or ():
            match = _REQUIRED.match(required)
            if match and "extra ==" not in required and match[0].lower() not in seen:
                seen.add(match[0].lower())
                waiting.append(match[0])
    return tuple(found[name] for name in sorted(found))


def _licence(one: Distribution) -> str:
    for name in ("License-Expression", "License"):
        for said in one.metadata.get_all(name) or ():
            if said.strip() and "\n" not in said.strip() and len(said) <= LICENCE_CHARS_MAX:
                return str(said).strip()
    classes = [each for each in one.metadata.get_all("Classifier") or () if each.startswith(_LICENCE)]
    return ", ".join(each.rpartition(" :: ")[2] for each in classes)
