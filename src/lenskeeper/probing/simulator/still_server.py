"""The HTTP side of a simulated camera: one JPEG, or a row of them (multipart/x-mixed-replace)."""

from email.utils import formatdate
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from lenskeeper.probing.simulator.cameras import Route, SimulatedCamera
from lenskeeper.probing.simulator.conversations import Conversation
from lenskeeper.probing.simulator.pacing import SPOKES
from lenskeeper.probing.simulator.requests import Request
from lenskeeper.probing.simulator.site import Site
from lenskeeper.probing.simulator.troubles import Trouble

ELSEWHERE: Final = "http://127.255.255.254/elsewhere.jpg"
BOUNDARY: Final = "picture"
MOTION_ENDING: Final = ".mjpg"  # a path with this ending is a row of pictures


class StillConversation(Conversation):
    """One HTTP/1.1 connection, kept open between requests."""

    protocol = "HTTP/1.1"

    def __init__(self, site: Site, route: Route) -> None:
        super().__init__(site, route)
        self._camera: SimulatedCamera | None = None
        self._in_motion = False

    def answer(self, request: Request) -> None:
        camera = self.site.camera(self.address, urlsplit(request.uri).path)
        if camera is None or camera.route is not self.route or camera.trouble is Trouble.NOT_FOUND:
            self.reply(request, HTTPStatus.NOT_FOUND, self.also())
        elif request.method not in ("GET", "HEAD"):
            self.reply(request, HTTPStatus.METHOD_NOT_ALLOWED, [("Allow", "GET, HEAD"), *self.also()])
        elif camera.trouble is Trouble.REDIRECT:
            self.reply(request, HTTPStatus.FOUND, [("Location", ELSEWHERE), *self.also()])
        elif camera.trouble in (Trouble.BUSY, Trouble.OVERLOADED):
            self.reply(request, HTTPStatus.SERVICE_UNAVAILABLE, self.also())
        elif self.let_in(request, camera):
            self._camera = camera
            self._show(request, camera)

    def also(self) -> list[tuple[str, str]]:
        return [("Content-Length", "0")]

    def _show(self, request: Request, camera: SimulatedCamera) -> None:
        headers = [
            ("Date", formatdate((self.site.clock.now_ms() + camera.clock_offset_ms) / 1000, usegmt=True)),
            ("Server", "simulated"),
        ]
        if camera.trouble is Trouble.NO_VIDEO:
            page = b"<html><body>no picture here</body></html>"
            self.reply(request, HTTPStatus.OK, [*headers, ("Content-Type", "text/html")], page)
            return
        if camera.path.endswith(MOTION_ENDING):
            self.reply(
                request,
                HTTPStatus.OK,
                [*headers, ("Content-Type", f"multipart/x-mixed-replace; boundary={BOUNDARY}")],
            )
            self._in_motion = True
            self.site.ledger[self.address].plays += 1
            now = self.site.wheel(camera.clip.fps).join(self, camera.phase % SPOKES)
            self.turn(now)
            return
        self.reply(
            request,
            HTTPStatus.OK,
            [*headers, ("Content-Type", "image/jpeg")],
            self._picture(camera, self.site.now(camera.clip.fps)),
        )

    def _picture(self, camera: SimulatedCamera, picture: int) -> bytes:
        stream = self.site.stream(camera)
        data = stream.clip.units[(picture + camera.phase) % stream.frames].parts[0]
        if camera.trouble is Trouble.UNDECODABLE:
            return data[: len(data) // 50] + bytes(len(data) // 2)
        return data

    def turn(self, picture: int) -> None:
        """The wheel's turn: the next picture of the row."""
        camera = self._camera
        assert camera is not None
        if self.transport.get_write_buffer_size() > self.site.limits.unsent_bytes:
            self.site.ledger[self.address].pictures_skipped += 1
            return
        data = self._picture(camera, picture)
        head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n".encode()
        self.transport.write(head + data + b"\r\n")
        self.site.ledger[self.address].bytes_sent += len(data)

    def connection_lost(self, _exc: Exception | None) -> None:
        if self._in_motion and self._camera is not None:
            self.site.wheel(self._camera.clip.fps).leave(self, self._camera.phase % SPOKES)
        super().connection_lost(_exc)
