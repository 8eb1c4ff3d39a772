"""The RTSP side of a simulated camera: OPTIONS to TEARDOWN, RTP within the connection or beside it."""

import asyncio
import re
import socket
import struct
from contextlib import suppress
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from lenskeeper.probing.simulator.cameras import Route, SimulatedCamera, Start
from lenskeeper.probing.simulator.conversations import Conversation
from lenskeeper.probing.simulator.descriptions import AUDIO_CONTROL, VIDEO_CONTROL, description
from lenskeeper.probing.simulator.pacing import SPOKES
from lenskeeper.probing.simulator.requests import Request
from lenskeeper.probing.simulator.site import Site
from lenskeeper.probing.simulator.streams import Stream
from lenskeeper.probing.simulator.troubles import Trouble

PUBLIC: Final = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, SET_PARAMETER, TEARDOWN"
SESSION_TIMEOUT_S: Final = 60
SHORT_TIMEOUT_S: Final = 5
REPORT_EVERY: Final = 60  # pictures between two RTCP sender reports
DATAGRAMS_AT_ONCE: Final = 32  # 45 kB: below the receive buffer that clients usually have
DATAGRAM_PAUSE_S: Final = 0.002
NTP_EPOCH_S: Final = 2_208_988_800  # 1900-01-01 to 1970-01-01, RFC 5905
ELSEWHERE: Final = "rtsp://127.255.255.254:554/elsewhere"


class UdpPair:
    """Two datagram sockets of one camera, RTP on an even port and RTCP on the next."""

    def __init__(self, address: str, client: tuple[str, int, int]) -> None:
        host, rtp, rtcp = client
        self._to = ((host, rtp), (host, rtcp))
        for _ in range(50):
            first = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            second = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            first.bind((address, 0))
            port = first.getsockname()[1]
            with suppress(OSError):
                if port % 2 == 0:
                    second.bind((address, port + 1))
                    self._sockets = (first, second)
                    self.ports = (port, port + 1)
                    break
            first.close()
            second.close()
        else:
            raise OSError("no pair of free ports")
        for one in self._sockets:
            one.setblocking(False)  # noqa: FBT003 - the standard library has no keyword here

    def send(self, which: int, datagram: bytes) -> None:
        """Send on RTP (0) or RTCP (1); what the kernel will not take is lost, as on a wire."""
        with suppress(OSError):
            self._sockets[which].sendto(datagram, self._to[which])

    def close(self) -> None:
        """Give the ports back."""
        for one in self._sockets:
            one.close()


class RtspConversation(Conversation):
    """One RTSP connection, with at most one session."""

    def __init__(self, site: Site, route: Route) -> None:
        super().__init__(site, route)
        self._camera: SimulatedCamera | None = None
        self._stream: Stream | None = None
        self._session = ""
        self._channel = 0
        self._udp: UdpPair | None = None
        self._playing = False
        self._shift = 0  # this viewer's picture number less the wheel's
        self._last = -1
        self._first = 0
        self._waiting: list[bytes] = []
        self._keep_alive: asyncio.TimerHandle | None = None

    # ------------------------------------------------------------ requests

    def answer(self, request: Request) -> None:
        if self._session and self._keep_alive is not None:
            self._stay_alive()
        plain = {
            "OPTIONS": self._options,
            "GET_PARAMETER": self._pong,
            "SET_PARAMETER": self._pong,
            "TEARDOWN": self._teardown,
        }
        if request.method in plain:
            plain[request.method](request)
            return
        with_camera = {"DESCRIBE": self._describe, "SETUP": self._setup, "PLAY": self._play}
        if request.method not in with_camera:
            self.reply(request, HTTPStatus.NOT_IMPLEMENTED)
            return
        camera = self._find(request)
        if camera is None or camera.trouble is Trouble.NOT_FOUND:
            self.reply(request, HTTPStatus.NOT_FOUND)
        elif self.let_in(request, camera):
            self._camera = camera
            with_camera[request.method](request, camera)

    def _find(self, request: Request) -> SimulatedCamera | None:
        """The camera that a request names: its path, with or without a track behind it."""
        path = urlsplit(request.uri).path
        for tail in ("", f"/{VIDEO_CONTROL}", f"/{AUDIO_CONTROL}", "/trackID=77", "/"):
            camera = self.site.camera(self.address, path.removesuffix(tail)) if path.endswith(tail) else None
            if camera is not None and camera.route is self.route:
                return camera
        return None

    def _options(self, request: Request) -> None:
        self.reply(request, HTTPStatus.OK, [("Public", PUBLIC)])

    def _pong(self, request: Request) -> None:
        self.reply(request, HTTPStatus.OK, self.also())

    def also(self) -> list[tuple[str, str]]:
        return [("Session", self._session)] if self._session else []

    def _describe(self, request: Request, camera: SimulatedCamera) -> None:
        if camera.trouble is Trouble.REDIRECT:
            self.reply(request, HTTPStatus.FOUND, [("Location", ELSEWHERE)])
            return
        if camera.trouble is Trouble.OVERLOADED:
            self.reply(request, HTTPStatus.SERVICE_UNAVAILABLE)
            return
        base = request.uri.rstrip("/") + "/"
        body = description(camera, self.site.stream(camera), base)
        headers = [("Content-Type", "application/sdp"), ("Content-Base", base)]
        if camera.trouble is Trouble.WRONG_LENGTH:
            headers.append(("Content-Length", str(len(body) - 20)))
        self.reply(request, HTTPStatus.OK, headers, body)
        if camera.trouble is Trouble.HANGS_UP:
            self.transport.close()

    def _setup(self, request: Request, camera: SimulatedCamera) -> None:
        transport = request.headers.get("transport", "")
        refusal = self._refusal(request, camera, transport)
        if refusal is not None:
            self.reply(request, refusal)
            return
        timeout = SHORT_TIMEOUT_S if camera.trouble is Trouble.SHORT_SESSION else SESSION_TIMEOUT_S
        self._session = self._session or f"{camera.phase ^ self.transport.get_extra_info('peername')[1]:08X}"
        chosen = transport
        if not request.uri.endswith(f"/{AUDIO_CONTROL}"):  # sound is taken on, and stays silent
            self._stream = self.site.stream(camera)
            chosen = f"{self._channelled(transport)};ssrc={self._stream.ssrc:08X}"
        headers = [("Session", f"{self._session};timeout={timeout}"), ("Transport", chosen)]
        self.reply(request, HTTPStatus.OK, headers)
        if camera.trouble is Trouble.SHORT_SESSION:
            self._stay_alive()

    def _channelled(self, transport: str) -> str:
        """Take the way on that a Transport header asks for; what it is called in the reply."""
        if "TCP" in transport:
            pair = re.search(r"interleaved=(\d+)-(\d+)", transport)
            self._channel = int(pair[1]) if pair else 0
            return f"RTP/AVP/TCP;unicast;interleaved={self._channel}-{self._channel + 1}"
        ports = re.search(r"client_port=(\d+)-(\d+)", transport)
        assert ports is not None  # _refusal has seen it
        if self._udp is not None:
            self._udp.close()
        peer = self.transport.get_extra_info("peername")[0]
        self._udp = UdpPair(self.address, (peer, int(ports[1]), int(ports[2])))
        theirs = f"client_port={ports[1]}-{ports[2]}"
        return f"RTP/AVP;unicast;{theirs};server_port={self._udp.ports[0]}-{self._udp.ports[1]}"

    def _refusal(self, request: Request, camera: SimulatedCamera, transport: str) -> int | None:
        """The status that says no to a SETUP, or None."""
        if camera.trouble is Trouble.BUSY:
            return 453
        if camera.trouble is Trouble.WRONG_CONTROL and request.uri.endswith("77"):
            return HTTPStatus.NOT_FOUND
        if "TCP" in transport:
            return 461 if camera.trouble is Trouble.UDP_ONLY else None
        return None if re.search(r"client_port=\d+-\d+", transport) and "multicast" not in transport else 461

    def _play(self, request: Request, camera: SimulatedCamera) -> None:
        stream = self._stream
        known = bool(self._session) and request.headers.get("session", "").partition(";")[0] == self._session
        if not known:
            self.reply(request, 454)
            return
        if self._playing or stream is None:
            self.reply(request, HTTPStatus.OK, self.also())
            return
        now = self.site.wheel(stream.fps).join(self, camera.phase % SPOKES)
        self._shift = camera.phase % stream.frames
        if camera.start is Start.AT_KEY:
            self._shift += -(now + self._shift) % stream.clip.spec.gop
        self._first = self._last = now + self._shift
        self._playing = True
        self.site.ledger[self.address].plays += 1
        info = f"url={request.uri.rstrip('/')}/{VIDEO_CONTROL};seq={stream.seq(self._first)};rtptime={stream.rtp_time(self._first)}"
        headers = [("Session", self._session), ("Range", "npt=0.000-"), ("RTP-Info", info)]
        if camera.trouble is Trouble.RTP_BEFORE_REPLY:
            self._send(self._first)
            self.reply(request, HTTPStatus.OK, headers)
        else:
            self.reply(request, HTTPStatus.OK, headers)
            self._send(self._first)
        self._report()

    def _teardown(self, request: Request) -> None:
        if self._playing:
            self.site.ledger[self.address].teardowns += 1
        self._stop()
        self.reply(request, HTTPStatus.OK, self.also())
        self._session = ""
        self.transport.close()

    # ------------------------------------------------------------ pictures

    def turn(self, picture: int) -> None:
        """The wheel's turn: one more picture to this viewer."""
        f = picture + self._shift
        if f <= self._last:
            return
        self._last = f
        self._send(f)
        if (f - self._first) % REPORT_EVERY == 0:
            self._report()

    def _send(self, f: int) -> None:
        stream = self._stream
        assert stream is not None
        visits = self.site.ledger[self.address]
        if self._udp is not None:
            packets = stream.wire(f)
            visits.bytes_sent += sum(map(len, packets))
            idle = not self._waiting
            self._waiting += packets
            if idle:
                self._send_some()
            return
        if self.transport.get_write_buffer_size() > self.site.limits.unsent_bytes:
            visits.pictures_skipped += 1
            return
        data = stream.interleaved(f, self._channel)
        if data:
            visits.bytes_sent += len(data)
            self.transport.write(data)

    def _send_some(self) -> None:
        """Some datagrams now, the others after a breath."""
        if self._udp is None:
            return
        for packet in self._waiting[:DATAGRAMS_AT_ONCE]:
            self._udp.send(0, packet)
        del self._waiting[:DATAGRAMS_AT_ONCE]
        if self._waiting:
            self._later(DATAGRAM_PAUSE_S, self._send_some)

    def _report(self) -> None:
        """An RTCP sender report with a source description (RFC 3550 6.4.1): the camera's clock beside its RTP time."""
        stream, camera = self._stream, self._camera
        if stream is None or camera is None or camera.trouble is Trouble.NO_PACKETS:
            return
        ms = self.site.clock.now_ms() + camera.clock_offset_ms
        ntp = ((ms // 1000 + NTP_EPOCH_S) << 32) + (ms % 1000 << 32) // 1000
        report = struct.pack(">BBHIQIII", 0x80, 200, 6, stream.ssrc, ntp, stream.rtp_time(self._last), 0, 0)
        name = struct.pack(">BBHIBB6sxx", 0x81, 202, 4, stream.ssrc, 1, 6, b"camera")
        if self._udp is not None:
            self._udp.send(1, report + name)
        else:
            data = report + name
            self.transport.write(struct.pack(">cBH", b"$", self._channel + 1, len(data)) + data)

    # ------------------------------------------------------------ the end

    def _stay_alive(self) -> None:
        """A camera with a short patience: the session ends unless something is asked in time."""
        if self._keep_alive is not None:
            self._keep_alive.cancel()
        self._keep_alive = asyncio.get_running_loop().call_later(SHORT_TIMEOUT_S, self.transport.close)

    def _stop(self) -> None:
        if self._playing and self._stream is not None and self._camera is not None:
            self.site.wheel(self._stream.fps).leave(self, self._camera.phase % SPOKES)
        self._playing = False
        if self._udp is not None:
            self._udp.close()
            self._udp = None
        if self._keep_alive is not None:
            self._keep_alive.cancel()
            self._keep_alive = None

    def connection_lost(self, _exc: Exception | None) -> None:
        if self._playing:
            self.site.ledger[self.address].abandoned += 1
        self._stop()
        super().connection_lost(_exc)
