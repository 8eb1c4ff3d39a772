"""The list of tickets as a table to be carried away, in one language."""

from collections.abc import Sequence
from typing import Final

from lenskeeper.base.languages import Language, Words
from lenskeeper.reporting.screens_work import Listed
from lenskeeper.reporting.tables import Heading, Kind, Sheet
from lenskeeper.tickets.states import Stage
from lenskeeper.tickets.words import cause_words, desk_words, what_words

TEXT: Final = {
    "title": Words("工单清单", "Tickets"),
    "yes": Words("是", "yes"),
}
HEADINGS: Final = (
    (Words("编号", "no."), Kind.WHOLE),
    (Words("对象", "kind"), Kind.TEXT),
    (Words("名称", "name"), Kind.TEXT),
    (Words("现象", "shows"), Kind.TEXT),
    (Words("类别", "class"), Kind.WHOLE),
    (Words("阶段", "stage"), Kind.TEXT),
    (Words("派单对象", "desk"), Kind.TEXT),
    (Words("合同", "contract"), Kind.TEXT),
    (Words("点位数", "cameras"), Kind.WHOLE),
    (Words("故障起始", "fault since"), Kind.INSTANT),
    (Words("建单", "opened"), Kind.INSTANT),
    (Words("响应时限", "respond by"), Kind.INSTANT),
    (Words("响应", "responded"), Kind.INSTANT),
    (Words("恢复时限", "restore by"), Kind.INSTANT),
    (Words("恢复", "recovered"), Kind.INSTANT),
    (Words("结束", "over"), Kind.INSTANT),
    (Words("超时", "late"), Kind.TEXT),
    (Words("计时暂停", "clock stands"), Kind.TEXT),
)
STAGES: Final = {
    Stage.OPEN: Words("待派", "open"),
    Stage.ASSIGNED: Words("已派", "assigned"),
    Stage.ACCEPTED: Words("已接单", "accepted"),
    Stage.ON_SITE: Words("已到场", "on site"),
    Stage.DONE: Words("已完成", "done"),
    Stage.VERIFIED: Words("已核验", "verified"),
    Stage.REGRESSED: Words("复发", "regressed"),
    Stage.CANCELLED: Words("已取消", "cancelled"),
}


def tickets_sheet(found: Sequence[Listed], language: Language, now_s: int) -> Sheet:
    """The table. now_s: a ticket is late as of then."""
    yes = TEXT["yes"].of(language)
    rows = tuple(
        (
            one.ticket_id, cause_words(one.kind, language), one.name, what_words(one.what, language) if one.what else "",
            one.klass, STAGES[one.stage].of(language), desk_words(one.desk, language), listed.contract, one.cameras,
            one.onset_s, one.opened_s, one.respond_by_s, one.responded_s, one.restore_by_s, one.recovered_s, one.ended_s,
            yes if one.is_late(now_s) else "", yes if listed.is_paused else "",
        )
        for listed in found
        for one in (listed.ticket,)
    )  # fmt: skip
    headings = tuple(Heading(words.of(language), kind) for words, kind in HEADINGS)
    return Sheet("tickets", TEXT["title"].of(language), headings, rows)
