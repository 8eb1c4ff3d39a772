"""What the simulator's tests share: a clock, a small clip, a client that only writes and reads bytes."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from lenskeeper.probing.simulator.clips import ClipSpec
from lenskeeper.probing.simulator.films import Film

SMALL = ClipSpec(film=Film(size=(160, 96)), fps=25, gop=5, gops=3)


class RealClock:
    """The machine's own clock; tests of real sockets need no other."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def elapsed_s(self) -> float:
        return time.perf_counter()

    async def sleep(self, length_s: float) -> None:
        await asyncio.sleep(length_s)


REAL_CLOCK = RealClock()


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply as it was read: status, headers in lower case, body."""

    status: int
    headers: dict[str, str]
    body: bytes
    raw: bytes


class Talk:
    """A bare RTSP client: it sends what it is told and reads replies and interleaved frames."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, base: str) -> None:
        self.reader, self.writer, self.base = reader, writer, base
        self.cseq = 0
        self.session = ""
        self.frames: list[tuple[int, bytes]] = []

    async def ask(self, method: str, uri: str | None = None, **headers: str) -> Reply:
        """One request, one reply; frames that come before it are kept in `frames`."""
        self.cseq += 1
        lines = [f"{method} {uri or self.base} RTSP/1.0", f"CSeq: {self.cseq}"]
        lines += [f"{k.replace('_', '-')}: {v}" for k, v in headers.items()]
        if self.session:
            lines.append(f"Session: {self.session}")
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        return await self.reply()

    async def reply(self) -> Reply:
        """The next reply."""
        while (first := await self.reader.readexactly(1)) == b"$":
            await self._frame_behind_dollar()
        head = first + await self.reader.readuntil(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:] if line)}
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return Reply(int(lines[0].split()[1]), headers, body, head + body)

    async def _frame_behind_dollar(self) -> None:
        head = await self.reader.readexactly(3)
        size = int.from_bytes(head[1:], "big")
        self.frames.append((head[0], await self.reader.readexactly(size)))

    async def frame(self) -> tuple[int, bytes]:
        """The next interleaved frame: channel and packet."""
        while not self.frames:
            assert await self.reader.readexactly(1) == b"$"
            await self._frame_behind_dollar()
        return self.frames.pop(0)

    async def play(self, track: str = "trackID=1") -> Reply:
        """SETUP over TCP and PLAY."""
        setup = await self.ask(
            "SETUP", f"{self.base}/{track}", Transport="RTP/AVP/TCP;unicast;interleaved=0-1"
        )
        assert setup.status == 200, setup.raw
        found = re.match(r"[0-9A-F]+", setup.headers["session"])
        assert found
        self.session = found[0]
        return await self.ask("PLAY", self.base + "/")

    async def video(self, packets: int) -> list[bytes]:
        """The next RTP packets of channel 0."""
        out: list[bytes] = []
        while len(out) < packets:
            channel, packet = await self.frame()
            if channel == 0:
                out.append(packet)
        return out


@asynccontextmanager
async def talk(url: str) -> AsyncIterator[Talk]:
    """A connection to the camera of an rtsp URL."""
    host, port = urlsplit(url).netloc.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield Talk(reader, writer, url)
    finally:
        writer.close()
        await asyncio.wait_for(writer.wait_closed(), 5)
