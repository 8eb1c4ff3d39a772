"""The settings in force, one by one, with where each was set: what a page of settings shows, and never a secret."""

import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel

from lenskeeper.house.home import Home
from lenskeeper.house.settings import ENVIRONMENT_PREFIX, SETTINGS_FILE
from lenskeeper.store.address import shown

TABLES: Final = (
    "rounds",
    "probing",
    "pictures",
    "store",
    "web",
    "serve",
    "log",
)  # messages have a page of their own
URL: Final = ("store", "url")  # it may hold a password

Plain = str | int | float | bool | list[str] | dict[str, str | int | float] | None


class Origin(StrEnum):
    """Where a setting was set."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One setting. variable: the name by which the environment sets it over the file."""

    table: str
    name: str
    value: Plain
    default: Plain
    origin: Origin
    variable: str


def settings_file(home: Home) -> str:
    """Where the file lies that sets them."""
    return str(home.folder / SETTINGS_FILE)


def setting_lines(home: Home) -> list[SettingLine]:
    """Every setting but those of messages, table by table in the order of the manual."""
    try:
        written = tomllib.loads((home.folder / SETTINGS_FILE).read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError):
        written = {}  # it was changed since: what is in force is in memory
    return [line for table in TABLES for line in _of_table(home, table, written.get(table, {}))]


def _of_table(home: Home, table: str, written: dict[str, Any]) -> Iterator[SettingLine]:
    held: BaseModel = getattr(home.settings, table)
    usual = type(held)()
    for name in type(held).model_fields:
        variable = f"{ENVIRONMENT_PREFIX}{table}__{name}".upper()
        origin = Origin.FILE if name in written else Origin.DEFAULT
        if any(each.upper().startswith(variable) for each in os.environ):
            origin = Origin.ENVIRONMENT
        value, default = getattr(held, name), getattr(usual, name)
        if (table, name) == URL:
            value = shown(home.store.url)
        yield SettingLine(table, name, _plain(value), _plain(default), origin, variable)


def _plain(value: Any) -> Plain:
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, dict):
        return {str(key): each if isinstance(each, (int, float)) else _joined(each) for key, each in value.items()}  # fmt: skip
    if isinstance(value, (tuple, list, frozenset)):
        return [str(each) for each in value]
    return str(value)


def _joined(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (tuple, list)) else str(value)
