"""A crew's day on paper: a card for each stop with what to do, what to load, and a code to read out when it is done.

The QR holds the plan's number and the code, and nothing that tells of a place, an address or a camera.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import segno

from lenskeeper.base.days import date_of
from lenskeeper.base.languages import Language, Words
from lenskeeper.reporting.as_pdf import document_pdf
from lenskeeper.reporting.tables import Cell, Heading, Kind, Sheet, instant_text
from lenskeeper.reporting.words import word
from lenskeeper.tickets.causes import CauseKind
from lenskeeper.tickets.day_codes import qr_text, spelt_out
from lenskeeper.tickets.day_plan import TOOLS, CleaningKey, Part, PartKind, Permit
from lenskeeper.tickets.rows_day_plans import Halt, Planned, Task
from lenskeeper.tickets.words import cause_words, desk_words, what_words

QR_ERROR: Final = "q"  # a quarter of it may be wet or creased; the symbol stays the smallest there is

TEXT: Final = {
    "title": Words("巡修作业单", "Work sheet"),
    "plan": Words("计划编号", "plan no."),
    "day": Words("日期", "day"),
    "night": Words("{day} 夜间（至次日 6 时）", "night of {day}, until 6 h the next day"),
    "crew": Words("作业单位", "crew"),
    "permit": Words("持有许可", "permit held"),
    "stops": Words("作业点", "stops"),
    "drive": Words("行程（直线）", "way, straight lines"),
    "reckoned": Words("预计用时", "reckoned"),
    "made": Words("编制", "made"),
    "duration": Words("{h} 小时 {m} 分", "{h} h {m} min"),
    "minutes": Words("{m} 分钟", "{m} min"),
    "load": Words("装车清单", "To load"),
    "place": Words("位置", "place"),
    "height": Words("安装高度", "height"),
    "needs": Words("作业许可", "permit"),
    "nothing_to_load": Words("无需备件", "nothing"),
    "found": Words("工单与发现的问题", "tickets and what was found"),
    "ticket": Words("工单 {n}", "ticket {n}"),
    "cleaning": Words("保洁", "cleaning"),
    "cameras": Words("影响 {n} 路", "{n} cameras"),
    "due": Words("限 {at}", "due {at}"),
    "parts": Words("备件", "parts"),
    "untold": Words("未登记", "not registered"),
    "night_only": Words("仅限夜间", "night only"),
    "leg": Words("距上一点 {km} km", "{km} km from the last"),
    "first_leg": Words("距出发点 {km} km", "{km} km from the start"),
    "code": Words("完工码", "completion code"),
    "done": Words("完成", "done"),
    "not_done": Words("未完成", "not done"),
    "words": Words("情况说明", "words"),
    "used": Words("用去备件", "parts used"),
    "how": Words(
        "每点完工后扫码，或用电话报完工码；手机无网络时，任何一部电话报码即可。完工码只能用一次。请勿写人名、电话或车牌。",
        "When a stop is done, scan its square, or read its code out over any telephone: no network is needed. A code is good "
        "once. Write no names of persons, telephone numbers or number plates.",
    ),
    "is_done": Words("已完成 {at}", "done {at}"),
    "order": Words("顺序", "order"),
    "name": Words("点位", "stop"),
    "address": Words("地址", "address"),
    "lon": Words("经度", "longitude"),
    "lat": Words("纬度", "latitude"),
    "count": Words("数量", "count"),
    "fill": Words(
        "请在“完成”列填“是”或“否”，在后两列写情况说明和用去的备件，然后交回本文件。",
        "Write yes or no under “done”, and words and parts used beside it; then send this file back.",
    ),
}  # fmt: skip

PERMITS: Final = {
    Permit.UNTOLD: TEXT["untold"],
    Permit.NONE: Words("无需", "none"),
    Permit.LANE: Words("占道", "lane permit"),
    Permit.POSSESSION: Words("天窗/要点", "railway possession"),
}
PARTS: Final = {
    PartKind.CAMERA: Words("备用摄像机", "spare camera"),
    PartKind.POWER_SUPPLY: Words("电源", "power supply"),
    PartKind.BREAKER: Words("空气开关", "circuit breaker"),
    PartKind.SWITCH: Words("交换机", "switch"),
    PartKind.SFP: Words("光模块", "SFP module"),
    PartKind.CABLE: Words("网线或尾纤", "patch cable or pigtail"),
    PartKind.DISK: Words("硬盘", "hard disk"),
    PartKind.BRACKET: Words("支架", "bracket"),
    PartKind.PRUNER: Words("修枝剪", "pruner"),
    PartKind.CLEANING_KIT: Words("镜头清洁套装", "lens cleaning kit"),
}
FILL_COLUMNS: Final = ("code", "done", "words", "used")
"""The columns that are read when a workbook comes back (work_results.py)."""


def sheet_pdf(
    plan: Planned, language: Language, *, exercise: str = "", folders: Sequence[Path] | None = None
) -> bytes:
    """The work sheet to be printed. The same plan in the same state gives the same bytes. Errors as as_pdf."""
    return document_pdf(
        document_of(plan, language, exercise=exercise), "work.typ", at_s=plan.made_s, folders=folders
    )


def document_of(plan: Planned, language: Language, *, exercise: str = "") -> dict[str, Any]:
    """All that the layout shows."""
    return {
        "lang": "zh" if language is Language.ZH else "en",
        "title": _text("title", language),
        "stamp": word("exercise", language) if exercise else "",
        "crew": crew_of(plan, language),
        "head": f"{_text('plan', language)} {plan.plan_id}",
        "day": day_text(plan, language),
        "facts": _facts(plan, language),
        "how": _text("how", language),
        "load_title": _text("load", language),
        "load": [part_text(part, n, language) for part, n in loads(plan)],
        "nothing": _text("nothing_to_load", language),
        "stops": [_card(plan, halt, language) for halt in plan.halts],
        "labels": {
            key: _text(key, language)
            for key in ("place", "height", "needs", "parts", "code", "done", "not_done", "words", "used")
        },
        "page": word("page", language),
    }


def _facts(plan: Planned, language: Language) -> list[list[str]]:
    hours, minutes = divmod(plan.minutes, 60)
    return [
        [_text("crew", language), crew_of(plan, language)],
        [_text("day", language), day_text(plan, language)],
        [_text("permit", language), PERMITS[plan.permit].of(language)],
        [_text("stops", language), str(len(plan.halts))],
        [_text("drive", language), f"{plan.length_m / 1000:.1f} km"],
        [_text("reckoned", language), _text("duration", language).format(h=hours, m=minutes)],
        [_text("made", language), instant_text(plan.made_s, plan.tz)],
    ]


def _card(plan: Planned, halt: Halt, language: Language) -> dict[str, Any]:
    leg = "" if not halt.leg_m else _text("first_leg" if halt.number == 1 else "leg", language)
    return {
        "number": str(halt.number),
        "name": halt.name,
        "leg": leg.format(km=f"{halt.leg_m / 1000:.1f}"),
        "minutes": _text("minutes", language).format(m=halt.minutes),
        "address": halt.address,
        "place": f"{halt.lat:.6f}, {halt.lon:.6f}",
        "height": height_text(halt, language),
        "needs": needs_text(halt, language),
        "tasks": [_task(task, plan.tz, language) for task in halt.tasks],
        "parts": [part_text(part, n, language) for part, n in halt.parts],
        "qr": _modules(qr_text(plan.plan_id, halt.code)),
        "code": spelt_out(halt.code),
        "is_done": ""
        if halt.done_s is None
        else _text("is_done", language).format(at=instant_text(halt.done_s, plan.tz)),
    }


def _task(task: Task, tz: str, language: Language) -> dict[str, str]:
    facts = [_text("due", language).format(at=instant_text(task.due_s, tz)[:16])]
    if task.cameras > 1:
        facts.insert(0, _text("cameras", language).format(n=task.cameras))
    klass = Words("一二三"[task.klass - 1] + "类", f"class {'I' * task.klass}").of(language)
    return {
        "title": task_title(task, language),
        "what": task_text(task, language),
        "facts": "  ".join([klass, *facts]),
    }


def _modules(text: str) -> list[str]:
    """The squares of a QR (ISO/IEC 18004), a row each, "1" is dark; without the quiet zone."""
    symbol = segno.make(text, error=QR_ERROR, micro=False, boost_error=False)
    return ["".join(str(int(bit)) for bit in row) for row in symbol.matrix]


def task_title(task: Task, language: Language) -> str:
    """ "ticket 17", or that it is a cleaning."""
    if isinstance(task.of, CleaningKey):
        return _text("cleaning", language)
    return _text("ticket", language).format(n=task.of)


def task_text(task: Task, language: Language) -> str:
    """What was found, and at what: "switch W1: silence"; of a camera its name."""
    what = what_words(task.what, language)
    colon = Words("：", ": ").of(language)
    if not task.cause or task.cause == CauseKind.CAMERA:
        return f"{task.name}{colon}{what}"
    return f"{cause_words(task.cause, language)} {task.thing}{colon}{what}"


def part_text(part: Part, count: int, language: Language) -> str:
    """ "2 × spare camera Acme M1"; a tool without a count."""
    name = " ".join(filter(None, (PARTS[part.kind].of(language), part.model)))
    return name if part.kind in TOOLS else f"{name} × {count}"


def height_text(halt: Halt, language: Language) -> str:
    """Metres, or that nobody has told."""
    on_ground = all(task.cause not in ("", CauseKind.CAMERA) for task in halt.tasks)
    if halt.height_m is None:
        return "–" if on_ground else _text("untold", language)
    return f"{halt.height_m:g} m"


def needs_text(halt: Halt, language: Language) -> str:
    """The permit that the work there needs, and whether it is a night's."""
    night = [_text("night_only", language)] if halt.night_only else []
    return Words("，", ", ").of(language).join([PERMITS[halt.permit].of(language), *night])


def crew_of(plan: Planned, language: Language) -> str:
    """The contract, or the desk."""
    return plan.contract or desk_words(plan.desk, language)


def day_text(plan: Planned, language: Language) -> str:
    """The date, or which night."""
    day = str(date_of(plan.day))
    return _text("night", language).format(day=day) if plan.is_night else day


def loads(plan: Planned) -> list[tuple[Part, int]]:
    """What to load for the whole of it, a tool once."""
    counts: dict[Part, int] = {}
    for halt in plan.halts:
        for part, n in halt.parts:
            counts[part] = 1 if part.kind in TOOLS else counts.get(part, 0) + n
    return sorted(counts.items(), key=lambda each: each[0].rank)


def work_sheets(plan: Planned, language: Language) -> tuple[Sheet, ...]:
    """The same for a workbook: a row for each stop with three columns to fill in, and what to load."""
    keys = (
        "order", "code", "name", "address", "lon", "lat", "height", "needs", "found", "parts", "done", "words", "used",
    )  # fmt: skip
    wide = {"address", "found", "parts", "words", "used"}
    kinds = {"order": Kind.WHOLE}
    headings = tuple(
        Heading(_text(key, language), kinds.get(key, Kind.TEXT), wide=key in wide) for key in keys
    )
    rows = tuple(_row(halt, language) for halt in plan.halts)
    title = f"{_text('title', language)} {plan.plan_id}"
    load = tuple((part_text(part, 0, language).removesuffix(" × 0"), n) for part, n in loads(plan))
    return (
        Sheet("work", title, headings, rows, _text("fill", language)),
        Sheet(
            "load",
            _text("load", language),
            (Heading(_text("parts", language), wide=True), Heading(_text("count", language), Kind.WHOLE)),
            load,
        ),
    )


def _row(halt: Halt, language: Language) -> tuple[Cell, ...]:
    semicolon = Words("；", "; ").of(language)
    return (
        halt.number,
        spelt_out(halt.code),
        halt.name,
        halt.address,
        f"{halt.lon:.6f}",
        f"{halt.lat:.6f}",
        height_text(halt, language),
        needs_text(halt, language),
        semicolon.join(f"{task_title(t, language)} {task_text(t, language)}" for t in halt.tasks),
        semicolon.join(part_text(part, n, language) for part, n in halt.parts),
        "" if halt.done_s is None else Words("是", "yes").of(language),
        halt.words,
        semicolon.join(halt.parts_used),
    )


def _text(key: str, language: Language) -> str:
    return TEXT[key].of(language)
