"""Where each value of a camera's file stands in the register, and how it is written there.

The file is what a sheet or a hand says of one camera; the register holds a part of it at the point, a part at the
device that hangs there, and a part at its installation. `unit` and `credential` are names of other rows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final

import msgspec

from lenskeeper.base.days import date_of, day_of, day_span, local_day
from lenskeeper.base.spans import Span
from lenskeeper.inventory.camera_file import CameraFile

KLASS_UNTOLD: Final = 3  # 三类点: whoever classes nothing has built for his own use


@dataclass(frozen=True, slots=True)
class Place:
    """One value's place. store and tell take the value and the point's time zone."""

    column: str
    store: Callable[[Any, str], Any]
    tell: Callable[[Any, str], Any]


def as_it_is(value: Any, _tz: str) -> Any:
    """The same here and there."""
    return value


def _store_date(value: date | None, _tz: str) -> int | None:
    return None if value is None else day_of(value)


def _tell_date(value: int | None, _tz: str) -> date | None:
    return None if value is None else date_of(value)


def _store_midnight(value: date | None, tz: str) -> int | None:
    return None if value is None else day_span(day_of(value), tz)[0]


def _tell_midnight(value: int | None, tz: str) -> date | None:
    return None if value is None else date_of(local_day(value, tz))


def _store_yes(value: bool | None, _tz: str) -> int | None:  # noqa: FBT001  it is the value itself
    return None if value is None else int(value)


def _tell_yes(value: int | None, _tz: str) -> bool | None:
    return None if value is None else bool(value)


def _store_minutes(value: int | None, _tz: str) -> int | None:
    return None if value is None else value * 60


def _tell_minutes(value: int | None, _tz: str) -> int | None:
    return None if value is None else value // 60


def _store_spans(value: tuple[Span, ...], _tz: str) -> str:
    return msgspec.json.encode(value).decode() if value else ""


def _tell_spans(value: str, _tz: str) -> tuple[Span, ...]:
    return msgspec.json.decode(value, type=tuple[Span, ...]) if value else ()


_ODD: Final[Mapping[str, Place]] = {
    "networked": Place("networked", _store_yes, _tell_yes),
    "passive_only": Place("passive_only", _store_yes, _tell_yes),
    "night_only": Place("night_only", _store_yes, _tell_yes),
    "lease_until": Place("lease_until_day", _store_date, _tell_date),
    "warranty_until": Place("warranty_until_day", _store_date, _tell_date),
    "install_date": Place("install_day", _store_date, _tell_date),
    "in_service_from": Place("in_service_from_s", _store_midnight, _tell_midnight),
    "in_service_to": Place("in_service_to_s", _store_midnight, _tell_midnight),
    "picture_period_min": Place("picture_period_s", _store_minutes, _tell_minutes),
    "dark_by_design": Place("dark_by_design", _store_spans, _tell_spans),
    "hours": Place("hours", _store_spans, _tell_spans),
}

DEVICE_FIELDS: Final = (
    "make", "model", "serial", "mac", "camera_type", "function_type", "light", "codec", "warranty_until",
)  # fmt: skip
MOUNT_FIELDS: Final = ("url", "still_url", "channel", "ipv4", "ipv6", "install_date")
NAMED_FIELDS: Final = ("unit", "credential")  # names of rows elsewhere
POINT_FIELDS: Final = tuple(
    f.name
    for f in fields(CameraFile)
    if f.name not in DEVICE_FIELDS and f.name not in MOUNT_FIELDS and f.name not in NAMED_FIELDS
)
PLACES: Final[Mapping[str, Place]] = {
    f.name: _ODD.get(f.name, Place(f.name, as_it_is, as_it_is))
    for f in fields(CameraFile)
    if f.name not in NAMED_FIELDS
}
DECLARED_FIELDS: Final = ("place_kind", "purpose", "legal_basis", "owner_department", "contact")

EMPTY: Final[Mapping[str, Any]] = {f.name: "" if f.name == "name" else f.default for f in fields(CameraFile)}


def told(value: object) -> bool:
    """Whether a file says anything here. A yes/no that is no says nothing: it is what a sheet without it gives."""
    return value is not None and value is not False and value not in ("", ())


def stored(file: object, names: tuple[str, ...], tz: str) -> dict[str, Any]:
    """The columns of these fields of a file, or of whatever bears their names, as they are written."""
    return {PLACES[name].column: PLACES[name].store(getattr(file, name), tz) for name in names}


def file_of(row: Any, *, unit: str = "", credential: str = "") -> CameraFile:
    """The file that a row of point, device and installation together stands for. It has the columns' names.

    A point without a device has None where the device's words would be.
    """
    held: dict[str, Any] = {}
    for name, place in PLACES.items():
        value = getattr(row, place.column)
        held[name] = EMPTY[name] if value is None else place.tell(value, row.tz)
    return CameraFile(unit=unit, credential=credential, **held)
