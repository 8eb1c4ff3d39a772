"""Errors as the browser gets them: problems of RFC 9457, each with a code and a text that names the cure.

The one table that turns what went wrong into HTTP. Whatever is not in it is a fault of ours: 500, with the number of
the request to find it in the log.
"""

from collections.abc import Mapping
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from lenskeeper.base.errors import CallerError, Conflict, Invalid, NotAllowed, NotFound
from lenskeeper.web.pages import Shown

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

PROBLEM_TYPE: Final = "application/problem+json"
FAULTS_MAX: Final = 20  # of one request: who sends more has more to do than read them


class NotSignedIn(CallerError):
    """Nobody is signed in, or no longer."""


class TooMany(CallerError):
    """Too much, or too often; retry_s: when it may be tried again."""

    def __init__(self, message: str, *, retry_s: int) -> None:
        super().__init__(message)
        self.retry_s = retry_s


STATUS: Final[Mapping[type[CallerError], tuple[int, str]]] = {
    NotSignedIn: (401, "not_signed_in"),
    NotAllowed: (403, "not_allowed"),
    NotFound: (404, "not_found"),
    Conflict: (409, "conflict"),
    Invalid: (422, "invalid"),
    TooMany: (429, "too_many"),
}
HTTP_CODES: Final[Mapping[int, str]] = {
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "not_supported",
}


class Wrong(Shown):
    """One value that is wrong: where it stands, and why."""

    field: str
    detail: str


class Problem(Shown):
    """What went wrong (RFC 9457). code: for programs; detail: for people; request_id: to find it in the log."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str = ""
    field: str | None = None
    wrong: tuple[Wrong, ...] = ()
    retry_s: int | None = None


PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": Problem, "description": code.replace("_", " "), "content": {PROBLEM_TYPE: {}}}
    for status, code in [*STATUS.values(), (413, HTTP_CODES[413])]
}
"""What every route may answer besides, for the description of the API."""


def answers_errors(app: FastAPI) -> None:
    """Let an app answer errors by the table."""
    app.add_exception_handler(CallerError, _caller)
    app.add_exception_handler(RequestValidationError, _values)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _ours)


def status_of(error: CallerError) -> tuple[int, str]:
    """Its status and its code; of a kind that is not in the table, those of the kind it came from."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def problem(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """An answer that says what went wrong."""
    body = Problem(
        type=f"urn:lenskeeper:problem:{code}",
        title=code.replace("_", " "),
        status=status,
        detail=detail,
        code=code,
        request_id=str(request.scope.get("request_id", "")),
        **more,
    )
    return JSONResponse(body.model_dump(), status, dict(headers or {}), PROBLEM_TYPE)


def _caller(request: Request, error: Exception) -> Response:
    assert isinstance(error, CallerError)
    status, code = status_of(error)
    more: dict[str, Any] = {"field": error.field} if isinstance(error, Invalid) else {}
    headers = {}
    if isinstance(error, TooMany):
        more["retry_s"], headers["Retry-After"] = error.retry_s, str(error.retry_s)
    if isinstance(error, NotSignedIn):
        headers["WWW-Authenticate"] = "Bearer"
    return problem(request, status, code, str(error), headers=headers, **more)


def _values(request: Request, error: Exception) -> Response:
    """Values that do not fit the route: which, and why; never what was sent, it may be a password."""
    assert isinstance(error, RequestValidationError)
    wrong = tuple(
        Wrong(
            field=".".join(str(part) for part in each["loc"][1:]) or str(each["loc"][0]), detail=each["msg"]
        )
        for each in error.errors()[:FAULTS_MAX]
    )
    return problem(request, 422, "invalid", "; ".join(f"{w.field}: {w.detail}" for w in wrong), wrong=wrong)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = HTTP_CODES.get(error.status_code, "refused")
    return problem(request, error.status_code, code, str(error.detail), headers=error.headers)


def _ours(request: Request, error: Exception) -> Response:
    number = str(request.scope.get("request_id", ""))
    log.error("request_failed", path=request.url.path, request_id=number, exc_info=error)
    return problem(
        request, 500, "our_fault", f"this is a fault of ours: tell whoever runs it the number {number}"
    )
