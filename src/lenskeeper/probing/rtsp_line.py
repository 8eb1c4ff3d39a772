"""The socket's side of an RTSP visit: bytes into the dialogue, and a bell when something was said.

Five thousand of these wait at a time, so each holds little: one timer at most, and no picture ever.
"""

import asyncio
from collections.abc import Callable
from typing import cast

from lenskeeper.probing.connection import Failure, connect, remark
from lenskeeper.probing.credentials import KnownHost
from lenskeeper.probing.probe import Prober
from lenskeeper.probing.targets import Target
from lenskeeper.protocols.messages import Garbled
from lenskeeper.protocols.rtsp import RtspDialogue
from lenskeeper.protocols.rtsp_wire import Event, Reply, ServerRequest


class Line(asyncio.Protocol):
    """One connection. What is said waits in `replies` and `garbled` until it is taken; video goes to its sinks."""

    __slots__ = (
        "_bell",
        "_loop",
        "_stirred",
        "_transport",
        "dialogue",
        "garbled",
        "heard_at",
        "is_closed",
        "replies",
    )

    def __init__(self, dialogue: RtspDialogue) -> None:
        self.dialogue = dialogue
        self.replies: list[Reply] = []
        self.garbled: Garbled | None = None
        self.is_closed = False
        self.heard_at: float | None = None  # loop time of the last byte
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._bell: asyncio.Future[None] | None = None
        self._stirred = False

    # -- what the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)  # uvloop has its own class for it
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self.heard_at = self._loop.time()
        events = self.dialogue.receive(data)
        if events:
            self.take(events)

    def connection_lost(self, _exc: Exception | None) -> None:
        self.take(self.dialogue.settle())
        self.is_closed = True
        self.stir()

    # -- what the visit calls

    def send(self, data: bytes) -> None:
        """Write; a connection that is gone swallows it, and the wait that follows sees that it is closed."""
        if self._transport is not None and not self.is_closed:
            self._transport.write(data)

    def local_address(self) -> str:
        """The address of ours that the camera sees."""
        assert self._transport is not None
        return str(self._transport.get_extra_info("sockname")[0])

    def peer_address(self) -> str:
        """The address that answers."""
        assert self._transport is not None
        return str(self._transport.get_extra_info("peername")[0])

    def close(self) -> None:
        """FIN, after what was written."""
        if self._transport is not None:
            self._transport.close()

    def take(self, events: list[Event]) -> None:
        """Sort what was said, and ring."""
        for event in events:
            match event:
                case Reply():
                    self.replies.append(event)
                case ServerRequest():
                    self.send(event.answer)
                case Garbled():
                    self.garbled = event
        self.stir()

    def stir(self) -> None:
        """Wake the visit: there is something to look at."""
        self._stirred = True
        if self._bell is not None and not self._bell.done():
            self._bell.set_result(None)

    async def news(self, until: float) -> bool:
        """Wait for the next bell, or for loop time `until`; False when it was the time."""
        if not self._stirred:
            bell = self._bell = self._loop.create_future()
            timer = self._loop.call_at(until, _ring, bell)
            try:
                await bell
            finally:
                timer.cancel()
                self._bell = None
        stirred, self._stirred = self._stirred, False
        return stirred


def _ring(bell: "asyncio.Future[None]") -> None:
    if not bell.done():
        bell.set_result(None)


class Datagrams(asyncio.DatagramProtocol):
    """What comes by UDP from the camera; strangers' datagrams are not read."""

    def __init__(self, take: Callable[[bytes], None], peer: str) -> None:
        self._take, self._peer = take, peer

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if addr[0] == self._peer:
            self._take(data)


async def open_line(
    dialogue: RtspDialogue, target: Target, known: KnownHost, prober: Prober
) -> Line | Failure:
    """A line to the target, or why there is none."""
    return await connect(
        lambda: Line(dialogue),
        target,
        networks=prober.networks,
        certificate_sha256=known.certificate_sha256,
        connect_s=prober.limits.connect_s,
    )


def garbled_remark(garbled: Garbled) -> str:
    """What the peer said that is no RTSP."""
    return remark(garbled.text)
