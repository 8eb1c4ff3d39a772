"""The socket's side of an RTSP visit: bytes into the dialogue, and a bell when something was said.

Five thousand of these wait at a time, so each holds little: no timer of its own, and no picture ever.
"""

import asyncio
from collections.abc import Callable
from typing import Final, cast

from lenskeeper.probing.alarms import Alarms, alarms
from lenskeeper.probing.connection import Failure, connect, remark
from lenskeeper.probing.credentials import KnownHost
from lenskeeper.probing.probe import Prober
from lenskeeper.probing.targets import Target
from lenskeeper.protocols.keyunits import KeyUnit
from lenskeeper.protocols.messages import Garbled
from lenskeeper.protocols.rtsp import RtspDialogue
from lenskeeper.protocols.rtsp_wire import Event, Reply, ServerRequest

REPLIES_KEPT_MAX: Final = 4  # one request is in flight, and a keep-alive
SERVER_REQUESTS_MAX: Final = 16  # of one visit; honest servers ask once or twice
REPLY_BEGINS: Final = b"RTSP/1."


class Line(asyncio.Protocol):
    """One connection. What is said waits in `replies` and `garbled` until it is taken; a picture is handed on at once."""

    __slots__ = (
        "_alarm",
        "_alarms",
        "_bell",
        "_loop",
        "_n_requests",
        "_see",
        "_stirred",
        "_transport",
        "broke",
        "dialogue",
        "garbled",
        "has_left",
        "has_no_room",
        "heard_at",
        "is_closed",
        "leaves",
        "received_bytes",
        "replies",
        "weigh",
    )

    def __init__(self, dialogue: RtspDialogue, see: Callable[[KeyUnit], None]) -> None:
        self.dialogue = dialogue
        self._see = see
        self.replies: list[Reply] = []
        self.garbled: Garbled | None = None
        self.is_closed = False
        self.heard_at: float | None = None  # loop time of the last byte
        self.broke: Exception | None = None
        self.has_no_room = False  # here, for the picture that is coming
        self.has_left = False  # the reply to our goodbye came, or the end of the connection
        self.leaves = False
        self.received_bytes = 0  # whatever became of them: the camera's uplink has carried them
        self._loop = asyncio.get_running_loop()
        self._alarms: Alarms = alarms()
        self._alarm = 0  # of the bell
        self._transport: asyncio.Transport | None = None
        self._bell: asyncio.Future[bool] | None = None
        self._stirred = False
        self._n_requests = 0
        self.weigh: Callable[[], bool] | None = None  # whether what is being gathered may be held

    # -- what the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)  # uvloop has its own class for it
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self.received_bytes += len(data)
        if self.leaves:
            self._pass_over(data)
            return
        self.heard_at = self._loop.time()
        events = self.dialogue.receive(data)
        if events:
            self.take(events)
        if self.weigh is not None and not self.weigh():
            self.has_no_room = True
            self.stir()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None and not isinstance(exc, OSError):
            self.broke = exc  # we fell over what came: not the camera's doing
        if not self.leaves:
            self.take(self.dialogue.settle())
        self.has_left = self.is_closed = True
        self.stir()

    # -- what the visit calls

    def send(self, data: bytes) -> None:
        """Write; a connection that is gone swallows it, and the wait that follows sees that it is closed."""
        if self._transport is not None and not self.is_closed:
            self._transport.write(data)

    def leave(self, teardown: bytes) -> None:
        """Say goodbye. What still comes is passed over unread until the reply: at scale it is most of the video."""
        self.send(teardown)
        self.leaves = True

    def _pass_over(self, data: bytes) -> None:
        if REPLY_BEGINS in data:
            self.has_left = True
            self.stir()

    def local_address(self) -> str:
        """The address of ours that the camera sees."""
        assert self._transport is not None
        return str(self._transport.get_extra_info("sockname")[0])

    def peer_address(self) -> str:
        """The address that answers; empty where it has hung up already."""
        assert self._transport is not None
        peer = self._transport.get_extra_info("peername")
        return str(peer[0]) if peer else ""

    def close(self) -> None:
        """FIN, after what was written. Nothing more is heard."""
        self.leaves = True
        self.dialogue.end()
        self._alarms.clear(self._time_is_up, self._alarm)
        if self._transport is not None:
            self._transport.close()

    def take(self, events: list[Event]) -> None:
        """Sort what was said, and ring."""
        for event in events:
            match event:
                case KeyUnit():
                    self._see(event)
                case Reply() if event.method:  # an answer to something: a peer may send others for ever
                    self.replies = [*self.replies[-REPLIES_KEPT_MAX + 1 :], event]
                case ServerRequest():
                    self._n_requests += 1
                    if self._n_requests > SERVER_REQUESTS_MAX:  # it may never read our answers
                        self.garbled = Garbled("it asks and asks, and does not serve")
                        break
                    self.send(event.answer)
                case Garbled():
                    self.garbled = event
        self.stir()

    def stir(self) -> None:
        """Wake the visit: there is something to look at."""
        if self._bell is None:
            self._stirred = True
        else:
            self._alarms.clear(self._time_is_up, self._alarm)
            self._ring(news=True)

    def news(self, until: float) -> "asyncio.Future[bool]":
        """What comes first, to be awaited at once: the next news (True), or loop time `until` (False)."""
        bell = self._loop.create_future()
        if self._stirred:
            self._stirred = False
            bell.set_result(True)
        else:
            self._bell = bell
            self._alarm = self._alarms.set(self._time_is_up, until)
        return bell

    def _time_is_up(self) -> None:
        self._ring(news=False)

    def _ring(self, *, news: bool) -> None:
        bell, self._bell = self._bell, None
        if bell is not None and not bell.done():  # done: the visit was called off while it waited
            bell.set_result(news)


class Datagrams(asyncio.DatagramProtocol):
    """What comes by UDP from the camera; strangers' datagrams are not read."""

    def __init__(self, take: Callable[[bytes], None], peer: str) -> None:
        self._take, self._peer = take, peer

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if addr[0] == self._peer:
            self._take(data)


async def open_line(
    dialogue: RtspDialogue, see: Callable[[KeyUnit], None], target: Target, known: KnownHost, prober: Prober
) -> Line | Failure:
    """A line to the target, or why there is none."""
    return await connect(
        lambda: Line(dialogue, see),
        target,
        networks=prober.networks,
        certificate_sha256=known.certificate_sha256,
        connect_s=prober.limits.connect_s,
    )


def garbled_remark(garbled: Garbled) -> str:
    """What the peer said that is no RTSP."""
    return remark(garbled.text)
