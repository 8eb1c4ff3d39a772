"""How the cameras of a report were found at the hours of a scheme's patrols."""

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import Connection, select

from lenskeeper.availability.exclusions import covered
from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.rows import runs_in
from lenskeeper.availability.rows_exclusions import windows_of
from lenskeeper.availability.runs import Run
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_present import slices
from lenskeeper.reporting.report import Part, Report
from lenskeeper.reporting.schemes import PATROL_RATE, Patrolled, Scheme, instants, patrolled

Patrols = Mapping[tuple[int, ...], Mapping[PointId, Patrolled]]


def patrols(connection: Connection, scheme: Scheme, report: Report) -> Patrols:
    """For each item's hours, how each camera was found while it belonged to the report's unit.

    Reads the runs of the range, 500 points at a time. The report came from a query with a scope, and only its own
    points are read.
    """
    items = [item for item in scheme.items if item.measure == PATROL_RATE]
    found: dict[tuple[int, ...], dict[PointId, Patrolled]] = {item.patrols: {} for item in items}
    by_point: dict[PointId, list[Part]] = defaultdict(list)
    for part in report.parts:
        by_point[part.point_id].append(part)
    moments = {item.patrols: instants(item, report.period) for item in items}
    a, b = report.period.a_s, report.period.b_s
    for ids in slices(sorted(by_point)):
        runs = runs_in(a, b, lane=Lane.REACHABLE, points=ids)
        query = select(runs.c.point_id, runs.c.a, runs.c.b, runs.c.state).order_by(runs.c.point_id, runs.c.a)
        known: dict[PointId, list[Run]] = defaultdict(list)
        for point_id, begin, end, state in connection.execute(query) if items else ():
            known[point_id].append(Run(begin, end, State(state)))
        out = windows_of(connection, ids, a, b)
        for point_id in ids:
            spans = [(part.a_s, part.b_s) for part in by_point[point_id]]
            for hours, at in moments.items():
                own = [at_s for at_s in at if any(begin <= at_s < end for begin, end in spans)]
                found[hours][point_id] = patrolled(known[point_id], covered(out.get(point_id, [])), own)
    return found
