"""What the looks say of each camera by now, folded into the buckets of a takeover."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.observations import Current
from lenskeeper.availability.rows import current
from lenskeeper.base.access import Scope
from lenskeeper.base.outcomes import Outcome
from lenskeeper.diagnosis.kinds import Verdict
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.points import Watched
from lenskeeper.inventory.rows_takeover import Inherited
from lenskeeper.inventory.rows_watched import watched
from lenskeeper.probing.targets import IpNetwork, is_outside
from lenskeeper.reporting.takeover import Bucket, Looked, bucket_of
from lenskeeper.units.ids import UnitId

VERDICTS: Final = {
    Lane.LOW_VISIBILITY: Verdict.LOW_VISIBILITY,
    Lane.NOT_CHECKABLE: Verdict.NOT_CHECKABLE,
}
OUTCOMES: Final = {outcome.value: outcome for outcome in Outcome}
# Nothing that is known to be wrong by the day of acceptance: the rest of the buckets is what was inherited.
NO_FAULT: Final = frozenset({Bucket.ANSWERS_WELL, Bucket.NOT_LOOKED_AT, Bucket.BUSY})


@dataclass(frozen=True, slots=True)
class Surveyed:
    """One camera and its bucket. since_s: when that state began; None before the first look."""

    point: Watched
    bucket: Bucket
    since_s: int | None
    reason: str


def survey(
    connection: Connection, scope: Scope, at_s: int, *, networks: Sequence[IpNetwork] = ()
) -> list[Surveyed]:
    """Every camera in service that may be seen, with its bucket, in the order of ids.

    networks: those that the operator declared; without any, every address counts as declared.
    """
    lanes = {lane: {c.point_id: c for c in current(connection, scope, lane)} for lane in Lane}
    out = []
    for point in watched(connection, scope, at_s):
        looked, state = _looked(lanes, point.point_id, at_s)
        in_networks = not is_outside(point.url, networks)
        bucket = bucket_of(Looked(looked.outcome, looked.verdict, looked.silent_s, in_networks=in_networks))
        out.append(Surveyed(point, bucket, state.since_s if state else None, state.reason if state else ""))
    return out


def at_acceptance(
    connection: Connection,
    scope: Scope,
    at_s: int,
    *,
    networks: Sequence[IpNetwork] = (),
    agreed_day: int | None = None,
) -> list[Inherited]:
    """The cameras that are faulty now: what goes into the backlog instead of becoming tickets."""
    return [
        Inherited(one.point.point_id, one.bucket.value, agreed_day)
        for one in survey(connection, scope, at_s, networks=networks)
        if one.bucket not in NO_FAULT
    ]


def by_unit(surveyed: Sequence[Surveyed]) -> dict[UnitId | None, Counter[Bucket]]:
    """How many cameras of each unit are in which bucket."""
    counts: dict[UnitId | None, Counter[Bucket]] = {}
    for one in surveyed:
        counts.setdefault(one.point.unit_id, Counter())[one.bucket] += 1
    return counts


def _looked(
    lanes: dict[Lane, dict[PointId, Current]], point_id: PointId, at_s: int
) -> tuple[Looked, Current | None]:
    """The last word on a camera: silence now outweighs a picture before, and a picture outweighs an answer."""
    reach = lanes[Lane.REACHABLE].get(point_id)
    if reach is not None and reach.state is State.DOWN:
        return Looked(_outcome(reach.reason), silent_s=at_s - reach.since_s), reach
    tried = [c for lane in (Lane.DELIVERY, Lane.HELD) if (c := lanes[lane].get(point_id)) is not None]
    if not tried:
        return Looked(Outcome.ANSWERS if reach else None), reach
    last = max(tried, key=lambda c: c.until_s)
    if last.reason:
        return Looked(_outcome(last.reason)), last
    verdicts = [
        (c.until_s, verdict, c)
        for lane, verdict in VERDICTS.items()
        if (c := lanes[lane].get(point_id)) is not None
    ]
    if (fit := lanes[Lane.PICTURE_FIT].get(point_id)) is not None:
        verdicts.append((fit.until_s, Verdict.FIT if fit.state is State.UP else Verdict.FAULT, fit))
    if not verdicts:
        return Looked(Outcome.PLAYING), last
    _, verdict, state = max(verdicts, key=lambda told: told[0])
    return Looked(Outcome.PLAYING, verdict), state


def _outcome(reason: str) -> Outcome:
    return OUTCOMES.get(reason, Outcome.TIMED_OUT)
