"""The letters of a PDF: a font that has every character that is asked of it, or a plain word that there is none.

A box where a place's name should be is worse than no report: nobody notices it before it is signed.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import typst

from lenskeeper.base.errors import Invalid

EXTRA_MODULE: Final = "manimgx_fonts_cjk"  # what lenskeeper[fonts-cjk] brings: Noto Sans CJK, one file
FAMILIES: Final = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Noto Sans SC",
    "Source Han Sans CN",
    "PingFang SC",
    "Microsoft YaHei",
    "HarmonyOS Sans SC",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "SimHei",
    "SimSun",
    "Droid Sans Fallback",
)
"""Simplified Chinese fonts, the best first; of a sans with real bold for choice. The Japanese or Korean forms of
the same characters are other letters to a reader in China, so those families are not taken."""
LATIN: Final = "Libertinus Serif"  # within typst itself
LATIN_CHARACTERS: Final = frozenset(map(chr, range(0x20, 0x7F))) | frozenset("–—“”‘’×·…°")
CURE: Final = "install a Chinese font (Debian: fonts-noto-cjk) or run: pip install 'lenskeeper[fonts-cjk]'"
FORMAT_SEGMENTS: Final = 4
FORMAT_GROUPS: Final = 12
PLATFORM_UNICODE: Final = 0
PLATFORM_WINDOWS: Final = 3


@dataclass(frozen=True, slots=True)
class Typeface:
    """Families that together have every character that was asked for, in the order to try them, and where they are.

    characters: all that they have, so that what was not asked for can be spelt out.
    """

    families: tuple[str, ...]
    fonts: typst.Fonts
    characters: frozenset[str]


def typeface(required: Iterable[str], folders: Sequence[Path] | None = None) -> Typeface:
    """The best font that has all these characters: of the system first, then of the extra, then the Latin one.

    A Chinese font without Latin letters is used together with the Latin one.
    folders: where to look instead of the system and the extra.
    Invalid: no font has them; the text names the first that are missing, and the cure.
    """
    wanted = frozenset(char for text in required for char in text if not char.isspace())
    missing = wanted - LATIN_CHARACTERS
    pairs: list[Typeface] = []
    for fonts in _places(folders):
        held = {font.family: font for font in fonts.fonts() if font.path}
        for family in FAMILIES:
            if family in held:
                characters = covered(str(held[family].path), held[family].index)
                if wanted <= characters:
                    return Typeface((family,), fonts, characters)
                both = characters | LATIN_CHARACTERS
                missing = min(missing, wanted - both, key=len)
                pairs.append(Typeface((LATIN, family), fonts, both))
    pairs.append(Typeface((LATIN,), _latin(), LATIN_CHARACTERS))
    for pair in pairs:
        if wanted <= pair.characters:
            return pair
    shown = " ".join(f"{char} (U+{ord(char):04X})" for char in sorted(missing)[:5])
    raise Invalid(f"no font here has {shown}, and the PDF would show boxes; {CURE}", field="pdf")


def spelt(text: str, letters: Typeface) -> str:
    """A text in characters that the font has: a rare one that it lacks is written as [U+1F600], never as a box."""
    if all(char in letters.characters or char == " " for char in text):
        return text
    return "".join(
        char if char in letters.characters else " " if char.isspace() else f"[U+{ord(char):04X}]"
        for char in text
    )


def extra_folder() -> Path | None:
    """Where the font of the extra lies; None where the extra is not installed."""
    found = find_spec(EXTRA_MODULE)
    places = list(found.submodule_search_locations or ()) if found else []
    return Path(places[0]) if places else None


@lru_cache(32)
def covered(path: str, index: int) -> frozenset[str]:
    """The characters that a font file has a glyph for, by its `cmap` table (OpenType 1.9, formats 4 and 12).

    index: of the font within a collection. A file that is no OpenType font has none.
    """
    data = Path(path).read_bytes()
    try:
        return frozenset(map(chr, _codes(data, index)))
    except (struct.error, IndexError, ValueError):
        return frozenset()


@lru_cache(1)
def _latin() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)


@lru_cache(1)
def _system() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=True)


@lru_cache(8)
def _folder(path: str) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[path])


def _places(folders: Sequence[Path] | None) -> list[typst.Fonts]:
    if folders is not None:
        return [_folder(str(folder)) for folder in folders]
    extra = extra_folder()
    return [_system(), *([_folder(str(extra))] if extra else [])]


def _codes(data: bytes, index: int) -> set[int]:
    start = struct.unpack_from(">I", data, 12 + 4 * index)[0] if data[:4] == b"ttcf" else 0
    (tables,) = struct.unpack_from(">H", data, start + 4)
    for n in range(tables):
        tag, _, offset, _ = struct.unpack_from(">4sIII", data, start + 12 + 16 * n)
        if tag == b"cmap":
            return _cmap(data, offset)
    return set()


def _cmap(data: bytes, at: int) -> set[int]:
    """The union of the Unicode subtables: a font may keep the rare characters in a second one."""
    found: set[int] = set()
    (count,) = struct.unpack_from(">H", data, at + 2)
    for n in range(count):
        platform, encoding, offset = struct.unpack_from(">HHI", data, at + 4 + 8 * n)
        if platform == PLATFORM_UNICODE or (platform == PLATFORM_WINDOWS and encoding in (1, 10)):
            (form,) = struct.unpack_from(">H", data, at + offset)
            if form == FORMAT_SEGMENTS:
                found |= _segments(data, at + offset)
            elif form == FORMAT_GROUPS:
                found |= _runs(data, at + offset)
    return found


def _segments(data: bytes, at: int) -> set[int]:
    (twice,) = struct.unpack_from(">H", data, at + 6)
    count = twice // 2
    ends = struct.unpack_from(f">{count}H", data, at + 14)
    starts = struct.unpack_from(f">{count}H", data, at + 16 + twice)
    deltas = struct.unpack_from(f">{count}H", data, at + 16 + 2 * twice)
    ranges_at = at + 16 + 3 * twice
    ranges = struct.unpack_from(f">{count}H", data, ranges_at)
    found: set[int] = set()
    for n, (first, last, delta, offset) in enumerate(zip(starts, ends, deltas, ranges, strict=True)):
        if offset == 0:
            found.update(code for code in range(first, last + 1) if (code + delta) & 0xFFFF)
            continue
        glyphs_at = ranges_at + 2 * n + offset
        glyphs = struct.unpack_from(f">{last - first + 1}H", data, glyphs_at)
        found.update(code for code, glyph in enumerate(glyphs, start=first) if glyph)
    found.discard(0xFFFF)
    return found


def _runs(data: bytes, at: int) -> set[int]:
    (count,) = struct.unpack_from(">I", data, at + 12)
    found: set[int] = set()
    for n in range(count):
        first, last, glyph = struct.unpack_from(">III", data, at + 16 + 12 * n)
        found.update(range(first + (glyph == 0), last + 1))
    return found
