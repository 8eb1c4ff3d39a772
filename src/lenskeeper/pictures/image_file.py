"""Picture files of this machine. A file's bytes are as hostile as a camera's: for the picture worker."""

import io
import os
import stat
from pathlib import Path
from typing import Final

from lenskeeper.base.codecs import Codec
from lenskeeper.pictures.decode import CODED_BYTES_MAX, decode
from lenskeeper.pictures.encoded import Encoded
from lenskeeper.pictures.planes import Planes
from lenskeeper.pictures.undecodable import Undecodable

JPEG_BEGINS: Final = b"\xff\xd8\xff"


def open_regular(path: Path) -> io.FileIO | Undecodable:
    """A regular file, opened for reading; never a URL, a device, or a FIFO that would hold us."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        return Undecodable(f"the file cannot be opened: {getattr(error, 'strerror', None) or 'bad name'}")
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        return Undecodable("not a regular file")
    return io.FileIO(handle)


def image_planes(path: Path) -> Planes | Undecodable:
    """The planes of one picture file; whatever is wrong with it is an `Undecodable`."""
    opened = open_regular(path)
    if isinstance(opened, Undecodable):
        return opened
    with opened as file:
        data = file.read(CODED_BYTES_MAX + 1)
    return decode(Encoded(Codec.JPEG if data.startswith(JPEG_BEGINS) else Codec.STILL, data))
