"""Picture files on this machine: whether they are there, and the hour that their names tell."""

import re
from pathlib import Path
from typing import Final

from lenskeeper.base.errors import Invalid, NotFound
from lenskeeper.probing.targets import IMAGE_SUFFIXES

REFERENCES_MAX: Final = 2_000  # of one camera: three weeks, one every quarter of an hour

# 2020-02-01-08-15, 20200201_0815, 2016-08-10T10-09-01.182Z: as recorders and scripts name stills.
DATED_NAME: Final = re.compile(r"(?<!\d)(?:19|20)\d\d-?[01]\d-?[0-3]\d[-_T ]?([01]\d|2[0-3])[-:_h]?[0-5]\d")


def why_no_file(path: Path) -> str:
    """Why nothing can be looked at there, for the operator; empty for a regular file."""
    try:
        if path.is_dir():
            return "a folder: name the pictures in it, or a list of targets"
        if path.is_file():
            return ""
        return "not a regular file" if path.exists() else "no such file"
    except OSError as wrong:
        return f"cannot be read: {wrong.strerror}"


def pictures_at(place: Path) -> list[Path]:
    """The picture itself, or every picture in a folder (not beneath it), by name.

    NotFound: there is none. Invalid: too many.
    """
    try:
        names = sorted(place.iterdir()) if place.is_dir() else [place]
        found = [
            path for path in names if path == place or path.suffix.lower() in IMAGE_SUFFIXES if path.is_file()
        ]
    except OSError as wrong:
        raise Invalid(f"{place} cannot be read: {wrong.strerror}", field="reference") from None
    if not found:
        raise NotFound(f"no picture at {place}: name a picture or a folder of them")
    if len(found) > REFERENCES_MAX:
        raise Invalid(f"{place} holds more than {REFERENCES_MAX} pictures: keep the best", field="reference")
    return found


def hour_of(path: Path) -> int | None:
    """The hour of day in a file's name, 0 to 23 as written there, or None."""
    found = DATED_NAME.search(path.name)
    return int(found[1]) if found else None
