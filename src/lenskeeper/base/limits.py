"""Limits that several rooms must agree on, each with its reason."""

from typing import Final

PICTURE_BYTES_MAX: Final = (
    8 * 1024 * 1024
)  # one coded picture: a 4K JPEG of the best quality has 6 MB, a key frame 2
FINGERPRINT_BYTES: Final = 16  # of the hash of a coded picture: no two of a camera's life collide by chance
REMARK_CHARS_MAX: Final = 200  # of a peer's or a worker's words: two lines of a table
