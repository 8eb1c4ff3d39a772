"""Instants are integers: milliseconds since 1970-01-01 UTC. A local day exists only in reports."""

from datetime import UTC, datetime


def iso_utc(at_ms: int) -> str:
    """An instant as people and programs both read it: 2026-11-23T14:08:00.123Z."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def local_hour(at_ms: int) -> int:
    """The hour of day, 0 to 23, where this machine stands: light follows the local sun."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone().hour
