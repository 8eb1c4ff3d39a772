"""Sums from two sources put together: what the day rollups say of whole days, and what the runs say of the rest."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from lenskeeper.availability.figures import OUTAGE_LANES, LanePart, Part, Totals
from lenskeeper.availability.lanes import Lane
from lenskeeper.base.spans import Span, length, subtract


class Share(NamedTuple):
    """What was added up of some time, without its length: seconds that count, by plan excluded, and outages."""

    up_s: int = 0
    down_s: int = 0
    excluded_s: int = 0
    outages: int = 0
    repaired: int = 0
    repair_s: int = 0


COLUMNS: Final[dict[Lane, str]] = {
    Lane.PICTURE_FIT: "fit_",
    Lane.DELIVERY: "delivery_",
    Lane.CLOCK: "clock_",
    Lane.LOW_VISIBILITY: "low_visibility_s",
    Lane.NOT_CHECKABLE: "not_checkable_s",
    Lane.NO_PICTURE: "no_picture_s",
    Lane.HELD: "held_s",
}


def share_of(values: Mapping[str, int], served_s: int, wanted: LanePart) -> Share:
    """What sums over the rows of days say of one lane and part. served_s: the seconds in service of those days."""
    lane, part = wanted
    excluded_s = values["excluded_s"]
    if lane is Lane.REACHABLE:
        up_s = served_s - excluded_s - values["gap_s"] - values["down_s"]
        return Share(up_s, values["down_s"], excluded_s, *_outages(values, ""))
    name = COLUMNS[lane]
    if name in values:
        return Share(up_s=values[name], excluded_s=excluded_s)
    up_s, down_s = values[f"{name}up_s"], values[f"{name}down_s"]
    if part is Part.WHOLE:
        return Share(up_s, down_s, excluded_s, *(_outages(values, name) if lane in OUTAGE_LANES else ()))
    by_day = Share(values["fit_light_up_s"], values["fit_light_down_s"], values["light_excluded_s"])
    if part is Part.DAY:
        return by_day
    return Share(up_s - by_day.up_s, down_s - by_day.down_s, excluded_s - by_day.excluded_s)


def _outages(values: Mapping[str, int], name: str) -> tuple[int, int, int]:
    return values[f"{name}outages"], values[f"{name}repaired"], values[f"{name}repair_s"]


def share_in(totals: Totals) -> Share:
    """The same of sums that were read from the runs."""
    return Share(
        totals.up_s,
        totals.down_s,
        totals.excluded_s - totals.out_of_service_s,
        totals.outages,
        totals.repaired,
        totals.repair_s,
    )


def totals_of(shares: Iterable[Share], span_s: int, out_of_service_s: int) -> Totals:
    """Shares of disjoint stretches, put together with the length of the whole."""
    up, down, excluded, outages, repaired, repair = (sum(own) for own in zip(Share(), *shares, strict=True))
    return Totals(
        span_s=span_s,
        excluded_s=out_of_service_s + excluded,
        out_of_service_s=out_of_service_s,
        up_s=up,
        down_s=down,
        outages=outages,
        repaired=repaired,
        repair_s=repair,
    )


def served(span: Span, out: Sequence[Span]) -> int:
    """Seconds of a span that are not out of service."""
    return length(subtract([span], out)) if out else span[1] - span[0]
