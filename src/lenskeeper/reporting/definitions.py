"""The closed list of what is published, each figure with its numerator, denominator and meaning.

All are about equipment, pictures, time and registers (charter 10): a new one is a decision about the charter.
Silence is not health: unknown is never online and never offline, and a figure whose denominator is nothing has
no value, neither 0 nor 100 %.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lenskeeper.base.languages import Words
from lenskeeper.reporting.sums import Sums

EDITION: Final = (
    1  # of the definitions below; it stands in each issued report, and grows with each change of meaning
)
NO_DATA: Final = Words("无数据", "no data")
CLASS_WEIGHTS: Final = {1: 3, 2: 2, 3: 1}
"""What a lost hour weighs in a ranking, by class of point: one at a class I point hurts as much as three at class III."""


class Unit(StrEnum):
    """What the value of a figure is told in."""

    SHARE = "share"  # 0 to 1, written in per cent
    HOURS = "camera_hours"  # hours of one camera each: two cameras for one hour are two
    COUNT = "count"


class Metric(StrEnum):
    """The figures that a report may hold. There are no others."""

    ONLINE = "online_rate"
    STRICT_ONLINE = "strict_online_rate"
    COVERAGE = "coverage"
    INTEGRITY = "picture_integrity_rate"
    INTEGRITY_DAY = "picture_integrity_rate_day"
    INTEGRITY_NIGHT = "picture_integrity_rate_night"
    INTEGRITY_COVERAGE = "picture_coverage"
    DELIVERY = "picture_delivery_rate"
    METADATA = "metadata_completeness"
    EXCLUDED = "excluded_hours"
    LOST = "lost_hours"
    OUTAGES = "outages"
    LOW_VISIBILITY = "low_visibility_hours"
    NOT_CHECKABLE = "not_checkable_hours"
    NO_PICTURE = "no_picture_hours"
    HELD = "held_hours"


@dataclass(frozen=True, slots=True)
class Definition:
    """What a figure means.

    numerator, denominator: the names of the fields of Sums that are added up, beside the same in words.
    """

    metric: Metric
    unit: Unit
    numerator: tuple[str, ...]
    denominator: tuple[str, ...]
    name: Words
    meaning: Words
    numerator_words: Words
    denominator_words: Words


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: two whole numbers and what they are the numbers of.

    numerator, denominator: camera-seconds, or counts where the definition says so. Both add up over the parts.
    """

    metric: Metric
    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        """In the unit of the metric; None is "no data"."""
        if self.denominator <= 0:
            return None
        match DEFINITIONS[self.metric].unit:
            case Unit.SHARE:
                return self.numerator / self.denominator
            case Unit.HOURS:
                return self.numerator / 3600
            case Unit.COUNT:
                return float(self.numerator)


def figure(metric: Metric, sums: Sums) -> Figure:
    """The figure that sums give."""
    definition = DEFINITIONS[metric]
    return Figure(metric, _added(sums, definition.numerator), _added(sums, definition.denominator))


def _added(sums: Sums, names: tuple[str, ...]) -> int:
    return sum(int(getattr(sums, name)) for name in names)


_KNOWN: Final = ("up_s", "down_s")
_EXPECTED: Final = ("expected_s",)
_EXPECTED_WORDS: Final = Words("应计时间（摄像机·秒）", "expected camera-seconds")

DEFINITIONS: Final = {
    definition.metric: definition
    for definition in (
        Definition(
            Metric.ONLINE,
            Unit.SHARE,
            ("up_s",),
            _KNOWN,
            Words("在线率", "online rate"),
            Words(
                "已知时间内可达的比例。未知时间既不算在线也不算离线，因此必须与覆盖率并列给出。",
                "The share of the known time in which cameras answered. Unknown time is neither online nor offline, "
                "so coverage always stands beside it.",
            ),
            Words("在线时间（摄像机·秒）", "camera-seconds online"),
            Words("已知时间 = 在线 + 离线", "known camera-seconds: online + offline"),
        ),
        Definition(
            Metric.STRICT_ONLINE,
            Unit.SHARE,
            ("up_s",),
            _EXPECTED,
            Words("严格在线率", "strict online rate"),
            Words(
                "未知时间计为运维方损失的口径：等于在线率乘以覆盖率。",
                "For contracts that count unknown time against the operator: the online rate times the coverage.",
            ),
            Words("在线时间（摄像机·秒）", "camera-seconds online"),
            _EXPECTED_WORDS,
        ),
        Definition(
            Metric.COVERAGE,
            Unit.SHARE,
            _KNOWN,
            _EXPECTED,
            Words("覆盖率", "coverage"),
            Words(
                "应计时间中我们确知状态的比例。应计时间 = 区间长度减去剔除时间（检修、未投用或已停用、经审批的更正）。",
                "The share of the expected time in which we know the state at all. Expected is the length of the range "
                "less what is excluded: maintenance, not yet or no longer in service, approved corrections.",
            ),
            Words("已知时间（摄像机·秒）", "known camera-seconds"),
            _EXPECTED_WORDS,
        ),
        Definition(
            Metric.INTEGRITY,
            Unit.SHARE,
            ("fit_s",),
            ("fit_s", "fault_s"),
            Words("图像完好率", "picture integrity rate"),
            Words(
                "已判定图像的时间内图像正常的比例。低能见度、无法判定、无图像不计入，分别列出。",
                "The share of the judged time in which the picture was fit. Low visibility, not checkable and no "
                "picture are in neither number and are told apart.",
            ),
            Words("图像正常时间（摄像机·秒）", "camera-seconds with a fit picture"),
            Words("已判定时间 = 正常 + 故障", "judged camera-seconds: fit + fault"),
        ),
        Definition(
            Metric.INTEGRITY_DAY,
            Unit.SHARE,
            ("fit_day_s",),
            ("fit_day_s", "fault_day_s"),
            Words("图像完好率（白天）", "picture integrity rate, day"),
            Words(
                "同图像完好率，仅计白天。",
                "The picture integrity rate of the hours of daylight alone.",
            ),
            Words("白天图像正常时间（摄像机·秒）", "camera-seconds by day with a fit picture"),
            Words("白天已判定时间", "judged camera-seconds by day"),
        ),
        Definition(
            Metric.INTEGRITY_NIGHT,
            Unit.SHARE,
            ("fit_night_s",),
            ("fit_night_s", "fault_night_s"),
            Words("图像完好率（夜间）", "picture integrity rate, night"),
            Words(
                "同图像完好率，仅计夜间：红外灯损坏在全天的数字里会被掩盖。",
                "The picture integrity rate of the hours of night alone: dead infra-red lamps hide in the figure of "
                "the whole day.",
            ),
            Words("夜间图像正常时间（摄像机·秒）", "camera-seconds by night with a fit picture"),
            Words("夜间已判定时间", "judged camera-seconds by night"),
        ),
        Definition(
            Metric.INTEGRITY_COVERAGE,
            Unit.SHARE,
            ("fit_s", "fault_s"),
            _EXPECTED,
            Words("图像覆盖率", "picture coverage"),
            Words(
                "应计时间中图像已判定的比例，与图像完好率并列给出。",
                "The share of the expected time in which the picture was judged; it stands beside the picture "
                "integrity rate.",
            ),
            Words("已判定时间（摄像机·秒）", "judged camera-seconds"),
            _EXPECTED_WORDS,
        ),
        Definition(
            Metric.DELIVERY,
            Unit.SHARE,
            ("delivered_s",),
            ("delivered_s", "undelivered_s"),
            Words("出图率", "picture delivery rate"),
            Words(
                "取图尝试中得到完整关键帧的比例，每次尝试按其取图时隙计。设备忙、流量用尽、密码被拒属于我方或业主原因，"
                "不计入，另列为“暂缓”。",
                "The share of the looks tried that brought a whole key frame, each look standing for its picture slot. "
                "Busy, an exhausted budget, a refused password and the like are ours or the owner's cause: in neither "
                "number, told apart as held.",
            ),
            Words("得到完整关键帧的时隙（摄像机·秒）", "camera-seconds of slots with a whole key frame"),
            Words("已尝试取图的时隙", "camera-seconds of slots with a look tried"),
        ),
        Definition(
            Metric.METADATA,
            Unit.SHARE,
            ("fields_filled",),
            ("fields_required",),
            Words("档案完整率", "metadata completeness"),
            Words(
                "一机一档中按点位类别必填的字段已正确填写的比例，为出具报表时的状态。",
                "The share of the fields that the register requires of each class of point which are filled, as the "
                "register stood when the report was made.",
            ),
            Words("已填字段数", "fields filled"),
            Words("必填字段数", "fields required"),
        ),
        Definition(
            Metric.EXCLUDED,
            Unit.HOURS,
            ("excluded_s",),
            ("span_s",),
            Words("剔除时长", "excluded"),
            Words(
                "从分母中剔除的时间：计划检修、未投用或已停用、经审批的更正；按登记人和原因列出。待审批的不剔除。",
                "Time that left the denominators: planned maintenance, not yet or no longer in service, approved "
                "corrections; listed by author and reason. What still waits for approval is not excluded.",
            ),
            Words("剔除时间（摄像机·秒）", "excluded camera-seconds"),
            Words("区间总时间（摄像机·秒）", "camera-seconds of the range"),
        ),
        Definition(
            Metric.LOST,
            Unit.HOURS,
            ("down_s",),
            _KNOWN,
            Words("损失时长", "lost"),
            Words(
                "确知离线的时间。排名按点位类别加权：一类 × 3，二类 × 2，三类 × 1。",
                "Time known to be offline. Rankings weigh it by class of point: class I × 3, II × 2, III × 1.",
            ),
            Words("离线时间（摄像机·秒）", "camera-seconds offline"),
            Words("已知时间 = 在线 + 离线", "known camera-seconds: online + offline"),
        ),
        Definition(
            Metric.OUTAGES,
            Unit.COUNT,
            ("outages",),
            _KNOWN,
            Words("中断次数", "outages"),
            Words(
                "区间内开始的离线次数。跨零点的中断计入开始的那一天；离线、未知、离线之间没有在线时，算一次中断。",
                "Stretches of offline that began in the range. One that crosses midnight counts on the day it began; "
                "down, unknown, down without an answer between is one outage.",
            ),
            Words("开始的中断数", "outages begun"),
            Words("已知时间 = 在线 + 离线", "known camera-seconds: online + offline"),
        ),
        Definition(
            Metric.LOW_VISIBILITY,
            Unit.HOURS,
            ("low_visibility_s",),
            _EXPECTED,
            Words("低能见度时长", "low visibility"),
            Words(
                "雾、雨、雪使图像无法评判的时间：属天气，不属故障。",
                "Time in which fog, rain or snow hid the scene: weather, not a fault.",
            ),
            Words("低能见度时间（摄像机·秒）", "camera-seconds of low visibility"),
            _EXPECTED_WORDS,
        ),
        Definition(
            Metric.NOT_CHECKABLE,
            Unit.HOURS,
            ("not_checkable_s",),
            _EXPECTED,
            Words("无法判定时长", "not checkable"),
            Words(
                "得到图像但无法可靠判定的时间。",
                "Time in which a picture came and could not be judged with confidence.",
            ),
            Words("无法判定时间（摄像机·秒）", "camera-seconds not checkable"),
            _EXPECTED_WORDS,
        ),
        Definition(
            Metric.NO_PICTURE,
            Unit.HOURS,
            ("no_picture_s",),
            _EXPECTED,
            Words("无图像时长", "no picture"),
            Words(
                "尝试取图而未得到可判定图像的时间。",
                "Time in which a picture was asked for and none came that could be judged.",
            ),
            Words("无图像时间（摄像机·秒）", "camera-seconds without a picture"),
            _EXPECTED_WORDS,
        ),
        Definition(
            Metric.HELD,
            Unit.HOURS,
            ("held_s",),
            _EXPECTED,
            Words("暂缓时长", "held"),
            Words(
                "因设备忙、密码被拒、流量用尽，或设备只提供我方不支持的格式或证书而未取图的时间：属我方或业主原因。",
                "Time in which no picture was taken because the camera was busy, the password was refused, the "
                "budget was spent, or it offers no format or certificate that we take: ours or the owner's cause.",
            ),
            Words("暂缓时间（摄像机·秒）", "camera-seconds held"),
            _EXPECTED_WORDS,
        ),
    )
}

HEADLINE: Final = tuple(Metric)
"""The figures at the head of a report, in this order. A rate is followed by its coverage."""

BESIDE: Final = {
    Metric.ONLINE: Metric.COVERAGE,
    Metric.INTEGRITY: Metric.INTEGRITY_COVERAGE,
}
"""No left figure is printed without the right one beside it."""
