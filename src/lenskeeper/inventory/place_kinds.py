"""Places that no camera of ours may look into, by whatever word they are declared (charter clause 9)."""

import re
from typing import Final

from lenskeeper.base.errors import NotAllowed

# State Council Decree 799 (in force 2025-04-01), article 8, names guest rooms, dormitories, bathrooms, lavatories,
# changing and nursing rooms; the charter adds bedrooms and wards.
_WORDS: Final = re.compile(
    r"\b(bed ?rooms?|dormitor(y|ies)|dorms?|(changing|fitting|dressing|locker|guest|hotel|nursing|lactation|patient|"
    r"treatment|shower|bath|rest|wash) ?rooms?|lavator(y|ies)|toilets?|showers?|saunas?|(hospital )?wards?)\b",
    re.IGNORECASE,
)
_CHINESE: Final = (
    "卧室", "寝室", "宿舍", "更衣", "试衣", "换衣", "厕所", "卫生间", "洗手间", "盥洗", "浴室", "浴池", "淋浴", "桑拿",
    "病房", "诊疗室", "客房", "母婴室", "哺乳", "产房",
)  # fmt: skip


def intimate(place_kind: str) -> bool:
    """Whether these words name a place of intimacy. An entrance to one is declared as an entrance."""
    plain = place_kind.replace("_", " ").replace("-", " ")
    return bool(_WORDS.search(plain)) or any(word in plain for word in _CHINESE)


def admit(place_kind: str) -> None:
    """NotAllowed: a camera there cannot be registered."""
    if intimate(place_kind):
        raise NotAllowed(
            f"{place_kind!r} is a place of intimacy: no camera there can be registered (charter clause 9). "
            "If it looks at a gate or a corridor outside, declare that place"
        )
