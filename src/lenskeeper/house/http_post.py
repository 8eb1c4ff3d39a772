"""One request of HTTP with an end to everything: time, size, and whom it trusts. For messages, never for cameras."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

import h11

from lenskeeper.base.secret import Secret

WHOLE_S: Final = 20.0  # from the first packet to the last
REPLY_BYTES_MAX: Final = 64 * 1024
BODY_BYTES_MAX: Final = 64 * 1024
READ_BYTES: Final = 16 * 1024
OTHER_NAME: Final = frozenset({62, 64})  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH


class PostFailed(Exception):
    """It did not come to an answer. The text is ours: it holds neither address nor secret."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer, its body cut at REPLY_BYTES_MAX."""

    status: int
    body: bytes


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """The system's authorities, or one's own alone; names are always checked. OSError, SSLError: the file is none."""
    return ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))


def distrusted(wrong: ssl.SSLCertVerificationError) -> str:
    """Why a certificate is not accepted. OpenSSL's own words would name the address."""
    why = "it is for another name" if wrong.verify_code in OTHER_NAME else wrong.verify_message
    return f"certificate is not accepted: {why}"


async def post(
    url: Secret, body: bytes, headers: Mapping[str, str | Secret], *, ca_file: Path | None = None
) -> Reply:
    """POST a body and read the answer; no redirection is followed. PostFailed: none came."""
    assert len(body) <= BODY_BYTES_MAX
    parts = urlsplit(url.reveal())
    try:
        async with asyncio.timeout(WHOLE_S):
            return await _exchange(parts, body, headers, ca_file)
    except TimeoutError:
        raise PostFailed(f"no answer within {WHOLE_S:.0f} s") from None
    except ssl.SSLCertVerificationError as wrong:
        raise PostFailed(f"its {distrusted(wrong)}") from None
    except ssl.SSLError:
        raise PostFailed("TLS did not come about") from None
    except h11.ProtocolError:
        raise PostFailed("the answer is no HTTP") from None
    except OSError as wrong:
        raise PostFailed(f"no connection ({type(wrong).__name__})") from None


async def _exchange(
    parts: SplitResult, body: bytes, headers: Mapping[str, str | Secret], ca_file: Path | None
) -> Reply:
    assert parts.hostname is not None
    is_tls = parts.scheme == "https"
    reader, writer = await asyncio.open_connection(
        parts.hostname, parts.port or (443 if is_tls else 80), ssl=trust(ca_file) if is_tls else None
    )
    try:
        talk = h11.Connection(our_role=h11.CLIENT, max_incomplete_event_size=REPLY_BYTES_MAX)
        said = [(name, _plain(value)) for name, value in headers.items()]
        request = h11.Request(
            method="POST",
            target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
            headers=[
                ("Host", parts.netloc),
                ("User-Agent", "lenskeeper"),
                ("Connection", "close"),
                ("Content-Length", str(len(body))),
                *said,
            ],
        )
        for event in (request, h11.Data(data=body), h11.EndOfMessage()):
            writer.write(talk.send(event) or b"")
        await writer.drain()
        return await _read(reader, talk)
    finally:
        writer.transport.abort()  # what is left unread is nobody's


def _plain(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value


async def _read(reader: asyncio.StreamReader, talk: h11.Connection) -> Reply:
    status, body = 0, b""
    while True:
        event = talk.next_event()
        match event:
            case h11.NEED_DATA:
                talk.receive_data(await reader.read(READ_BYTES))
            case h11.Response():
                status = event.status_code
            case h11.Data():
                body += bytes(event.data)
                if len(body) >= REPLY_BYTES_MAX:
                    return Reply(status, body[:REPLY_BYTES_MAX])
            case h11.EndOfMessage() | h11.ConnectionClosed() | h11.PAUSED:
                return Reply(status, body)
            case _:
                pass  # 100 Continue and kin
