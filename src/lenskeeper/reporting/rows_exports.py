"""Lists that leave as files, in the database: what was asked, how far it is, until when it is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from lenskeeper.accounts.ids import AccountId
from lenskeeper.base.errors import Conflict, NotFound
from lenskeeper.reporting.schema import export_job

KEPT_S: Final = 24 * 3_600
HELD_MAX: Final = 10  # of one person
WAITING_MAX: Final = 50  # of all
GOING: Final = ("waiting", "running")
What = Literal["cameras", "tickets"]
Kind = Literal["csv", "xlsx"]
State = Literal["waiting", "running", "done", "failed", "interrupted"]


@dataclass(frozen=True, slots=True)
class NewExport:
    """A list that is asked for. asked: the filter as JSON; may: what the asker may see of it; total None: not counted."""

    account_id: AccountId
    what: What
    kind: Kind
    asked: str
    with_addresses: bool
    may: str
    total: int | None


@dataclass(frozen=True, slots=True)
class Export:
    """One of somebody's. done: rows written; fault: the code of what went wrong; until_s: then it is deleted."""

    export_id: int
    what: What
    kind: Kind
    asked: str
    with_addresses: bool
    may: str
    made_s: int
    total: int | None
    done: int
    state: State
    fault: str
    ended_s: int | None
    until_s: int


def add(connection: Connection, new: NewExport, *, now_s: int) -> int:
    """Write one down; its number. Conflict: its owner keeps HELD_MAX already, or too many wait."""
    e = export_job.c
    query = select(func.count()).select_from(export_job)
    if connection.execute(query.where(e.account_id == new.account_id)).scalar_one() >= HELD_MAX:
        raise Conflict(f"you keep {HELD_MAX} exports: delete one first, or wait until one is a day old")
    if connection.execute(query.where(e.state.in_(GOING))).scalar_one() >= WAITING_MAX:
        raise Conflict(f"{WAITING_MAX} exports wait to be written: ask again in some minutes")
    values = {
        "account_id": new.account_id, "what": new.what, "kind": new.kind, "asked": new.asked, "total": new.total,
        "with_addresses": int(new.with_addresses), "may": new.may, "made_s": now_s, "state": "waiting",
        "until_s": now_s + KEPT_S,
    }  # fmt: skip
    return int(connection.execute(insert(export_job).values(**values).returning(e.id)).scalar_one())


def of_account(connection: Connection, owner: AccountId, now_s: int) -> list[Export]:
    """One's own that are kept still, the newest first."""
    e = export_job.c
    query = select(export_job).where(e.account_id == owner, e.until_s > now_s).order_by(e.id.desc())
    return [_export(row) for row in connection.execute(query)]


def export_of(connection: Connection, owner: AccountId, export_id: int, now_s: int) -> Export:
    """One of one's own. NotFound: there is none of this number, or its day is over."""
    e = export_job.c
    mine = e.id == export_id, e.account_id == owner, e.until_s > now_s
    row = connection.execute(select(export_job).where(*mine)).one_or_none()
    if row is None:
        raise NotFound("you keep no such export: it is deleted after a day. Ask for it again")
    return _export(row)


def progress(connection: Connection, export_id: int, done: int) -> bool:
    """So many rows are written. False: it goes on no more, its owner deleted it or it was ended."""
    e = export_job.c
    mine = e.id == export_id, e.state.in_(GOING)
    return bool(
        connection.execute(update(export_job).where(*mine).values(state="running", done=done)).rowcount
    )


def end(connection: Connection, export_id: int, *, done: int | None, fault: str, now_s: int) -> None:
    """It is written with so many rows, or (None) it is not going to be, by that fault. Its day begins now."""
    values = {"fault": fault, "ended_s": now_s, "until_s": now_s + KEPT_S}
    values |= {"state": "failed"} if done is None else {"state": "done", "done": done}
    e = export_job.c
    mine = e.id == export_id, e.state.in_(GOING)
    connection.execute(update(export_job).where(*mine).values(**values))


def interrupt(connection: Connection, *, now_s: int) -> int:
    """Whatever was being written is so no more: its process is gone. How many."""
    values = {"state": "interrupted", "ended_s": now_s}
    going = export_job.c.state.in_(GOING)
    return int(connection.execute(update(export_job).where(going).values(**values)).rowcount)


def drop(connection: Connection, owner: AccountId, export_id: int) -> None:
    """Delete one of one's own."""
    e = export_job.c
    connection.execute(delete(export_job).where(e.id == export_id, e.account_id == owner))


def forget(connection: Connection, now_s: int) -> None:
    """Delete those whose day is over."""
    connection.execute(delete(export_job).where(export_job.c.until_s <= now_s))


def kept(connection: Connection) -> Sequence[int]:
    """The numbers of all that stand."""
    return list(connection.execute(select(export_job.c.id)).scalars())


def _export(row: Row[Any]) -> Export:
    return Export(
        row.id, row.what, row.kind, row.asked, bool(row.with_addresses), row.may, row.made_s, row.total, row.done,
        row.state, row.fault, row.ended_s, row.until_s,
    )  # fmt: skip
