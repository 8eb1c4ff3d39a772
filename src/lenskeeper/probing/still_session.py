"""One visit for a still: a GET, one whole picture, and away. The cheapest look where a camera offers it."""

import asyncio
import hashlib
import secrets
from collections import deque
from collections.abc import Sequence
from typing import Final, cast

from lenskeeper.base.codecs import Codec
from lenskeeper.base.limits import FINGERPRINT_BYTES
from lenskeeper.base.outcomes import Outcome
from lenskeeper.pictures.encoded import Encoded
from lenskeeper.probing.admission import OTHERS_TRY, SILENCES, Admission
from lenskeeper.probing.connection import NO_ROOM, Failure, connect, remark
from lenskeeper.probing.credentials import KnownHost
from lenskeeper.probing.probe import (
    USER_AGENT,
    Hold,
    KeyFrame,
    Looks,
    Probe,
    Prober,
    See,
    StreamFacts,
    hold_anything,
)
from lenskeeper.probing.targets import Target
from lenskeeper.protocols.bitstream import jpeg_facts
from lenskeeper.protocols.http import HttpDialogue, HttpEvent, StillReply
from lenskeeper.protocols.messages import Garbled, date_ms

JPEG_BEGINS: Final = b"\xff\xd8\xff"
WAIT_SHARE: Final = 0.9  # of a visit that may be spent waiting for others to try the same account
HTTP_BEGINS: Final = b"HTTP/"


class _Line(asyncio.Protocol):
    """Bytes into the dialogue, and one future for what comes of them."""

    def __init__(self, dialogue: HttpDialogue, hold: Hold) -> None:
        self.dialogue = dialogue
        self._hold = hold
        self.received_bytes = 0
        self.transport: asyncio.Transport | None = None
        self._begins = b""
        self._heard: deque[HttpEvent | Failure] = deque()
        self._bell: asyncio.Future[None] | None = None
        self._is_closed = False
        self._broke: Exception | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)  # uvloop has its own class for it
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received_bytes += len(data)
        if not self._hold(self.received_bytes):
            self._take([NO_ROOM])
            return
        self._begins += data[: len(HTTP_BEGINS) - len(self._begins)]
        if not HTTP_BEGINS.startswith(self._begins):  # said at once: it may never come to the end of a line
            self._take([Garbled(f"what answers is not HTTP: {self._begins!r}")])
            return
        self._take(self.dialogue.receive(data))

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_closed = True
        if exc is not None and not isinstance(exc, OSError):
            self._broke = exc  # we fell over what came: not the camera's doing
        self._take(self.dialogue.settle() if self._begins else [])

    def _take(self, events: Sequence[HttpEvent | Failure]) -> None:
        self._heard += events
        if (self._heard or self._is_closed) and self._bell is not None and not self._bell.done():
            self._bell.set_result(None)

    async def ask(self, request: bytes, reply_s: float) -> StillReply | Failure:
        """Send, and wait for the whole answer."""
        assert self.transport is not None
        self.transport.write(request)
        if not self._heard and not self._is_closed:
            self._bell = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(reply_s):
                    await self._bell
            except TimeoutError:
                return Failure(Outcome.TIMED_OUT, f"no whole picture within {reply_s:g} s")
        if self._broke is not None:
            raise self._broke
        if not self._heard:
            return Failure(Outcome.CLOSED, "it hung up instead of answering")
        event = self._heard.popleft()
        if isinstance(event, Garbled):
            return Failure(Outcome.GARBLED, remark(event.text))
        return event


class _Visit:
    """The state of one visit: at most two connections, since some cameras close after their challenge."""

    def __init__(self, target: Target, known: KnownHost, prober: Prober, hold: Hold) -> None:
        self.target, self.known, self.prober, self.hold = target, known, prober, hold
        self.admission = Admission(target.host, known.credential, prober.refusals)
        self.line: _Line | None = None
        self.received_bytes = 0  # by all its lines

    async def run(self) -> StillReply | Failure:
        dialogue = HttpDialogue(
            self.target.url,
            user_agent=USER_AGENT,
            credential=self.known.credential,
            cnonce=secrets.token_hex(8) if self.known.credential else "",
            basic=self.known.may_use_basic,
        )
        ends_at = asyncio.get_running_loop().time() + self.prober.limits.visit_s * WAIT_SHARE
        reply = await self._on_new_line(dialogue, dialogue.get())
        while isinstance(reply, StillReply) and reply.status == 401 and dialogue.may_answer(reply):
            try:
                async with asyncio.timeout_at(ends_at):
                    held_back = await self.admission.ask()
            except TimeoutError:
                held_back = OTHERS_TRY
            if held_back is not None:
                return held_back
            renew, before = dialogue.needs_new_connection, self.line
            request = dialogue.answer(reply)
            reply = await (self._on_new_line(dialogue, request) if renew else self._on_line(request))
            was_sent = not renew or self.line not in (None, before)
            if (
                isinstance(reply, Failure)
                and reply.outcome in SILENCES
                and was_sent
                and not dialogue.is_answering
            ):
                await self.admission.doubt()
        if isinstance(reply, Failure):
            return reply
        await self.admission.judge(reply.status, authenticated=reply.authenticated)
        if reply.is_ok:
            return reply
        return self.admission.rejection(
            reply.status,
            f"{reply.status} {reply.reason} to GET",
            location=reply.location,
            authenticated=reply.authenticated,
            wants_basic=dialogue.wants_basic(reply),
        )

    async def _on_new_line(self, dialogue: HttpDialogue, request: bytes) -> StillReply | Failure:
        self.hang_up()
        line = await connect(
            lambda: _Line(dialogue, self.hold),
            self.target,
            networks=self.prober.networks,
            certificate_sha256=self.known.certificate_sha256,
            connect_s=self.prober.limits.connect_s,
        )
        if isinstance(line, Failure):
            return line
        self.line = line
        assert line.transport is not None
        peer = line.transport.get_extra_info("peername")
        if peer:  # gone where the peer has hung up already
            self.admission.reached(str(peer[0]))
        return await self._on_line(request)

    async def _on_line(self, request: bytes) -> StillReply | Failure:
        assert self.line is not None
        return await self.line.ask(request, self.prober.limits.key_frame_s)

    def hang_up(self) -> None:
        """Close what is open."""
        line, self.line = self.line, None
        if line is not None and line.transport is not None:
            self.received_bytes += line.received_bytes
            line.transport.close()


async def visit_still(
    target: Target, known: KnownHost, prober: Prober, _looks: Looks, see: See, hold: Hold = hold_anything
) -> Probe:
    """Fetch one still; several looks are several visits (look.py). Never raises for the world."""
    loop, began_ms = asyncio.get_running_loop(), prober.clock.now_ms()
    began_s = loop.time()
    visit = _Visit(target, known, prober, hold)
    try:
        async with asyncio.timeout(prober.limits.visit_s):
            reply = await visit.run()
    except TimeoutError:
        reply = Failure(Outcome.TIMED_OUT, f"the whole visit took longer than {prober.limits.visit_s:g} s")
    finally:
        visit.hang_up()
        await visit.admission.let_go()
    spent_ms = (loop.time() - began_s) * 1000
    if isinstance(reply, Failure):
        return Probe(
            target, began_ms, reply.outcome, remark=reply.remark, received_bytes=visit.received_bytes
        )
    at_ms = prober.clock.now_ms()
    stream = _stream(reply, target, at_ms, spent_ms)
    failure = _no_picture(reply)
    if failure is not None:
        return Probe(
            target,
            began_ms,
            failure.outcome,
            stream=stream,
            remark=failure.remark,
            received_bytes=visit.received_bytes,
        )
    codec = Codec.JPEG if reply.body.startswith(JPEG_BEGINS) else Codec.STILL
    fingerprint = hashlib.blake2b(reply.body, digest_size=FINGERPRINT_BYTES).digest()
    see(KeyFrame(Encoded(codec, reply.body), at_ms, None, fingerprint))
    return Probe(
        target,
        began_ms,
        Outcome.PLAYING,
        spent_ms,
        stream,
        {"picture": spent_ms},
        received_bytes=visit.received_bytes,
    )


def _no_picture(reply: StillReply) -> Failure | None:
    if not reply.is_whole:
        return Failure(Outcome.CLOSED, f"it hung up after {len(reply.body)} bytes of a picture")
    if not reply.body:
        return Failure(Outcome.NO_VIDEO, "an empty answer where a picture was due")
    if not reply.body.startswith(JPEG_BEGINS) and not reply.content_type.startswith("image/"):
        kind = reply.content_type or "something without a type"
        return Failure(
            Outcome.NO_VIDEO, remark(f"it sent {kind} and no picture: is this the picture address?")
        )
    return None


def _stream(reply: StillReply, target: Target, at_ms: int, spent_ms: float) -> StreamFacts:
    facts = jpeg_facts(reply.body) if reply.body.startswith(JPEG_BEGINS) else None
    said_ms = date_ms(reply.headers)
    return StreamFacts(
        codec=Codec.JPEG.value if facts else None,
        transport=target.route.value,
        width_px=facts.width if facts else None,
        height_px=facts.height if facts else None,
        first_key_frame_ms=spent_ms,
        clock_offset_ms=said_ms - at_ms if said_ms is not None else None,
        clock_source="date" if said_ms is not None else None,
        server=remark(reply.headers.get("server")) or None,
    )
