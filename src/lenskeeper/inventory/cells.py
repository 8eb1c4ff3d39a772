"""What stands in a cell of a sheet, read: each reader gives the value or the fault, and never both."""

import ipaddress
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlsplit

from lenskeeper.base.secret import DOTS
from lenskeeper.base.spans import Span, union
from lenskeeper.inventory.faults import Fault, Why

Cell = str | int | float | bool | date | datetime | time | timedelta | None

TEXT_CHARS_MAX: Final = 500  # four lines of a form; longer is a remark in the wrong column
URL_CHARS_MAX: Final = 2_000  # what probing takes
EXACT_MAX: Final = 2**53  # greater whole numbers are rounded in the double that a spreadsheet keeps
DAY_S: Final = 86_400
METRES_MAX: Final = 300.0  # television towers and bridge pylons carry cameras

SILENT: Final = frozenset(
    {"", "-", "--", "---", "/", "\\", "n/a", "na", "none", "null", "nil", "无", "暂无", "未知", "不详", "空", "待定", "tbd",
     "unknown", "?"}
)  # fmt: skip
FORMULA_BEGINS: Final = ("=", "+", "-", "@", "\t", "\r")  # ASVS 1.2.10
EXCEL_ERRORS: Final = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"}
)
_QUOTED: Final = re.compile(r'="(.*)"')  # how exports keep a long number from being rounded
_SCIENTIFIC: Final = re.compile(r"\d(?:\.\d+)?[eE]\+\d{2,}")


def bare(cell: Cell) -> Cell:
    """A cell without its packing: blanks around it, ="..." of exports, our own apostrophe before a formula."""
    if not isinstance(cell, str):
        return cell
    text = cell.strip()
    if text.startswith("'") and (text[1:].startswith(FORMULA_BEGINS) or cell[1:2] in FORMULA_BEGINS):
        text = text[1:].strip()
    if text.startswith("=") and (quoted := _QUOTED.fullmatch(text)):
        text = quoted[1].strip()
    return text


def is_silent(cell: Cell) -> bool:
    """Whether a bare cell says nothing: empty, a dash, 无, n/a."""
    return cell is None or (isinstance(cell, str) and (not cell or cell.lower() in SILENT))


def words(cell: Cell) -> str | Fault:
    """A text as written, runs of blanks made one."""
    if isinstance(cell, str):
        if len(cell) > TEXT_CHARS_MAX:
            return Fault(Why.TOO_LONG, str(TEXT_CHARS_MAX))
        if cell in EXCEL_ERRORS:
            return Fault(Why.EXCEL_ERROR)
        text = cell if cell.isprintable() and "  " not in cell else " ".join(cell.split())
        if not text.isprintable() and any(unicodedata.category(c) in {"Cc", "Cs"} for c in text):
            return Fault(Why.CONTROL)
        return text
    if isinstance(cell, float):
        if not cell.is_integer():
            return repr(cell)
        return str(int(cell)) if abs(cell) < EXACT_MAX else Fault(Why.ROUNDED)
    if isinstance(cell, int) and not isinstance(cell, bool) and abs(cell) >= EXACT_MAX:
        return Fault(Why.ROUNDED)
    return "" if cell is None else str(cell)


def plain(cell: Cell) -> str | Fault:
    """A technical word: full-width letters and digits made plain, and no number in scientific notation."""
    text = words(cell)
    if isinstance(text, Fault):
        return text
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return Fault(Why.ROUNDED) if _SCIENTIFIC.fullmatch(text) else text


# --- words of a closed list -----------------------------------------------------------------------------------------

Choices = Mapping[str, str]  # every writing, in small letters and without blanks -> code of the standard

CAMERA_TYPES: Final[Choices] = {
    "球机": "1", "球型": "1", "球形": "1", "dome": "1", "ptz": "1", "半球": "2", "半球机": "2", "half-dome": "2",
    "固定枪机": "3", "枪机": "3", "枪式": "3", "bullet": "3", "fixedbullet": "3", "遥控枪机": "4", "云台枪机": "4",
    "remotebullet": "4", "遥控半球": "5", "remotehalf-dome": "5", "多目全景": "6", "全景": "6", "多目设备的全景": "6",
    "panorama": "6", "多目分割": "7", "多目设备的分割通道": "7", "split": "7",
} | {str(n): str(n) for n in range(1, 8)}  # fmt: skip
LIGHTS: Final[Choices] = {
    "无补光": "1", "无": "1", "none": "1", "红外": "2", "红外补光": "2", "infrared": "2", "ir": "2", "白光": "3",
    "白光补光": "3", "white": "3", "激光": "4", "激光补光": "4", "laser": "4", "其他": "9", "other": "9",
} | {n: n for n in "12349"}  # fmt: skip
STATES: Final[Choices] = {
    "在用": "1", "使用中": "1", "正常": "1", "inuse": "1", "维修": "2", "维修中": "2", "repair": "2", "underrepair": "2",
    "拆除": "3", "已拆除": "3", "removed": "3", "1": "1", "2": "2", "3": "3",
}  # fmt: skip
DIRECTIONS: Final[Choices] = {
    "东": "1", "西": "2", "南": "3", "北": "4", "东南": "5", "东北": "6", "西南": "7", "西北": "8",
    "e": "1", "w": "2", "s": "3", "n": "4", "se": "5", "ne": "6", "sw": "7", "nw": "8",
    "east": "1", "west": "2", "south": "3", "north": "4", "southeast": "5", "northeast": "6", "southwest": "7",
    "northwest": "8",
} | {str(n): str(n) for n in range(1, 9)}  # fmt: skip
NETWORKED: Final[Choices] = {  # the sheet's 0 is yes
    "0": "yes", "已联网": "yes", "联网": "yes", "是": "yes", "yes": "yes",
    "1": "no", "未联网": "no", "不联网": "no", "否": "no", "no": "no",
}  # fmt: skip
YES_NO: Final[Choices] = {
    "1": "yes", "是": "yes", "yes": "yes", "y": "yes", "true": "yes", "√": "yes", "✓": "yes",
    "0": "no", "否": "no", "no": "no", "n": "no", "false": "no", "×": "no",
}  # fmt: skip
PERMITS: Final[Choices] = {
    "无": "none", "无需": "none", "不需要": "none", "否": "none", "none": "none", "no": "none",
    "占道": "lane", "占道作业": "lane", "占道许可": "lane", "占道施工": "lane", "lane": "lane", "lanepermit": "lane",
    "laneclosure": "lane", "天窗": "possession", "要点": "possession", "天窗/要点": "possession", "天窗点": "possession",
    "铁路天窗": "possession", "possession": "possession", "railwaypossession": "possession",
}  # fmt: skip
CODECS: Final[Choices] = {
    "h264": "H.264", "h.264": "H.264", "avc": "H.264", "h265": "H.265", "h.265": "H.265", "hevc": "H.265",
    "svac": "SVAC", "mpeg4": "MPEG4", "mpeg-4": "MPEG4", "mjpeg": "MJPEG",
}  # fmt: skip

_ALLOWED: Final = {
    id(
        CAMERA_TYPES
    ): "1 球机 dome, 2 半球 half-dome, 3 固定枪机 bullet, 4 遥控枪机 remote bullet, 5 遥控半球 remote "
    "half-dome, 6 全景 panorama, 7 分割 split",
    id(LIGHTS): "1 无 none, 2 红外 infrared, 3 白光 white, 4 激光 laser, 9 其他 other",
    id(STATES): "1 在用 in use, 2 维修 repair, 3 拆除 removed",
    id(DIRECTIONS): "1 东 E, 2 西 W, 3 南 S, 4 北 N, 5 东南 SE, 6 东北 NE, 7 西南 SW, 8 西北 NW",
    id(NETWORKED): "0 已联网 yes, 1 未联网 no",
    id(YES_NO): "1 是 yes, 0 否 no",
    id(PERMITS): "无 none, 占道 lane, 天窗/要点 possession",
    id(CODECS): "H.264, H.265, SVAC, MPEG4, MJPEG",
}


def choice(cell: Cell, choices: Choices) -> str | Fault:
    """The code of a closed list."""
    if isinstance(cell, bool):
        cell = int(cell) if choices is YES_NO else str(cell)
    text = plain(cell)
    if isinstance(text, Fault):
        return text
    key = text.lower().replace(" ", "").replace("_", "")
    return choices.get(key) or choices.get(key.lstrip("0") or "0") or Fault(Why.CHOICE, _ALLOWED[id(choices)])


def open_choice(cell: Cell, choices: Choices) -> str | Fault:
    """The code of a list that sheets exceed; where it has none, the fault AS_WRITTEN with the words in `shown`."""
    found = choice(cell, choices)
    if isinstance(found, Fault) and found.why is Why.CHOICE:
        text = words(cell)
        return Fault(Why.AS_WRITTEN, found.detail, text) if isinstance(text, str) else text
    return found


def klass(cell: Cell) -> int | Fault:
    """1, 2 or 3 in any writing: 1, I, Ⅰ, 一类, 一类点, class I. 9 and 其他 are the fault KLASS_OTHER."""
    text = plain(cell)
    if isinstance(text, Fault):
        return text
    word = re.sub(r"[\s_\-]|class|视频|监控|点位|点|类|级", "", text.lower()).lstrip("0")
    for value, writings in ((1, "1 i 一 壹"), (2, "2 ii 二 贰"), (3, "3 iii 三 叁")):
        if word in writings.split():
            return value
    return Fault(Why.KLASS_OTHER if word in {"9", "其他", "其它", "other"} else Why.KLASS)


def direction(cell: Cell) -> int | Fault:
    """The standard's 1 to 8 from a code, a word with or without 向, or degrees with their sign."""
    text = plain(cell)
    if isinstance(text, Fault):
        return text
    if bearing := re.fullmatch(r"(\d{1,3}(?:\.\d+)?)\s*(?:°|度)", text):
        eighth = round(float(bearing[1]) / 45)
        return (4, 6, 1, 5, 3, 7, 2, 8)[eighth % 8] if eighth <= 8 else Fault(Why.RANGE, "0°–360°")
    found = choice(re.sub(r"[朝向面往正侧方]", "", text) or text, DIRECTIONS)
    return found if isinstance(found, Fault) else int(found)


def yes_no(cell: Cell) -> bool | Fault:
    """Yes or no, 1 is yes."""
    found = choice(cell, YES_NO)
    return found if isinstance(found, Fault) else found == "yes"


def networked(cell: Cell) -> bool | Fault:
    """联网属性: 0 is yes."""
    found = choice(cell, NETWORKED)
    return found if isinstance(found, Fault) else found == "yes"


def status(cell: Cell) -> int | Fault:
    """设备状态: 1 in use, 2 repair, 3 removed."""
    found = choice(cell, STATES)
    return found if isinstance(found, Fault) else int(found)


def permit(cell: Cell) -> str | Fault:
    """作业许可: none, lane or possession."""
    return choice(cell, PERMITS)


# --- numbers, addresses, dates --------------------------------------------------------------------------------------


def whole(cell: Cell, low: int, high: int) -> int | Fault:
    """A whole number in [low, high], with or without its unit behind it."""
    text = plain(cell)
    if isinstance(text, Fault):
        return text
    match = re.fullmatch(r"(-?\d{1,15})(?:\.0+)?\s*(?:天|日|days?|分钟|min(?:utes?)?|mb|兆)?", text.lower())
    if match is None:
        return Fault(Why.NUMBER, f"{low}–{high}")
    value = int(match[1])
    return value if low <= value <= high else Fault(Why.RANGE, f"{low}–{high}")


_METRES: Final = re.compile(
    r"(?:约|>=?|<=?|≥|≤)?\s*(?:\d{1,3}(?:\.\d+)?\s*(?:m|米)?\s*(?:-|~|–|—|至|到|to)\s*)?"
    r"(\d{1,3}(?:\.\d{1,6})?)\s*(?:m|米|metres?|meters?)?"
)


def metres(cell: Cell) -> float | Fault:
    """A height above the ground, 0 to METRES_MAX, with or without its unit; of a range (6-8米) the upper end."""
    wrong = Fault(Why.METRES, f"0–{METRES_MAX:.0f}")
    if isinstance(cell, bool):
        return wrong
    text = plain(cell)
    if isinstance(text, Fault):
        return text
    match = _METRES.fullmatch(text.lower())
    value = float(match[1]) if match else -1.0
    return value if 0 <= value <= METRES_MAX else wrong


def ip_address(cell: Cell, version: int) -> str | Fault:
    """An address of a device; not a network, a port, this machine, or all devices at once."""
    text = plain(cell)
    if isinstance(text, Fault):
        return text
    wrong = Fault(Why.IPV4 if version == 4 else Why.IPV6)
    try:
        ip = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return wrong
    if ip.version != version or ip.is_unspecified or ip.is_loopback or ip.is_multicast:
        return wrong
    return wrong if str(ip) == "255.255.255.255" else str(ip)


def mac(cell: Cell) -> str | Fault:
    """XX-XX-XX-XX-XX-XX, as GB/T 28181-2022 has it; none of the addresses that stand for no device or for all."""
    text = plain(cell)
    if isinstance(text, Fault):
        return text
    digits = re.sub(r"[\s:.\-]", "", text).upper()
    if not re.fullmatch(r"[0-9A-F]{12}", digits) or digits in {"0" * 12, "F" * 12}:
        return Fault(Why.MAC)
    return "-".join(digits[i : i + 2] for i in range(0, 12, 2))


_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YEAR_FIRST: Final = re.compile(r"(\d{4})\s*[-/.年_]\s*(\d{1,2})\s*[-/.月_]\s*(\d{1,2})\s*日?")
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_YEAR_LAST: Final = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_PARTIAL: Final = re.compile(r"\d{4}年?|\d{4}\s*[-/.年]\s*\d{1,2}\s*月?|\d{4}\s*[qQ第][1-4一二三四]季?度?")
_MONTH_NAMED: Final = re.compile(
    r"(?:(\d{1,2})[\s-]+)?([a-z]{3})[a-z]*\.?[\s-]+(?:(\d{1,2})[a-z]{0,2},?\s+)?(\d{4})"
)
_TIME_OF_DAY: Final = re.compile(r"[T\s]+\d{1,2}[:：时]\d{2}.*|[T\s]+\d{1,2}[:：]\d{2}$")
EXCEL_EPOCH: Final = date(1899, 12, 30)  # its day 1 is 1900-01-01, and it believes in 1900-02-29
SERIALS: Final = range(29_221, 73_415)  # 1980-01-01 to 2100-12-31


def calendar_date(cell: Cell) -> date | Fault:
    """A local date in any writing: a date of the spreadsheet, its serial number, 2026-4-3, 20260403, 2026年4月3日,
    3 Apr 2026; 25/04/2026 only where day and month cannot be mixed up. A time behind it is left out.
    """
    if isinstance(cell, datetime):
        return _within(cell.year, cell.month, cell.day)
    if isinstance(cell, date):
        return _within(cell.year, cell.month, cell.day)
    text = plain(cell)
    if isinstance(text, Fault):
        return text
    text = _TIME_OF_DAY.sub(
        "", text.lower().replace("t0", " 0") if "t0" in text.lower() else text.lower()
    ).strip()
    if match := _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text):
        return _within(int(match[1]), int(match[2]), int(match[3]))
    if re.fullmatch(r"\d{5}(?:\.\d+)?", text) and int(float(text)) in SERIALS:
        return EXCEL_EPOCH + timedelta(days=int(float(text)))
    if match := _YEAR_LAST.fullmatch(text):
        return _day_or_month_first(int(match[1]), int(match[2]), int(match[3]))
    if (match := _MONTH_NAMED.fullmatch(text)) and match[2] in _MONTHS:
        day = match[1] or match[3]
        return (
            _within(int(match[4]), _MONTHS.index(match[2]) + 1, int(day)) if day else Fault(Why.DATE_PARTIAL)
        )
    return Fault(Why.DATE_PARTIAL if _PARTIAL.fullmatch(text) else Why.DATE)


def _within(year: int, month: int, day: int) -> date | Fault:
    try:
        return date(year, month, day) if 1980 <= year <= 2100 else Fault(Why.DATE)
    except ValueError:
        return Fault(Why.DATE)


def _day_or_month_first(one: int, other: int, year: int) -> date | Fault:
    either = {_within(year, other, one), _within(year, one, other)}
    real = sorted(d for d in either if isinstance(d, date))
    if len(real) == 2:
        return Fault(Why.DATE_AMBIGUOUS, " / ".join(d.isoformat() for d in real))
    return real[0] if real else Fault(Why.DATE)


_HOURS: Final = re.compile(
    r"(\d{1,2})(?::(\d{2}))?\s*(?:-|~|–|—|至|到|to)+\s*(?:次日)?(\d{1,2})(?::(\d{2}))?"
)


def hours(cell: Cell) -> tuple[Span, ...] | Fault:
    """Seconds of the local day, sorted and disjoint: 22:00-05:30 is two spans; several with ; or , between."""
    text = plain(cell)
    if isinstance(text, Fault):
        return text
    if text in {"全天", "全天候", "24小时", "always"}:
        return ((0, DAY_S),)
    spans: list[Span] = []
    for part in re.split(r"[;,、\s]+(?=\d)", text.replace("时", ":00") if ":" not in text else text):
        match = _HOURS.fullmatch(part.strip())
        if match is None:
            return Fault(Why.HOURS)
        a, b = (int(h) * 3600 + int(m or 0) * 60 for h, m in ((match[1], match[2]), (match[3], match[4])))
        if a >= DAY_S or b > DAY_S or a == b or int(match[2] or 0) > 59 or int(match[4] or 0) > 59:
            return Fault(Why.HOURS)
        spans += [(a, b)] if a < b else [(a, DAY_S), (0, b)]
    return tuple(union(spans))


# --- coordinates ----------------------------------------------------------------------------------------------------

_DEGREES: Final = re.compile(
    r"(?:[ensw东经北纬]*\s*)(\d{1,3})\s*[°度]\s*(\d{1,2}(?:\.\d+)?)\s*['′分]\s*(?:(\d{1,2}(?:\.\d+)?)\s*(?:\"|″|''|秒))?\s*([ensw]?)"
)


def coordinate(cell: Cell) -> float | Fault:
    """A figure as delivered: decimal degrees, degrees with minutes and seconds, or metres of a grid."""
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        return float(cell)
    text = words(cell)
    if isinstance(text, Fault):
        return text
    # NFKC would take the prime apart, so full-width figures are made plain by hand
    text = text.translate({ord("０") + i: str(i) for i in range(10)} | {ord("．"): "."}).lower()
    if match := _DEGREES.fullmatch(text):
        minutes, seconds = float(match[2]), float(match[3] or 0)
        if minutes >= 60 or seconds >= 60:
            return Fault(Why.COORDINATE)
        value = int(match[1]) + minutes / 60 + seconds / 3600
        return -value if match[4] in {"s", "w"} or text[:1] in {"s", "w"} else value
    text = text.strip("ensw°度 东经北纬")
    if not re.fullmatch(r"-?\d{1,9}(?:\.\d{1,15})?", text):
        return Fault(Why.COORDINATE)
    return float(text)


# --- addresses to look at -------------------------------------------------------------------------------------------

PORTS: Final = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
_HOST: Final = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?")
_SECRET_KEY: Final = re.compile(
    r"(?i)(?<![a-z0-9])(?:[a-z0-9]*(?:password|passwd|pwd|psw|token|secret)|pass|passphrase|auth|apikey|pw|loginpas)="
)


def camera_address(cell: Cell) -> str | Fault:
    """A url as the register keeps it: small scheme and host, the usual port left out, path and query as written.

    An account or a password in it is a fault, wherever it stands: a register is read by many. probing/targets.py
    keeps the same rule where somebody types an address; it lies above this room.
    """
    text = words(cell)
    if (
        isinstance(text, Fault)
        and text.why is Why.TOO_LONG
        and isinstance(cell, str)
        and len(cell) <= URL_CHARS_MAX
    ):
        text = cell
    if isinstance(text, Fault):
        return text
    scheme, separator, rest = text.partition("://")
    scheme = scheme.lower()
    hidden = without_account(text)
    if hidden != text or DOTS in text:  # dots: an error workbook that came back as it went out
        return Fault(Why.URL_ACCOUNT, shown=hidden)
    if not separator or scheme not in PORTS:
        return Fault(Why.URL_SCHEME)
    if not text.isprintable() or " " in text:
        return Fault(Why.CONTROL)
    return _canonical(scheme, rest)


def _canonical(scheme: str, rest: str) -> str | Fault:
    try:
        split = urlsplit(f"{scheme}://{rest}")
        host, port = split.hostname or "", split.port
    except ValueError:  # a bracket left open, a port beyond 65535
        return Fault(Why.URL_HOST)
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if ":" in host:
        try:
            place = f"[{ipaddress.IPv6Address(host)}]"
        except ValueError:
            return Fault(Why.URL_HOST)
    else:
        place = _host_name(host)
    if not place or port == 0:
        return Fault(Why.URL_HOST)
    number = "" if port in (None, PORTS[scheme]) else f":{port}"
    return f"{scheme}://{place}{number}{rest[len(authority) :]}"


def _host_name(host: str) -> str:
    """A host in small ASCII letters, or empty where it is none."""
    try:
        name = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    name = name.lower().removesuffix(".")
    if re.fullmatch(r"[0-9.]+", name):
        try:
            return str(ipaddress.IPv4Address(name))
        except ValueError:
            return ""
    return name if _HOST.fullmatch(name) and len(name) <= 253 else ""


def without_account(text: str) -> str:
    """An address as it may be shown: dots for an account and for the value of a password-like parameter.

    An @ in the host part is an account, and so is one further on with a : before it; too much is hidden rather than
    too little.
    """
    scheme, separator, rest = text.partition("://")
    begin, rest = (f"{scheme}://", rest) if separator else ("", text)
    account, at, place = rest.rpartition("@")
    if at and (":" in account or "@" in re.split(r"[/?#]", rest, maxsplit=1)[0]):
        rest = f"{DOTS}@{place}"
    if key := _SECRET_KEY.search(rest):
        rest = rest[: key.end()] + DOTS
    return begin + rest


# --- charter --------------------------------------------------------------------------------------------------------

_MOBILE: Final = re.compile(r"(?<!\d)(?:86|\+86|0086)?(1[3-9]\d)\d{8}(?!\d)")

# Places of intimacy (charter 9), as sheets name them. A word is here only if the place it names is one.
FORBIDDEN_PLACES: Final = (
    "卧室", "寝室", "宿舍", "更衣", "试衣", "浴室", "淋浴", "澡堂", "浴池", "汗蒸", "卫生间", "洗手间", "厕所", "公厕", "女厕", "男厕",
    "盥洗室", "化妆间", "母婴室", "哺乳", "病房", "产房", "诊室", "体检室", "手术室", "客房", "按摩", "集体宿舍", "住宅室内",
    "bedroom", "dormitory", "dorm", "changing room", "fitting room", "locker room", "lavatory", "toilet", "restroom",
    "washroom", "bathroom", "shower", "hospital ward", "sickroom", "nursing room", "guest room", "hotel room", "treatment room", "sauna",
)  # fmt: skip
_FORBIDDEN: Final = re.compile(
    "|".join(rf"\b{w}s?\b" if w.isascii() else re.escape(w) for w in FORBIDDEN_PLACES), re.IGNORECASE
)


def contact(cell: Cell) -> str | Fault:
    """A duty number. Eleven digits that begin with 13 to 19 are somebody's own, and are not repeated in the fault."""
    text = words(cell)
    if isinstance(text, Fault):
        return text
    joined = re.sub(r"(?<=\d)[\s\-–—()（）.](?=\d)", "", unicodedata.normalize("NFKC", text))
    if DOTS in text:  # an error workbook that came back as it went out
        return Fault(Why.CONTACT_PRIVATE, shown=text)
    mobile = _MOBILE.search(joined)
    return Fault(Why.CONTACT_PRIVATE, shown=f"{mobile[1]}{DOTS}") if mobile else text


def forbidden_place(text: str) -> str:
    """The first word in a text that names a place of intimacy; empty where there is none."""
    found = _FORBIDDEN.search(text)
    return found[0] if found else ""


def place_kind(cell: Cell) -> str | Fault:
    """The declared kind of place; a place of intimacy is a fault (charter 9)."""
    text = words(cell)
    if isinstance(text, Fault):
        return text
    plain_words = text.replace("_", " ").replace("-", " ")
    # In a name a ward may be a part of a city; as the kind of a place it is a room with beds.
    is_ward = not {"ward", "wards"}.isdisjoint(plain_words.lower().split())
    return Fault(Why.FORBIDDEN_PLACE) if is_ward or forbidden_place(plain_words) else text


def unit_path(cell: Cell) -> str | Fault:
    """Names of units from the top with / between; > and \\ and ／ are taken for it."""
    text = words(cell)
    if isinstance(text, Fault):
        return text
    names = [name.strip() for name in re.split(r"[/／\\>＞→]+", text)]
    names = [name for name in names if name]
    return "/".join(names) if names else Fault(Why.UNIT_PATH)


Reader = Callable[[Cell], object]  # the value, or a Fault
