"""Logins as cameras ask for them and check them: Basic and Digest (RFC 7616, RFC 2617)."""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import StrEnum

from lenskeeper.base.secret import Secret

REALM = "IP Camera"


class Scheme(StrEnum):
    """How a camera asks for a login."""

    BASIC = "basic"
    MD5 = "md5"  # with qop=auth
    MD5_PLAIN = "md5_plain"  # RFC 2069: no qop, no cnonce; still the most common on cameras
    SHA256 = "sha256"
    SEVERAL = "several"  # SHA-256, MD5 and Basic, one header line each


@dataclass(frozen=True, slots=True)
class Login:
    """The one account that a simulated camera knows."""

    user: str
    password: Secret
    scheme: Scheme = Scheme.MD5_PLAIN


def challenges(scheme: Scheme, nonce: str, *, stale: bool = False) -> list[str]:
    """The values of the WWW-Authenticate headers, strongest first."""
    old = ", stale=true" if stale else ""
    digest = f'Digest realm="{REALM}", nonce="{nonce}"'
    lines = {
        Scheme.BASIC: [f'Basic realm="{REALM}"'],
        Scheme.MD5: [f'{digest}, algorithm=MD5, qop="auth"{old}'],
        Scheme.MD5_PLAIN: [f"{digest}{old}"],
        Scheme.SHA256: [f'{digest}, algorithm=SHA-256, qop="auth"{old}'],
    }
    if scheme is Scheme.SEVERAL:
        return [*lines[Scheme.SHA256], *lines[Scheme.MD5], *lines[Scheme.BASIC]]
    return lines[scheme]


def accepted(login: Login, authorization: str, *, method: str, uri: str, nonce: str) -> bool:
    """Whether an Authorization header is right for this request, this nonce and one of the schemes offered.

    The digest's uri must be the request line's, to the letter: that is what most cameras ask.
    """
    kind, _, rest = authorization.partition(" ")
    if kind.lower() == "basic":
        wanted = base64.b64encode(f"{login.user}:{login.password.reveal()}".encode()).decode()
        return login.scheme in (Scheme.BASIC, Scheme.SEVERAL) and hmac.compare_digest(rest.strip(), wanted)
    if kind.lower() != "digest" or login.scheme is Scheme.BASIC:
        return False
    given = {
        name.lower(): quoted or plain
        for name, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', rest)
    }
    algorithm = given.get("algorithm", "MD5").upper()
    allowed = (
        {"SHA-256"}
        if login.scheme is Scheme.SHA256
        else {"MD5", "SHA-256"}
        if login.scheme is Scheme.SEVERAL
        else {"MD5"}
    )
    if (
        given.get("uri") != uri
        or given.get("nonce") != nonce
        or given.get("username") != login.user
        or algorithm not in allowed
    ):
        return False
    if (given.get("qop") != "auth") != (login.scheme is Scheme.MD5_PLAIN):
        return False

    def digest(text: str) -> str:
        made = hashlib.sha256 if algorithm == "SHA-256" else hashlib.md5
        return made(text.encode()).hexdigest()

    first = digest(f"{login.user}:{REALM}:{login.password.reveal()}")
    last = digest(f"{method}:{uri}")
    middle = f"{nonce}:{given.get('nc')}:{given.get('cnonce')}:auth" if "qop" in given else nonce
    return hmac.compare_digest(given.get("response", ""), digest(f"{first}:{middle}:{last}"))
