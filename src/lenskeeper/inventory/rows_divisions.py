"""Administrative divisions (GB/T 2260), each over the days it was in force; apart from the unit tree."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, and_, case, func, or_, select, update

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import ActorId
from lenskeeper.base.days import date_of, day_of
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.inventory.rows_present import slices
from lenskeeper.inventory.schema import division
from lenskeeper.store.statements import insert_into


@dataclass(frozen=True, slots=True)
class Division:
    """An administrative division in force over [valid_from, valid_to); valid_to None: until further notice.

    code: 2, 4, 6, 9 or 12 digits. level: the list's word for it. parent_code, superseded_by: empty where unknown.
    """

    code: str
    name: str
    level: str = ""
    parent_code: str = ""
    valid_from: date = date(1970, 1, 1)
    valid_to: date | None = None
    superseded_by: str = ""


def load(connection: Connection, rows: Iterable[Division], *, source: str, actor: ActorId, now_s: int) -> int:
    """Enter divisions from a list; one that is there from the same day is renewed. Gives how many came.

    Nothing is taken out, and nothing that was superseded comes back: a list that lacks a code does not say that it
    was abolished, and one that has it may be older.
    source: the list's name and date, for the audit log. Invalid: a code that is no number.
    """
    values = list({(each.code, each.valid_from): _row(each) for each in rows}.values())
    for piece in slices(values):
        entered = insert_into(connection, division).values(list(piece))
        new, old = entered.excluded, division.c
        renewed = {
            "name": new.name,
            "level": new.level,
            "parent_code": new.parent_code,
            "valid_to_day": func.coalesce(new.valid_to_day, old.valid_to_day),
            "superseded_by": case((new.superseded_by == "", old.superseded_by), else_=new.superseded_by),
        }
        connection.execute(
            entered.on_conflict_do_update(index_elements=["code", "valid_from_day"], set_=renewed)
        )
    audit.append(
        connection, actor=actor, at_s=now_s, act="division.load", subject="division",
        detail={"source": source, "rows": len(values)},
    )  # fmt: skip
    return len(values)


def supersede(connection: Connection, code: str, by: str, *, on: date, actor: ActorId, now_s: int) -> None:
    """Say that a division is in force no more from a day on, and which code took its place; empty: none did.

    NotFound: the code is not in force. Conflict: it came into force later.
    """
    stands = and_(division.c.code == code, division.c.valid_to_day.is_(None))
    row = connection.execute(select(division).where(stands)).one_or_none()
    if row is None:
        raise NotFound(f"no division {code} is in force")
    if day_of(on) <= row.valid_from_day:
        raise Conflict(f"{code} came into force on {date_of(row.valid_from_day)}: choose a later day")
    connection.execute(update(division).where(stands).values(valid_to_day=day_of(on), superseded_by=by))
    audit.append(
        connection, actor=actor, at_s=now_s, act="division.supersede", subject=f"division:{code}",
        detail={"by": by, "on": on.isoformat()},
    )  # fmt: skip


def codes(connection: Connection, day: int) -> frozenset[str]:
    """The codes in force on a day (days since 1970-01-01)."""
    return frozenset(connection.execute(select(division.c.code).where(_in_force(day))).scalars())


def find(connection: Connection, code: str, day: int) -> Division:
    """The division that bore a code on a day. NotFound: none did; the message names its successor where there is one."""
    row = connection.execute(select(division).where(division.c.code == code, _in_force(day))).one_or_none()
    if row is not None:
        return _told(row)
    past = connection.execute(
        select(division).where(division.c.code == code).order_by(division.c.valid_from_day.desc())
    ).first()
    hint = f"; it is now {past.superseded_by}" if past is not None and past.superseded_by else ""
    raise NotFound(f"no division {code} was in force on {date_of(day)}{hint}")


def _in_force(day: int) -> Any:
    return and_(
        division.c.valid_from_day <= day,
        or_(division.c.valid_to_day.is_(None), division.c.valid_to_day > day),
    )


def _row(each: Division) -> dict[str, Any]:
    if not each.code.isascii() or not each.code.isdigit():
        raise Invalid(f"{each.code!r} is no division code: write its digits only", field="code")
    return {
        "code": each.code,
        "name": each.name,
        "level": each.level,
        "parent_code": each.parent_code,
        "valid_from_day": day_of(each.valid_from),
        "valid_to_day": None if each.valid_to is None else day_of(each.valid_to),
        "superseded_by": each.superseded_by,
    }


def _told(row: Row[Any]) -> Division:
    return Division(
        code=row.code,
        name=row.name,
        level=row.level,
        parent_code=row.parent_code,
        valid_from=date_of(row.valid_from_day),
        valid_to=None if row.valid_to_day is None else date_of(row.valid_to_day),
        superseded_by=row.superseded_by,
    )
