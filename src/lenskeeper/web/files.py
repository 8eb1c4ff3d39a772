"""Answers that are files: their kinds, how the description names them, and under which name a browser keeps them."""

from typing import Any, Final

from starlette.responses import Response

MEDIA: Final = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "jsonl": "application/jsonl",
    "zip": "application/zip",
    "txt": "text/plain; charset=utf-8",
    "py": "text/x-python; charset=utf-8",
}
"""The kind of a file by the ending of its name."""


def a_file(*endings: str) -> dict[str, Any]:
    """What a route that answers with a file says of itself in the description."""
    kinds = {MEDIA[each].partition(";")[0]: {"schema": {"type": "string"}} for each in endings}
    return {"response_class": Response, "responses": {200: {"description": "a file", "content": kinds}}}


def file_named(name: str, body: bytes) -> Response:
    """A file as an answer; name: how the browser keeps it, its ending tells the kind."""
    return Response(body, media_type=MEDIA[name.rpartition(".")[2]], headers=kept_as(name))


def kept_as(name: str) -> dict[str, str]:
    """The headers of a file that a browser keeps under a name, and nothing between us and it."""
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
