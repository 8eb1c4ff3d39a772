"""A remark is for the work. What looks like a person's telephone or a number plate is warned of before it is kept."""

import re
from enum import StrEnum
from typing import Final


class Doubt(StrEnum):
    """What a remark seems to hold that does not belong here."""

    TELEPHONE = "a telephone number"
    NUMBERPLATE = "a number plate"


TELEPHONE: Final = re.compile(
    r"(?<!\d)(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)|(?<!\d)0\d{2,3}[ -]?\d{7,8}(?!\d)|\+\d[\d -]{8,14}\d"
)
PROVINCES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
NUMBERPLATE: Final = re.compile(
    rf"[{PROVINCES}][A-HJ-NP-Z][ ·.-]?[A-HJ-NP-Z0-9]{{4,5}}[A-HJ-NP-Z0-9挂学警港澳]"
)


def doubts(remark: str) -> tuple[Doubt, ...]:
    """What the operator is asked about before the remark is kept; nothing where nothing shows."""
    shown = (Doubt.TELEPHONE, TELEPHONE), (Doubt.NUMBERPLATE, NUMBERPLATE)
    return tuple(doubt for doubt, pattern in shown if pattern.search(remark.upper()))
