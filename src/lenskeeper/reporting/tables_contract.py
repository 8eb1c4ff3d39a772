"""The deductions of a contract's month as tables and as a document to be signed: each line with its arithmetic in words."""

from dataclasses import dataclass
from typing import Any, Final

from lenskeeper.base.days import date_of
from lenskeeper.base.languages import Language, Words
from lenskeeper.diagnosis.kinds import Kind as Fault
from lenskeeper.reporting.definitions import NO_DATA
from lenskeeper.reporting.periods import Period
from lenskeeper.reporting.tables import Heading, Kind, Sheet, instant_text, money_text, plain_rows
from lenskeeper.reporting.words import DIAGNOSES, word
from lenskeeper.tickets.causes import CauseKind
from lenskeeper.tickets.contracts import HOUR_S, Contract, Terms
from lenskeeper.tickets.deductions import Clause, Line, LotRate, Reason, Settlement, Why
from lenskeeper.tickets.routing import Payer
from lenskeeper.tickets.words import cause_words

LAYOUT: Final = "deductions.typ"

TEXT: Final = {
    "title": Words("运维费扣款明细", "Deductions of a month"),
    "facts": Words("合同与结果", "Contract and result"),
    "lines": Words("扣款明细（逐条）", "Deductions line by line"),
    "what": Words("项目", "what"),
    "value": Words("内容", "value"),
    "contract": Words("合同（标段）", "contract (lot)"),
    "contractor": Words("运维单位", "contractor"),
    "document": Words("合同文件", "document"),
    "term": Words("合同期限", "term"),
    "term_text": Words("{a} 至 {b}", "{a} to {b}"),
    "lease": Words("租赁到期", "leased until"),
    "tickets": Words("本月工单", "tickets of the month"),
    "fee": Words("月运维费", "monthly fee"),
    "sum": Words("扣款合计（封顶前）", "sum of all lines"),
    "cap": Words("封顶额", "cap of the month"),
    "no_cap": Words("无封顶", "no cap"),
    "total": Words("本月扣款", "deducted"),
    "total_capped": Words("本月扣款（已封顶）", "deducted (the cap)"),
    "no": Words("序号", "no."),
    "ticket": Words("工单", "ticket"),
    "subject": Words("对象", "of"),
    "clause": Words("条款", "clause"),
    "arithmetic": Words("计算与说明", "arithmetic and reason"),
    "amount": Words("金额", "amount"),
    "rate": Words("标段在线率", "online rate of the lot"),
    "rate_text": Words(
        "{percent}（{up} / {known} 摄像机·秒；覆盖率 {coverage}）",
        "{percent} ({up} / {known} camera-seconds; coverage {coverage})",
    ),
    "theirs": Words(
        "另有 {seconds} 摄像机·秒离线属于他方责任工单，分子分母均不计",
        "{seconds} camera-seconds down belong to tickets of others and are in neither number",
    ),
    "line_rule": Words(
        "每张工单至少一行；不扣款的行写明原因。跨月故障按小时起算时刻归入各月。金额按分计算，不取近似。",
        "Every ticket has a line; one that costs nothing says why. A failure that lasts is counted in the month in which "
        "each hour starts. Amounts are whole cents, never rounded.",
    ),
    "capped": Words("已达单次故障小时上限", "the limit of hours of one failure is reached"),
    "hours": Words("{n} 小时", "{n} h"),
    "left_out": Words("不计：{parts}", "left out: {parts}"),
    "refused": Words(
        "对方拒收的移交占用 {hours}，计入时限", "{hours} that others took to refuse it count as the contractor's"
    ),
    "guarantee": Words("保障期“{name}”时限", "by the clock of the guarantee period {name}"),
}  # fmt: skip

CLAUSES: Final = {
    Clause.LATE_RESPONSE: Words("响应超时", "late response"),
    Clause.LATE_RESTORE: Words("修复超时", "late restore"),
    Clause.REPEATED: Words("重复故障", "repeated fault"),
    Clause.ONLINE: Words("标段在线率", "online rate of the lot"),
    Clause.DIRTY: Words("镜头清洁逾期", "picture not cleaned in time"),
    Clause.NONE: Words("不扣款", "no deduction"),
}

COUNTS: Final = {
    Clause.LATE_RESPONSE: Words("{n} 次未按时响应", "{n} missed"),
    Clause.LATE_RESTORE: Words("超时 {n} 小时（不足一小时按一小时计）", "{n} started hours late"),
    Clause.REPEATED: Words("{n} 次重复故障", "{n} times failed again"),
    Clause.ONLINE: Words(
        "低于目标 {n} 个 0.1 个百分点（不足按一个计）", "{n} started 0.1 points below the target"
    ),
    Clause.DIRTY: Words("{n} 处逾期未清洁", "{n} not cleaned by its day"),
}

REASONS: Final = {
    Reason.CANCELLED: Words("工单已取消，无需维修", "cancelled: there was no work"),
    Reason.IN_TIME: Words("按时完成", "in time"),
    Reason.IN_TIME_BUT_FOR: Words("扣除非责任时间后按时完成", "in time without what is not the contractor's"),
    Reason.RUNNING: Words("时限未到", "its clocks have not run out"),
    Reason.EARLIER: Words(
        "已在其他月份扣款或已达上限", "what it costs stands in another month, or its limit is reached"
    ),
    Reason.TARGET_MET: Words("达到目标", "the target is met"),
    Reason.NO_DATA: NO_DATA,
}

PAYERS: Final = {
    Payer.MAINTENANCE: Words("运维单位", "maintenance"),
    Payer.WARRANTY: Words("质保期内，由厂商负责", "under the maker's warranty"),
    Payer.CARRIER: Words("通信运营商责任", "the carrier's"),
    Payer.POWER: Words("供电责任", "the power supply's"),
    Payer.THIRD_PARTY: Words("第三方责任", "a third party's"),
    Payer.OWNER: Words("业主责任", "the owner's"),
}

WHYS: Final = {
    Why.PAUSED: Words("暂停", "paused"),
    Why.HELD: Words("尚未派单", "nobody had been sent"),
    Why.ELSEWHERE: Words("由其他部门处理", "with another desk"),
    Why.ASKED: Words("责任移交待答复", "the question whose it is"),
}


@dataclass(frozen=True, slots=True)
class Month:
    """A settled month of a contract. terms: those that it was settled by. made_s: when."""

    contract: Contract
    terms: Terms
    period: Period
    settlement: Settlement
    made_s: int
    exercise: str = ""


def deduction_sheets(month: Month, language: Language) -> tuple[Sheet, ...]:
    """The result, and every line with its arithmetic."""
    return facts_sheet(month, language), lines_sheet(month.settlement, month.terms, language)


def facts_sheet(month: Month, language: Language) -> Sheet:
    """Whose month it is, and what it comes to."""
    rows = (*_facts(month, language), *_result(month, language))
    headings = (Heading(_word("what", language)), Heading(_word("value", language), wide=True))
    return Sheet("deduction_facts", _word("facts", language), headings, rows)


def lines_sheet(settlement: Settlement, terms: Terms, language: Language) -> Sheet:
    """One row for each line."""
    rows = tuple(
        (
            number,
            "" if line.ticket_id is None else str(line.ticket_id),
            _subject(line, language),
            CLAUSES[line.clause].of(language),
            arithmetic(line, settlement.rate, terms, language),
            line.amount_cents,
        )
        for number, line in enumerate(settlement.lines, start=1)
    )
    headings = (
        Heading(_word("no", language), Kind.WHOLE),
        Heading(_word("ticket", language)),
        Heading(_word("subject", language)),
        Heading(_word("clause", language)),
        Heading(_word("arithmetic", language), wide=True),
        Heading(_word("amount", language), Kind.MONEY),
    )
    return Sheet("deductions", _word("lines", language), headings, rows, _word("line_rule", language))


def arithmetic(line: Line, rate: LotRate, terms: Terms, language: Language) -> str:
    """How a line's amount comes about, or why it is nothing: "3 started hours late x 50.00"."""
    match line.reason:
        case Reason.OWED:
            said = [
                f"{COUNTS[line.clause].of(language).format(n=line.count)} x {money_text(line.each_cents)}"
            ]
        case Reason.PAYER:
            said = [PAYERS[line.payer].of(language)]
        case _:
            said = [REASONS[line.reason].of(language)]
    if line.clause is Clause.ONLINE:
        said += _rate_words(rate, terms, language)
    if line.is_capped:
        said.append(_word("capped", language))
    if line.guarantee and line.reason is not Reason.PAYER:
        said.append(_word("guarantee", language).format(name=line.guarantee))
    if line.left_out_s:
        parts = (f"{WHYS[why].of(language)} {_hours(seconds, language)}" for why, seconds in line.left_out_s)
        said.append(_word("left_out", language).format(parts=_comma(language).join(parts)))
    if line.refused_s and line.reason is not Reason.PAYER:
        said.append(_word("refused", language).format(hours=_hours(line.refused_s, language)))
    return ("；" if language is Language.ZH else "; ").join(said)


def deduction_document(month: Month, language: Language) -> dict[str, Any]:
    """All that the layout shows, as text."""
    sheet = lines_sheet(month.settlement, month.terms, language)
    tz = month.period.tz
    return {
        "lang": "zh" if language is Language.ZH else "en",
        "title": _word("title", language),
        "unit": month.contract.name,
        "period": month.period.name,
        "exercise": word("exercise", language) if month.exercise else "",
        "exercise_note": word("exercise_note", language),
        "cut": word("cut", language) if month.period.cut else "",
        "facts": [list(row) for row in _facts(month, language)],
        "result": [list(row) for row in _result(month, language)],
        "sheet": {
            "title": sheet.title,
            "note": sheet.note,
            "headings": [heading.title for heading in sheet.headings],
            "rows": plain_rows(sheet, language, tz),
        },
        "footer": f"{month.contract.name}  |  {month.period.name}  |  {instant_text(month.made_s, tz)}",
        "page": word("page", language),
        "signatures": [word(key, language) for key in ("prepared", "checked", "approved_by")],
        "date": word("date", language),
    }


def _facts(month: Month, language: Language) -> tuple[tuple[str, str], ...]:
    of, period = month.contract, month.period
    term = _word("term_text", language).format(a=date_of(of.from_day), b=date_of(of.to_day - 1))
    span = f"{instant_text(period.a_s, period.tz)}  –  {instant_text(period.b_s, period.tz)}"
    cut = f"  {word('cut', language)}" if period.cut else ""
    facts = [
        (_word("contract", language), of.name),
        (_word("contractor", language), of.contractor),
        (_word("document", language), of.document),
        (_word("term", language), term),
        (word("period", language), f"{period.name}   {span}{cut}"),
        (word("made", language), instant_text(month.made_s, period.tz)),
    ]
    if month.terms.lease_end_day is not None:
        facts.insert(4, (_word("lease", language), str(date_of(month.terms.lease_end_day))))
    return tuple(facts)


def _result(month: Month, language: Language) -> tuple[tuple[str, str], ...]:
    settled = month.settlement
    cap, total = settled.cap_cents, settled.total_cents
    tickets = {line.ticket_id for line in settled.lines if line.ticket_id is not None}
    return (
        (_word("rate", language), _rate_text(settled.rate, language)),
        (_word("tickets", language), f"{len(tickets):,}"),
        (_word("fee", language), money_text(month.terms.monthly_fee_cents)),
        (_word("sum", language), money_text(settled.sum_cents)),
        (_word("cap", language), _word("no_cap", language) if cap is None else money_text(cap)),
        (_word("total_capped" if total < settled.sum_cents else "total", language), money_text(total)),
    )


def _rate_words(rate: LotRate, terms: Terms, language: Language) -> list[str]:
    target = terms.penalties.online_target_hundredths
    said = [f"{_rate_text(rate, language)}，目标 {_percent(target, 10_000)}"] if language is Language.ZH else [
        f"{_rate_text(rate, language)}, target {_percent(target, 10_000)}"
    ]  # fmt: skip
    if rate.theirs_down_s:
        said.append(_word("theirs", language).format(seconds=f"{rate.theirs_down_s:,}"))
    return said


def _rate_text(rate: LotRate, language: Language) -> str:
    if rate.denominator <= 0:
        return NO_DATA.of(language)
    return _word("rate_text", language).format(
        percent=_percent(rate.numerator, rate.denominator),
        up=f"{rate.numerator:,}",
        known=f"{rate.denominator:,}",
        coverage=_percent(rate.up_s + rate.down_s, rate.expected_s),
    )


def _percent(part: int, whole: int) -> str:
    """Rounded down to a hundredth, as everywhere."""
    hundredths = part * 10_000 // whole if whole else 0
    return f"{hundredths // 100}.{hundredths % 100:02d} %"


def _subject(line: Line, language: Language) -> str:
    if line.kind in set(CauseKind):
        return f"{cause_words(line.kind, language)} {line.subject}"
    for words, kinds in DIAGNOSES.values():
        if line.kind in set(Fault) and Fault(line.kind) in kinds:
            return f"{line.subject}{_comma(language)}{words.of(language)}"
    return line.subject


def _hours(seconds: int, language: Language) -> str:
    """To a tenth, rounded up, so that a minute that counts is never told as nothing."""
    tenths = -(-seconds * 10 // HOUR_S)
    return _word("hours", language).format(n=f"{tenths // 10:,}.{tenths % 10}")


def _comma(language: Language) -> str:
    return "、" if language is Language.ZH else ", "


def _word(key: str, language: Language) -> str:
    return TEXT[key].of(language)
