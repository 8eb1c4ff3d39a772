"""Days added up, one row per point and local day: recomputed whole from the runs, never incremented."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from lenskeeper.inventory.ids import PointId


@dataclass(frozen=True, slots=True)
class Recount:
    """What one step of recomputing did.

    days:    point-days computed; changed: of them, days already published that came out different.
    is_done: nothing is left to compute now.
    """

    days: int
    changed: int
    is_done: bool


def mark_dirty(connection: Connection, point_ids: Iterable[PointId], a: int, b: int) -> None:
    """Say that what is known of these points in [a, b) has changed: late results, an exclusion.

    Days that are not yet added up need no mark and get none. Also marks the days up to the point's next up, whose
    outages may have begun earlier or later by the change.
    """
    raise NotImplementedError


def recompute(connection: Connection, *, now_s: int, limit: int) -> Recount:
    """Add up days that are over, and add up again those that are dirty: at most `limit` point-days, oldest first.

    Call it until it is done, each time in a transaction of its own, so that the writer is free in between.
    """
    raise NotImplementedError
