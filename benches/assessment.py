"""What a disputed month costs: one report, and one issue after 40 upheld objections, of the same books in the same run.

    ./run bench assessment [--cameras N] [--days D] [--objections K]

The fleet is that of books.py, its runs written directly. The report is what `report` and `issue` of it do: the books
read, the scheme counted, the bytes frozen and written. The issue does that and says of each changed figure why.
The smaller of REPEATS is taken of both: what is counted is work, not who else was busy.
"""

import argparse
import contextlib
import tempfile
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from bench import keep
from books import generated, judged, with_tables
from figures import DAY_S, START_S, TZ, add_up, closed_runs, fill, registered, timed
from lenskeeper.base.access import LOCAL_OPERATOR, ActorId, Scope
from lenskeeper.base.days import local_day
from lenskeeper.inventory.ids import PointId
from lenskeeper.reporting.objections import Why
from lenskeeper.reporting.periods import period_of
from lenskeeper.reporting.report import Grouped
from lenskeeper.reporting.rows_objections import Draft, draft, effect, enter_objection, issue, objection, rule
from lenskeeper.store.database import Store
from lenskeeper.tickets.contracts import ContractId, Terms
from lenskeeper.tickets.rows_contracts import set_up, take_in
from lenskeeper.units.ids import UnitId

MONTH: Final = period_of("2026-03", TZ)
RATIO_MAX: Final = 1.5  # "in the time of one report" (issue 4), of one that is added up from days already
REPEATS: Final = 3
OTHER: Final = ActorId("second")
SCHEME: Final = """
[scheme.bench]
title = "bench"
[[scheme.bench.item]]
measure = "patrol_rate"
at = ["08:00", "14:00", "20:00"]
weight = 50
steps = [[98, 100]]
[[scheme.bench.item]]
measure = "online_rate"
weight = 50
steps = [[98, 100]]
"""


class Undone(Exception):
    """A measurement leaves nothing behind."""


def signed(connection: Connection, cameras: int) -> ContractId:
    """A contract whose lot is the whole fleet."""
    made = set_up(
        connection, name="bench", contractor="bench", document="1", from_day=MONTH.first_day,
        to_day=MONTH.end_day, tz=TZ, terms=Terms(), actor=LOCAL_OPERATOR, now_s=START_S,
    )  # fmt: skip
    ids = [PointId(one) for one in range(1, cameras + 1)]
    take_in(connection, made.contract_id, ids, MONTH.a_s, actor=LOCAL_OPERATOR, now_s=START_S)
    return made.contract_id


def drafted(
    connection: Connection, contract_id: ContractId | None, unit_id: UnitId | None, now_s: int
) -> int:
    new = Draft(contract_id, unit_id, MONTH, "bench", SCHEME, local_day(now_s, TZ) + 5)
    return draft(connection, new, actor=LOCAL_OPERATOR, now_s=now_s).assessment_id


def disputed(connection: Connection, assessment_id: int, cameras: int, count: int, now_s: int) -> None:
    """Each objection is upheld: six hours of one camera, on days all over the month."""
    for number in range(1, count + 1):
        point_id = PointId(1 + (number * 37) % cameras)
        begin = MONTH.a_s + (number * 5 % 30) * DAY_S + number % 12 * 3_600
        enter_objection(
            connection, Scope.ALL, assessment_id, point_id, (begin, begin + 6 * 3_600), reason="power cut",
            actor=LOCAL_OPERATOR, now_s=now_s,
        )  # fmt: skip
        rule(
            connection,
            Scope.ALL,
            assessment_id,
            number,
            upheld=True,
            words="proven",
            actor=OTHER,
            now_s=now_s,
        )


def undone(store: Store, work: Any) -> tuple[Any, float]:
    """What the work gives, and how long it took; nothing of it stays."""
    kept: list[tuple[Any, float]] = []

    def within(connection: Connection) -> None:
        kept.append(timed(lambda: work(connection)))
        raise Undone

    with contextlib.suppress(Undone):
        store.write(within)
    return kept[0]


def measured(store: Store, of: str, cameras: int, count: int, now_s: int) -> dict[str, Any]:
    """of: unit or lot. Times in seconds, of the report, of one ruling's effect, and of the issue after the rulings."""
    contract_id = store.write(lambda c: signed(c, cameras)) if of == "lot" else None
    unit_id = UnitId(1) if of == "unit" else None  # the city of figures.registered
    _, report_s = min(
        (undone(store, lambda c: drafted(c, contract_id, unit_id, now_s)) for _ in range(REPEATS)),
        key=lambda x: x[1],
    )
    number = store.write(lambda c: drafted(c, contract_id, unit_id, now_s))
    _, rulings_s = timed(lambda: store.write(lambda c: disputed(c, number, cameras, count, now_s)))
    issued, issue_s = min(
        (
            undone(store, lambda c: issue(c, Scope.ALL, number, actor=OTHER, now_s=now_s + 10 * DAY_S))
            for _ in range(REPEATS)
        ),
        key=lambda x: x[1],
    )
    # the dry look of one who rules, while the days of the others are still to be added up
    with store.read() as connection:
        one = objection(connection, Scope.ALL, number, 1)
        _, effect_s = timed(lambda: effect(connection, Scope.ALL, one))
    points = {x.changed.key for x in issued.changes if x.changed.by is Grouped.POINT}
    return {
        "report_s": round(report_s, 2),
        "issue_s": round(issue_s, 2),
        "ratio": round(issue_s / report_s, 2),
        "rulings_s": round(rulings_s, 2),
        "effect_s": round(effect_s, 2),
        "changes": len(issued.changes),
        "cameras_changed": len(points),
        "by_rulings_alone": all({c.why for c in x.causes} == {Why.RULING} for x in issued.changes),
    }


def filed(path: Path, of: str, asked: argparse.Namespace) -> dict[str, Any]:
    """The same in a database of its own."""
    store = with_tables(f"sqlite:///{path}")
    fleet = generated(asked.cameras, asked.days, seed=1)
    store.write(lambda c: registered(c, asked.cameras))
    store.write(lambda c: fill(c, closed_runs(fleet)))
    now_s = MONTH.b_s + DAY_S
    add_up(store, now_s)
    found = measured(store, of, asked.cameras, asked.objections, now_s)
    store.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=2_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--objections", type=int, default=40)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lk-assessment-") as name:
        unit, lot = (filed(Path(name) / f"{of}.db", of, asked) for of in ("unit", "lot"))
    rows = (
        ("one report: read, counted by the scheme, frozen", "report_s", " s", ""),
        (f"the issue after {asked.objections} upheld objections", "issue_s", " s", ""),
        ("the issue is so many reports", "ratio", " x", f"<= {RATIO_MAX}"),
        ("making and ruling them all", "rulings_s", " s", ""),
        ("a look at what one ruling would do", "effect_s", " s", ""),
        ("figures that read otherwise", "changes", "", ""),
        ("cameras among them", "cameras_changed", "", ""),
        ("each explained, by rulings alone", "by_rulings_alone", "", "True"),
    )
    table = [["what", "a unit", "a contract's lot", "bound"]]
    table += [[what, f"{unit[key]}{end}", f"{lot[key]}{end}", bound] for what, key, end, bound in rows]
    keep("assessment", {"cameras": asked.cameras, "days": asked.days, "unit": unit, "lot": lot}, table)
    judged(
        {
            f"{of}, {what}": holds
            for of, got in (("unit", unit), ("lot", lot))
            for what, holds in (
                ("in the time of one report", got["ratio"] <= RATIO_MAX),
                ("each change explained", got["by_rulings_alone"]),
            )
        }
    )


if __name__ == "__main__":
    main()
