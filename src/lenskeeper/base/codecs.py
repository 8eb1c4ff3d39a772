"""How a picture may be coded on its way to us."""

from enum import StrEnum


class Codec(StrEnum):
    """The coding of one whole picture."""

    H264 = "h264"
    H265 = "h265"
    JPEG = "jpeg"
    STILL = "still"  # an image file of any other format that OpenCV reads: PNG, BMP, WebP ...
