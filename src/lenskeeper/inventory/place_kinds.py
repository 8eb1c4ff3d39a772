"""Places that no camera of ours may look into, by whatever word they are declared (charter clause 9)."""

from lenskeeper.base.errors import NotAllowed
from lenskeeper.inventory.cells import forbidden_place


def intimate(place_kind: str) -> bool:
    """Whether these words name a place of intimacy. An entrance to one is declared as an entrance."""
    plain = place_kind.replace("_", " ").replace("-", " ")
    # In a name a ward may be a part of a city; as the kind of a place it is a room with beds.
    return bool(forbidden_place(plain)) or not {"ward", "wards"}.isdisjoint(plain.lower().split())


def admit(place_kind: str) -> None:
    """NotAllowed: a camera there cannot be registered."""
    if intimate(place_kind):
        raise NotAllowed(
            f"{place_kind!r} is a place of intimacy: no camera there can be registered (charter clause 9). "
            "If it looks at a gate or a corridor outside, declare that place"
        )
