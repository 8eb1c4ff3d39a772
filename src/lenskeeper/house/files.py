"""Picture files on this machine: their bytes, and the hour that their names tell."""

import re
from pathlib import Path
from typing import Final

from lenskeeper.base.codecs import Codec
from lenskeeper.base.errors import Invalid, NotFound
from lenskeeper.pictures.encoded import Encoded
from lenskeeper.probing.targets import IMAGE_SUFFIXES

FILE_BYTES_MAX: Final = 4 * 1024 * 1024  # as for a picture from a camera
REFERENCES_MAX: Final = 2_000  # of one camera: three weeks, one every quarter of an hour
JPEG_BEGINS: Final = b"\xff\xd8\xff"

# 2020-02-01-08-15, 20200201_0815, 2016-08-10T10-09-01.182Z: as recorders and scripts name stills.
DATED_NAME: Final = re.compile(r"(?<!\d)(?:19|20)\d\d-?[01]\d-?[0-3]\d[-_T ]?([01]\d|2[0-3])[-:_h]?[0-5]\d")


def read_picture(path: Path) -> Encoded | str:
    """The picture file as it lies there, or why it cannot be read, for the operator."""
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
    except FileNotFoundError:
        return "no such file"
    except OSError as wrong:
        return f"cannot be read: {wrong.strerror}"
    if len(data) > FILE_BYTES_MAX:
        return f"more than {FILE_BYTES_MAX // 1024 // 1024} MB: export it smaller"
    return Encoded(Codec.JPEG if data.startswith(JPEG_BEGINS) else Codec.STILL, data)


def pictures_at(place: Path) -> list[Path]:
    """The picture itself, or every picture in a folder (not beneath it), by name.

    NotFound: there is none. Invalid: too many.
    """
    if not place.is_dir():
        found = [place] if place.is_file() else []
    else:
        found = sorted(path for path in place.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)
    if not found:
        raise NotFound(f"no picture at {place}: name a picture or a folder of them")
    if len(found) > REFERENCES_MAX:
        raise Invalid(f"{place} holds more than {REFERENCES_MAX} pictures: keep the best", field="reference")
    return found


def hour_of(path: Path) -> int | None:
    """The hour of day in a file's name, 0 to 23 as written there, or None."""
    found = DATED_NAME.search(path.name)
    return int(found[1]) if found else None
