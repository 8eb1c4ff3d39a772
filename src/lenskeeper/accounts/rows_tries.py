"""Tries to sign in, counted before they are judged: however many come at once, each is one."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Connection, and_, delete, select, update

from lenskeeper.accounts.schema import sign_in_failure
from lenskeeper.accounts.throttle import FORGOTTEN_S, Counted, TooSoon, wait_s
from lenskeeper.base.access import ActorId
from lenskeeper.store.statements import insert_into

c = sign_in_failure.c


def count(
    connection: Connection,
    what: Mapping[Counted, str],
    *,
    actor: ActorId,  # noqa: ARG001  nobody is signed in yet
    now_s: int,
) -> None:
    """One try more, of this name and from this address. TooSoon: it is not to be judged at all."""
    connection.execute(delete(sign_in_failure).where(c.last_s < now_s - FORGOTTEN_S, c.until_s <= now_s))
    tries: dict[Counted, int] = {}
    for kind, thing in what.items():
        row = connection.execute(select(sign_in_failure).where(_is(kind, thing))).one_or_none()
        if row is not None and row.until_s > now_s:
            raise TooSoon(row.until_s - now_s)
        tries[kind] = 1 if row is None else row.failures + 1
    for kind, thing in what.items():
        values = {"failures": tries[kind], "last_s": now_s, "until_s": now_s + wait_s(kind, tries[kind])}
        statement = insert_into(connection, sign_in_failure).values(kind=kind, thing=thing, **values)
        connection.execute(statement.on_conflict_do_update(index_elements=["kind", "thing"], set_=values))


def forgive(
    connection: Connection,
    what: Mapping[Counted, str],
    *,
    actor: ActorId,  # noqa: ARG001  whoever signed in just now
) -> None:
    """The try was right: the name's are forgotten, and the address gets this one back."""
    for kind, thing in what.items():
        if kind is Counted.ACCOUNT:
            connection.execute(delete(sign_in_failure).where(_is(kind, thing)))
        else:
            connection.execute(
                update(sign_in_failure)
                .where(_is(kind, thing), c.failures > 0)
                .values(failures=c.failures - 1, until_s=c.last_s)
            )


def _is(kind: Counted, thing: str) -> ColumnElement[bool]:
    return and_(c.kind == kind, c.thing == thing)
