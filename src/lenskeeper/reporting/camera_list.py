"""The list of cameras as a table to be carried away, in one language; addresses only where they may be seen."""

from collections.abc import Mapping, Sequence
from typing import Final

from lenskeeper.base.languages import Language, Words
from lenskeeper.inventory.ids import PointId
from lenskeeper.reporting.screen_states import STATE_WORDS, Seen
from lenskeeper.reporting.screens_cameras import CameraLine
from lenskeeper.reporting.tables import Cell, Heading, Kind, Sheet
from lenskeeper.tickets.words import what_words

TEXT: Final = {
    "title": Words("点位清单", "Cameras"),
    "number": Words("编号", "no."),
    "name": Words("名称", "name"),
    "code": Words("编码", "code"),
    "klass": Words("类别", "class"),
    "unit": Words("单位", "unit"),
    "state": Words("状态", "state"),
    "since": Words("起始", "since"),
    "reason": Words("原因", "reason"),
    "ticket": Words("工单", "ticket"),
    "planned": Words("计划内", "planned"),
    "address": Words("设备地址", "address"),
    "yes": Words("是", "yes"),
    "note": Words("地址仅列出导出人有权查看的点位。", "Addresses stand only where whoever exported it may see them."),
}  # fmt: skip
STATES: Final = {
    Seen.NOT_WATCHED: Words("未巡检", "not watched"),
    Seen.UNKNOWN: Words("未知", "unknown"),
    Seen.DOWN: Words("离线", "down"),
    Seen.FAULTY: Words("图像异常", "faulty picture"),
    Seen.SERVES: Words("正常", "serves"),
}
_SEEN: Final = {word: state for state, word in STATE_WORDS.items()}


def cameras_sheet(
    lines: Sequence[CameraLine], addresses: Mapping[PointId, str] | None, language: Language
) -> Sheet:
    """The table. addresses: by camera; None: no such column."""

    def text(key: str) -> str:
        return TEXT[key].of(language)

    headings = [
        Heading(text("number"), Kind.WHOLE),
        *(Heading(text(key)) for key in ("name", "code")),
        Heading(text("klass"), Kind.WHOLE),
        *(Heading(text(key)) for key in ("unit", "state")),
        Heading(text("since"), Kind.INSTANT),
        Heading(text("reason")),
        Heading(text("ticket"), Kind.WHOLE),
        Heading(text("planned")),
    ]
    if addresses is not None:
        headings.append(Heading(text("address")))
    rows = []
    for one in lines:
        row: list[Cell] = [
            one.point_id, one.name, one.code, one.klass, one.unit, STATES[_SEEN[one.state]].of(language), one.since_s,
            what_words(one.reason, language) if one.reason else "", one.ticket_id,
            text("yes") if one.is_planned else "",
        ]  # fmt: skip
        if addresses is not None:
            row.append(addresses.get(one.point_id, ""))
        rows.append(tuple(row))
    note = "" if addresses is None else text("note")
    return Sheet("cameras", text("title"), tuple(headings), tuple(rows), note)
