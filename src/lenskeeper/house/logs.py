"""Structured logs, in which a secret is dots and a picture is a size."""

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from lenskeeper.base.secret import Secret
from lenskeeper.house.settings import LogSettings


def _by_type(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Secrets print as dots by their own repr; bytes and arrays, which may be pictures, print as their size only."""
    return {key: _printable(value) for key, value in event.items()}


def _printable(value: object) -> object:
    match value:
        case str() | int() | float() | None:
            return value
        case Secret():
            return repr(value)
        case bytes() | bytearray() | memoryview():
            return f"<{len(value)} bytes>"
        case dict():
            return {str(k): _printable(v) for k, v in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_printable(v) for v in value]
        case _ if hasattr(value, "__array_interface__"):
            return "<array>"
        case _:
            return str(value)


def set_up_logs(settings: LogSettings) -> None:
    """Structured logs on standard error, so that standard output stays for results."""
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.form == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,  # lines of our code, never the values that stood in them
            _by_type,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[settings.level.upper()]
        ),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
