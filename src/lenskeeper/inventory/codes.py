"""GB/T 28181 identifiers taken apart. Makers break the rules daily, so a strange one is remarked on, never refused."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

CODE_DIGITS: Final = 20
FACTORY_DIVISION: Final = "34020000"  # makers ship this city's code, and many installers leave it
CAMERA_TYPES: Final = frozenset({"131", "132"})
FRONT_END: Final = range(111, 200)


class Oddity(StrEnum):
    """What is unusual about an identifier; a line of the report on identifier quality."""

    NOT_DIGITS = "not_digits"
    LENGTH = "length"
    FACTORY_DEFAULT = "factory_default"
    DIVISION_UNKNOWN = "division_unknown"
    NO_FRONT_END = "no_front_end"
    NO_CAMERA = "no_camera"
    OTHER_DIVISION = "other_division"


@dataclass(frozen=True, slots=True)
class Code:
    """The parts of a 20-digit identifier. Source: GB/T 28181-2022 annex E (read through OCR).

    civil: 8 digits, of which the last two name the grass-roots unit. industry: 2. kind: 3, such as 131 camera,
    132 network camera. network: 1. serial: 6.
    """

    civil: str
    industry: str
    kind: str
    network: str
    serial: str


def code_parts(text: str) -> Code | None:
    """The parts of an identifier; None unless it has 20 ASCII digits."""
    if len(text) != CODE_DIGITS or not (text.isascii() and text.isdigit()):
        return None
    return Code(text[:8], text[8:10], text[10:13], text[13], text[14:])


def oddities(text: str, *, civil_code: str = "", divisions: frozenset[str] = frozenset()) -> list[Oddity]:
    """What is unusual about an identifier, the gravest first; nothing for a good one.

    civil_code: the division that the same row names; empty where it names none.
    divisions: the known division codes; empty where none are known, and then none is called unknown.
    """
    if not (text.isascii() and text.isdigit()):
        return [Oddity.NOT_DIGITS]
    code = code_parts(text)
    if code is None:
        return [Oddity.LENGTH]
    found = []
    if is_factory_default(text):
        found.append(Oddity.FACTORY_DEFAULT)
    elif divisions and not division_known(code.civil, divisions):
        found.append(Oddity.DIVISION_UNKNOWN)
    elif civil_code and not _same_county(code.civil, civil_code):
        found.append(Oddity.OTHER_DIVISION)
    if int(code.kind) not in FRONT_END:
        found.append(Oddity.NO_FRONT_END)
    elif code.kind not in CAMERA_TYPES:
        found.append(Oddity.NO_CAMERA)
    return found


def is_factory_default(text: str) -> bool:
    """Whether an identifier looks like the one a maker ships: many devices bear it, so it names none of them."""
    return text.startswith(FACTORY_DIVISION) and text[14:] in {"000001", "000000"}


def division_known(civil: str, divisions: frozenset[str]) -> bool:
    """Whether the county of a division code is known; its town and village are not looked at."""
    return civil[:6].ljust(6, "0") in divisions


def _same_county(one: str, other: str) -> bool:
    """Whether two division codes agree as far as both say something: 330106 and 3301 do."""
    one, other = (_significant(code[:6]) for code in (one, other))
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]


def _significant(code: str) -> str:
    while len(code) > 2 and code.endswith("00") and len(code) % 2 == 0:
        code = code[:-2]
    return code
