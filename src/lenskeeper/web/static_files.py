"""The built front end: hashed files that never change, and one page for every address that is no file."""

import mimetypes
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from lenskeeper.base.errors import NotFound
from lenskeeper.web.errors import problem

FOR_EVER: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "no-cache"
CODINGS: Final = (("br", ".br"), ("gzip", ".gz"))  # made when the front end is built
NOT_BUILT: Final = (
    "lenskeeper answers, but its pages were not built: run `./run web build` in a clone, or install the wheel"
)


class FrontEnd:
    """Serves a folder. The addresses of pages (/cameras/17) are no files: they get index.html, and the page reads them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        await self._answer(Request(scope))(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        path = request.url.path
        if path.startswith("/api/"):
            return problem(
                request, 404, "not_found", "there is no such address in the API: see /api/openapi.json"
            )
        if request.method not in {"GET", "HEAD"}:
            return problem(request, 405, "method_not_allowed", "pages are only read")
        try:
            return self._file(path.lstrip("/"), request.headers.get("accept-encoding", ""))
        except NotFound:
            pass
        if "." in path.rpartition("/")[2]:
            return problem(request, 404, "not_found", "there is no such file")
        try:
            return self._file("index.html", request.headers.get("accept-encoding", ""))
        except NotFound:
            return PlainTextResponse(NOT_BUILT, 503)

    def _file(self, name: str, accepted: str) -> Response:
        """One file, in the coding the browser takes. NotFound: it is none of ours."""
        file = (self.folder / name).resolve()
        if not file.is_relative_to(self.folder) or not file.is_file():
            raise NotFound(name)
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        headers = {
            "cache-control": FOR_EVER if name.startswith("assets/") else ASK_AGAIN,
            "vary": "accept-encoding",
        }
        takes = {each.partition(";")[0].strip() for each in accepted.split(",")}
        for coding, suffix in CODINGS:
            coded = file.with_name(file.name + suffix)
            if coding in takes and coded.is_file():
                return FileResponse(coded, media_type=kind, headers={**headers, "content-encoding": coding})
        return FileResponse(file, media_type=kind, headers=headers)
