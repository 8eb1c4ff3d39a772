"""What the rounds told of sites, zones, accounts and budgets: read back from the journal, where it stands in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from lenskeeper.journal.rows import Fact, announced
from lenskeeper.probing.round_results import FactKind

ROOM: Final = "probing"  # whose words they are in the journal
BEGAN, ENDED = "_began", "_ended"
KINDS: Final = frozenset(kind.value for kind in FactKind)


@dataclass(frozen=True, slots=True)
class Told:
    """A fact that began. ended_s: None while it stands, or where only its end is still in the journal: then began_s is.

    position: of its begin in the journal; 0 where that is not there any more.
    """

    kind: FactKind
    subject: str
    began_s: int | None
    ended_s: int | None
    detail: Mapping[str, Any]
    position: int = 0


def told(connection: Connection, since_s: int = 0) -> list[Told]:
    """Facts that stand, and those that ended since; the oldest first."""
    standing: dict[tuple[FactKind, str], Fact] = {}
    out: list[Told] = []
    for fact in announced(connection, ROOM):
        name = fact.fact.removesuffix(BEGAN).removesuffix(ENDED)
        if name not in KINDS or name == fact.fact:
            continue  # of another release
        key = FactKind(name), fact.subject
        if fact.fact.endswith(BEGAN):
            standing.setdefault(key, fact)
            continue
        before = standing.pop(key, None)
        if fact.at_s >= since_s:
            out.append(_told(key, before, fact.at_s, (before or fact).body))
    out += [_told(key, fact, None, fact.body) for key, fact in standing.items()]
    return sorted(out, key=lambda one: (one.began_s or one.ended_s or 0, one.kind, one.subject))


def standing(connection: Connection) -> list[Told]:
    """The facts that began and have not ended."""
    return [one for one in told(connection) if one.ended_s is None]


def _told(
    key: tuple[FactKind, str], began: Fact | None, ended_s: int | None, detail: Mapping[str, Any]
) -> Told:
    begun = (began.at_s, began.position) if began else (None, 0)
    return Told(*key, begun[0], ended_s, detail, begun[1])
