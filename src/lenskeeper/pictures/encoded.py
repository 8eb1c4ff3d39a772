"""A picture as it came: still coded."""

from dataclasses import dataclass, field

from lenskeeper.base.codecs import Codec


@dataclass(frozen=True, slots=True)
class Encoded:
    """One whole key frame or still, as bytes that a decoder can be handed at once.

    H264, H265: one access unit in Annex B form (start codes), parameter sets included.
    JPEG, STILL: a whole image file.
    """

    codec: Codec
    data: bytes = field(repr=False)
