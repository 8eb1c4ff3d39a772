"""The key that seals the cameras' passwords. It lives in a file of its own, outside the database and its backups.

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce; one key seals some thousands of passwords, far below the
2^32 at which random nonces begin to repeat. The seal covers the row's id and account, so that nobody who can write
the database can copy a password to another row and have it sent elsewhere.
"""

import base64
import binascii
import hmac
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.base.secret import Secret
from lenskeeper.inventory.ids import CredentialId

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
KEY_ID_BYTES: Final = 4  # tells the keys of one house apart
MARK: Final = "lenskeeper-key-1"
OTHERS_MAY: Final = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Vault:
    """One key, open. It prints its id only."""

    key_id: str
    _key: bytes = field(repr=False)

    @staticmethod
    def open(path: Path) -> "Vault":
        """The key of a file. NotFound: no such file. Invalid: others may read it, or it is no key file."""
        try:
            mode = path.stat().st_mode
            text = path.read_text(encoding="ascii")
        except FileNotFoundError:
            raise NotFound(
                f"no key file at {path}: bring it back from where you keep it apart from the backups; without it "
                "the stored passwords are lost, and must be entered again under a new key"
            ) from None
        except (OSError, UnicodeDecodeError) as wrong:
            raise Invalid(
                f"{path} cannot be read as a key: {type(wrong).__name__}", field="key_file"
            ) from None
        if mode & OTHERS_MAY:
            raise Invalid(f"others may use {path}: chmod 600 {path}", field="key_file")
        return _read(path, text)

    def derived(self, purpose: str) -> bytes:
        """A key for another purpose, from which this one cannot be told. Source: HMAC as a PRF, RFC 5869 section 2.3."""
        return hmac.digest(self._key, purpose.encode(), "sha256")

    def seal(self, credential_id: CredentialId, account: str, secret: Secret) -> bytes:
        """A password, sealed for this row and account."""
        nonce = os.urandom(NONCE_BYTES)
        plain = secret.reveal().encode()
        return nonce + AESGCM(self._key).encrypt(nonce, plain, _bound_to(self.key_id, credential_id, account))

    def unseal(self, credential_id: CredentialId, account: str, key_id: str, sealed: bytes) -> Secret:
        """The password of a row. Conflict: it was sealed by another key, or the row was tampered with."""
        if key_id != self.key_id:
            raise Conflict(
                f"login {credential_id} is sealed by key {key_id}, and the key file holds {self.key_id}: "
                "bring the right key file, or enter its password again"
            )
        nonce, body = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            plain = AESGCM(self._key).decrypt(nonce, body, _bound_to(key_id, credential_id, account))
        except (InvalidTag, ValueError):
            raise Conflict(
                f"login {credential_id} was changed outside lenskeeper: enter its password again, and find out who "
                "can write the database"
            ) from None
        return Secret(plain.decode())


def make_key(path: Path) -> str:
    """Make a new key file, for its owner alone; gives the key's id.

    Conflict: the file is there already. Invalid: none can be made there.
    """
    key_id = secrets.token_hex(KEY_ID_BYTES)
    text = f"{MARK} {key_id} {base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}\n"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    except FileExistsError:
        raise Conflict(
            f"there is a key file at {path} already: keep it, it opens the stored passwords"
        ) from None
    except OSError as wrong:
        raise Invalid(f"no key file can be made at {path}: {wrong.strerror}", field="key_file") from None
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())  # passwords are sealed by it from now on
    return key_id


def _read(path: Path, text: str) -> Vault:
    match text.split():
        case [mark, key_id, coded] if mark == MARK:
            try:
                key = base64.b64decode(coded, validate=True)
            except binascii.Error:
                key = b""
            if len(key) == KEY_BYTES:
                return Vault(key_id, key)
    raise Invalid(f"{path} is no key file of lenskeeper: bring back the right one", field="key_file")


def _bound_to(key_id: str, credential_id: CredentialId, account: str) -> bytes:
    return f"{MARK}/{key_id}/{credential_id}/{account}".encode()
