"""What is said of a ticket, to whom, and when: plain rules, and none of them tells an address."""

import json
import re
from random import Random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from lenskeeper.base.days import local_instant
from lenskeeper.base.languages import Language
from lenskeeper.base.outcomes import Outcome
from lenskeeper.diagnosis.kinds import Kind
from lenskeeper.tickets import messages, words
from lenskeeper.tickets.causes import CauseKind
from lenskeeper.tickets.messages import (
    RETRY_S_MAX,
    STALE_S,
    TEXT_CHARS_MAX,
    TRIES_MAX,
    ChangeKind,
    Facts,
    Recipient,
    Try,
    Waiting,
    admitted,
    breaks_through,
    due,
    is_for,
    is_quiet,
    said,
    stale,
)
from lenskeeper.tickets.routing import Desk

NOON = local_instant(20_000, 43_200, "Asia/Shanghai")
HOUR = 3_600
DUTY = Recipient("duty", tz="Asia/Shanghai")
SWITCH = Facts(
    ChangeKind.OPENED,
    17,
    "switch",
    "timed_out",
    "North gate",
    200,
    1,
    "Harbour",
    "contractor",
    "Lot 3",
    NOON + HOUR,
)


def letter(number: int = 1, at_s: int = NOON, tries: int = 0, **more: object) -> Waiting:
    plain = {
        "change": ChangeKind.OPENED,
        "number": number,
        "cause": "camera",
        "what": "timed_out",
        "cameras": 1,
    }
    return Waiting(number, at_s, tries, Facts(**{**plain, **more}))  # type: ignore[arg-type]


def test_a_message_tells_the_ticket_in_words() -> None:
    told = said([Waiting(1, NOON, 0, SWITCH)], DUTY)
    assert told.title == "#17 new"
    assert told.text == (
        '#17 new: switch "North gate", no answer, 200 cameras, class I, Harbour, desk: contractor, '
        "restore by 2024-10-04 13:00"
    )


def test_the_same_in_chinese() -> None:
    told = said([Waiting(1, NOON, 0, SWITCH)], Recipient("duty", Language.ZH, "Asia/Shanghai"))
    assert told.text == (
        "#17 新建工单：交换机“North gate”，无应答，200 台摄像机，一类，Harbour，责任方：维保单位，应于 2024-10-04 13:00 前恢复"
    )


def test_every_word_of_a_ticket_is_known_in_both_languages() -> None:
    assert set(words.SHOWN) == {*Outcome, *Kind}
    assert set(words.CAUSES) == set(CauseKind)
    assert set(words.DESKS) == set(Desk)
    assert set(messages._CHANGES) == set(ChangeKind)


# ---- nothing leaks

HOSTILE = st.one_of(
    st.ip_addresses().map(str),
    st.from_regex(r"(rtsp|http)://[a-z]{1,8}:[a-z]{1,8}@10\.\d\.\d\.\d/ch\d", fullmatch=True),
    st.from_regex(r"\d{20}", fullmatch=True),
    st.from_regex(r"[A-Z]{2}-\d{5,9}", fullmatch=True),
    st.from_regex(r"\d{2,3}\.\d{4,6}[ ,]\d{2}\.\d{4,6}", fullmatch=True),
    st.from_regex(r"([0-9a-f]{2}[:-]){5}[0-9a-f]{2}", fullmatch=True),
    st.from_regex(r"[a-z]{3,8}@[a-z]{3,8}\.(com|local)", fullmatch=True),
    st.from_regex(r"[a-z]{3,10}\.(local|example\.com|gov\.cn)", fullmatch=True),
    st.from_regex(r"10 \d{1,3} \d{1,3} \d{1,3}", fullmatch=True),
    st.from_regex(r"10-\d{1,3}-\d{1,3}-\d{1,3}", fullmatch=True),
)
AROUND = st.sampled_from(["", "switch ", "Nordtor ", "交换机 ", "\u202e", "x\n"])


@settings(max_examples=400)
@given(HOSTILE, AROUND, AROUND)
@example("10.0.0.1", "", "")
def test_no_name_that_looks_like_an_address_or_a_code_is_said(core: str, before: str, after: str) -> None:
    assert admitted(before + core + after) == ""


def test_codes_are_known_by_their_digits_however_they_are_parted() -> None:
    for name in ("KX 1234", "KX 12345", "A1B2C3D4E5", "12 34 56", "00-1A-2B", "site 10 0 0 7"):
        assert admitted(name) == "", name


def test_a_plain_name_is_said() -> None:
    for name in ("North gate", "东门交换机 2 号", "Binhe Road 12", "4G Binhe Road", "F-07"):
        assert admitted(name) == name


def test_a_name_that_holds_a_code_of_its_cameras_is_not_said() -> None:
    assert admitted("cabinet KX-12", {"kx-12", ""}) == ""
    assert admitted("cabinet KX-13", {"kx-12", "", "  "}) == "cabinet KX-13"


WORDS = st.one_of(HOSTILE, st.text(max_size=30), st.sampled_from([*CauseKind, *Outcome, *Desk, "admin"]))


@settings(max_examples=300)
@given(WORDS, WORDS, WORDS, st.lists(st.sampled_from(list(ChangeKind)), min_size=1, max_size=15))
def test_words_that_are_not_ours_are_never_said(
    cause: str, what: str, desk: str, changes: list[ChangeKind]
) -> None:
    """Names are admitted before; what stands in the columns of words is said by its table or not at all."""
    many = [
        Waiting(n, NOON, 0, Facts(change, n, cause, what, cameras=n, desk=desk, since_s=NOON))
        for n, change in enumerate(changes, start=1)
    ]
    known = {*words.CAUSES, *words.SHOWN, *words.DESKS}
    told = said(many, DUTY)
    whole = told.title + told.text + json.dumps(told.data, ensure_ascii=False)
    plain = said(
        [
            Waiting(
                w.message_id, NOON, 0, Facts(w.facts.change, w.message_id, cameras=w.message_id, since_s=NOON)
            )
            for w in many
        ],
        DUTY,
    )
    if not {cause, what, desk} & known:
        assert whole == plain.title + plain.text + json.dumps(plain.data, ensure_ascii=False)
    assert len(told.text) <= TEXT_CHARS_MAX


# ---- to whom


def test_a_recipient_is_told_of_his_desk_contract_class_and_change_only() -> None:
    assert is_for(DUTY, SWITCH)
    assert is_for(Recipient("c", desks=frozenset({"contractor"})), SWITCH)
    assert not is_for(Recipient("c", desks=frozenset({"power"})), SWITCH)
    assert is_for(Recipient("c", contracts=frozenset({"Lot 3"})), SWITCH)
    assert not is_for(Recipient("c", contracts=frozenset({"Lot 4"})), SWITCH)
    assert not is_for(Recipient("c", classes=frozenset({2, 3})), SWITCH)
    assert not is_for(Recipient("c", changes=frozenset({"overdue"})), SWITCH)


def test_a_storm_is_told_to_whoever_is_told_of_openings() -> None:
    storm = Facts(ChangeKind.STORM, 1, klass=1, tickets=40, cameras=800, since_s=NOON)
    assert is_for(Recipient("c", desks=frozenset({"power"}), contracts=frozenset({"Lot 4"})), storm)
    assert not is_for(Recipient("c", changes=frozenset({"overdue"})), storm)


# ---- when


def test_quiet_hours_go_over_midnight_by_the_recipients_own_clock() -> None:
    night = Recipient("n", tz="Asia/Shanghai", quiet=(22 * HOUR, 7 * HOUR))
    asleep = [h for h in range(24) if is_quiet(night, local_instant(20_000, h * HOUR, "Asia/Shanghai"))]
    assert asleep == [0, 1, 2, 3, 4, 5, 6, 22, 23]
    siesta = Recipient("s", tz="Asia/Shanghai", quiet=(12 * HOUR, 14 * HOUR))
    assert [h for h in range(24) if is_quiet(siesta, local_instant(20_000, h * HOUR, "Asia/Shanghai"))] == [
        12,
        13,
    ]


def test_class_one_breaks_through_the_night_and_the_rest_comes_in_the_morning_as_one() -> None:
    night = Recipient("n", tz="Asia/Shanghai", quiet=(22 * HOUR, 7 * HOUR))
    midnight = local_instant(20_000, 0, "Asia/Shanghai")
    waits = [letter(1, midnight, klass=2), letter(2, midnight, klass=1), letter(3, midnight, klass=3)]
    assert [w.message_id for w in due(night, waits, [], midnight)] == [2]
    left = [waits[0], waits[2]]
    assert due(night, left, [Try(midnight, True)], midnight + 6 * HOUR) == []
    morning = due(night, left, [Try(midnight, True)], midnight + 7 * HOUR)
    assert morning == left
    assert said(morning, night).title == "tickets: new 2"


def test_a_recovery_of_class_one_wakes_nobody() -> None:
    assert breaks_through(SWITCH)
    assert not breaks_through(Facts(ChangeKind.RECOVERED, 17, klass=1))


def test_a_digest_waits_for_others_and_counts_them() -> None:
    slow = Recipient("s", tz="UTC", digest_s=900)
    waits = [
        letter(1, klass=2),
        letter(2, NOON + 300, klass=3),
        letter(2, NOON + 310, klass=3, change=ChangeKind.OVERDUE),
    ]
    assert due(slow, waits, [], NOON + 899) == []
    going = due(slow, waits, [], NOON + 900)
    assert going == waits
    told = said(going, slow)
    assert told.title == "tickets: new 2, overdue 1"
    assert told.text.splitlines() == [
        told.title,
        "#1 new: camera, no answer, 1 camera, class II",
        "#2 overdue: camera, no answer, 1 camera, class III",
    ]


def test_a_long_digest_names_ten_and_counts_the_rest() -> None:
    lines = said([letter(n, klass=2) for n in range(1, 41)], DUTY).text.splitlines()
    assert len(lines) == 12
    assert lines[-1] == "and 30 more tickets"


def test_what_fails_is_tried_again_ever_more_slowly_and_then_given_up() -> None:
    waits = [letter()]
    assert due(DUTY, waits, [Try(NOON, False)], NOON + 29) == []
    assert due(DUTY, waits, [Try(NOON, False)], NOON + 30) == waits
    failed = [Try(NOON, False)] * 9
    assert due(DUTY, waits, failed, NOON + RETRY_S_MAX - 1) == []
    assert due(DUTY, waits, failed, NOON + RETRY_S_MAX) == waits
    assert stale([letter(tries=TRIES_MAX - 1)], NOON) == []
    assert stale([letter(tries=TRIES_MAX)], NOON) != []
    assert stale([letter()], NOON + STALE_S + 1) != []


@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.integers(0, 20 * HOUR), st.integers(1, 3)), max_size=60),
    st.integers(1, 6),
    st.sampled_from([0, 600, 3_600]),
    st.one_of(st.none(), st.tuples(st.integers(0, 86_399), st.integers(1, 16 * HOUR))),
    st.integers(0, 1_000),
)
def test_lived_through_second_by_second_no_hour_has_more_than_its_limit_and_nothing_is_told_twice_or_lost(
    told: list[tuple[int, int]], per_hour: int, digest_s: int, asleep: tuple[int, int] | None, seed: int
) -> None:
    quiet = None if asleep is None else (asleep[0], sum(asleep) % 86_400)
    one = Recipient("one", tz="Asia/Shanghai", per_hour=per_hour, digest_s=digest_s, quiet=quiet)
    chance = Random(seed)
    left = [letter(n, NOON + at, klass=klass) for n, (at, klass) in enumerate(told, start=1)]
    tries: list[Try] = []
    sent: list[int] = []
    for now in range(NOON, NOON + 60 * HOUR, 120):
        there = [w for w in left if w.at_s <= now]
        going = due(one, there, tries, now)
        if not going:
            continue
        tries.append(Try(now, is_sent=chance.random() < 0.8))
        assert not is_quiet(one, now) or all(breaks_through(w.facts) for w in going)
        if tries[-1].is_sent:
            sent += [w.message_id for w in going]
            left = [w for w in left if w not in going]
    assert sorted(sent) == list(range(1, len(told) + 1))
    for each in tries:
        assert sum(each.at_s <= other.at_s < each.at_s + HOUR for other in tries) <= per_hour


def test_a_title_holds_no_line_break() -> None:
    assert not re.search(r"[\r\n]", said([letter(n) for n in range(1, 12)], DUTY).title)
