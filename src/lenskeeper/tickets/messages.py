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
from typing import Final

from lenskeeper.base.days import zone_of
from lenskeeper.base.languages import Language, Words
from lenskeeper.base.spans import Span
from lenskeeper.tickets import words

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
    language: Language = Language.EN
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

_CHANGES: Final[Mapping[str, Words]] = {
    ChangeKind.OPENED: Words("新建工单", "new"),
    ChangeKind.ASSIGNED_ON: Words("工单转交", "handed on"),
    ChangeKind.OVERDUE_SOON: Words("即将超时", "due soon"),
    ChangeKind.OVERDUE: Words("已超时", "overdue"),
    ChangeKind.ESCALATED: Words("超时升级", "escalated"),
    ChangeKind.RECOVERED: Words("自行恢复", "recovered by itself"),
    ChangeKind.VERIFIED: Words("修复已核实", "repaired and verified"),
    ChangeKind.REGRESSED: Words("修复后再次故障", "failed again"),
    ChangeKind.CANCELLED: Words("已取消", "cancelled"),
    ChangeKind.STORM: Words("大面积故障，暂停派单", "storm: dispatch is held"),
}
_CLASSES: Final = {1: Words("一类", "class I"), 2: Words("二类", "class II"), 3: Words("三类", "class III")}


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
    title = _joined(
        [f"#{facts.number}" * (not facts.tickets), words.said(_CHANGES, facts.change, language)], " "
    )
    return Message(key, title, line, _data([facts], recipient))


def _digest(many: Sequence[Facts], recipient: Recipient, key: str) -> Message:
    """Counts first, then the worst by name; a ticket that came and went meanwhile is said once."""
    language = recipient.language
    counts = Counter(each.change for each in many)
    parts = [
        f"{words.said(_CHANGES, change, language)} {counts[change]}"
        for change in ChangeKind
        if counts[change]
    ]
    title = ("工单动态：" if language is Language.ZH else "tickets: ") + _list(parts, language)
    ranked = sorted(_latest(many), key=lambda each: (each.klass, -each.cameras, each.number))
    lines = [_line(each, recipient) for each in ranked[:LISTED_MAX]]
    if left := len(ranked) - LISTED_MAX:
        lines += [f"另有 {left} 个工单" if language is Language.ZH else f"and {left} more tickets"] * (
            left > 0
        )
    text = "\n".join([title, *lines])
    return Message(key, title, text[:TEXT_CHARS_MAX], _data(many, recipient))


def _latest(many: Sequence[Facts]) -> list[Facts]:
    """Of each ticket what happened last."""
    return list({(each.change is ChangeKind.STORM, each.number): each for each in many}.values())


def _line(facts: Facts, recipient: Recipient) -> str:
    """#17 overdue: switch "North gate", no answer, 200 cameras, class I, unit Harbour, desk contractor, by 11-23 18:00."""
    language = recipient.language
    zh = language is Language.ZH
    if facts.change is ChangeKind.STORM:
        return _storm_line(facts, recipient)
    cause = words.said(words.CAUSES, facts.cause, language)
    if facts.thing and cause:
        cause = f"{cause}“{facts.thing}”" if zh else f'{cause} "{facts.thing}"'
    cameras = f"{facts.cameras} 台摄像机" if zh else f"{facts.cameras} camera{'s' * (facts.cameras != 1)}"
    desk = words.said(words.DESKS, facts.desk, language)
    parts = [
        cause,
        words.said(words.SHOWN, facts.what, language),
        cameras,
        _CLASSES[facts.klass].of(language),
        facts.unit,
        (f"责任方：{desk}" if zh else f"desk: {desk}") if desk else "",
        _by(facts, recipient),
    ]
    head = f"#{facts.number} {words.said(_CHANGES, facts.change, language)}"
    return head + ("：" if zh else ": ") + _list([part for part in parts if part], language)


def _storm_line(facts: Facts, recipient: Recipient) -> str:
    since = _local(facts.since_s, recipient.tz)
    if recipient.language is Language.ZH:
        return f"大面积故障，自 {since} 起暂停派单：{facts.tickets} 个工单，{facts.cameras} 台摄像机"
    return f"storm since {since}: {facts.tickets} tickets, {facts.cameras} cameras; nobody is sent until it is over"


def _by(facts: Facts, recipient: Recipient) -> str:
    over = {ChangeKind.RECOVERED, ChangeKind.VERIFIED, ChangeKind.CANCELLED}
    if facts.restore_by_s is None or facts.change in over:
        return ""
    at = _local(facts.restore_by_s, recipient.tz)
    return f"应于 {at} 前恢复" if recipient.language is Language.ZH else f"restore by {at}"


def _local(at_s: int | None, tz: str) -> str:
    return "" if at_s is None else f"{datetime.fromtimestamp(at_s, zone_of(tz)):%Y-%m-%d %H:%M}"


def _list(parts: Sequence[str], language: Language) -> str:
    return ("，" if language is Language.ZH else ", ").join(parts)


def _joined(parts: Sequence[str], by: str) -> str:
    return by.join(part for part in parts if part)


def _data(many: Sequence[Facts], recipient: Recipient) -> dict[str, object]:
    """The same for programs; a digest has its counts and its lines."""
    return {
        "changes": [
            {
                "change": each.change.value,
                "ticket" if each.change is not ChangeKind.STORM else "storm": each.number,
                "cause": each.cause if each.cause in words.CAUSES else "",
                "what": each.what if each.what in words.SHOWN else "",
                "thing": each.thing,
                "cameras": each.cameras,
                "class": each.klass,
                "unit": each.unit,
                "desk": each.desk if each.desk in words.DESKS else "",
                "restore_by": _local(each.restore_by_s, recipient.tz),
            }
            for each in many
        ],
    }
