"""What every simulated camera saw of its visitors, so that a test can say whether they were polite."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Visits:
    """The counts of one address since the fleet began.

    logins:    requests with an Authorization header; refused: those of them that were answered 401.
    abandoned: sessions that played and ended without TEARDOWN.
    open_most: the most connections that were open at one time.
    """

    connections: int = 0
    open_now: int = 0
    open_most: int = 0
    methods: Counter[str] = field(default_factory=Counter)
    logins: int = 0
    refused: int = 0
    plays: int = 0
    teardowns: int = 0
    abandoned: int = 0
    bytes_sent: int = 0
    pictures_skipped: int = 0
    malformed: int = 0


class Ledger:
    """Visits by address; an address nobody came to has empty ones."""

    def __init__(self) -> None:
        self._of: dict[str, Visits] = {}

    def __getitem__(self, address: str) -> Visits:
        visits = self._of.get(address)
        if visits is None:
            visits = self._of[address] = Visits()
        return visits

    def total(self) -> Visits:
        """The sum over all addresses; `open_most` is the greatest of any one."""
        out = Visits()
        for v in self._of.values():
            out.connections += v.connections
            out.open_now += v.open_now
            out.open_most = max(out.open_most, v.open_most)
            out.methods.update(v.methods)
            out.logins += v.logins
            out.refused += v.refused
            out.plays += v.plays
            out.teardowns += v.teardowns
            out.abandoned += v.abandoned
            out.bytes_sent += v.bytes_sent
            out.pictures_skipped += v.pictures_skipped
            out.malformed += v.malformed
        return out
