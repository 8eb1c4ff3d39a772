"""Passwords: what may be one, and how it is kept. Argon2id; one hash costs some 46 MiB for a twentieth of a second.

A password is long, is not among the common ones of the world and of China, and is not made of what anybody knows of its
owner. There are no rules about signs and capitals, and no date on which it must be changed (NIST SP 800-63B 5.1.1.2).
"""

import re
import unicodedata
from functools import lru_cache
from importlib.resources import files
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from lenskeeper.base.errors import Invalid
from lenskeeper.base.secret import Secret

CHARS_MIN: Final = 12
CHARS_MAX: Final = 200  # a sentence; longer is an attack upon the hash
MEMORY_KIB: Final = 47_104  # 46 MiB: the OWASP choice for t = 1; t = 2 here costs it some 60 ms
HASHES_AT_ONCE: Final = 4  # a hundred sign-ins at once must not take 5 GB
COMMON: Final = "common_passwords.txt"

_HASHER: Final = PasswordHasher(
    time_cost=2, memory_cost=MEMORY_KIB, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
)
# What nobody's password is: the time of a refusal does not tell whether there is such a person.
_NOBODYS: Final = (
    "$argon2id$v=19$m=47104,t=2,p=1$bm9ib2R5IGlzIGhlcmUhIQ$ZmlwWlJDSmdLc1Z5R0hXTm9ib2R5aXNoZXJlYXRhbGwhIQ"
)
_LEET: Final = str.maketrans("0134@$!57", "oleaasist")
_ROWS: Final = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p")
_TRIMMED: Final = re.compile(r"^[\W\d_]+|[\W\d_]+$")
OURS: Final = (
    "lenskeeper",
    "camera",
    "jiankong",
    "shexiangtou",
    "shipin",
    "tianwang",
    "xueliang",
    "监控",
    "摄像头",
)


def normal(password: Secret) -> str:
    """A password as it is hashed: the same letters however a keyboard composes them (NFKC)."""
    return unicodedata.normalize("NFKC", password.reveal())


def hash_of(password: Secret) -> str:
    """How it is kept; the text tells its own costs. Slow on purpose: no more than HASHES_AT_ONCE at a time."""
    return _HASHER.hash(normal(password))


def fits(kept: str | None, password: Secret) -> bool:
    """Whether a password is the one that is kept. None: of nobody; it takes as long, and it is not."""
    try:
        _HASHER.verify(kept or _NOBODYS, normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def is_old(kept: str) -> bool:
    """Whether it was hashed at other costs than today's: hash it anew while it is known, at sign-in."""
    return _HASHER.check_needs_rehash(kept)


def admit(password: Secret, *, known: tuple[str, ...]) -> None:
    """Whether this may be a password. known: what anybody may know of its owner. Invalid says why not."""
    text = normal(password)
    if not CHARS_MIN <= len(text) <= CHARS_MAX:
        raise Invalid(
            f"a password has {CHARS_MIN} to {CHARS_MAX} signs: take some words of your own", field="password"
        )
    folded = text.casefold()
    if len(set(folded)) < 5 or _repeats(folded) or _walks(folded):
        raise Invalid(
            "this is one thing over and over, or a walk along the keys: take other words", field="password"
        )
    trimmed = _TRIMMED.sub("", folded)
    core = trimmed.translate(_LEET)
    if {folded, trimmed, core} & common():
        raise Invalid("this is among the first that anybody tries: take other words", field="password")
    told = (word.casefold().strip() for word in known)
    for word_core in (*OURS, *(form for word in told for form in (word, re.sub(r"[\W_]+", "", word)))):
        if len(word_core) >= 3 and len(folded.replace(word_core, "")) < CHARS_MIN - 4 and word_core in folded:
            raise Invalid("this is mostly your name, or ours: take other words", field="password")
    if not core and _is_dates_and_numbers(folded):
        raise Invalid("this is a number of a telephone, a day or a document: take words", field="password")


@lru_cache(1)
def common() -> frozenset[str]:
    """The common passwords, and the cores of longer ones ("woaini" of "woaini520520")."""
    text = files("lenskeeper.accounts").joinpath(COMMON).read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


def _repeats(text: str) -> bool:
    """One piece over and over: abcabcabcabc."""
    return any(
        len(text) > 2 * n and text == (text[:n] * len(text))[: len(text)]
        for n in range(1, len(text) // 2 + 1)
    )


def _walks(text: str) -> bool:
    """Made of at most two walks along the keys or the alphabet: qwertyuiop12."""
    rows = (*_ROWS, *(row[::-1] for row in _ROWS), "abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba")
    left, walks = text, 0
    while left and walks < 3:
        length = max((n for row in rows for n in range(1, len(left) + 1) if left[:n] in row * 2), default=0)
        if length < 3 and walks < 2 and len(left) > 2:
            return False
        left, walks = left[max(length, 1) :], walks + 1
    return not left and walks <= 3


def _is_dates_and_numbers(text: str) -> bool:
    """Figures and what parts them: fourteen and more drawn by chance may stand, what follows a form may not."""
    digits = re.sub(r"\D", "", text)
    years = re.findall(r"(?:19|20)\d\d", digits)
    return len(digits) < 16 or (len(digits) == 18 and bool(years)) or len(years) >= 2
