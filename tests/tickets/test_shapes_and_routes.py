"""What comes back has a shape, and who is asked first: tables of cases."""

from datetime import date

import pytest

from lenskeeper.base.days import day_of, local_instant
from lenskeeper.base.outcomes import Outcome
from lenskeeper.base.spans import Span
from lenskeeper.diagnosis.kinds import Kind
from lenskeeper.tickets.causes import CauseKind
from lenskeeper.tickets.routing import ANY, Desk, Payer, first_desk, payer
from lenskeeper.tickets.shapes import Shape, shape

TZ = "Asia/Shanghai"
TODAY = day_of(date(2026, 6, 15))
NOW = local_instant(TODAY, 12 * 3_600, TZ)


def daily(begin: str, end: str, days: int = 14, wander_s: int = 0) -> list[Span]:
    """An outage at these hours of each of the last days; an end before its begin is of the next day."""

    def at(day: int, words: str) -> int:
        hour, minute = words.split(":")
        return local_instant(day, int(hour) * 3_600 + int(minute) * 60, TZ)

    out = []
    for n, day in enumerate(range(TODAY - days, TODAY)):
        a, b = at(day, begin), at(day + (end < begin), end)
        out.append((a + wander_s * (n % 3), b - wander_s * (n % 2)))
    return out


@pytest.mark.parametrize(
    ("outages", "found"),
    [
        (daily("06:10", "18:40"), Shape.STREET_LIGHTING),
        (daily("06:10", "18:40", wander_s=600), Shape.STREET_LIGHTING),
        (daily("12:00", "15:30"), Shape.HEAT),
        (daily("22:00", "05:00"), Shape.TIMER),
        (daily("09:00", "10:00"), Shape.TIMER),
        (daily("06:10", "18:40", days=3), Shape.NONE),
        ([], Shape.NONE),
        ([(NOW - 13 * 86_400, NOW)], Shape.NONE),
        ([(NOW - 86_400 + n * 900, NOW - 86_400 + n * 900 + 120) for n in range(40)], Shape.FLAPPING),
    ],
)
def test_what_comes_back_has_a_shape(outages: list[Span], found: Shape) -> None:
    assert shape(outages, NOW, TZ) is found


def test_what_fails_after_rain_and_at_no_other_time_lets_water_in() -> None:
    falls = [NOW - d * 86_400 - d * 3_700 for d in (11, 8, 5, 3, 1)]
    rain = [(at, at + 7_200) for at in falls]
    outages = [(at + 3_000 * n, at + 3_000 * n + 20_000) for n, at in enumerate(falls, 1)]
    assert shape(outages, NOW, TZ, rain) is Shape.RAIN
    assert shape(outages, NOW, TZ) is Shape.NONE


@pytest.mark.parametrize(
    ("kind", "what", "outline", "desk"),
    [
        (CauseKind.FEEDER, Outcome.TIMED_OUT, Shape.NONE, Desk.POWER),
        (CauseKind.UPLINK, Outcome.UNREACHABLE, Shape.NONE, Desk.CARRIER),
        (CauseKind.ACCOUNT, Outcome.AUTH_REFUSED, Shape.NONE, Desk.OWNER_IT),
        (CauseKind.CAMERA, Outcome.AUTH_REFUSED, Shape.NONE, Desk.OWNER_IT),
        (CauseKind.CAMERA, Outcome.TIMED_OUT, Shape.NONE, Desk.CONTRACTOR),
        (CauseKind.CAMERA, Outcome.TIMED_OUT, Shape.STREET_LIGHTING, Desk.POWER),
        (CauseKind.CAMERA, Outcome.NOT_FOUND, Shape.NONE, Desk.US),
        (CauseKind.CAMERA, Kind.OCCLUDED, Shape.NONE, Desk.PARKS),
        (CauseKind.CAMERA, Kind.BLUR, Shape.NONE, Desk.CONTRACTOR),
    ],
)
def test_the_first_desk(kind: CauseKind, what: str, outline: Shape, desk: Desk) -> None:
    assert first_desk(kind, what, outline) is desk


def test_without_a_contract_the_work_is_ours_to_give_away() -> None:
    assert first_desk(CauseKind.CAMERA, Outcome.TIMED_OUT, has_contract=False) is Desk.US


def test_an_installation_has_rows_of_its_own_and_the_narrowest_wins() -> None:
    here = {(CauseKind.CAMERA, ANY): Desk.OWNER_IT, (CauseKind.SWITCH, ANY): Desk.CARRIER}
    assert first_desk(CauseKind.CAMERA, Outcome.TIMED_OUT, here=here) is Desk.OWNER_IT
    assert first_desk(CauseKind.CAMERA, Kind.OCCLUDED, here=here) is Desk.PARKS
    assert first_desk(CauseKind.SWITCH, Outcome.TIMED_OUT, here=here) is Desk.CARRIER


def test_a_warranty_pays_for_the_camera_and_for_nothing_it_hangs_on() -> None:
    assert payer(Desk.CONTRACTOR, CauseKind.CAMERA, in_warranty=True) is Payer.WARRANTY
    assert payer(Desk.CONTRACTOR, CauseKind.SWITCH, in_warranty=True) is Payer.MAINTENANCE
    assert payer(Desk.CARRIER, CauseKind.UPLINK, in_warranty=False) is Payer.CARRIER
