"""Servers on this machine that messages are sent to: mail, and anything that takes a POST."""

import asyncio
import base64
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Posted:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Web:
    """What came, and what is answered."""

    url: str
    status: int = 200
    reply: bytes = b'{"errcode":0,"errmsg":"ok"}'
    more: dict[str, str] = field(default_factory=dict)
    came: list[Posted] = field(default_factory=list)


@contextmanager
def web(context: ssl.SSLContext | None = None) -> Iterator[Web]:
    """An HTTP server, with TLS where a context is given."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            there.came.append(Posted(self.path, dict(self.headers), body))
            self.send_response(there.status)
            for name, value in there.more.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(there.reply)

        def log_message(self, *_words: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_words: object) -> None:
            pass

    server = Quiet(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    there = Web(f"http{'s' if context else ''}://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield there
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server that talks as it is told; gives its port, and leaves nothing open behind."""
    talks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mine = asyncio.current_task()
        assert mine is not None
        talks.add(mine)
        try:
            with suppress(OSError):
                await talk(reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
        for each in talks:
            each.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


@dataclass
class Post:
    """A mail server. says: another answer than the usual one, by command."""

    port: int = 0
    says: dict[str, str] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)
    is_silent: bool = False
    was_left: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def post_office(
    tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None
) -> AsyncIterator[Post]:
    """A tiny SMTP server: one mail after the other, what it was told is kept."""
    office = Post()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(line: str) -> None:
            writer.write(line.encode() + b"\r\n")

        if office.is_silent:
            await reader.read()
            office.was_left.set()
            return
        say("220 hello")
        while line := await reader.readline():
            command = line.split()[0].decode().upper() if line.split() else ""
            office.commands.append(command)
            if command in office.says:
                say(office.says[command])
            elif command == "EHLO":
                say("250-here")
                if starttls:
                    say("250-STARTTLS")
                say("250 AUTH PLAIN")
            elif command == "STARTTLS":
                say("220 go")
                await writer.drain()
                assert starttls is not None
                await writer.start_tls(starttls)
            elif command == "AUTH":
                office.logins.append(base64.b64decode(line.split()[2]))
                say("235 in")
            elif command == "DATA":
                say("354 go on")
                mail = b""
                while (part := await reader.readline()) != b".\r\n":
                    mail += part
                office.mails.append(mail)
                say(office.says.get("END", "250 taken"))
            elif command == "QUIT":
                say("221 bye")
                break
            else:
                say("250 ok")

    async with listening(serve, tls) as office.port:
        yield office
