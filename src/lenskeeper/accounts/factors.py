"""The second factor: a code that changes every half minute (TOTP, RFC 6238), kept by an app without any network.

It names no host, so that it works where lenskeeper is reached by a bare address. Each code works once: the time step of
the last one is kept, and no earlier one is taken (ASVS 6.5.1).
"""

import hmac
import os
from dataclasses import dataclass, field
from typing import Final

import pyotp
import segno
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lenskeeper.accounts.ids import AccountId
from lenskeeper.base.errors import Conflict
from lenskeeper.base.secret import Secret

STEP_S: Final = 30
STEPS_EITHER_WAY: Final = 1  # a telephone's clock is seldom 30 s wrong
NONCE_BYTES: Final = 12
PURPOSE: Final = "second factors"  # of the key: see Vault.derived


@dataclass(frozen=True, slots=True)
class SealingKey:
    """The key under which second factors are kept. It prints its id only."""

    key_id: str
    key: bytes = field(repr=False)

    def seal(self, account_id: AccountId, secret: Secret) -> bytes:
        """A factor's secret for this account: copied to another row it does not open."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self.key).encrypt(nonce, secret.reveal().encode(), _bound_to(account_id))

    def unseal(self, account_id: AccountId, sealed: bytes) -> Secret:
        """The secret. Conflict: sealed by another key, or changed outside."""
        try:
            plain = AESGCM(self.key).decrypt(
                sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound_to(account_id)
            )
        except (InvalidTag, ValueError):
            raise Conflict(
                "this second factor was sealed by another key: bring the right key file, or take the factor away with "
                "`lenskeeper account reset-factor`"
            ) from None
        return Secret(plain.decode())


def new_factor() -> Secret:
    """A secret for an app: 160 bits, as RFC 4226 asks."""
    return Secret(pyotp.random_base32())


def uri_of(secret: Secret, *, login: str, issuer: str) -> str:
    """What an app reads: the secret, and under which names it shows the code."""
    return pyotp.TOTP(secret.reveal()).provisioning_uri(name=login, issuer_name=issuer)


def squares_of(uri: str) -> list[str]:
    """The same as a QR code, row by row: "1" is dark. The browser draws it; the border is its own."""
    code = segno.make(uri, error="m", micro=False)
    return ["".join("1" if dark else "0" for dark in row) for row in code.matrix]


def step_of(secret: Secret, code: str, now_s: int, *, after: int | None) -> int | None:
    """The time step of a code that is right and was not used; None: it is wrong, old, or used already."""
    said, generator = "".join(code.split()), pyotp.TOTP(secret.reveal())
    here = now_s // STEP_S
    for step in range(here - STEPS_EITHER_WAY, here + STEPS_EITHER_WAY + 1):
        if (after is None or step > after) and hmac.compare_digest(
            generator.generate_otp(step).encode(), said.encode()
        ):
            return step
    return None


def _bound_to(account_id: AccountId) -> bytes:
    return f"second-factor/{account_id}".encode()
