"""By which beginnings a camera is found: parts of its name, their pinyin initials, its code, serial, road and address."""

import re
from collections.abc import Iterator
from enum import IntEnum
from functools import cache, lru_cache
from types import ModuleType
from typing import Final

WORD_CHARS_MAX: Final = 24  # what somebody types before he sees his camera
WORDS_MAX: Final = 40  # of one camera
RUNS_REMEMBERED: Final = 20_000  # roads and districts recur; their sound is asked for once

_HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# A word of letters, a number, or Chinese text up to a character that ends a place's name (路 road, 桥 bridge); in 滨江区
# that is 江 already: a beginning too many does no harm.
_PARTS: Final = re.compile(
    rf"[{_HAN}]*?[省市县区镇乡村路街道巷弄里号桥口站场园湖江河山港闸所院楼门](?=[{_HAN}])|[{_HAN}]+|[^\W\d_{_HAN}]+|\d+"
)
_CHINESE: Final = re.compile(rf"[{_HAN}]+")


class WordKind(IntEnum):
    """What of a camera a word is. The numbers are stored."""

    NAME = 1
    INITIALS = 2
    CODE = 3
    SERIAL = 4
    ROAD = 5
    ADDRESS = 6  # of the network: found only by whoever may see it


def plain(text: str) -> str:
    """As it is compared: small letters, single spaces."""
    return " ".join(text.lower().split())


def words_of(
    *, name: str, common_name: str, code: str, serial: str, road: str, ipv4: str
) -> set[tuple[str, WordKind]]:
    """The words of one camera, each at most WORD_CHARS_MAX long; of a very long name the first ones."""
    found: dict[tuple[str, WordKind], None] = {}
    for kind, text in ((WordKind.NAME, name), (WordKind.NAME, common_name), (WordKind.ROAD, road)):
        for word in beginnings(text):
            found[word[:WORD_CHARS_MAX], kind] = None
            if initials := initials_of(word):
                found[initials[:WORD_CHARS_MAX], WordKind.INITIALS] = None
    kept = list(found)[:WORDS_MAX]
    for kind, text in ((WordKind.CODE, code), (WordKind.SERIAL, serial), (WordKind.ADDRESS, ipv4)):
        if text:
            kept.append((plain(text)[:WORD_CHARS_MAX], kind))
    return set(kept)


def beginnings(text: str) -> Iterator[str]:
    """Each part of a name with all that follows it: of "滨江区人民路3" the whole, "人民路3" and "3"."""
    whole = plain(text)
    for part in _PARTS.finditer(whole):
        yield whole[part.start() :]


def initials_of(text: str) -> str:
    """The pinyin initials of a text with Chinese in it, its letters and digits as they are; else empty."""
    if not _CHINESE.search(text):
        return ""
    sound = _CHINESE.sub(lambda run: _sounds(run[0]), text)
    return "".join(each for each in sound if each.isalnum())


@lru_cache(RUNS_REMEMBERED)
def _sounds(run: str) -> str:
    pypinyin = _pypinyin()
    return "".join(pypinyin.lazy_pinyin(run, style=pypinyin.Style.FIRST_LETTER))


@cache
def _pypinyin() -> ModuleType:
    """Loaded when the first Chinese name is written: its tables take a third of a second and 20 MB."""
    import pypinyin  # noqa: PLC0415

    assert isinstance(pypinyin, ModuleType)
    return pypinyin
