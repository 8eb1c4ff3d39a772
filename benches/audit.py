"""What the audit log costs: an append, a proof and a checkpoint, beside the plain chain of hashes that it was before.

    ./run bench audit [--entries N]

Both logs are filled in the same run, in turns of 1,000, in one SQLite file each, as the application opens it: some of
the entries in transactions of their own that are durable (an fsync each, as every act of a person has), the others many
to a transaction. The chain is as it was: each entry bound to the one before by SHA-256, and the last hash kept apart.
"""

import argparse
import hashlib
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, Final

import msgspec
from sqlalchemy import Column, Connection, Integer, LargeBinary, MetaData, Table, Text, insert, select, update
from tests.engines import empty_sqlite

from bench import keep
from lenskeeper.audit import rows, rows_checkpoints, tree, verifier
from lenskeeper.audit.keys import make_key
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.store.database import Store, open_store

TURN: Final = 1_000
DURABLE_EACH: Final = 200  # acts of a transaction of their own, of each log
PROOFS: Final = 2_000
WHO: Final = ActorId("account:li")
DETAIL: Final = {"because": "the pole was moved", "before": {"site": "桥头"}, "after": {"site": "桥尾"}}

plain = MetaData()
chain_entry = Table(
    "chain_entry", plain,
    Column("number", Integer, primary_key=True), Column("at_s", Integer), Column("actor", Text), Column("act", Text),
    Column("subject", Text), Column("detail", Text), Column("before", LargeBinary), Column("sha256", LargeBinary),
)  # fmt: skip
chain_head = Table(
    "chain_head", plain, Column("id", Integer, primary_key=True), Column("number", Integer), Column("sha256", LargeBinary)
)  # fmt: skip


def chained(connection: Connection, number: int) -> None:
    """An entry of the chain."""
    said = msgspec.json.encode(DETAIL, order="sorted").decode()
    last = connection.execute(select(chain_head)).one()
    values = (number, 1_795_000_000 + number, WHO, "point.change", f"point:{number % 500}", said)
    seal = hashlib.sha256(msgspec.json.encode([*values, last.sha256.hex()])).digest()
    names = ("number", "at_s", "actor", "act", "subject", "detail")
    connection.execute(
        insert(chain_entry).values(**dict(zip(names, values, strict=True)), before=last.sha256, sha256=seal)
    )
    connection.execute(update(chain_head).values(number=number, sha256=seal))


def entered(connection: Connection, number: int) -> None:
    """The same entry in the log."""
    rows.append(
        connection,
        actor=WHO,
        at_s=1_795_000_000 + number,
        act="point.change",
        subject=f"point:{number % 500}",
        detail=DETAIL,
    )


def many(store: Store, work: Callable[[Connection, int], None], first: int, last: int) -> float:
    """Microseconds of each of the entries from `first` to before `last`, in one transaction."""

    def whole(connection: Connection) -> float:
        began = time.perf_counter()
        for number in range(first, last):
            work(connection, number)
        return (time.perf_counter() - began) / (last - first) * 1e6

    return store.write(whole)


def alone(store: Store, work: Callable[[Connection, int], None], first: int) -> list[float]:
    """Milliseconds of each durable transaction of one entry."""
    out = []
    for number in range(first, first + DURABLE_EACH):
        began = time.perf_counter()
        store.write(lambda c, n=number: work(c, n), durable=True)  # type: ignore[misc]
        out.append((time.perf_counter() - began) * 1e3)
    return out


def proved(store: Store, size: int) -> dict[str, float]:
    """What it takes to prove and to check entries all over a log of this size, and that it goes on."""
    with store.read() as connection:
        root = rows.root_at(connection, size)
        reading, checking, read, longest = [], [], 0, 0
        for turn in range(PROOFS):
            number = turn * 2_654_435_761 % size + 1
            began = time.perf_counter()
            entry = rows.entry(connection, Scope.ALL, number)
            path = rows.inclusion(connection, number, size)
            between = time.perf_counter()
            assert verifier.includes(root, size, number - 1, verifier.leaf_hash(entry.text.encode()), path)
            checking.append((time.perf_counter() - between) * 1e6)
            reading.append((between - began) * 1e6)
            read = max(read, len(tree.numbers(tree.inclusion(number - 1, size))))
            longest = max(longest, len(path))
        began = time.perf_counter()
        for turn in range(PROOFS // 10):
            old = turn * 40_503 % size + 1
            rows.consistency(connection, old, size)
        goes_on = (time.perf_counter() - began) / (PROOFS // 10) * 1e6
    return {
        "prove_us": median(reading), "check_us": median(checking), "entries_read_max": read, "hashes_max": longest,
        "consistency_us": goes_on,
    }  # fmt: skip


def timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def run(entries: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        log, chain = (open_store(empty_sqlite(Path(folder) / f"{name}.db")) for name in ("log", "chain"))

        def begin(connection: Connection) -> None:
            plain.create_all(connection)
            connection.execute(insert(chain_head).values(id=1, number=0, sha256=bytes(32)))

        chain.write(begin)
        bulk: dict[str, list[float]] = {"log": [], "chain": []}
        done = 0
        while done < entries - DURABLE_EACH:
            last = min(done + TURN, entries - DURABLE_EACH)
            bulk["log"].append(many(log, entered, done + 1, last + 1))
            bulk["chain"].append(many(chain, chained, done + 1, last + 1))
            done = last
        single = {"log": alone(log, entered, done + 1), "chain": alone(chain, chained, done + 1)}
        signer = make_key(Path(folder) / "audit.key")
        sign_ms = (
            timed(lambda: log.write(lambda c: rows_checkpoints.keep(c, signer, now_s=1), durable=True)) * 1e3
        )
        with log.read() as connection:
            verify_s = timed(lambda: rows.verify(connection))
            assert rows.verify(connection).broken_at is None
        found = proved(log, entries)
        log.close()
        chain.close()
        sizes = {name: (Path(folder) / f"{name}.db").stat().st_size for name in ("log", "chain")}
    tenth = max(1, len(bulk["log"]) // 10)
    return {
        "entries": entries,
        "append_us": {name: median(each) for name, each in bulk.items()},
        "append_first_tenth_us": median(bulk["log"][:tenth]),
        "append_last_tenth_us": median(bulk["log"][-tenth:]),
        "durable_ms": {name: median(each) for name, each in single.items()},
        "durable_p95_ms": {name: sorted(each)[int(len(each) * 0.95)] for name, each in single.items()},
        "checkpoint_ms": sign_ms,
        "verify_s": verify_s,
        "bytes_each": {name: size / entries for name, size in sizes.items()},
        **found,
        "load_before": round(os.getloadavg()[0], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    told = run(parser.parse_args().entries)
    append, durable, p95 = told["append_us"], told["durable_ms"], told["durable_p95_ms"]
    table = [
        (f"at {told['entries']:,} entries", "Merkle log", "chain of hashes", "log : chain"),
        ("append, many to a transaction", f"{append['log']:.0f} us", f"{append['chain']:.0f} us", f"{append['log'] / append['chain']:.2f}"),
        ("the same, last tenth against first", f"{told['append_last_tenth_us'] / told['append_first_tenth_us']:.2f}", "", ""),
        ("append, durable, alone: median", f"{durable['log']:.2f} ms", f"{durable['chain']:.2f} ms", f"{durable['log'] / durable['chain']:.2f}"),
        ("append, durable, alone: p95", f"{p95['log']:.2f} ms", f"{p95['chain']:.2f} ms", f"{p95['log'] / p95['chain']:.2f}"),
        ("bytes of an entry in the file", f"{told['bytes_each']['log']:.0f}", f"{told['bytes_each']['chain']:.0f}", f"{told['bytes_each']['log'] / told['bytes_each']['chain']:.2f}"),
        ("proof of an entry, read from the database", f"{told['prove_us']:.0f} us", "none short of the whole log", ""),
        ("its check, by the stand-alone verifier's functions", f"{told['check_us']:.0f} us", "", ""),
        ("hashes of a proof, at most", f"{told['hashes_max']:.0f}", "", ""),
        ("entries read for it, at most", f"{told['entries_read_max']:.0f}", "", ""),
        ("proof that a log goes on from an earlier one", f"{told['consistency_us']:.0f} us", "", ""),
        ("a signed checkpoint, durable", f"{told['checkpoint_ms']:.1f} ms", "", ""),
        ("check of the whole log", f"{told['verify_s']:.1f} s", "", ""),
    ]  # fmt: skip
    keep("audit", told, table)


if __name__ == "__main__":
    main()
