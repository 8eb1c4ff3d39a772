"""One visit over RTSP: describe, set up, play, take the first whole key frame, say goodbye.

Every phase has its own deadline and its own outcome. One refused login ends the visit. The stream is asked for
within the RTSP connection first, since one lost datagram of 240 spoils a key frame; by UDP only where the camera
says 461. TEARDOWN is said on every way out: without it many cameras keep the slot for a minute.
"""

import asyncio
import secrets
import socket
from array import array
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

from lenskeeper.base.codecs import Codec
from lenskeeper.base.outcomes import Outcome
from lenskeeper.pictures.encoded import Encoded
from lenskeeper.probing.admission import OTHERS_TRY, SILENCES, Admission
from lenskeeper.probing.connection import NO_ROOM, Failure, remark
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
from lenskeeper.probing.rtsp_line import Datagrams, Line, garbled_remark, open_line
from lenskeeper.probing.targets import Target
from lenskeeper.protocols import bitstream, sdp
from lenskeeper.protocols.collectors import Reordering, collector
from lenskeeper.protocols.keyunits import KeyFrameCollector, KeyUnit
from lenskeeper.protocols.messages import date_ms
from lenskeeper.protocols.rtp import ReportReader
from lenskeeper.protocols.rtsp import Interleaved, RtspDialogue, Udp
from lenskeeper.protocols.rtsp_wire import Reply

SETTLE_AFTER_S: Final = (
    1.5  # silence amid a reply: a camera that announced more than it sends. Losses heal sooner
)
EARLY_S: Final = 0.05  # a key frame so little before its time is taken: encoders are not that punctual
UDP_PORT_TRIES: Final = 16
UDP_BUFFER_BYTES: Final = (
    2 * 1024 * 1024
)  # a key frame comes as one burst; the kernel gives what net.core.rmem_max allows
UNSUPPORTED_TRANSPORT: Final = 461
PHASES: Final = ("connect", "describe", "setup", "play", "key_frame")


@dataclass(slots=True)
class _Media:
    """The one track that is looked at, and the counts of its packets. `description` holds no more than the session's address."""

    description: sdp.Description
    track: sdp.Track
    collector: KeyFrameCollector
    reports: ReportReader = field(default_factory=ReportReader)
    report_offset_ms: float | None = None
    transport: str = "tcp"
    datagrams: list[asyncio.DatagramTransport] = field(default_factory=list)


def visit_rtsp(
    target: Target, known: KnownHost, prober: Prober, looks: Looks, see: See, hold: Hold = hold_anything
) -> Coroutine[Any, Any, Probe]:
    """Look at one RTSP target; each key frame goes to `see` as soon as it is whole. Never raises for the world."""
    return _Visit(target, known, prober, looks, see, hold).run()


class _Visit:
    """The state of one visit. Its methods are the phases, in the order of the file."""

    __slots__ = (
        "_admission",
        "_began_ms",
        "_began_s",
        "_due",
        "_ends_at",
        "_first_frame_ms",
        "_hold",
        "_known",
        "_last_timestamp",
        "_line",
        "_looks",
        "_loop",
        "_media",
        "_media_ticks",
        "_offset_ms",
        "_pending_bytes",
        "_phase_ends_s",
        "_prober",
        "_received_bytes",
        "_see",
        "_seen",
        "_server",
        "_sets",
        "_status",
        "_target",
    )  # fmt: skip

    def __init__(
        self, target: Target, known: KnownHost, prober: Prober, looks: Looks, see: See, hold: Hold
    ) -> None:
        self._hold = hold
        self._target, self._known, self._prober, self._looks, self._see = target, known, prober, looks, see
        self._loop = asyncio.get_running_loop()
        self._phase_ends_s = array("d")  # loop times, in the order of PHASES
        self._line: Line | None = None
        self._media: _Media | None = None
        self._server = ""
        self._offset_ms: float | None = None
        self._first_frame_ms: float | None = None
        self._seen = 0
        self._sets: tuple[bytes, ...] = ()
        self._last_timestamp: int | None = None
        self._media_ticks = 0
        self._status = 0  # of the last reply
        self._pending_bytes = 0
        self._received_bytes = 0
        self._begin()
        self._admission = Admission(target.host, known.credential, prober.refusals)

    async def run(self) -> Probe:
        try:
            failure = await self._all_phases()
        finally:
            self._hang_up()
            await self._admission.let_go()
        return self._probe(failure)

    def _hang_up(self) -> None:
        """Close what is open, whatever happened, and let go of the line, which knows us."""
        if self._media is not None:
            for transport in self._media.datagrams:
                transport.close()
        line, self._line = self._line, None
        if line is not None:
            if line.dialogue.session and not line.leaves:  # called off amid the visit
                line.leave(line.dialogue.teardown(self._media.description if self._media else None))
            self._received_bytes += line.received_bytes
            line.close()

    async def _all_phases(self) -> Failure | None:
        async with self._prober.handshakes:
            self._begin()
            line = await self._greet()
        if isinstance(line, Failure):
            return line
        assert self._media is not None
        failure = await self._watch(line, self._media)
        await self._say_goodbye(line, self._media)
        return failure

    def _begin(self) -> None:
        """The visit's time runs from its first SYN, not from when it queued up."""
        self._began_ms, self._began_s = self._prober.clock.now_ms(), self._loop.time()
        self._due = self._began_s  # no key frame is taken before this loop time
        self._ends_at = self._began_s + self._prober.limits.visit_s + self._looks.span_s

    async def _greet(self) -> Line | Failure:
        """Connect, describe, set up and play. After a SETUP the goodbye is said even where PLAY fails."""
        dialogue = RtspDialogue(
            self._target.url,
            user_agent=USER_AGENT,
            credential=self._known.credential,
            cnonce=secrets.token_hex(8) if self._known.credential else "",
            basic=self._known.may_use_basic,
        )
        line = await open_line(dialogue, self._take_unit, self._target, self._known, self._prober)
        if isinstance(line, Failure):
            dialogue.end()
            return line
        self._line = line
        self._admission.reached(line.peer_address())
        self._phase_ends()
        media = await self._describe(line)
        if isinstance(media, Failure):
            return media
        self._media = media
        failure = await self._set_up(line, media) or await self._play(line, media)
        if failure is not None:
            await self._say_goodbye(line, media)
        return failure or line

    def _phase_ends(self) -> None:
        self._phase_ends_s.append(self._loop.time())

    # -- requests and logins

    async def _ask(self, line: Line, request: bytes) -> Reply | Failure:
        """The reply to a request, a challenge answered on the way; a status that is no success is a Failure."""
        reply = await self._reply(line, request)
        while isinstance(reply, Reply) and reply.status == 401 and line.dialogue.may_answer(reply):
            try:
                async with asyncio.timeout_at(self._ends_at):
                    held_back = await self._admission.ask()
            except TimeoutError:
                held_back = OTHERS_TRY
            if held_back is not None:
                return held_back
            reply = await self._reply(line, line.dialogue.answer(reply))
            if isinstance(reply, Failure) and reply.outcome in SILENCES:
                await self._admission.doubt()
        if isinstance(reply, Failure):
            return reply
        self._status = reply.status
        await self._admission.judge(reply.status, authenticated=reply.authenticated)
        self._server = self._server or remark(reply.headers.get("server"))
        if reply.is_ok:
            return reply
        return self._admission.rejection(
            reply.status,
            f"{reply.status} {reply.reason} to {reply.method}",
            location=reply.headers.get("location"),
            authenticated=reply.authenticated,
            wants_basic=line.dialogue.wants_basic(reply),
        )

    async def _reply(self, line: Line, request: bytes) -> Reply | Failure:
        line.send(request)
        reply_s = self._prober.limits.reply_s
        asked_at = self._loop.time()
        deadline = min(asked_at + reply_s, self._ends_at)
        settled = False
        while not line.replies:
            if line.garbled is not None:
                return Failure(Outcome.GARBLED, garbled_remark(line.garbled))
            if line.broke is not None:
                raise line.broke
            if line.is_closed:
                return Failure(Outcome.CLOSED, "it hung up instead of answering")
            now = self._loop.time()
            if now >= deadline:
                return Failure(Outcome.TIMED_OUT, f"no answer within {deadline - asked_at:.3g} s")
            amid = line.heard_at is not None and line.heard_at > asked_at and not settled
            if amid and line.heard_at is not None and now - line.heard_at >= SETTLE_AFTER_S:
                settled = True
                line.take(line.dialogue.settle())
                continue
            await line.news(min(deadline, now + SETTLE_AFTER_S / 2))
        return line.replies.pop(0)

    # -- the phases

    async def _describe(self, line: Line) -> _Media | Failure:
        reply = await self._ask(line, line.dialogue.describe())
        if isinstance(reply, Failure):
            return reply
        said_ms = date_ms(reply.headers)
        self._offset_ms = said_ms - self._prober.clock.now_ms() if said_ms is not None else None
        self._phase_ends()
        return choose(sdp.parse(reply.body))

    async def _set_up(self, line: Line, media: _Media) -> Failure | None:
        reply = await self._ask(
            line,
            line.dialogue.setup(
                media.track,
                Interleaved(),
                on_rtp=media.collector.packet,
                on_rtcp=self._take_report,
            ),
        )
        if isinstance(reply, Failure) and self._status == UNSUPPORTED_TRANSPORT:
            reply = await self._set_up_udp(line, media)
        self._phase_ends()
        return reply if isinstance(reply, Failure) else None

    async def _set_up_udp(self, line: Line, media: _Media) -> Reply | Failure:
        port = await self._bind_datagrams(line, media)
        if port is None:
            return Failure(Outcome.NOT_SUPPORTED, "it wants UDP, and no pair of ports is free here")
        media.transport = "udp"
        reply = await self._ask(line, line.dialogue.setup(media.track, Udp(port)))
        granted = line.dialogue.granted
        if isinstance(reply, Reply) and granted is not None and granted.is_multicast:
            return Failure(
                Outcome.NOT_SUPPORTED, "it sends by multicast only: switch on unicast in the camera"
            )
        return reply

    async def _bind_datagrams(self, line: Line, media: _Media) -> int | None:
        """An even port for RTP and the next for RTCP, on the address that the camera sees."""
        here, peer = line.local_address(), line.peer_address()
        ordered = Reordering(media.collector)

        def take_rtp(data: bytes) -> None:
            line.received_bytes += len(data)
            if self._seen < self._looks.count:
                for unit in ordered.packet(data, 0, len(data)):
                    self._take_unit(unit)
                if not self._weigh():
                    line.has_no_room = True
                    line.stir()

        def take_rtcp(data: bytes) -> None:
            line.received_bytes += len(data)
            self._take_report(data, 0, len(data))

        for _ in range(UDP_PORT_TRIES):
            rtp: asyncio.DatagramTransport | None = None
            try:
                rtp, _ = await self._loop.create_datagram_endpoint(
                    lambda: Datagrams(take_rtp, peer), local_addr=(here, 0)
                )
                rtp.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, UDP_BUFFER_BYTES)
                port: int = rtp.get_extra_info("sockname")[1]
                if port % 2 == 0:
                    rtcp, _ = await self._loop.create_datagram_endpoint(
                        lambda: Datagrams(take_rtcp, peer), local_addr=(here, port + 1)
                    )
                    media.datagrams += [rtp, rtcp]
                    return port
            except OSError:  # the next port is taken: another pair
                pass
            if rtp is not None:
                rtp.close()
        return None

    async def _play(self, line: Line, media: _Media) -> Failure | None:
        reply = await self._ask(line, line.dialogue.play(media.description))
        self._phase_ends()
        return reply if isinstance(reply, Failure) else None

    def _take_report(self, data: bytes, start: int, end: int) -> None:
        """The sink for RTCP."""
        media = self._media
        if media is None:
            return
        before = media.reports.n_reports
        media.reports.packet(data, start, end)
        if media.reports.n_reports > before and media.reports.latest is not None:
            media.report_offset_ms = media.reports.latest.ntp_ms - self._prober.clock.now_ms()

    async def _watch(self, line: Line, media: _Media) -> Failure | None:
        """Wait for the key frames that were asked for, keeping the session alive meanwhile."""
        limits = self._prober.limits
        alive_at = self._loop.time()
        self._due = max(self._due, alive_at)  # a key frame may have outrun the reply to PLAY
        line.weigh = self._weigh
        while self._seen < self._looks.count:
            now = self._loop.time()
            waits_s = limits.key_frame_s if media.collector.tally.packets else limits.first_packet_s
            deadline = min(self._due + waits_s, self._ends_at)
            if line.is_closed or line.garbled is not None or line.has_no_room or now >= deadline:
                failure = self._no_key_frame(line, media, waits_s)
                if not self._seen:
                    return failure
                return Failure(
                    Outcome.PLAYING, f"{self._seen} of {self._looks.count} looks; then {failure.remark}"
                )
            if now >= alive_at + line.dialogue.session_timeout_s / 2:
                alive_at = now
                line.send(line.dialogue.keep_alive())
            await line.news(min(deadline, alive_at + line.dialogue.session_timeout_s / 2))
        return None

    def _weigh(self) -> bool:
        """Whether what is gathered of the coming picture may be held; asked with every read."""
        pending = self._media.collector.pending_bytes if self._media is not None else 0
        if pending == self._pending_bytes:
            return True
        self._pending_bytes = pending
        return self._hold(pending)

    def _no_key_frame(self, line: Line, media: _Media, waited_s: float) -> Failure:
        tally = media.collector.tally
        if line.broke is not None:
            raise line.broke
        if line.has_no_room:
            return NO_ROOM
        if line.garbled is not None:
            return Failure(Outcome.GARBLED, garbled_remark(line.garbled))
        if tally.packets == 0:
            if line.is_closed:
                return Failure(Outcome.CLOSED, "it hung up after PLAY")
            return Failure(Outcome.NO_VIDEO, f"no packet of video within {waited_s:g} s of PLAY")
        counts = f"{tally.frames} frames, {tally.key_drops} damaged key frames, {tally.lost} packets lost"
        if line.is_closed:
            return Failure(Outcome.CLOSED, f"it hung up before a key frame was whole: {counts}")
        return Failure(
            Outcome.NO_KEYFRAME,
            f"no whole key frame within {waited_s:g} s ({counts}): wait longer with --timeout",
        )

    def _take_unit(self, unit: KeyUnit) -> None:
        """Hand a key frame on at once, within the loop's own callback: among thousands of visits none may wait here."""
        now, media = self._loop.time(), self._media
        if now < self._due or self._seen >= self._looks.count or media is None:
            return
        if self._first_frame_ms is None:
            self._first_frame_ms = (now - self._began_s) * 1000
            self._sets = unit.parameter_sets or (unit.data,)
        if self._last_timestamp is not None:
            step = (unit.rtp_timestamp - self._last_timestamp) & 0xFFFFFFFF
            self._media_ticks += step if step < 0x80000000 else step - 0x100000000
        self._last_timestamp = unit.rtp_timestamp
        self._due = now + self._looks.every_s - EARLY_S
        self._seen += 1
        at_ms, media_ms = self._prober.clock.now_ms(), self._media_ticks * 1000 / media.track.clock_rate_hz
        fingerprint = unit.fingerprint if self._looks.are_compared else b""
        self._see(KeyFrame(Encoded(unit.codec, unit.data), at_ms, media_ms, fingerprint))
        if self._line is not None:
            self._line.stir()

    async def _say_goodbye(self, line: Line, media: _Media) -> None:
        """TEARDOWN, and a moment for its reply: closing on unread video would send RST and lose the TEARDOWN."""
        if not line.dialogue.session or line.is_closed:
            return
        line.leave(line.dialogue.teardown(media.description))
        deadline = self._loop.time() + self._prober.limits.teardown_s
        while not line.has_left and await line.news(deadline):
            pass

    # -- what it comes to

    def _probe(self, failure: Failure | None) -> Probe:
        if failure is None:
            failure = Failure(Outcome.PLAYING, "")
        return Probe(
            self._target,
            self._began_ms,
            failure.outcome,
            self._first_frame_ms if failure.outcome is Outcome.PLAYING else None,
            self._stream(),
            self._phases_ms(),
            failure.remark,
            self._received_bytes,
        )

    def _phases_ms(self) -> dict[str, float]:
        """The length of each phase that ended. A key frame that outran the reply to PLAY took no time of its own."""
        ends = list(self._phase_ends_s)
        if self._first_frame_ms is not None and len(ends) == len(PHASES) - 1:
            ends.append(max(ends[-1], self._began_s + self._first_frame_ms / 1000))
        begins = (self._began_s, *ends)
        return {name: (end - began) * 1000 for name, began, end in zip(PHASES, begins, ends, strict=False)}

    def _stream(self) -> StreamFacts:
        media = self._media
        if media is None:
            return StreamFacts(server=self._server or None)
        track, tally, codec = media.track, media.collector.tally, media.track.codec
        facts = (
            bitstream.facts(codec, self._sets) if codec and self._sets and codec is not Codec.JPEG else None
        )
        if codec is Codec.JPEG and self._sets:
            facts = bitstream.jpeg_facts(self._sets[0])
        rate = (
            tally.frame_rate(track.clock_rate_hz) or track.frame_rate or (facts.frame_rate if facts else None)
        )
        interval_s = tally.key_interval_s(track.clock_rate_hz)
        bits = tally.bitrate_bps(track.clock_rate_hz) if interval_s is not None else None
        offset_ms = media.report_offset_ms if media.report_offset_ms is not None else self._offset_ms
        return StreamFacts(
            codec=codec.value if codec else None,
            transport=media.transport,
            width_px=facts.width if facts else None,
            height_px=facts.height if facts else None,
            frame_rate_hz=rate,
            bitrate_kbps=bits / 1000 if bits else track.bandwidth_kbps,
            key_frame_interval_s=interval_s,
            first_key_frame_ms=self._first_frame_ms,
            clock_offset_ms=offset_ms,
            clock_source=None
            if offset_ms is None
            else "rtcp"
            if media.report_offset_ms is not None
            else "date",
            packets_lost=tally.lost,
            server=self._server or None,
        )


def choose(description: sdp.Description) -> _Media | Failure:
    """The first video track that we can read."""
    track = description.video
    if track is not None and (found := collector(track)) is not None:
        return _Media(sdp.Description(control=description.control), track, found)
    if description.has_video:
        names = sorted({t.encoding or str(t.payload_type) for t in description.tracks if t.media == "video"})
        return Failure(
            Outcome.NOT_SUPPORTED, remark(f"its video is {', '.join(names)}, which we do not read")
        )
    return Failure(Outcome.NO_VIDEO, "it describes no video")
