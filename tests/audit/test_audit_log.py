"""The audit log tells of what was changed in it, and takes no secret in."""

import hashlib

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, select, update

from lenskeeper.audit import rows as audit
from lenskeeper.audit.schema import audit_entry, audit_head
from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.base.errors import NotAllowed
from lenskeeper.base.secret import Secret
from lenskeeper.store.database import Store


class TakeBack(Exception):
    """A test's way out of a transaction."""


def fill(connection: Connection, count: int) -> None:
    for number in range(1, count + 1):
        made = audit.append(
            connection,
            actor=LOCAL_OPERATOR,
            at_s=1_000 + number,
            act="point.change",
            subject=f"point:{number % 3}",
            detail={"name": ["旧", "新"], "number": number},
        )
        assert made == number


def test_an_untouched_log_holds_from_the_first_entry_to_the_last(store: Store) -> None:
    with store.read() as connection:
        assert audit.verify(connection) == audit.Checked(0, None, audit.NOTHING_BEFORE)
    store.write(lambda c: fill(c, 7))
    with store.read() as connection:
        checked = audit.verify(connection)
        last = audit.entries(connection, Scope.ALL)[-1]
    assert (checked.entries, checked.broken_at, checked.sha256) == (7, None, last.sha256)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    number=st.integers(1, 6),
    what=st.sampled_from(["at_s", "actor", "act", "subject", "detail", "sha256", "before_sha256", "gone"]),
)
def test_any_falsified_entry_is_named(store: Store, number: int, what: str) -> None:
    def check(connection: Connection) -> None:
        fill(connection, 6)
        here = audit_entry.c.number == number
        if what == "gone":
            connection.execute(delete(audit_entry).where(here))
        else:
            wrong = 7 if what == "at_s" else b"x" * 32 if "sha" in what else "someone"
            connection.execute(update(audit_entry).where(here).values({what: wrong}))
        assert audit.verify(connection).broken_at == number
        raise TakeBack

    with pytest.raises(TakeBack):
        store.write(check)


def test_an_entry_sealed_anew_breaks_the_chain_at_the_next_even_when_the_two_are_joined_again(
    store: Store,
) -> None:
    def work(connection: Connection) -> None:
        fill(connection, 4)
        entry = connection.execute(select(audit_entry).where(audit_entry.c.number == 2)).one()
        said = [2, entry.at_s, "someone", entry.act, entry.subject, entry.detail, entry.before_sha256.hex()]
        seal = hashlib.sha256(msgspec.json.encode(said)).digest()
        connection.execute(
            update(audit_entry).where(audit_entry.c.number == 2).values(actor="someone", sha256=seal)
        )
        assert audit.verify(connection).broken_at == 3
        connection.execute(update(audit_entry).where(audit_entry.c.number == 3).values(before_sha256=seal))
        assert audit.verify(connection).broken_at == 3  # its own seal covers what was before it

    store.write(work)


def test_a_log_written_anew_from_the_middle_no_longer_meets_its_kept_end(store: Store) -> None:
    def work(connection: Connection) -> None:
        fill(connection, 3)
        kept = audit.verify(connection).sha256
        connection.execute(delete(audit_entry).where(audit_entry.c.number == 3))
        connection.execute(update(audit_head).values(number=2))
        assert audit.verify(connection).broken_at == 3
        assert audit.verify(connection).sha256 != kept

    store.write(work)


def test_entries_are_found_by_instant_number_and_subject(store: Store) -> None:
    store.write(lambda c: fill(c, 6))
    with store.read() as connection:
        assert [e.number for e in audit.entries(connection, Scope.ALL, since_s=1_005)] == [5, 6]
        assert [e.number for e in audit.entries(connection, Scope.ALL, subject="point:0")] == [3, 6]
        assert [e.number for e in audit.entries(connection, Scope.ALL, after=2, limit=2)] == [3, 4]
        with pytest.raises(NotAllowed, match="as a whole"):
            audit.entries(connection, Scope(frozenset({1})))


@pytest.mark.parametrize(
    "detail",
    [{"a": Secret("x")}, {"a": [{"b": Secret("x")}]}, {"password": "x"}, {"a": {"Password": "x"}}, {"a": b"x"},
     {"a": {1, 2}}],
)  # fmt: skip
def test_no_secret_enters_and_nothing_is_half_written(store: Store, detail: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        store.write(
            lambda c: audit.append(c, actor=LOCAL_OPERATOR, at_s=1, act="a", subject="b", detail=detail)
        )
    with store.read() as connection:
        assert audit.entries(connection, Scope.ALL) == []
