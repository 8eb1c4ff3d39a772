"""Made-up books for reports: parts with sums that obey the rules of the lanes, from a seed."""

from itertools import pairwise
from random import Random

from hypothesis import strategies as st

from lenskeeper.inventory.ids import DeviceId, PointId
from lenskeeper.reporting.assemble import Books, assemble
from lenskeeper.reporting.periods import period_of, until
from lenskeeper.reporting.report import DayLine, ExcludedHours, Gap, LongDead, Part, Report
from lenskeeper.reporting.sums import Sums
from lenskeeper.units.ids import UnitId

TZ = "Asia/Shanghai"
ROOT = UnitId(1)
UNITS = {UnitId(2): "城关镇", UnitId(3): "河西街道", UnitId(4): "新区管委会"}
MODELS = [("Haikang", "DS-2CD3T46"), ("Dahua", "IPC-HFW4443"), ("Uniview", "IPC2A4L"), ("", "")]
FAULTS = ["blur", "occluded", "moved", "dark", "signal_card", "noise", "frozen", "colour_cast"]


def sums_of(rng: Random, span_s: int) -> Sums:
    excluded = rng.choice([0, 0, 0, rng.randint(0, span_s)])
    expected = span_s - excluded
    down = rng.choice([0, 0, rng.randint(0, expected // 20), rng.randint(0, expected)])
    unknown = rng.choice([0, rng.randint(0, (expected - down) // 10)])
    up = expected - down - unknown
    judged = up * rng.randint(80, 100) // 100
    fault = rng.choice([0, 0, 0, rng.randint(0, judged)])
    fit = judged - fault
    day = rng.randint(40, 60)
    rest = up - judged
    parts = [rest // 4, rest // 4, rest // 4]
    return Sums(
        span_s=span_s,
        excluded_s=excluded,
        out_of_service_s=excluded // 2,
        up_s=up,
        down_s=down,
        outages=rng.randint(1, 4) if down else 0,
        repaired=1 if down else 0,
        repair_s=down,
        fit_s=fit,
        fault_s=fault,
        fit_day_s=fit * day // 100,
        fault_day_s=fault * day // 100,
        fit_night_s=fit - fit * day // 100,
        fault_night_s=fault - fault * day // 100,
        delivered_s=judged,
        undelivered_s=parts[0],
        low_visibility_s=parts[0],
        not_checkable_s=parts[1],
        no_picture_s=parts[2],
        held_s=rest - sum(parts),
        fields_filled=rng.randint(8, 12),
        fields_required=12,
    )


def books_of(seed: int, cameras: int, a_s: int, b_s: int) -> Books:
    """So many cameras, a few of them re-hung or moved to another unit within the range."""
    rng = Random(seed)
    parts = []
    for n in range(1, cameras + 1):
        cuts = [a_s, b_s] if rng.random() < 0.9 else [a_s, rng.randrange(a_s + 1, b_s), b_s]
        for first, last in pairwise(cuts):
            make, model = rng.choice(MODELS)
            sums = sums_of(rng, last - first)
            parts.append(
                Part(
                    point_id=PointId(n),
                    name=f"{rng.choice(['人民路', '解放路', '滨江大道', '中山路'])}{n}号杆",
                    code=f"3101150000131{n:07d}",
                    unit_id=UnitId(100 + n % 7),
                    branch=rng.choice([ROOT, *UNITS]),
                    klass=rng.choice([1, 2, 2, 3, 3, 3]),
                    device_id=DeviceId(n),
                    make=make,
                    model=model,
                    a_s=first,
                    b_s=last,
                    sums=sums,
                    faults=((rng.choice(FAULTS), sums.fault_s),) if sums.fault_s else (),
                )
            )
    return Books(parts=parts, unit_names=UNITS)


def report_of(
    seed: int = 1, cameras: int = 60, period: str = "2026-11", *, exercise: bool = False, watermark_s: int = 0
) -> Report:
    whole = period_of(period, TZ)
    watermark_s = watermark_s or whole.b_s + 3_600
    cut = until(whole, watermark_s)
    books = books_of(seed, cameras, cut.a_s, cut.b_s)
    rng = Random(seed + 1)
    full = Books(
        parts=books.parts,
        unit_names=UNITS,
        days=[DayLine(day, sums_of(rng, cameras * 86_400)) for day in cut.days()],
        excluded=[
            ExcludedHours("王工（运维一班）", "国道改造，电源迁改", pending=False, cameras=14, excluded_s=403_200),
            ExcludedHours("duty office", "=HYPERLINK(1) storm damage", pending=True, cameras=3, excluded_s=43_200),
            ExcludedHours("register", "not_in_service", pending=False, cameras=5, excluded_s=1_296_000),
        ],
        gaps=[Gap(cut.a_s + 7_200, cut.a_s + 9_000, 60), Gap(cut.a_s + 90_000, cut.a_s + 90_600, 12)],
        long_dead=[
            LongDead(PointId(7), "解放路7号杆", "31011500001310000007", "河西街道", cut.a_s - 40 * 86_400, "timed_out"),
            LongDead(PointId(9), "中山路9号杆", "31011500001310000009", "城关镇", cut.a_s - 95 * 86_400, "refused"),
        ],
    )  # fmt: skip
    return assemble(
        full,
        unit_id=ROOT,
        unit_name="临江市公安局视频专网",
        period=cut,
        watermark_s=watermark_s,
        made_at_s=watermark_s + 60,
        exercise=exercise,
    )


reports = st.builds(report_of, seed=st.integers(0, 10_000), cameras=st.integers(0, 90))
