"""The words of reports that are no figure: titles, columns, notes. Each in both languages, and nowhere else."""

from enum import StrEnum
from typing import Final

from lenskeeper.base.languages import Language, Words
from lenskeeper.diagnosis.kinds import Kind
from lenskeeper.reporting.periods import PeriodKind

TITLES: Final = {
    PeriodKind.DAY: Words("视频监控运行日报", "Camera network: daily report"),
    PeriodKind.WEEK: Words("视频监控运行周报", "Camera network: weekly report"),
    PeriodKind.MONTH: Words("视频监控运行月报", "Camera network: monthly report"),
    PeriodKind.RANGE: Words("视频监控运行报告", "Camera network: report"),
}

CLASSES: Final = {
    "1": Words("一类点", "class I"),
    "2": Words("二类点", "class II"),
    "3": Words("三类点", "class III"),
}

TEXT: Final = {
    "figures": Words("主要指标", "Figures"),
    "by_unit": Words("按单位", "By unit"),
    "by_class": Words("按点位类别", "By class of point"),
    "by_model": Words("按厂商和型号", "By make and model"),
    "worst": Words("损失最多的摄像机（按类别加权）", "Cameras with the most hours lost, weighted by class"),
    "excluded": Words("剔除时长明细", "Excluded hours"),
    "gaps": Words("覆盖缺口", "Gaps in coverage"),
    "long_dead": Words("长期离线（三天以上）", "Long dead (three days or more)"),
    "pictures": Words("图像状态（截至编制时）", "Pictures as of now"),
    "pictures_state": Words("最近一次判定", "at the last look"),
    "pictures_rule": Words(
        "截至 {at}，即本报告编制时；是台数，不是区间内的指标。",
        "As of {at}, when this report was made: cameras counted, no figure of the range.",
    ),
    "picture_fit": Words("正常（与自身基线比较）", "fit, judged against its own past"),
    "picture_provisional": Words("暂定正常（尚无自身基线）", "provisionally fit: no past of its own yet"),
    "picture_fault": Words("图像故障", "fault"),
    "picture_low_visibility": Words("低能见度", "low visibility"),
    "picture_not_checkable": Words("无法判定", "not checkable"),
    "picture_no_picture": Words("无图像", "no picture"),
    "picture_not_judged": Words("尚未判定", "not judged yet"),
    "picture_flapping": Words("其中：抖动状态（正常与故障反复交替）", "of all these: flapping between fit and fault"),
    "scheme": Words("考核方案", "assessment scheme"),
    "scheme_hash": Words("方案文件 SHA-256", "SHA-256 of the scheme's file"),
    "points": Words("考核得分", "points"),
    "beside": Words("考核在签发之后作出，不在校验内容之内", "assessed after it was issued: not in the hashed contents"),
    "days": Words("逐日", "Day by day"),
    "cameras": Words("全部摄像机", "All cameras"),
    "definitions": Words("指标定义", "Definitions"),
    "figure": Words("指标", "figure"),
    "value": Words("数值", "value"),
    "numerator": Words("分子", "numerator"),
    "denominator": Words("分母", "denominator"),
    "meaning": Words("含义", "meaning"),
    "rank": Words("名次", "rank"),
    "unit": Words("单位", "unit"),
    "class": Words("类别", "class"),
    "model": Words("厂商和型号", "make and model"),
    "count": Words("台数", "cameras"),
    "cameras_n": Words("摄像机数", "cameras"),
    "camera": Words("摄像机", "camera"),
    "code": Words("编码", "code"),
    "weighted": Words("加权损失（小时）", "weighted lost (h)"),
    "author": Words("登记人", "author"),
    "reason": Words("原因", "reason"),
    "state": Words("状态", "state"),
    "approved": Words("已剔除", "excluded"),
    "pending": Words("待审批，未剔除", "waits for approval, not excluded"),
    "hours": Words("时长（小时）", "camera-hours"),
    "from": Words("起", "from"),
    "to": Words("止", "to"),
    "length": Words("长度（小时）", "length (h)"),
    "since": Words("离线起始", "down since"),
    "last_outcome": Words("最后结果", "last outcome"),
    "day": Words("日期", "day"),
    "few": Words("不足 20 台的型号和未登记型号", "models with fewer than 20 cameras, or not registered"),
    "direct": Words("（直属）", " (itself)"),
    "h": Words(" 小时", " h"),
    "in_h": Words("（小时）", " (h)"),
    "register": Words("档案", "register"),
    "out_of_service": Words("未投用或已停用", "not in service"),
    "all_units": Words("全部单位", "all units"),
    "no_unit": Words("（无单位）", "(no unit)"),
    "other_faults": Words("其他故障", "other fault"),
    "online_h": Words("在线时长（小时）", "hours online"),
    "offline_h": Words("离线时长（小时）", "hours offline"),
    "unknown_h": Words("未知时长（小时）", "hours unknown"),
    "excluded_h": Words("剔除（小时）", "excluded h"),
    "lost_h": Words("损失（小时）", "lost h"),
    "inspection": Words("巡检状态", "inspection"),
    "seen_well": Words("正常", "well"),
    "seen_fault": Words("有故障", "fault"),
    "seen_down": Words("有离线", "was offline"),
    "seen_nothing": Words("无数据", "no data"),
    "left_out": Words("另有 {n} 项，见工作簿", "{n} more in the workbook"),
    "none": Words("无", "none"),
    "period": Words("统计区间", "period"),
    "until": Words("数据截至", "data as of"),
    "cut": Words("区间尚未结束，统计至数据截止时刻", "the period is not over: counted as far as the data go"),
    "zone": Words("时区", "time zone"),
    "revision": Words("版次", "revision"),
    "draft": Words("草稿（未签发）", "draft (not issued)"),
    "issued": Words("签发", "issued"),
    "made": Words("编制", "prepared"),
    "by": Words("签发人", "by"),
    "hash": Words("内容校验 SHA-256", "SHA-256 of the contents"),
    "page": Words("第 {n} 页，共 {all} 页", "page {n} of {all}"),
    "exercise": Words("EXERCISE 演练", "EXERCISE 演练"),
    "exercise_note": Words(
        "演练数据：背后没有真实摄像机，不得用于考核。",
        "Exercise data: no real camera stands behind these figures; not for assessment.",
    ),
    "edition": Words("定义版本", "edition of the definitions"),
    "chart_days": Words("逐日：离线与未知占应计时间的比例", "Day by day: offline and unknown, share of the expected time"),
    "chart_units": Words("各单位：加权损失时长（摄像机·小时）", "By unit: weighted camera-hours lost"),
    "chart_faults": Words("图像故障：按种类（摄像机·小时）", "Picture faults by kind (camera-hours)"),
    "down": Words("离线", "offline"),
    "unknown": Words("未知", "unknown"),
    "prepared": Words("编制", "prepared"),
    "checked": Words("审核", "checked"),
    "approved_by": Words("批准", "approved"),
    "date": Words("日期", "date"),
    "unknown_rule": Words(
        "未知既不算在线也不算离线。没有已知时间时写“无数据”，不写 0 或 100%。百分比一律向下取整。分子、分母以摄像机·秒计，次数和字段数除外。",
        "Unknown is never online and never offline. Without a known second there is no value, neither 0 nor 100 %. "
        "Percentages are rounded down. Numerators and denominators are camera-seconds, but for outages and fields.",
    ),
    "rank_rule": Words(
        "不足 20 台者不排名。按加权损失时长排序（一类 × 3，二类 × 2，三类 × 1）；设备仅计其挂在该点位期间。",
        "Fewer than 20 cameras are not ranked. Ordered by lost hours weighted by class (I × 3, II × 2, III × 1); "
        "a device counts only for the time it hung at a point.",
    ),
    "more_rows": Words("……另有 {count} 行，见所写文件", "... and {count} more rows in the files"),
    "worst_rule": Words("按加权损失时长排序。", "Ordered by lost hours weighted by class."),
    "open_rule": Words(
        "每个数字都可以打开到各台摄像机：见工作簿中的“全部摄像机”表。",
        "Each figure opens down to its cameras: see the sheet All cameras of the workbook.",
    ),
}  # fmt: skip


class Column(StrEnum):
    """The eight columns that a city's "one camera, one file" sheet has for the diagnosis of a picture."""

    LOSS = "loss"
    COLOUR = "colour"
    BLUR = "blur"
    BRIGHTNESS = "brightness"
    NOISE = "noise"
    FREEZE = "freeze"
    COVER = "cover"
    SCENE = "scene_change"


DIAGNOSES: Final = {
    Column.LOSS: (Words("视频丢失", "loss"), (Kind.BLACK, Kind.SIGNAL_CARD)),
    Column.COLOUR: (Words("色彩失真", "colour"), (Kind.COLOUR_CAST,)),
    Column.BLUR: (Words("视频模糊", "blur"), (Kind.BLUR, Kind.LOW_CONTRAST)),
    Column.BRIGHTNESS: (Words("亮度异常", "brightness"), (Kind.DARK, Kind.OVEREXPOSED)),
    Column.NOISE: (Words("视频干扰", "noise"), (Kind.NOISE, Kind.STRIPES, Kind.MOSAIC)),
    Column.FREEZE: (Words("视频卡顿", "freeze"), (Kind.FROZEN,)),
    Column.COVER: (Words("视频遮挡", "cover"), (Kind.OCCLUDED, Kind.LENS_DIRTY)),
    Column.SCENE: (Words("场景变更", "scene change"), (Kind.MOVED, Kind.SHAKING)),
}
"""Each kind of fault stands in one of them; LOW_VISIBILITY is weather and in none."""


def word(key: str, language: Language) -> str:
    """One text of the catalogue."""
    return TEXT[key].of(language)
