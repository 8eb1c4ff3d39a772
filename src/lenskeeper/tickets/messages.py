"""What a message says, to whom it goes, and when: plain rules over the few facts that may leave the house.

One message for each cause and change, never one for each camera. It names the ticket by its number, what is broken in
words, how many cameras, their class, the unit and the hour: no address, no code of a camera, no account, no place on a
map. Whoever needs those looks the ticket up; the mail and the robot belong to somebody else.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from lenskeeper.base.days import zone_of
from lenskeeper.base.spans import Span

Language = Literal["zh-CN", "en"]

HOUR_S: Final = 3_600
DAY_S: Final = 24 * HOUR_S
TRIES_MAX: Final = 10  # of one message to one recipient: some six hours
STALE_S: Final = (
    DAY_S  # what could not be sent for a day is no news any more; it stands in the list of messages
)
RETRY_S: Final = 30  # after the first failure; twice as long after each further one
RETRY_S_MAX: Final = HOUR_S
LISTED_MAX: Final = 10  # tickets that a digest names; the rest is counted
NAME_CHARS_MAX: Final = 40
TEXT_CHARS_MAX: Final = 1_500  # robots admit 2,048 bytes and more; a digest of ten lines has some 600


class ChangeKind(StrEnum):
    """What happened to a ticket that somebody is told of. STORM is told in place of all that it holds back."""

    OPENED = "opened"
    ASSIGNED_ON = "assigned_on"  # handed to another desk
    OVERDUE_SOON = "overdue_soon"
    OVERDUE = "overdue"
    ESCALATED = "escalated"
    RECOVERED = "recovered"  # by itself
    VERIFIED = "verified"
    REGRESSED = "regressed"
    CANCELLED = "cancelled"
    STORM = "storm"


BY_THE_CLOCK: Final = frozenset({ChangeKind.OVERDUE_SOON, ChangeKind.OVERDUE, ChangeKind.ESCALATED})


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a message may be made of; whoever makes them has admitted each name with `admitted`.

    number:       of the ticket, or of the storm.
    cause, what:  words of CauseKind, and of Outcome or Kind; others are not said.
    thing, unit:  names, or empty.
    klass:        1 to 3; of a storm the worst of what it holds.
    tickets:      how many a storm holds.
    contract:     its name, for choosing recipients only.
    """

    change: ChangeKind
    number: int
    cause: str = ""
    what: str = ""
    thing: str = ""
    cameras: int = 0
    klass: int = 3
    unit: str = ""
    desk: str = ""
    contract: str = ""
    restore_by_s: int | None = None
    since_s: int | None = None
    tickets: int = 0


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is told of what, and when not. An empty set is all.

    quiet:    [from, to) in seconds of the local day of tz, over midnight where from > to; None: never quiet.
    digest_s: how long the first message waits for others; 0: it goes at once.
    per_hour: hard limit of what is sent in any hour, failed tries counted.
    """

    name: str
    language: Language = "en"
    tz: str = "UTC"
    desks: frozenset[str] = frozenset()
    contracts: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    classes: frozenset[int] = frozenset()
    quiet: Span | None = None
    digest_s: int = 0
    per_hour: int = 20


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that waits for one recipient. tries: how often it has failed."""

    message_id: int
    at_s: int
    tries: int
    facts: Facts


@dataclass(frozen=True, slots=True)
class Try:
    """What has been sent, or was tried."""

    at_s: int
    is_sent: bool


@dataclass(frozen=True, slots=True)
class Message:
    """What a plug-in sends. key: the same when it is sent again, so that a receiver can drop the second.

    data: what the text says, for programs: text and numbers only.
    """

    key: str
    title: str
    text: str
    data: Mapping[str, object] = field(default_factory=dict)


# ---- who, and when


def is_for(recipient: Recipient, facts: Facts) -> bool:
    """Whether the recipient is told of this. A storm is told to everybody who is told of any opening."""
    change = ChangeKind.OPENED if facts.change is ChangeKind.STORM else facts.change
    if recipient.changes and change not in recipient.changes:
        return False
    if recipient.classes and facts.klass not in recipient.classes:
        return False
    if facts.change is ChangeKind.STORM:
        return True
    if recipient.desks and facts.desk not in recipient.desks:
        return False
    return not recipient.contracts or facts.contract in recipient.contracts


def breaks_through(facts: Facts) -> bool:
    """Class I is told at any hour; that it works again can wait for the morning."""
    over = {ChangeKind.RECOVERED, ChangeKind.VERIFIED, ChangeKind.CANCELLED}
    return facts.klass == 1 and facts.change not in over


def is_quiet(recipient: Recipient, at_s: int) -> bool:
    """Whether the recipient sleeps, by his own wall clock."""
    if recipient.quiet is None:
        return False
    wall = datetime.fromtimestamp(at_s, zone_of(recipient.tz))
    second, (a, b) = wall.hour * HOUR_S + wall.minute * 60 + wall.second, recipient.quiet
    return a <= second < b if a <= b else second >= a or second < b


def stale(waiting: Sequence[Waiting], now_s: int) -> list[Waiting]:
    """What is given up: too old or tried too often. What waits for a morning or for room is not old before a day."""
    return [each for each in waiting if each.tries >= TRIES_MAX or now_s - each.at_s > STALE_S]


def due(recipient: Recipient, waiting: Sequence[Waiting], tries: Sequence[Try], now_s: int) -> list[Waiting]:
    """What is sent now as one message, the oldest first; empty: nothing yet.

    waiting: what is not sent and not stale. tries: of this recipient, the last TRIES_MAX hours and more, oldest first.
    The limit of an hour holds for all, class I too: a storm of messages is read by nobody.
    """
    if sum(now_s - HOUR_S < each.at_s for each in tries) >= recipient.per_hour:
        return []
    if tries and not tries[-1].is_sent and now_s < tries[-1].at_s + _pause_s(tries):
        return []
    now = sorted(waiting, key=lambda each: (each.at_s, each.message_id))
    urgent = [each for each in now if breaks_through(each.facts)]
    if is_quiet(recipient, now_s):
        return urgent
    if urgent or (now and now_s - now[0].at_s >= recipient.digest_s):
        return now
    return []


def _pause_s(tries: Sequence[Try]) -> int:
    """How long to wait after failures in a row."""
    failed = 0
    for each in reversed(tries):
        if each.is_sent:
            break
        failed += 1
    return int(min(RETRY_S * 2 ** min(failed - 1, 10), RETRY_S_MAX))


# ---- which names may be said

_LIKE_AN_ADDRESS: Final = re.compile(
    r"[.:/\\@%?&=#<>{}\[\]|~^`$_\"'*;+,。：／＠]"  # of addresses, links, coordinates, accounts and mark-up
    r"|\d{4}"  # of codes, numbers of houses' poles and serials
    r"|(?i:\b[0-9a-f]{2}(?:[ -][0-9a-f]{2}){2,})"  # of hardware
    r"|(?:\d+[ -]+){2,}\d"  # numbers in a row, however they are parted
    r"|[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069]"  # what is not seen, or turns a line round
    r"|(?i:\b(?:rtsp|https?|admin|root|user|password|www|localhost)\b)"
)
NAMED: Final = frozenset(
    {"switch", "feeder", "uplink", "site"}
)  # kinds of cause whose thing has a name; an account's, a recorder's and a network's is an address or a login


def admitted(name: str, unsaid: Collection[str] = ()) -> str:
    """The name, where it looks like no address, code or number; else empty.

    unsaid: codes, names and places of the ticket's cameras: a name that holds one of them is not said either.
    """
    name = name.strip()
    if not name or len(name) > NAME_CHARS_MAX or _LIKE_AN_ADDRESS.search(name) or _digits(name) > 4:
        return ""
    plain = name.casefold()
    return "" if any(each.strip() and each.strip().casefold() in plain for each in unsaid) else name


def _digits(name: str) -> int:
    return sum(one.isdigit() for one in name)


# ---- what is said

_CHANGES: Final[Mapping[str, tuple[str, str]]] = {
    "opened": ("新建工单", "new"),
    "assigned_on": ("工单转交", "handed on"),
    "overdue_soon": ("即将超时", "due soon"),
    "overdue": ("已超时", "overdue"),
    "escalated": ("超时升级", "escalated"),
    "recovered": ("自行恢复", "recovered by itself"),
    "verified": ("修复已核实", "repaired and verified"),
    "regressed": ("修复后再次故障", "failed again"),
    "cancelled": ("已取消", "cancelled"),
    "storm": ("大面积故障，暂停派单", "storm: dispatch is held"),
}
_CAUSES: Final[Mapping[str, tuple[str, str]]] = {
    "camera": ("摄像机", "camera"),
    "account": ("登录账号", "login"),
    "recorder": ("录像机", "recorder"),
    "pole": ("立杆", "pole"),
    "switch": ("交换机", "switch"),
    "site": ("站点", "site"),
    "feeder": ("供电回路", "power feeder"),
    "uplink": ("上联线路", "uplink"),
    "subnet": ("网段", "network"),
}
_WHATS: Final[Mapping[str, tuple[str, str]]] = {
    "unreachable": ("无法到达", "unreachable"),
    "timed_out": ("无应答", "no answer"),
    "refused": ("连接被拒", "connection refused"),
    "tls_refused": ("证书不被接受", "certificate not accepted"),
    "auth_refused": ("登录被拒", "login refused"),
    "held_back": ("未尝试", "not tried"),
    "not_found": ("无此通道", "no such channel"),
    "redirected": ("被重定向", "sent elsewhere"),
    "busy": ("设备忙", "busy"),
    "not_supported": ("协议不支持", "not supported"),
    "garbled": ("应答异常", "garbled answer"),
    "rejected": ("设备报错", "error of its own"),
    "closed": ("连接中断", "hung up"),
    "no_video": ("无视频", "no video"),
    "no_keyframe": ("无关键帧", "no key frame"),
    "undecodable": ("无法解码", "not decodable"),
    "black": ("黑屏", "black picture"),
    "dark": ("过暗", "dark"),
    "overexposed": ("过曝", "overexposed"),
    "blur": ("模糊", "blurred"),
    "low_contrast": ("对比度低", "low contrast"),
    "colour_cast": ("偏色", "colour cast"),
    "noise": ("噪声", "noise"),
    "occluded": ("遮挡", "covered"),
    "moved": ("移位", "moved"),
    "frozen": ("画面冻结", "frozen"),
    "signal_card": ("信号丢失画面", "signal card"),
    "mosaic": ("花屏", "mosaic"),
    "lens_dirty": ("镜头脏污", "dirty lens"),
    "stripes": ("条纹", "stripes"),
    "shaking": ("抖动", "shaking"),
}
_DESKS: Final[Mapping[str, tuple[str, str]]] = {
    "power": ("供电", "power"),
    "carrier": ("运营商", "carrier"),
    "contractor": ("维保单位", "contractor"),
    "parks": ("园林", "parks"),
    "owner_it": ("业主信息部门", "owner's IT"),
    "us": ("本单位", "our own desk"),
}
_CLASSES: Final = {1: ("一类", "class I"), 2: ("二类", "class II"), 3: ("三类", "class III")}


def _word(table: Mapping[str, tuple[str, str]], key: str, language: Language) -> str:
    """The word of a known key; what is not in the table is not said."""
    pair = table.get(key)
    return "" if pair is None else pair[0 if language == "zh-CN" else 1]


def cause_word(kind: str, language: Language) -> str:
    """A kind of cause in words; empty where it is none."""
    return _word(_CAUSES, kind, language)


def what_word(what: str, language: Language) -> str:
    """An outcome or a kind of fault in words; empty where it is none."""
    return _word(_WHATS, what, language)


def desk_word(desk: str, language: Language) -> str:
    """A desk in words; empty where it is none."""
    return _word(_DESKS, desk, language)


def said(waiting: Sequence[Waiting], recipient: Recipient) -> Message:
    """One message of one or many changes. key: of the first and the last of them."""
    assert waiting
    first, last = waiting[0], waiting[-1]
    key = f"lenskeeper-{recipient.name}-{first.message_id}-{last.message_id}"
    if len(waiting) == 1:
        return _single(first.facts, recipient, key)
    return _digest([each.facts for each in waiting], recipient, key)


def _single(facts: Facts, recipient: Recipient, key: str) -> Message:
    language = recipient.language
    line = _line(facts, recipient)
    title = _joined([f"#{facts.number}" * (not facts.tickets), _word(_CHANGES, facts.change, language)], " ")
    return Message(key, title, line, _data([facts], recipient))


def _digest(many: Sequence[Facts], recipient: Recipient, key: str) -> Message:
    """Counts first, then the worst by name; a ticket that came and went meanwhile is said once."""
    language = recipient.language
    counts = Counter(each.change for each in many)
    parts = [
        f"{_word(_CHANGES, change, language)} {counts[change]}" for change in ChangeKind if counts[change]
    ]
    title = ("工单动态：" if language == "zh-CN" else "tickets: ") + _list(parts, language)
    ranked = sorted(_latest(many), key=lambda each: (each.klass, -each.cameras, each.number))
    lines = [_line(each, recipient) for each in ranked[:LISTED_MAX]]
    if left := len(ranked) - LISTED_MAX:
        lines += [f"另有 {left} 个工单" if language == "zh-CN" else f"and {left} more tickets"] * (left > 0)
    text = "\n".join([title, *lines])
    return Message(key, title, text[:TEXT_CHARS_MAX], _data(many, recipient))


def _latest(many: Sequence[Facts]) -> list[Facts]:
    """Of each ticket what happened last."""
    return list({(each.change is ChangeKind.STORM, each.number): each for each in many}.values())


def _line(facts: Facts, recipient: Recipient) -> str:
    """#17 overdue: switch "North gate", no answer, 200 cameras, class I, unit Harbour, desk contractor, by 11-23 18:00."""
    language = recipient.language
    zh = language == "zh-CN"
    if facts.change is ChangeKind.STORM:
        return _storm_line(facts, recipient)
    cause = _word(_CAUSES, facts.cause, language)
    if facts.thing and cause:
        cause = f"{cause}“{facts.thing}”" if zh else f'{cause} "{facts.thing}"'
    cameras = f"{facts.cameras} 台摄像机" if zh else f"{facts.cameras} camera{'s' * (facts.cameras != 1)}"
    desk = _word(_DESKS, facts.desk, language)
    parts = [
        cause,
        _word(_WHATS, facts.what, language),
        cameras,
        _CLASSES[facts.klass][0 if zh else 1],
        facts.unit,
        (f"责任方：{desk}" if zh else f"desk: {desk}") if desk else "",
        _by(facts, recipient),
    ]
    head = f"#{facts.number} {_word(_CHANGES, facts.change, language)}"
    return head + ("：" if zh else ": ") + _list([part for part in parts if part], language)


def _storm_line(facts: Facts, recipient: Recipient) -> str:
    since = _local(facts.since_s, recipient.tz)
    if recipient.language == "zh-CN":
        return f"大面积故障，自 {since} 起暂停派单：{facts.tickets} 个工单，{facts.cameras} 台摄像机"
    return f"storm since {since}: {facts.tickets} tickets, {facts.cameras} cameras; nobody is sent until it is over"


def _by(facts: Facts, recipient: Recipient) -> str:
    over = {ChangeKind.RECOVERED, ChangeKind.VERIFIED, ChangeKind.CANCELLED}
    if facts.restore_by_s is None or facts.change in over:
        return ""
    at = _local(facts.restore_by_s, recipient.tz)
    return f"应于 {at} 前恢复" if recipient.language == "zh-CN" else f"restore by {at}"


def _local(at_s: int | None, tz: str) -> str:
    return "" if at_s is None else f"{datetime.fromtimestamp(at_s, zone_of(tz)):%Y-%m-%d %H:%M}"


def _list(parts: Sequence[str], language: Language) -> str:
    return ("，" if language == "zh-CN" else ", ").join(parts)


def _joined(parts: Sequence[str], by: str) -> str:
    return by.join(part for part in parts if part)


def _data(many: Sequence[Facts], recipient: Recipient) -> dict[str, object]:
    """The same for programs; a digest has its counts and its lines."""
    return {
        "changes": [
            {
                "change": each.change.value,
                "ticket" if each.change is not ChangeKind.STORM else "storm": each.number,
                "cause": each.cause if each.cause in _CAUSES else "",
                "what": each.what if each.what in _WHATS else "",
                "thing": each.thing,
                "cameras": each.cameras,
                "class": each.klass,
                "unit": each.unit,
                "desk": each.desk if each.desk in _DESKS else "",
                "restore_by": _local(each.restore_by_s, recipient.tz),
            }
            for each in many
        ],
    }
