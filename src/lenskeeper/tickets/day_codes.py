"""Completion codes: six characters that a crew reads out over a bad line, and that nobody reads wrongly."""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from lenskeeper.base.errors import Invalid

# Without 0 O, 1 I L, 2 Z, 5 S, 8 B, U V: what a hand, a printer or a tired eye takes for one another.
ALPHABET: Final = "34679ACDEFGHJKMNPQRTVWXY"
CODE_CHARS: Final = 6  # 191 million; a few hundred are open at a time
_SCANNED: Final = re.compile(rf"LK:\d{{1,9}}:([{ALPHABET}]{{{CODE_CHARS}}})")
_CODE: Final = re.compile(rf"[{ALPHABET}]{{{CODE_CHARS}}}")


def new_code(pick: Callable[[str], str]) -> str:
    """A code. pick: gives one character of a text, each as likely as the other, from a source nobody can guess."""
    return "".join(pick(ALPHABET) for _ in range(CODE_CHARS))


def qr_text(plan_id: int, code: str) -> str:
    """What the QR of a stop holds: the plan's number and the code, and nothing that tells of a place or a camera."""
    return f"LK:{plan_id}:{code}"


def regular(text: str) -> str:
    """A code as it is kept, from what was typed, read out or scanned. Invalid: it cannot be one."""
    plain = re.sub(r"[\s\-·.]", "", unicodedata.normalize("NFKC", text)).upper()
    scanned = _SCANNED.fullmatch(plain)
    code = scanned[1] if scanned else plain
    if not _CODE.fullmatch(code):
        raise Invalid(
            f"{text[:40]!r} is no completion code: it has {CODE_CHARS} characters of {ALPHABET}", field="code"
        )
    return code


def spelt_out(code: str) -> str:
    """A code as it is printed: three and three."""
    return f"{code[:3]} {code[3:]}"
