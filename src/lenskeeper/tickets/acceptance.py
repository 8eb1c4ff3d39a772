"""Whether a new camera is what the tender says. *Untested never reads as passed*: it is a word of its own, everywhere.

A point passes when every check that its tender demands has passed; a batch, when all of its points that are not left
out do. Whatever could not be seen, or was seen for too short a time, is untested, with the reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import msgspec

from lenskeeper.base.errors import Conflict, Invalid
from lenskeeper.inventory.codes import Oddity

HOUR_S: Final = 3_600
PERCENT: Final = 100
WORDS_CHARS_MAX: Final = 500
NAMED_MAX: Final = 20  # points that a refusal names


class Check(StrEnum):
    """What is looked at. The order is that of the sheet."""

    ONLINE = "online"
    PICTURE_DAY = "picture_day"
    PICTURE_NIGHT = "picture_night"
    RESOLUTION = "resolution"
    CODEC = "codec"
    BITRATE = "bitrate"
    GOP = "gop"
    CLOCK = "clock"
    CODE = "code"
    DISTRICT = "district"
    SIGN = "sign"
    LEGAL_BASIS = "legal_basis"
    RECORDING = "recording"


class Word(StrEnum):
    """How a check ended. There is no fourth."""

    PASSED = "passed"
    FAILED = "failed"
    UNTESTED = "untested"


class Why(StrEnum):
    """Why a check is untested, or what is wrong; the words for it stand in reporting/tables_acceptance.py."""

    NONE = ""
    NOTHING_KNOWN = "nothing_known"  # not one second of the time is known
    COVERAGE = "coverage"  # too little of the time is known
    NOT_TENDERED = "not_tendered"  # the tender names no value
    NOT_MEASURED = "not_measured"  # nobody has measured the stream
    NO_STREAM = "no_stream"  # it was asked for its stream, and none came
    NOT_TOLD = "not_told"  # the look was too short, or the stream does not tell
    NO_DISTRICTS = "no_districts"  # no boundaries were given
    NO_BOUNDARY = "no_boundary"  # the boundaries have none of this point's district
    NO_COORDINATE = "no_coordinate"
    OUTSIDE = "outside"
    NO_PERSON = "no_person"  # a person must answer, and nobody has
    NO_PROTOCOL = "no_protocol"  # no protocol that we speak tells it yet
    NO_CODE = "no_code"
    ODD_CODE = "odd_code"
    SAME_CODE = "same_code"  # other points bear it too
    NOT_DECLARED = "not_declared"


BY_PERSON: Final = frozenset(
    {Check.RESOLUTION, Check.CODEC, Check.BITRATE, Check.GOP, Check.CLOCK, Check.DISTRICT, Check.SIGN, Check.RECORDING}
)  # fmt: skip
"""What a person may pass where we could not test it. How long it was online, and how its picture was, he cannot."""


class Tender(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=False):
    """What a batch must be. Percentages are whole numbers, 0 to 100.

    hours:             how long it is watched; the last so many hours before the signature are judged.
    online:            of the time that is known it must answer at least so much.
    coverage:          so much of the time must be known at least, else it is untested; likewise
    picture_coverage:  of the day's and of the night's time, and clock's.
    picture, clock:    of the judged time its picture must be fit, by day and by night each; its clock right.
    width_px, height_px: of the main stream, at least; 0: the tender names none. Likewise
    kbps_min, kbps_max, gop_s_max: bitrate and the time between key frames, with
    tolerance:         by so much they may be missed.
    codecs:            one of them; none: the tender names none.
    recording_days:    0: the tender demands no recording.
    warranty_months:   from the signature.
    without:           checks that the tender does not demand; they are told all the same.
    """

    hours: int = 72
    online: int = 95
    coverage: int = 95
    picture: int = 95
    picture_coverage: int = 50
    clock: int = 95
    width_px: int = 0
    height_px: int = 0
    codecs: tuple[str, ...] = ()
    kbps_min: int = 0
    kbps_max: int = 0
    gop_s_max: int = 0
    tolerance: int = 10
    recording_days: int = 0
    warranty_months: int = 36
    without: tuple[Check, ...] = ()

    @property
    def watched_s(self) -> int:
        """How long a batch is watched."""
        return self.hours * HOUR_S

    @property
    def demanded(self) -> tuple[Check, ...]:
        """The checks that decide. A value that the tender does not name can be missed by nobody."""
        named = {
            Check.RESOLUTION: self.width_px or self.height_px,
            Check.CODEC: self.codecs,
            Check.BITRATE: self.kbps_min or self.kbps_max,
            Check.GOP: self.gop_s_max,
            Check.RECORDING: self.recording_days,
        }
        return tuple(c for c in Check if c not in self.without and named.get(c, True))


LIMITS: Final = {
    "hours": (1, 24 * 31),
    "online": (1, 100),
    "coverage": (1, 100),
    "picture": (1, 100),
    "picture_coverage": (1, 100),
    "clock": (1, 100),
    "width_px": (0, 100_000),
    "height_px": (0, 100_000),
    "kbps_min": (0, 1_000_000),
    "kbps_max": (0, 1_000_000),
    "gop_s_max": (0, 3_600),
    "tolerance": (0, 50),
    "recording_days": (0, 3_650),
    "warranty_months": (0, 240),
}


def read_tender(text: str) -> Tender:
    """A tender from its TOML. Invalid: a key that is none of ours, a value out of its range, nothing demanded."""
    try:
        tender = msgspec.toml.decode(text, type=Tender)
    except msgspec.MsgspecError as wrong:
        raise Invalid(
            f"the tender: {wrong}; its keys are in the manual, acceptance", field="tender"
        ) from None
    for name, (low, high) in LIMITS.items():
        if not low <= getattr(tender, name) <= high:
            raise Invalid(f"the tender: {name} is {low} to {high}", field=name)
    if tender.kbps_max and tender.kbps_min > tender.kbps_max:
        raise Invalid("the tender: kbps_min is above kbps_max", field="kbps_min")
    if not tender.demanded:
        raise Invalid("the tender demands nothing: leave something out of `without`", field="without")
    return tender


@dataclass(frozen=True, slots=True)
class Lived:
    """Seconds of one kind of state over the time that is judged: of expected_s, known_s are known, up_s were well."""

    up_s: int = 0
    known_s: int = 0
    expected_s: int = 0


@dataclass(frozen=True, slots=True)
class Stream:
    """What the main stream told when it was measured. None: it did not tell, or the look was too short.

    gop_ms: the time between two key frames. kbps: measured over such a time; a rate that is only declared is None.
    """

    at_s: int
    outcome: str = "playing"
    width_px: int | None = None
    height_px: int | None = None
    codec: str | None = None
    kbps: int | None = None
    gop_ms: int | None = None

    @property
    def played(self) -> bool:
        """Whether a stream came at all."""
        return self.outcome == "playing"


@dataclass(frozen=True, slots=True)
class Said:
    """A person's answer to a check."""

    is_passed: bool
    words: str
    actor: str
    at_s: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one point of a batch.

    oddities:  what is unusual about its code (inventory.codes); same_code: points that bear it, itself among them.
    inside:    whether the coordinate lies inside its district; None: it cannot be said, for the reason of no_district.
    missing:   names of what charter clause 6 wants declared and is not.
    """

    online: Lived = Lived()
    day: Lived = Lived()
    night: Lived = Lived()
    clock: Lived = Lived()
    stream: Stream | None = None
    code: str = ""
    oddities: tuple[Oddity, ...] = ()
    same_code: int = 0
    district: str = ""
    place: str = ""
    inside: bool | None = None
    no_district: Why = Why.NO_DISTRICTS
    missing: tuple[str, ...] = ()
    said: Mapping[Check, Said] = field(default_factory=dict)


class Answer(msgspec.Struct, frozen=True):
    """One line of a point's sheet. figure: what was seen; limit: what the tender demands; words: a person's.

    Of what holds for a share of the time, figure and limit are that share / the share of the time that is known.

    is_demanded: whether the tender demands it. by: who said so; empty: our own looks and the register.
    """

    check: Check
    word: Word
    figure: str = ""
    limit: str = ""
    why: Why = Why.NONE
    is_demanded: bool = True
    words: str = ""
    by: str = ""


def judge(facts: Facts, tender: Tender) -> tuple[Answer, ...]:
    """The answer of every check, in the order of Check."""
    demanded = frozenset(tender.demanded)
    return tuple(
        msgspec.structs.replace(
            _with_person(_RULES[check](facts, tender), facts.said.get(check)), is_demanded=check in demanded
        )
        for check in Check
    )


def point_word(answers: Sequence[Answer], tender: Tender) -> Word:
    """Passed only where each demanded check is there and has passed; failed where one failed; else untested."""
    words = {one.check: one.word for one in answers}
    found = [words.get(check, Word.UNTESTED) for check in tender.demanded]
    if Word.FAILED in found:
        return Word.FAILED
    return Word.PASSED if found and all(word is Word.PASSED for word in found) else Word.UNTESTED


def batch_word(points: Sequence[Word]) -> Word:
    """Of the points that are not left out; of none it is untested."""
    if Word.FAILED in points:
        return Word.FAILED
    return Word.PASSED if points and all(word is Word.PASSED for word in points) else Word.UNTESTED


def _with_person(answer: Answer, said: Said | None) -> Answer:
    """A person may fail anything, and pass only what we could not test and what he can see."""
    if said is None:
        return answer
    if said.is_passed and (answer.word is not Word.UNTESTED or answer.check not in BY_PERSON):
        return answer
    word = Word.PASSED if said.is_passed else Word.FAILED
    return msgspec.structs.replace(answer, word=word, why=Why.NONE, words=said.words, by=said.actor)


# ---------------------------------------------------------------- the rules


def _share(part: int, whole: int) -> str:
    """A share in percent with two digits, rounded down; integers only."""
    hundredths = part * PERCENT * PERCENT // whole
    return f"{hundredths // PERCENT}.{hundredths % PERCENT:02d}%"


def _lived(check: Check, lived: Lived, least: int, coverage: int) -> Answer:
    limit = f">= {least}% / >= {coverage}%"
    if lived.known_s <= 0 or lived.expected_s <= 0:
        return Answer(check, Word.UNTESTED, "", limit, Why.NOTHING_KNOWN)
    figure = f"{_share(lived.up_s, lived.known_s)} / {_share(lived.known_s, lived.expected_s)}"
    if lived.known_s * PERCENT < coverage * lived.expected_s:
        return Answer(check, Word.UNTESTED, figure, limit, Why.COVERAGE)
    is_well = lived.up_s * PERCENT >= least * lived.known_s
    return Answer(check, Word.PASSED if is_well else Word.FAILED, figure, limit)


def _online(facts: Facts, tender: Tender) -> Answer:
    return _lived(Check.ONLINE, facts.online, tender.online, tender.coverage)


def _by_day(facts: Facts, tender: Tender) -> Answer:
    return _lived(Check.PICTURE_DAY, facts.day, tender.picture, tender.picture_coverage)


def _by_night(facts: Facts, tender: Tender) -> Answer:
    return _lived(Check.PICTURE_NIGHT, facts.night, tender.picture, tender.picture_coverage)


def _clock(facts: Facts, tender: Tender) -> Answer:
    return _lived(Check.CLOCK, facts.clock, tender.clock, tender.picture_coverage)


def _unmeasured(check: Check, limit: str, stream: Stream | None) -> Answer | None:
    """Untested, as far as that can be said without the value itself."""
    if not limit:
        return Answer(check, Word.UNTESTED, why=Why.NOT_TENDERED)
    if stream is None:
        return Answer(check, Word.UNTESTED, "", limit, Why.NOT_MEASURED)
    return None if stream.played else Answer(check, Word.UNTESTED, stream.outcome, limit, Why.NO_STREAM)


def _resolution(facts: Facts, tender: Tender) -> Answer:
    check, stream = Check.RESOLUTION, facts.stream
    limit = f">= {tender.width_px} x {tender.height_px}" if tender.width_px or tender.height_px else ""
    if untested := _unmeasured(check, limit, stream):
        return untested
    if stream is None or stream.width_px is None or stream.height_px is None:
        return Answer(check, Word.UNTESTED, "", limit, Why.NOT_TOLD)
    is_well = stream.width_px >= tender.width_px and stream.height_px >= tender.height_px
    figure = f"{stream.width_px} x {stream.height_px}"
    return Answer(check, Word.PASSED if is_well else Word.FAILED, figure, limit)


def _codec(facts: Facts, tender: Tender) -> Answer:
    check, stream = Check.CODEC, facts.stream
    limit = " / ".join(tender.codecs)
    if untested := _unmeasured(check, limit, stream):
        return untested
    if stream is None or not stream.codec:
        return Answer(check, Word.UNTESTED, "", limit, Why.NOT_TOLD)
    is_well = codec_key(stream.codec) in {codec_key(each) for each in tender.codecs}
    return Answer(check, Word.PASSED if is_well else Word.FAILED, stream.codec, limit)


def codec_key(name: str) -> str:
    """A codec's name however it is written: H.265, h265 and HEVC are one."""
    plain = "".join(char for char in name.lower() if char.isalnum())
    return {"hevc": "h265", "avc": "h264", "mjpeg": "jpeg"}.get(plain, plain)


def _bitrate(facts: Facts, tender: Tender) -> Answer:
    check, stream, give = Check.BITRATE, facts.stream, tender.tolerance
    limit = f"{tender.kbps_min}-{tender.kbps_max or '...'} kbit/s (±{give}%)" if tender.kbps_min or tender.kbps_max else ""  # fmt: skip
    if untested := _unmeasured(check, limit, stream):
        return untested
    if stream is None or stream.kbps is None:
        return Answer(check, Word.UNTESTED, "", limit, Why.NOT_TOLD)
    is_enough = stream.kbps * PERCENT >= tender.kbps_min * (PERCENT - give)
    is_little = not tender.kbps_max or stream.kbps * PERCENT <= tender.kbps_max * (PERCENT + give)
    return Answer(
        check, Word.PASSED if is_enough and is_little else Word.FAILED, f"{stream.kbps} kbit/s", limit
    )


def _gop(facts: Facts, tender: Tender) -> Answer:
    check, stream, give = Check.GOP, facts.stream, tender.tolerance
    limit = f"<= {tender.gop_s_max} s (+{give}%)" if tender.gop_s_max else ""
    if untested := _unmeasured(check, limit, stream):
        return untested
    if stream is None or stream.gop_ms is None:
        return Answer(check, Word.UNTESTED, "", limit, Why.NOT_TOLD)
    is_well = stream.gop_ms * PERCENT <= tender.gop_s_max * 1000 * (PERCENT + give)
    figure = f"{stream.gop_ms // 1000}.{stream.gop_ms % 1000 // 10:02d} s"
    return Answer(check, Word.PASSED if is_well else Word.FAILED, figure, limit)


def _code(facts: Facts, _tender: Tender) -> Answer:
    if not facts.code:
        return Answer(Check.CODE, Word.FAILED, why=Why.NO_CODE)
    if facts.oddities:
        figure = f"{facts.code} ({', '.join(facts.oddities)})"
        return Answer(Check.CODE, Word.FAILED, figure, why=Why.ODD_CODE)
    if facts.same_code != 1:
        return Answer(Check.CODE, Word.FAILED, f"{facts.code} x {facts.same_code}", why=Why.SAME_CODE)
    return Answer(Check.CODE, Word.PASSED, facts.code)


def _district(facts: Facts, _tender: Tender) -> Answer:
    if facts.inside is None:
        return Answer(Check.DISTRICT, Word.UNTESTED, facts.place, facts.district, facts.no_district)
    if not facts.inside:
        return Answer(Check.DISTRICT, Word.FAILED, facts.place, facts.district, Why.OUTSIDE)
    return Answer(Check.DISTRICT, Word.PASSED, facts.place, facts.district)


def _sign(_facts: Facts, _tender: Tender) -> Answer:
    return Answer(Check.SIGN, Word.UNTESTED, why=Why.NO_PERSON)


def _legal_basis(facts: Facts, _tender: Tender) -> Answer:
    if facts.missing:
        return Answer(Check.LEGAL_BASIS, Word.FAILED, ", ".join(facts.missing), why=Why.NOT_DECLARED)
    return Answer(Check.LEGAL_BASIS, Word.PASSED)


def _recording(_facts: Facts, tender: Tender) -> Answer:
    limit = f">= {tender.recording_days} d" if tender.recording_days else ""
    return Answer(Check.RECORDING, Word.UNTESTED, "", limit, Why.NO_PROTOCOL)


_RULES: Final = {
    Check.ONLINE: _online,
    Check.PICTURE_DAY: _by_day,
    Check.PICTURE_NIGHT: _by_night,
    Check.RESOLUTION: _resolution,
    Check.CODEC: _codec,
    Check.BITRATE: _bitrate,
    Check.GOP: _gop,
    Check.CLOCK: _clock,
    Check.CODE: _code,
    Check.DISTRICT: _district,
    Check.SIGN: _sign,
    Check.LEGAL_BASIS: _legal_basis,
    Check.RECORDING: _recording,
}


# ---------------------------------------------------------------- the sheet


class SheetPoint(msgspec.Struct, frozen=True):
    """One camera of a sheet. left_out: it is on the sheet and was not accepted."""

    point_id: int
    name: str
    code: str
    unit: str
    word: Word
    answers: tuple[Answer, ...]
    left_out: bool = False


class AcceptanceSheet(msgspec.Struct, frozen=True):
    """What is signed. from_s, to_s: the time that was judged. signed_by, signed_with: accounts; empty on a draft.

    exercise: empty for a real fleet. edition: of these fields and of the rules.
    """

    batch: str
    document: str
    tender: Tender
    tz: str
    began_s: int
    from_s: int
    to_s: int
    points: tuple[SheetPoint, ...]
    signed_s: int | None = None
    signed_by: str = ""
    signed_with: str = ""
    exercise: str = ""
    edition: int = 1

    @property
    def word(self) -> Word:
        """Of the whole batch, without what is left out."""
        return batch_word([one.word for one in self.points if not one.left_out])


def counted(sheet: AcceptanceSheet) -> dict[Word, int]:
    """How many points stand at each word, those that are left out with them; the three are never added up."""
    return {word: sum(one.word is word for one in sheet.points) for word in Word}


def signed(
    sheet: AcceptanceSheet, *, leave_out: frozenset[int], by: str, beside: str, now_s: int
) -> AcceptanceSheet:
    """The sheet with two names under it, and the points that were left out marked as such.

    Conflict: the time is not over, or a point has not passed and is not left out, or none is left. Invalid: one name.
    """
    if not by.strip() or not beside.strip() or by.strip() == beside.strip():
        raise Invalid("two different people sign: --by NAME --with NAME", field="with")
    over_s = sheet.began_s + sheet.tender.watched_s
    if now_s < over_s:
        left_h = -((now_s - over_s) // HOUR_S)
        raise Conflict(f"{sheet.batch} is watched for {sheet.tender.hours} h: {left_h} h are left")
    points = tuple(msgspec.structs.replace(one, left_out=one.point_id in leave_out) for one in sheet.points)
    lacking = [one for one in points if not one.left_out and one.word is not Word.PASSED]
    if lacking:
        named = ", ".join(f"{one.code or one.name} ({one.word})" for one in lacking[:NAMED_MAX])
        raise Conflict(
            f"{len(lacking)} points have not passed: {named}; mend them, answer what is untested, "
            "or leave each out with --leave-out CODE"
        )
    if all(one.left_out for one in points):
        raise Conflict("nothing is left to be accepted: drop the batch instead")
    return msgspec.structs.replace(
        sheet, points=points, signed_s=now_s, signed_by=by.strip(), signed_with=beside.strip()
    )
