"""The audit log tells of what was changed in it, proves each entry, signs for itself, and takes no secret in."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert, select, update
from tests.engines import empty_postgresql

from lenskeeper.audit import rows as audit
from lenskeeper.audit import rows_checkpoints, verifier
from lenskeeper.audit.keys import Signer, make_key
from lenskeeper.audit.schema import audit_checkpoint, audit_entry, audit_head
from lenskeeper.base.access import LOCAL_OPERATOR, ActorId, Scope
from lenskeeper.base.errors import Conflict, Invalid, NotAllowed, NotFound
from lenskeeper.base.secret import Secret
from lenskeeper.store.database import Store, open_store


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


def in_vain(store: Store, work: Callable[[Connection], None]) -> None:
    """Do it in a transaction that is taken back."""

    def whole(connection: Connection) -> None:
        work(connection)
        raise TakeBack

    with pytest.raises(TakeBack):
        store.write(whole)


# ---- the log itself


def test_an_untouched_log_holds_from_the_first_entry_to_the_last(store: Store) -> None:
    with store.read() as connection:
        assert audit.verify(connection) == audit.Checked(0, None, verifier.EMPTY_ROOT)
    store.write(lambda c: fill(c, 7))
    with store.read() as connection:
        checked = audit.verify(connection)
        leaves = [entry.leaf for entry in audit.entries(connection, Scope.ALL)]
        assert (checked.entries, checked.broken_at) == (7, None)
        assert checked.root == audit.root_at(connection, 7)
    grown = verifier.Growing()
    for leaf in leaves:
        grown.add(leaf)
    assert grown.root() == checked.root


FALSE = {
    "at_s": 7, "actor": "someone", "act": "other", "subject": "someone", "detail": '{"name": 1}', "salt": b"x" * 16,
    "hashes": b"x" * 32,
}  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(number=st.integers(1, 6), what=st.sampled_from([*FALSE, "gone", "erased", "node"]))
def test_any_falsified_column_of_any_entry_is_named(store: Store, number: int, what: str) -> None:
    def check(connection: Connection) -> None:
        fill(connection, 6)
        here = audit_entry.c.number == number
        match what:
            case "gone":
                connection.execute(delete(audit_entry).where(here))
            case "erased":  # in silence, with no entry that says so
                nothing = dict.fromkeys(("at_s", "actor", "act", "subject", "detail", "salt"))
                connection.execute(update(audit_entry).where(here).values(nothing))
            case "node":  # an inner node of the tree, or one too many
                kept = connection.execute(select(audit_entry.c.hashes).where(here)).scalar_one()
                wrong = kept[:32] + (bytes(len(kept) - 32) or bytes(32))
                connection.execute(update(audit_entry).where(here).values(hashes=wrong))
            case _:
                connection.execute(update(audit_entry).where(here).values({what: FALSE[what]}))
        assert audit.verify(connection).broken_at == number

    in_vain(store, check)


@pytest.mark.parametrize("column", [each.name for each in audit_entry.columns])
def test_every_column_is_among_the_falsified_ones(column: str) -> None:
    assert column in {*FALSE, "number"}


def test_an_entry_that_changes_its_number_or_place_is_named(store: Store) -> None:
    def moved(connection: Connection) -> None:
        fill(connection, 5)
        connection.execute(update(audit_entry).where(audit_entry.c.number == 5).values(number=9))
        assert audit.verify(connection).broken_at == 5

    def swapped(connection: Connection) -> None:
        fill(connection, 5)
        connection.execute(update(audit_entry).where(audit_entry.c.number == 2).values(number=77))
        connection.execute(update(audit_entry).where(audit_entry.c.number == 4).values(number=2))
        connection.execute(update(audit_entry).where(audit_entry.c.number == 77).values(number=4))
        assert audit.verify(connection).broken_at == 2

    in_vain(store, moved)
    in_vain(store, swapped)


def test_a_leaf_forged_with_its_words_breaks_the_tree_above_it(store: Store) -> None:
    def work(connection: Connection) -> None:
        fill(connection, 6)
        entry = audit.entry(connection, Scope.ALL, 3)
        text = audit.canonical(
            3, entry.at_s, "someone", entry.act, subject=entry.subject, detail=entry.detail, salt=entry.salt
        )
        forged = verifier.leaf_hash(text.encode())
        here = audit_entry.c.number == 3
        connection.execute(update(audit_entry).where(here).values(actor="someone", hashes=forged))
        assert audit.verify(connection).broken_at == 4  # keeps the nodes over 3

    in_vain(store, work)


def test_an_end_that_is_cut_off_is_seen(store: Store) -> None:
    def work(connection: Connection) -> None:
        fill(connection, 3)
        connection.execute(delete(audit_entry).where(audit_entry.c.number == 3))
        assert audit.verify(connection).broken_at == 3
        connection.execute(update(audit_head).values(number=2))
        assert audit.verify(connection).broken_at == 3

    in_vain(store, work)


def test_entries_are_found_by_instant_number_subject_actor_and_act(store: Store) -> None:
    store.write(lambda c: fill(c, 6))
    store.write(
        lambda c: audit.append(
            c, actor=ActorId("li"), at_s=2_000, act="ticket.pause", subject="ticket:4", detail={}
        )
    )
    with store.read() as connection:

        def numbers(**wanted: object) -> list[int]:
            return [e.number for e in audit.found(connection, Scope.ALL, audit.Wanted(**wanted))]  # type: ignore[arg-type]

        assert [e.number for e in audit.entries(connection, Scope.ALL, since_s=1_005)] == [5, 6, 7]
        assert [e.number for e in audit.entries(connection, Scope.ALL, subject="point:0")] == [3, 6]
        assert [e.number for e in audit.entries(connection, Scope.ALL, after=2, limit=2)] == [3, 4]
        assert [e.number for e in audit.entries(connection, Scope.ALL, latest=True, limit=2)] == [6, 7]
        assert numbers(actor="li") == numbers(act="ticket.pause") == numbers(act="ticket.") == [7]
        assert numbers(from_s=1_005, to_s=1_006) == [5]
        assert numbers(subjects=("point:0", "ticket:4")) == [7, 6, 3]
        assert [e.number for e in audit.found(connection, Scope.ALL, before=3)] == [2, 1]
        assert audit.acts(connection) == ["point.change", "ticket.pause"]
        with pytest.raises(NotAllowed, match="as a whole"):
            audit.entries(connection, Scope(frozenset({1})))
        with pytest.raises(NotAllowed, match="as a whole"):
            audit.entry(connection, Scope(frozenset({1})), 1)


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


def test_what_is_hashed_is_canonical_and_salted(store: Store) -> None:
    store.write(lambda c: fill(c, 2))
    with store.read() as connection:
        one, two = audit.entries(connection, Scope.ALL)
    said = json.loads(one.text)
    assert one.text == json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert said["detail"] == {"name": ["旧", "新"], "number": 1}
    assert len(bytes.fromhex(said["salt"])) == 16
    assert one.salt != two.salt


# ---- proofs from what is stored


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 40), st.data())
def test_a_stored_log_proves_every_entry_and_every_earlier_self(
    store: Store, size: int, data: st.DataObject
) -> None:
    number = data.draw(st.integers(1, size))
    old = data.draw(st.integers(0, size))

    def check(connection: Connection) -> None:
        fill(connection, size)
        root = audit.root_at(connection, size)
        leaf = audit.entry(connection, Scope.ALL, number).leaf
        path = audit.inclusion(connection, number, size)
        assert verifier.includes(root, size, number - 1, leaf, path)
        before = audit.root_at(connection, old)
        assert verifier.goes_on(old, before, size, root, audit.consistency(connection, old, size))
        with pytest.raises(NotFound):
            audit.inclusion(connection, size + 1, size)
        with pytest.raises(NotFound):
            audit.root_at(connection, size + 1)
        with pytest.raises(Invalid):
            audit.consistency(connection, size + 1, size)

    in_vain(store, check)


# ---- erasure


def test_words_go_at_the_end_of_their_time_and_every_proof_stays(store: Store) -> None:
    store.write(lambda c: fill(c, 6))
    with store.read() as connection:
        root, leaf = audit.root_at(connection, 6), audit.entry(connection, Scope.ALL, 4).leaf
    number = store.write(
        lambda c: audit.erase(c, [2, 4, 5], because="retention", actor=LOCAL_OPERATOR, now_s=9)
    )
    with store.read() as connection:
        checked = audit.verify(connection)
        assert (checked.entries, checked.broken_at, checked.erased) == (7, None, 3)
        assert audit.root_at(connection, 6) == root
        gone = audit.entry(connection, Scope.ALL, 4)
        assert (gone.is_erased, gone.actor, gone.detail, gone.salt, gone.leaf) == (True, "", "", b"", leaf)
        assert verifier.includes(root, 6, 3, gone.leaf, audit.inclusion(connection, 4, 6))
        said = msgspec.json.decode(audit.entry(connection, Scope.ALL, number).detail)
    assert said == {"entries": [[2, 2], [4, 5]], "count": 3, "because": "retention"}
    for numbers, because in (([4], "again"), ([7], "the erasure itself"), ([1], " ")):
        with pytest.raises(Invalid):
            store.write(
                lambda c, n=numbers, b=because: audit.erase(c, n, because=b, actor=LOCAL_OPERATOR, now_s=9)  # type: ignore[misc]
            )


# ---- checkpoints


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return make_key(tmp_path / "audit.key")


def test_a_checkpoint_is_due_after_a_minute_or_a_thousand_entries_and_never_without_any(
    store: Store, signer: Signer
) -> None:
    def work(connection: Connection) -> None:
        assert not rows_checkpoints.is_due(connection, 0)
        with pytest.raises(NotFound, match="empty"):
            rows_checkpoints.keep(connection, signer, now_s=0)
        fill(connection, 1)
        assert rows_checkpoints.is_due(connection, 0)
        first = rows_checkpoints.keep(connection, signer, now_s=100)
        assert (first.size, first.time_s) == (1, 100)
        assert rows_checkpoints.keep(connection, signer, now_s=900) == first
        assert not rows_checkpoints.is_due(connection, 10_000)  # nothing new
        for _ in range(999):
            audit.append(connection, actor=LOCAL_OPERATOR, at_s=1, act="a", subject="b", detail={})
        assert not rows_checkpoints.is_due(connection, 159)
        assert rows_checkpoints.is_due(connection, 160)
        audit.append(connection, actor=LOCAL_OPERATOR, at_s=1, act="a", subject="b", detail={})
        assert rows_checkpoints.is_due(connection, 101)

    in_vain(store, work)


def test_checkpoints_hold_against_the_log_and_any_forgery_of_either_is_named(
    store: Store, signer: Signer
) -> None:
    def filled(connection: Connection) -> None:
        fill(connection, 3)
        rows_checkpoints.keep(connection, signer, now_s=10)
        for number in range(4, 8):
            audit.append(connection, actor=LOCAL_OPERATOR, at_s=number, act="a", subject="b", detail={})
        rows_checkpoints.keep(connection, signer, now_s=20)

    def faults(connection: Connection) -> list[tuple[int, str]]:
        return [(each.size, each.why) for each in rows_checkpoints.check(connection, [signer.public])]

    def check(connection: Connection) -> None:
        filled(connection)
        assert faults(connection) == []
        good = rows_checkpoints.of_size(connection, 3)
        here = audit_checkpoint.c.size == 3
        for wrong in (
            {"at_s": 11},
            {"note": good.text.replace("time 10", "time 11")},
            {"note": "nothing"},
            {"note": rows_checkpoints.of_size(connection, 7).text},
        ):
            connection.execute(update(audit_checkpoint).where(here).values(wrong))
            assert [size for size, _ in faults(connection)] == [3]
            connection.execute(update(audit_checkpoint).where(here).values(at_s=10, note=good.text))
        assert faults(connection) == []
        # a log written anew from the middle, tree and all, which holds by itself
        connection.execute(delete(audit_entry).where(audit_entry.c.number > 2))
        kept = [e.leaf for e in audit.entries(connection, Scope.ALL)]
        grown = verifier.Growing()
        for leaf in kept:
            grown.add(leaf)
        connection.execute(update(audit_head).values(number=2, peaks=b"".join(grown.peaks)))
        for number in range(3, 9):
            audit.append(connection, actor=LOCAL_OPERATOR, at_s=number, act="x", subject="b", detail={})
        assert audit.verify(connection).broken_at is None
        assert faults(connection) == [(3, "other_log"), (7, "other_log")]

    in_vain(store, check)


def test_a_checkpoint_of_another_key_is_not_ours(store: Store, signer: Signer, tmp_path: Path) -> None:
    other = make_key(tmp_path / "other.key", signer.public.name)

    def check(connection: Connection) -> None:
        fill(connection, 3)
        made = other.sign(3, audit.root_at(connection, 3), 10)
        connection.execute(insert(audit_checkpoint).values(size=3, at_s=10, note=made.text))
        assert [f.why for f in rows_checkpoints.check(connection, [signer.public])] == ["not_signed"]
        assert rows_checkpoints.check(connection, [signer.public, other.public]) == []

    in_vain(store, check)


def test_a_key_file_is_its_owners_alone_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "audit.key"
    made = make_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert Signer.open(path).public == made.public
    assert verifier.PublicKey.read(made.public.text) == made.public
    assert path.read_text().split()[2] not in repr(made)
    with pytest.raises(Conflict):
        make_key(path)
    path.chmod(0o640)
    with pytest.raises(Invalid, match="chmod 600"):
        Signer.open(path)
    path.chmod(0o600)
    path.write_text("lenskeeper-audit-key-1 name AAAA\n")
    with pytest.raises(Invalid, match="no key file"):
        Signer.open(path)
    with pytest.raises(NotFound, match="--new"):
        Signer.open(tmp_path / "none.key")


# ---- side by side


@pytest.mark.timeout(60)
def test_appends_of_several_processes_side_by_side_leave_no_gap() -> None:
    url = empty_postgresql()
    stores = [open_store(url) for _ in range(3)]

    def work(store: Store, who: str) -> None:
        for _ in range(40):
            store.write(
                lambda c: audit.append(c, actor=ActorId(who), at_s=1, act="a", subject="b", detail={}),
                durable=True,
            )

    threads = [threading.Thread(target=work, args=(store, f"p{n}")) for n, store in enumerate(stores)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    with stores[0].read() as connection:
        assert audit.verify(connection).entries == 120
        assert audit.verify(connection).broken_at is None
        assert {e.actor for e in audit.entries(connection, Scope.ALL)} == {"p0", "p1", "p2"}
    for store in stores:
        store.close()
