"""The key that signs checkpoints. It lives in a file of its own, outside the database and its backups.

Whoever can write the database but not read this file can change the past of the log, and cannot sign for it.
"""

import base64
import binascii
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lenskeeper.audit.verifier import Checkpoint, PublicKey, body_of, signed_note
from lenskeeper.base.errors import Conflict, Invalid, NotFound

MARK: Final = "lenskeeper-audit-key-1"
SEED_BYTES: Final = 32
NAME_BYTES: Final = 8
OTHERS_MAY: Final = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Signer:
    """The key of a log, open. It prints its public half only."""

    public: PublicKey
    _private: Ed25519PrivateKey = field(repr=False)

    @staticmethod
    def open(path: Path) -> "Signer":
        """The key of a file. NotFound: no such file. Invalid: others may read it, or it is no key of a log."""
        try:
            mode = path.stat().st_mode
            text = path.read_text(encoding="ascii")
        except FileNotFoundError:
            raise NotFound(
                f"no key of the audit log at {path}: bring it back from where you keep it, or make a new one with "
                "`lenskeeper audit key --new` and tell everybody who noted the old one"
            ) from None
        except (OSError, UnicodeDecodeError) as wrong:
            raise Invalid(
                f"{path} cannot be read as a key: {type(wrong).__name__}", field="key_file"
            ) from None
        if mode & OTHERS_MAY:
            raise Invalid(f"others may use {path}: chmod 600 {path}", field="key_file")
        match text.split():
            case [mark, name, coded] if mark == MARK:
                return _signer(name, _seed(coded, path))
        raise Invalid(f"{path} is no key file of an audit log: bring back the right one", field="key_file")

    def sign(self, size: int, root: bytes, now_s: int) -> Checkpoint:
        """Say that the log has so many entries with this root, now."""
        body = body_of(self.public.name, size, root, now_s)
        return Checkpoint.read(signed_note(body, self.public, self._private.sign))


def make_key(path: Path, name: str = "") -> Signer:
    """Make a new key file, for its owner alone. name: of the log, where it has one already.

    Conflict: the file is there already. Invalid: none can be made there.
    """
    name = name or f"lenskeeper.log/{secrets.token_hex(NAME_BYTES)}"
    seed = secrets.token_bytes(SEED_BYTES)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    except FileExistsError:
        raise Conflict(
            f"there is a key of the audit log at {path} already: keep it, it signed what is past"
        ) from None
    except OSError as wrong:
        raise Invalid(f"no key file can be made at {path}: {wrong.strerror}", field="key_file") from None
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"{MARK} {name} {base64.b64encode(seed).decode()}\n")
        file.flush()
        os.fsync(file.fileno())  # what it signs is told to others
    return _signer(name, seed)


def _signer(name: str, seed: bytes) -> Signer:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    return Signer(PublicKey(name, private.public_key().public_bytes_raw()), private)


def _seed(coded: str, path: Path) -> bytes:
    try:
        seed = base64.b64decode(coded, validate=True)
    except binascii.Error:
        seed = b""
    if len(seed) != SEED_BYTES:
        raise Invalid(f"{path} is no key file of an audit log: bring back the right one", field="key_file")
    return seed
