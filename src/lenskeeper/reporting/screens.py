"""Lists that cross rooms: where each camera of an inherited fleet stands, from the register and the books."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.observations import Current
from lenskeeper.availability.rows import current
from lenskeeper.base.access import Scope
from lenskeeper.base.outcomes import Outcome
from lenskeeper.diagnosis.kinds import Verdict
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_watched import watched
from lenskeeper.reporting.report import NOBODY
from lenskeeper.reporting.takeover import Bucket, Looked, bucket_of
from lenskeeper.units.ids import UnitId

PICTURE_LANES = (
    Lane.PICTURE_FIT,
    Lane.LOW_VISIBILITY,
    Lane.NOT_CHECKABLE,
    Lane.NO_PICTURE,
    Lane.HELD,
)
VERDICTS = {
    (Lane.PICTURE_FIT, State.UP): Verdict.FIT,
    (Lane.PICTURE_FIT, State.DOWN): Verdict.FAULT,
    (Lane.LOW_VISIBILITY, State.UP): Verdict.LOW_VISIBILITY,
    (Lane.NOT_CHECKABLE, State.UP): Verdict.NOT_CHECKABLE,
}


@dataclass(frozen=True, slots=True)
class Surveyed:
    """One camera of a survey. reason: the outcome or kinds of fault behind the bucket, empty where none."""

    point_id: PointId
    unit_id: UnitId
    name: str
    url: str
    bucket: Bucket
    reason: str


def survey(
    connection: Connection, scope: Scope, at_s: int, outside: Collection[PointId] = frozenset()
) -> list[Surveyed]:
    """Every camera in service with its bucket, by id.

    outside: points whose address lies in no declared network, which the rounds never contact.
    """
    reach = {now.point_id: now for now in current(connection, scope, Lane.REACHABLE, now_s=at_s)}
    pictures: dict[PointId, tuple[Lane, Current]] = {}
    for lane in PICTURE_LANES:
        for now in current(connection, scope, lane, now_s=at_s):
            if now.point_id not in pictures or now.until_s > pictures[now.point_id][1].until_s:
                pictures[now.point_id] = (lane, now)
    found = []
    for camera in watched(connection, scope, at_s):
        looked, reason = _looked(reach.get(camera.point_id), pictures.get(camera.point_id))
        if camera.point_id in outside:
            looked = Looked(looked.outcome, looked.verdict, looked.silent_s, in_networks=False)
        unit_id = NOBODY if camera.unit_id is None else camera.unit_id
        found.append(Surveyed(camera.point_id, unit_id, camera.name, camera.url, bucket_of(looked), reason))
    return found


def _looked(reach: Current | None, picture: tuple[Lane, Current] | None) -> tuple[Looked, str]:
    """What the last states say; a camera that does not answer now has no picture, whatever it showed before."""
    if reach is not None and reach.state is State.DOWN:
        silent_s = max(0, reach.until_s - reach.since_s)
        return Looked(_outcome(reach.reason, Outcome.TIMED_OUT), silent_s=silent_s), reach.reason
    if picture is not None:
        lane, now = picture
        if (verdict := VERDICTS.get((lane, now.state))) is not None:
            return Looked(Outcome.PLAYING, verdict), now.reason
        return Looked(_outcome(now.reason, Outcome.OUR_FAULT)), now.reason
    return Looked(Outcome.ANSWERS if reach is not None else None), ""


def _outcome(reason: str, otherwise: Outcome) -> Outcome:
    return Outcome(reason) if reason in set(Outcome) else otherwise
