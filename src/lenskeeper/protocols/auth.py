"""Basic and Digest, for RTSP and HTTP alike: challenges read, one answer made.

One refusal is enough. An unauthenticated request and its challenge are one round trip, then one authenticated
try; `stale=true` earns exactly one more. A 401 to an authenticated request is a refusal, and never tried again.
Sources: RFC 7616, RFC 7617, RFC 2069 (challenges without qop).
"""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from lenskeeper.base.errors import Invalid
from lenskeeper.base.secret import Secret

CHALLENGES_MAX: Final = 16  # a peer that offers more is playing with us
CHALLENGE_CHARS_MAX: Final = 8 * 1024


def _md5(text: str) -> str:
    return hashlib.md5(text.encode("latin-1", "replace"), usedforsecurity=False).hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("latin-1", "replace")).hexdigest()


# name -> (strength, digest, session variant)
_ALGORITHMS: Final[dict[str, tuple[int, Callable[[str], str], bool]]] = {
    "MD5": (2, _md5, False),
    "MD5-SESS": (3, _md5, True),
    "SHA-256": (4, _sha256, False),
    "SHA-256-SESS": (5, _sha256, True),
}
_BASIC: Final = 1
# one string for all challenges: every probe in flight holds one
_KNOWN: Final = {name: name for name in ("realm", "nonce", "algorithm", "qop", "opaque", "stale")}
_SCHEME: Final = re.compile(r"\s*,?\s*([A-Za-z][A-Za-z0-9-]*)(?:\s+|\s*$|(?=,))")
_PARAM: Final = re.compile(r"\s*,?\s*([A-Za-z][A-Za-z0-9_*-]*)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s,\"]*))")


@dataclass(frozen=True, slots=True)
class Credential:
    """A user and its password, for the one host the operator gave it for.

    Control characters, or a colon in the user, are Invalid: neither can be sent as it stands.
    """

    user: str
    password: Secret

    def __post_init__(self) -> None:
        if not self.user.isprintable() or ":" in self.user or not self.user:
            raise Invalid("a user name is printable text without a colon", field="user")
        if any(c in self.password.reveal() for c in "\r\n\0"):
            raise Invalid("a password has no line break in it; was a file read whole?", field="password")


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to log in that a peer offers.

    scheme: lower case. params: names in lower case, values without their quotes, otherwise as sent
    (RFC 7616 3.4.1: "without the surrounding quotes", so escapes stay).
    """

    scheme: str
    params: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str:
        """The value of a parameter, or the empty string."""
        for key, value in self.params:
            if key == name:
                return value
        return ""

    @property
    def stale(self) -> bool:
        """Whether only the nonce was too old, and the password is not in question."""
        return self.get("stale").lower() == "true"

    @property
    def strength(self) -> int:
        """0: we do not speak it; 1: Basic; more: Digest, the stronger the higher."""
        if self.scheme == "basic":
            return _BASIC
        if self.scheme != "digest" or not self.get("nonce"):
            return 0
        offered = {q.strip().lower() for q in self.get("qop").split(",")} - {""}
        if offered and "auth" not in offered:  # auth-int alone: no camera known
            return 0
        return _ALGORITHMS.get((self.get("algorithm") or "MD5").upper(), (0, _md5, False))[0]


def read_challenges(values: Iterable[str]) -> tuple[Challenge, ...]:
    """Every challenge in the `WWW-Authenticate` lines of one reply, in their order; junk is skipped."""
    found: list[Challenge] = []
    for value in values:
        text = value[:CHALLENGE_CHARS_MAX]
        at = 0
        while len(found) < CHALLENGES_MAX and (scheme := _SCHEME.match(text, at)) is not None:
            at = scheme.end()
            params: list[tuple[str, str]] = []
            while (param := _PARAM.match(text, at)) is not None:
                name, quoted, token = param.groups()
                at = param.end()
                key = _KNOWN.get(name.lower()) or name.lower()
                params.append((key, quoted if quoted is not None else token))
            found.append(Challenge(scheme[1].lower(), tuple(params)))
    return tuple(found)


def strongest(challenges: Iterable[Challenge]) -> Challenge | None:
    """The best challenge that we can answer, or None.

    Basic only where no Digest is offered at all: a Digest that we cannot speak is no reason to send a
    password in the clear.
    """
    offered = tuple(challenges)
    best = max(offered, key=lambda challenge: challenge.strength, default=None)
    if best is None or best.strength == 0:
        return None
    if best.strength == _BASIC and any(challenge.scheme == "digest" for challenge in offered):
        return None
    return best


def authorization(
    challenge: Challenge, credential: Credential, *, method: str, uri: str, nc: int, cnonce: str
) -> str:
    """The value of the `Authorization` line that answers `challenge`.

    uri: exactly as it stands in the request line. nc: 1 for the first use of this nonce, then counting.
    cnonce: unguessable text of letters and digits; made by the caller, since this room has no randomness.
    The text is to be sent as Latin-1: one character a byte, as headers are read, so that a realm goes back as it came.
    """
    user, password = _octets(credential.user), _octets(credential.password.reveal())
    if challenge.scheme == "basic":
        return "Basic " + base64.b64encode(f"{user}:{password}".encode("latin-1")).decode("ascii")
    said = challenge.get("algorithm")
    _, digest, session = _ALGORITHMS.get((said or "MD5").upper(), (0, _md5, False))
    realm, nonce = challenge.get("realm"), challenge.get("nonce")

    secret = digest(f"{user}:{realm}:{password}")
    if session:
        secret = digest(f"{secret}:{nonce}:{cnonce}")
    request = digest(f"{method}:{uri}")
    parts = [f'username="{_quoted(user)}"', f'realm="{realm}"', f'nonce="{nonce}"', f'uri="{uri}"']
    if challenge.get("qop"):
        response = digest(f"{secret}:{nonce}:{nc:08x}:{cnonce}:auth:{request}")
        parts += [f'response="{response}"', "qop=auth", f"nc={nc:08x}", f'cnonce="{cnonce}"']
    else:  # RFC 2069: most RTSP servers still
        parts.append(f'response="{digest(f"{secret}:{nonce}:{request}")}"')
        if session:
            parts.append(f'cnonce="{cnonce}"')
    if said:
        parts.append(f"algorithm={said}")
    if challenge.get("opaque"):
        parts.append(f'opaque="{challenge.get("opaque")}"')
    return "Digest " + ", ".join(parts)


def _octets(text: str) -> str:
    """The UTF-8 bytes of `text`, one character each."""
    return text.encode("utf-8", "replace").decode("latin-1")


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


class Login:
    """What one connection knows about logging in: the challenge it got, how often it used the nonce, what is left.

    The rule of the house is kept here, for RTSP and HTTP alike.
    """

    __slots__ = ("_basic", "_challenge", "_cnonce", "_credential", "_n_uses", "_refused", "_stale_spent")

    def __init__(self, credential: Credential | None, cnonce: str, *, basic: bool = True) -> None:
        """basic: whether the password may be sent in clear to a peer that offers nothing better."""
        self._basic = basic
        self._credential = credential
        self._cnonce = cnonce
        self._challenge: Challenge | None = None
        self._n_uses = 0
        self._stale_spent = False
        self._refused = False

    @property
    def is_logged_in(self) -> bool:
        """Whether requests carry an answer by now."""
        return self._challenge is not None

    def may_answer(self, challenges: Iterable[Challenge], *, authenticated: bool) -> bool:
        """Whether a 401 with these challenges may be answered; `authenticated`: its request carried an answer.

        Asking changes nothing; `accept` does.
        """
        challenge = strongest(challenges)
        if challenge is None or self._credential is None or self._refused:
            return False
        if challenge.strength == _BASIC and not self._basic:
            return False
        if not authenticated:
            return self._challenge is None
        return challenge.stale and not self._stale_spent

    def wants_basic(self, challenges: Iterable[Challenge]) -> bool:
        """Whether these challenges could be answered in clear only, and we were told not to."""
        challenge = strongest(challenges)
        return challenge is not None and challenge.strength == _BASIC and not self._basic

    def accept(self, challenges: Iterable[Challenge], *, authenticated: bool) -> bool:
        """Take the challenge for the requests to come. False: this was a refusal, and the login is over."""
        offered = tuple(challenges)
        if not self.may_answer(offered, authenticated=authenticated):
            self._refused = True
            return False
        self._stale_spent = self._stale_spent or authenticated
        self._challenge = strongest(offered)
        self._n_uses = 0
        return True

    def line(self, method: str, uri: str) -> str:
        """The value of the `Authorization` line for the next request; empty while nobody asked for one."""
        if self._challenge is None or self._credential is None:
            return ""
        self._n_uses += 1
        return authorization(
            self._challenge, self._credential, method=method, uri=uri, nc=self._n_uses, cnonce=self._cnonce
        )
