"""Values that must not be seen."""

from typing import Final

DOTS: Final = "••••••"


class Secret:
    """A string that prints as dots wherever it lands: log, error, repr, f-string.

    Only `reveal()` gives the value; the call stands where the value goes onto the wire.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself."""
        return self._value

    def __repr__(self) -> str:
        return DOTS

    __str__ = __repr__

    def __format__(self, format_spec: str) -> str:
        return DOTS

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not pickled: hand it over in the open or not at all")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))
