"""One line to find things by: cameras by name, pinyin initials, code, serial, road or address; units; tickets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from lenskeeper.base.access import Scope
from lenskeeper.inventory.rows_seen import seen
from lenskeeper.reporting.schema import screen_camera, screen_word
from lenskeeper.reporting.screen_states import STATE_WORDS, Seen
from lenskeeper.reporting.screen_words import WORD_CHARS_MAX, WordKind, plain
from lenskeeper.tickets.rows import sees
from lenskeeper.tickets.schema import ticket
from lenskeeper.units.rows import within
from lenskeeper.units.schema import unit

HITS_MAX: Final = 50
WORDS_READ: Final = 8  # for each hit that is wanted: one camera is found by several of its words
TICKETS_MAX: Final = 5
UNITS_MAX: Final = 5
TICKET_ID_MAX: Final = 2**31 - 1
AFTER_ALL: Final = (
    "\U0010ffff"  # the last character there is: what begins with a word is less than the word and this
)


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found. kind: camera, unit or ticket; number: its id. state, lon, lat: of a camera."""

    kind: str
    number: int
    title: str
    note: str = ""
    state: str | None = None
    lon: float | None = None
    lat: float | None = None


def found(
    connection: Connection, scope: Scope, addresses: Scope, words: str, *, now_s: int, limit: int
) -> list[Hit]:
    """What a few typed words may mean, the likeliest first. addresses: where network addresses may be seen."""
    typed = plain(words)
    if not typed:
        return []
    tickets = _tickets(connection, scope, typed, now_s)
    units = _units(connection, scope, typed)
    room = max(1, min(limit, HITS_MAX) - len(tickets) - len(units))
    cameras = _cameras(connection, scope, addresses, typed, now_s, room)
    return [*tickets, *cameras, *units][: min(limit, HITS_MAX)]


def _cameras(
    connection: Connection, scope: Scope, addresses: Scope, typed: str, now_s: int, limit: int
) -> list[Hit]:
    w = screen_word.c
    begin = typed[:WORD_CHARS_MAX]
    ids = _by_word(connection, [*_in_scope(scope, addresses, now_s), *_begins(begin)], limit)
    parts = typed.split()
    if not ids and len(parts) > 1:
        longest = max(parts, key=len)
        others = [
            func.lower(screen_camera.c.name).contains(p, autoescape=True) for p in parts if p != longest
        ]
        more = w.point_id.in_(select(screen_camera.c.point_id).where(*others)) if others else None
        conditions = [*_in_scope(scope, addresses, now_s), *_begins(longest[:WORD_CHARS_MAX])]
        ids = _by_word(connection, conditions if more is None else [*conditions, more], limit)
    if not ids:
        ids = _amid(connection, scope, parts, now_s, limit)
    return _hits(connection, ids)


def _begins(begin: str) -> list[ColumnElement[bool]]:
    w = screen_word.c.word
    return [w >= begin, w < begin + AFTER_ALL]


def _in_scope(scope: Scope, addresses: Scope, now_s: int) -> list[ColumnElement[bool]]:
    w = screen_word.c
    if addresses == scope:
        return [seen(scope, w.point_id, w.unit_id, now_s)]
    return [
        or_(
            and_(w.kind != WordKind.ADDRESS, seen(scope, w.point_id, w.unit_id, now_s)),
            and_(w.kind == WordKind.ADDRESS, seen(addresses, w.point_id, w.unit_id, now_s)),
        )
    ]


def _by_word(connection: Connection, conditions: Sequence[ColumnElement[bool]], limit: int) -> list[int]:
    w = screen_word.c
    query = select(w.point_id).where(*conditions).order_by(w.word, w.point_id).limit(limit * WORDS_READ)
    return list(dict.fromkeys(connection.execute(query).scalars()))[:limit]


def _amid(connection: Connection, scope: Scope, parts: Sequence[str], now_s: int, limit: int) -> list[int]:
    """Where no word begins so: names with all parts somewhere in them. It reads every name."""
    c = screen_camera.c
    query = select(c.point_id).where(seen(scope, c.point_id, c.unit_id, now_s))
    query = query.where(*(func.lower(c.name).contains(part, autoescape=True) for part in parts))
    return list(connection.execute(query.limit(limit)).scalars())


def _hits(connection: Connection, ids: Sequence[int]) -> list[Hit]:
    c = screen_camera.c
    query = (
        select(c.point_id, c.name, c.code, c.state, c.lon, c.lat, unit.c.name.label("unit"))
        .outerjoin(unit, unit.c.id == c.unit_id)
        .where(c.point_id.in_(ids))
    )
    rows: dict[int, Any] = {row.point_id: row for row in connection.execute(query)}
    return [
        Hit(
            "camera",
            p,
            rows[p].name,
            " · ".join(each for each in (rows[p].unit, rows[p].code) if each),
            STATE_WORDS[Seen(rows[p].state)],
            rows[p].lon,
            rows[p].lat,
        )
        for p in ids
        if p in rows
    ]


def _tickets(connection: Connection, scope: Scope, typed: str, now_s: int) -> list[Hit]:
    """By number, with or without a hash; or live ones by the beginning of what is broken."""
    c = ticket.c
    number = typed.removeprefix("#")
    if number.isascii() and number.isdigit() and int(number) <= TICKET_ID_MAX:
        which = c.id == int(number)
    else:
        which = and_(c.ended_s.is_(None), func.lower(c.thing).startswith(typed, autoescape=True))
    query = select(c.id, c.cause, c.thing, c.stage).where(which, sees(scope, now_s)).order_by(c.id.desc())
    return [
        Hit("ticket", row.id, f"#{row.id}", row.stage) for row in connection.execute(query.limit(TICKETS_MAX))
    ]


def _units(connection: Connection, scope: Scope, typed: str) -> list[Hit]:
    c = unit.c
    is_it = or_(func.lower(c.name).contains(typed, autoescape=True), c.code == typed)
    query = select(c.id, c.name, c.code).where(is_it, within(scope, c.id)).order_by(c.name, c.id)
    return [Hit("unit", row.id, row.name, row.code) for row in connection.execute(query.limit(UNITS_MAX))]
