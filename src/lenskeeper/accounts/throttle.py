"""How often a sign-in may be tried: by login name, whether it exists or not, and by address (ASVS 6.3.1).

A name is never locked for good by failures: whoever wants to shut somebody out would only need to mistype for him.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lenskeeper.base.errors import NotAllowed

FORGOTTEN_S: Final = 3_600  # after the last failure


class TooSoon(NotAllowed):
    """Too many tries; retry_s: seconds until the next one counts."""

    def __init__(self, retry_s: int) -> None:
        super().__init__(f"too many tries: wait {retry_s} s")
        self.retry_s = retry_s


class Counted(StrEnum):
    """What failures are counted by."""

    ACCOUNT = "account"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Patience:
    """So many tries are free; then each next one waits twice as long, up to longest_s."""

    free: int
    longest_s: int


PATIENCE: Final = {
    Counted.ACCOUNT: Patience(free=5, longest_s=300),
    Counted.ADDRESS: Patience(free=20, longest_s=900),  # a control room is one address
}


def wait_s(kind: Counted, tries: int) -> int:
    """How long the next try waits after so many that failed."""
    patience = PATIENCE[kind]
    over = tries - patience.free
    return 0 if over < 0 else min(patience.longest_s, 1 << min(over, 20))
