"""The sheet that a batch is accepted by, in both languages: *untested* is a word of its own and is in no sum of passed."""

from typing import Any, Final

from lenskeeper.base.days import date_of, local_day
from lenskeeper.base.languages import Language, Words
from lenskeeper.reporting.snapshots import HASH_SHOWN_CHARS
from lenskeeper.reporting.tables import Cell, Heading, Kind, Sheet, instant_text, plain_rows
from lenskeeper.reporting.words import word
from lenskeeper.tickets.acceptance import AcceptanceSheet, Answer, Check, SheetPoint, Why, Word, counted

WORDS: Final = {
    Word.PASSED: Words("合格", "passed"),
    Word.FAILED: Words("不合格", "FAILED"),
    Word.UNTESTED: Words("未检", "UNTESTED"),
}
MARKS: Final = {Word.PASSED: "√", Word.FAILED: "×", Word.UNTESTED: "?"}

CHECKS: Final = {
    Check.ONLINE: Words("在线率", "online"),
    Check.PICTURE_DAY: Words("白天图像", "picture by day"),
    Check.PICTURE_NIGHT: Words("夜间图像", "picture by night"),
    Check.RESOLUTION: Words("分辨率", "resolution"),
    Check.CODEC: Words("编码格式", "codec"),
    Check.BITRATE: Words("码率", "bitrate"),
    Check.GOP: Words("关键帧间隔", "key frame interval"),
    Check.CLOCK: Words("时钟", "clock"),
    Check.CODE: Words("国标编码", "GB/T 28181 code"),
    Check.DISTRICT: Words("坐标在辖区内", "coordinate in its district"),
    Check.SIGN: Words("采集标识牌", "sign"),
    Check.LEGAL_BASIS: Words("依据与用途已申报", "legal basis and purpose"),
    Check.RECORDING: Words("录像", "recording"),
}

MEANINGS: Final = {
    Check.ONLINE: Words("已知时间中应答的比例 / 已知时间占观察期的比例", "share of the known time in which it answered / share of the time that is known"),
    Check.PICTURE_DAY: Words("白天（民用晨光始至昏影终）图像正常的比例 / 已判定时间的比例", "share of the judged time by civil daylight in which the picture was fit / share that was judged"),
    Check.PICTURE_NIGHT: Words("夜间图像正常的比例 / 已判定时间的比例", "the same by night"),
    Check.RESOLUTION: Words("主码流编码尺寸，实测", "size of the main stream as coded, measured"),
    Check.CODEC: Words("主码流编码格式，实测", "codec of the main stream, measured"),
    Check.BITRATE: Words("主码流码率，在关键帧之间实测；仅声明的不算", "bitrate of the main stream, measured between key frames; a declared one does not count"),
    Check.GOP: Words("主码流两个关键帧之间的时间，实测", "time between two key frames of the main stream, measured"),
    Check.CLOCK: Words("时钟准确的比例 / 已知时间的比例", "share of the known time in which its clock was right / share that is known"),
    Check.CODE: Words("20 位、规范且在档案中唯一", "20 digits, regular, and borne by no other point of the register"),
    Check.DISTRICT: Words("登记的坐标位于其行政区划的边界之内（边界由运营单位提供）", "the registered coordinate lies inside its division, by the boundaries that the operator gave"),
    Check.SIGN: Words("由人现场确认；不保存照片", "a person saw it; no photograph is kept"),
    Check.LEGAL_BASIS: Words("场所类别、用途、依据、所有单位和联系单位均已申报", "kind of place, purpose, legal basis, owner and contact are declared"),
    Check.RECORDING: Words("录像保存天数", "days of recording"),
}  # fmt: skip

WHYS: Final = {
    Why.NONE: Words("", ""),
    Why.NOTHING_KNOWN: Words("观察期内没有已知时间", "nothing is known of the time"),
    Why.COVERAGE: Words("已知时间不足", "too little of the time is known"),
    Why.NOT_TENDERED: Words("招标文件未给出数值", "the tender names no value"),
    Why.NOT_MEASURED: Words("码流尚未测量", "the stream has not been measured"),
    Why.NO_STREAM: Words("测量时没有码流", "no stream came when it was measured"),
    Why.NOT_TOLD: Words("码流未给出，或观察时间太短", "the stream does not tell, or the look was too short"),
    Why.NO_DISTRICTS: Words("未提供辖区边界", "no boundaries of districts were given"),
    Why.NO_BOUNDARY: Words("边界文件中没有该区划", "the boundaries have none of its division"),
    Why.NO_COORDINATE: Words("档案中没有坐标", "the register has no coordinate"),
    Why.OUTSIDE: Words("坐标在辖区之外", "it lies outside"),
    Why.NO_PERSON: Words("须由人确认，尚无人确认", "a person must say, and nobody has"),
    Why.NO_PROTOCOL: Words("目前没有协议可以得知", "no protocol that we speak tells it yet"),
    Why.NO_CODE: Words("没有编码", "it has no code"),
    Why.ODD_CODE: Words("编码不规范", "its code is irregular"),
    Why.SAME_CODE: Words("编码重复", "other points bear its code"),
    Why.NOT_DECLARED: Words("尚未申报", "not declared"),
}

TEXT: Final = {
    "title": Words("视频监控点位验收单", "Acceptance of a batch of cameras"),
    "batch": Words("批次", "batch"),
    "document": Words("依据文号", "document"),
    "window": Words("判定时段", "time that was judged"),
    "began": Words("观察起始", "watched since"),
    "points": Words("点位", "Points"),
    "n_points": Words("点位数", "points"),
    "accepted": Words("本次验收", "accepted"),
    "left_out": Words("未列入验收", "LEFT OUT"),
    "n_left_out": Words("未列入验收", "left out"),
    "result": Words("结论", "result"),
    "point": Words("点位", "point"),
    "code": Words("编码", "code"),
    "unit": Words("单位", "unit"),
    "lacking": Words("不合格与未检项", "failed and untested"),
    "answers": Words("逐项结果", "Each check of each point"),
    "check": Words("项目", "check"),
    "figure": Words("实测", "seen"),
    "limit": Words("要求", "demanded"),
    "demanded": Words("要求检验", "in the tender"),
    "yes": Words("是", "yes"),
    "no": Words("否", "no"),
    "why": Words("说明", "why"),
    "by": Words("确认人", "said by"),
    "remarks": Words("不合格、未检和由人确认的项目", "What failed, is untested, or was said by a person"),
    "summary": Words("项目汇总", "By check"),
    "meaning": Words("含义", "meaning"),
    "service_from": Words("投用与质保起始", "service and warranty from"),
    "warranty": Words("质保", "warranty"),
    "months": Words("{n} 个月", "{n} months"),
    "signed_by": Words("签署", "signed"),
    "signed_with": Words("会签", "signed with"),
    "rule": Words(
        "“未检”不等于合格，也不计入合格：没有检到的项目，本单对其不作任何结论。一个点位只有在招标文件要求的每一项都合格时才合格。",
        "Untested is not passed and is counted nowhere as passed: of what was not tested this sheet says nothing. A point "
        "passes only where every check that the tender demands has passed.",
    ),
    "draft": Words("草稿（未签署）", "draft (not signed)"),
}  # fmt: skip


def text(key: str, language: Language) -> str:
    """One text of the sheet."""
    return TEXT[key].of(language)


def result_words(one: SheetPoint, language: Language) -> str:
    """Passed, failed or untested; and that it was left out, where it was."""
    said = f"{MARKS[one.word]} {WORDS[one.word].of(language)}"
    return f"{said}, {text('left_out', language)}" if one.left_out else said


def lacking_words(one: SheetPoint, language: Language) -> str:
    """What of the demanded has not passed, failed first, each with its word."""
    found = [answer for answer in one.answers if answer.is_demanded and answer.word is not Word.PASSED]
    found.sort(key=lambda answer: answer.word is not Word.FAILED)
    return "; ".join(
        f"{CHECKS[answer.check].of(language)}: {WORDS[answer.word].of(language)}" for answer in found
    )


def why_words(answer: Answer, language: Language) -> str:
    """Why, or what a person said."""
    return answer.words or WHYS[answer.why].of(language)


def acceptance_sheets(sheet: AcceptanceSheet, language: Language) -> tuple[Sheet, ...]:
    """The points, the sums of each check, each check of each point, and what the checks mean."""
    return (
        points_table(sheet, language),
        summary_table(sheet, language),
        answers_table(sheet, language),
        meanings_table(language),
    )


def points_table(sheet: AcceptanceSheet, language: Language) -> Sheet:
    """One row for each point, what did not pass first."""
    ordered = sorted(sheet.points, key=lambda one: (list(Word).index(one.word) * -1, one.name))
    rows = tuple(
        (one.name, one.code, one.unit, result_words(one, language), lacking_words(one, language))
        for one in ordered
    )
    headings = (
        *(Heading(text(key, language)) for key in ("point", "code", "unit", "result")),
        Heading(text("lacking", language), wide=True),
    )
    return Sheet("accept_points", text("points", language), headings, rows, text("rule", language))


def summary_table(sheet: AcceptanceSheet, language: Language) -> Sheet:
    """How many points stand at each word of each check; the three stand side by side and are never added up."""
    rows: list[tuple[Cell, ...]] = []
    for check in Check:
        of_check = [a for one in sheet.points for a in one.answers if a.check is check]
        counts = (sum(a.word is each for a in of_check) for each in Word)
        is_demanded = text("yes" if check in sheet.tender.demanded else "no", language)
        rows.append((CHECKS[check].of(language), is_demanded, *counts))
    headings = (
        Heading(text("check", language)),
        Heading(text("demanded", language)),
        *(Heading(WORDS[each].of(language), Kind.WHOLE) for each in Word),
    )
    return Sheet("accept_summary", text("summary", language), headings, tuple(rows))


def answers_table(sheet: AcceptanceSheet, language: Language) -> Sheet:
    """One row for each check of each point."""
    rows = tuple(
        (
            one.name,
            one.code,
            CHECKS[answer.check].of(language),
            f"{MARKS[answer.word]} {WORDS[answer.word].of(language)}",
            answer.figure,
            answer.limit,
            text("yes" if answer.is_demanded else "no", language),
            why_words(answer, language),
            answer.by,
        )
        for one in sheet.points
        for answer in one.answers
    )
    keys = ("point", "code", "check", "result", "figure", "limit", "demanded")
    headings = (
        *(Heading(text(key, language)) for key in keys),
        Heading(text("why", language), wide=True),
        Heading(text("by", language)),
    )
    return Sheet("accept_answers", text("answers", language), headings, rows)


def remarks_table(sheet: AcceptanceSheet, language: Language) -> Sheet:
    """What is behind the marks that are no plain pass: failed, untested though demanded, or said by a person."""
    rows = tuple(
        (
            one.name,
            CHECKS[answer.check].of(language),
            f"{MARKS[answer.word]} {WORDS[answer.word].of(language)}",
            answer.figure,
            answer.limit,
            " ".join((why_words(answer, language), answer.by)).strip(),
        )
        for one in sheet.points
        for answer in one.answers
        if answer.by or answer.word is Word.FAILED or (answer.is_demanded and answer.word is Word.UNTESTED)
    )
    headings = tuple(
        Heading(text(key, language)) for key in ("point", "check", "result", "figure", "limit", "why")
    )
    return Sheet("accept_remarks", text("remarks", language), headings, rows)


def meanings_table(language: Language) -> Sheet:
    """What each check means."""
    rows = tuple((CHECKS[check].of(language), MEANINGS[check].of(language)) for check in Check)
    headings = (Heading(text("check", language)), Heading(text("meaning", language), wide=True))
    return Sheet("accept_meanings", text("meaning", language), headings, rows)


def acceptance_facts(sheet: AcceptanceSheet, language: Language) -> list[tuple[str, str]]:
    """The head of the sheet."""
    out = sum(one.left_out for one in sheet.points)
    counts = counted(sheet)
    facts = [
        (text("batch", language), sheet.batch),
        (text("document", language), sheet.document),
        (text("began", language), instant_text(sheet.began_s, sheet.tz)),
        (
            text("window", language),
            f"{instant_text(sheet.from_s, sheet.tz)}  –  {instant_text(sheet.to_s, sheet.tz)}",
        ),
        (text("n_points", language), str(len(sheet.points))),
        *((WORDS[each].of(language), str(counts[each])) for each in Word),
        (text("n_left_out", language), str(out)),
    ]
    if sheet.signed_s is None:
        return facts
    start = str(date_of(local_day(sheet.signed_s, sheet.tz)))
    months = text("months", language).format(n=sheet.tender.warranty_months)
    return [
        *facts,
        (text("accepted", language), str(len(sheet.points) - out)),
        (text("service_from", language), start),
        (text("warranty", language), months),
        (text("signed_by", language), f"{sheet.signed_by}  {instant_text(sheet.signed_s, sheet.tz)}"),
        (text("signed_with", language), sheet.signed_with),
    ]


def acceptance_document(sheet: AcceptanceSheet, sha256: str, language: Language) -> dict[str, Any]:
    """All that typst/acceptance.typ shows of a sheet, every point and every check. sha256: empty for a draft."""
    counts = counted(sheet)
    out = sum(one.left_out for one in sheet.points)
    footer = (sheet.batch, f"SHA-256 {sha256[:HASH_SHOWN_CHARS]}" if sha256 else text("draft", language))
    return {
        "lang": "zh" if language is Language.ZH else "en",
        "title": text("title", language),
        "batch": sheet.batch,
        "exercise": word("exercise", language) if sheet.exercise else "",
        "exercise_note": word("exercise_note", language),
        "draft": "" if sheet.signed_s is not None else text("draft", language),
        "facts": [list(fact) for fact in acceptance_facts(sheet, language)],
        "cards": [
            *([WORDS[each].of(language), str(counts[each])] for each in Word),
            [text("n_left_out", language), str(out)],
        ],
        "rule": text("rule", language),
        "points_title": text("points", language),
        "points_headings": [text(key, language) for key in ("point", "result")],
        "checks": [CHECKS[check].of(language) for check in Check],
        "points": [_point_cells(one, language) for one in sheet.points],
        "marks": "   ".join(f"{MARKS[each]} {WORDS[each].of(language)}" for each in Word),
        "tables": [
            _plain_table(summary_table(sheet, language), language, sheet.tz),
            _plain_table(remarks_table(sheet, language), language, sheet.tz),
            _plain_table(meanings_table(language), language, sheet.tz),
        ],
        "none": word("none", language),
        "footer": "  |  ".join(footer),
        "page": word("page", language),
        "signatures": [
            f"{text('signed_by', language)}  {sheet.signed_by}".strip(),
            f"{text('signed_with', language)}  {sheet.signed_with}".strip(),
        ],
        "date": word("date", language),
        "hash": f"{word('hash', language)}  {sha256 or text('draft', language)}",
    }


def _point_cells(one: SheetPoint, language: Language) -> dict[str, Any]:
    """A row of the matrix: a mark for each check, in brackets where the tender does not demand it."""
    marks = [MARKS[a.word] if a.is_demanded else f"({MARKS[a.word]})" for a in one.answers]
    return {"name": one.name, "code": one.code, "result": result_words(one, language), "marks": marks}


def _plain_table(sheet: Sheet, language: Language, tz: str) -> dict[str, Any]:
    return {
        "key": sheet.key,
        "title": sheet.title,
        "headings": [heading.title for heading in sheet.headings],
        "rows": plain_rows(sheet, language, tz),
    }
