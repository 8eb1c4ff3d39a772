"""Facts are followed in order, and forgotten after two days."""

from functools import partial

from lenskeeper.journal.rows import KEPT_S, announce, last_position, prune, since
from lenskeeper.store.database import Store


def test_a_follower_reads_on_from_where_it_was(store: Store) -> None:
    for n in range(5):
        store.write(partial(announce, at_s=n, room="r", fact="f", subject=str(n), body={"n": n}))
    with store.read() as c:
        first = since(c, 0, limit=2)
        rest = since(c, first[-1].position)
        assert [f.body["n"] for f in first + rest] == [0, 1, 2, 3, 4]
        assert rest[-1].position == last_position(c)


def test_what_is_older_than_two_days_is_forgotten_and_positions_go_on(store: Store) -> None:
    store.write(lambda c: announce(c, at_s=0, room="r", fact="f", subject="old"))
    store.write(lambda c: announce(c, at_s=1, room="r", fact="f", subject="new"))
    assert store.write(lambda c: prune(c, KEPT_S + 1)) == 1
    with store.read() as c:
        assert [f.subject for f in since(c, 0)] == ["new"]
    assert store.write(lambda c: prune(c, KEPT_S + 2)) == 1
    store.write(lambda c: announce(c, at_s=KEPT_S, room="r", fact="f", subject="newer"))
    with store.read() as c:
        assert [(f.position, f.subject) for f in since(c, 0)] == [(3, "newer")]
