"""Random words by which somebody proves who he is: cookies, tokens, one-time codes; and how they are kept."""

import hashlib
import secrets
from typing import Final

SECRET_BYTES: Final = 32  # 256 bits: no guessing, so a fast hash keeps it
ALPHABET: Final = (
    "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # without what is mistaken for another on paper: 0 O 1 I L
)
_GROUP: Final = 5
SETUP_CHARS: Final = 20  # 99 bits
RECOVERY_CHARS: Final = 15  # 74 bits


def new_secret() -> str:
    """A secret for a cookie or a token."""
    return secrets.token_urlsafe(SECRET_BYTES)


def new_code(chars: int) -> str:
    """A code to be typed by hand, in groups of five: ABCDE-FGH23-..."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(chars))
    return "-".join(drawn[at : at + _GROUP] for at in range(0, chars, _GROUP))


def hashed(secret: str) -> bytes:
    """How a secret is kept: SHA-256."""
    return hashlib.sha256(secret.encode()).digest()


def hashed_code(code: str) -> bytes:
    """How a code is kept: as it was meant, whatever was typed between its signs."""
    return hashed("".join(sign for sign in code.upper() if sign.isalnum()))
