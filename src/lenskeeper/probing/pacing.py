"""How hard the fleet is looked at: bytes per line, new connections per network, and the stop switch."""

import ipaddress
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from lenskeeper.probing.schedule import drawn_name
from lenskeeper.probing.targets import Target, host_key, is_ip

BURST_S: Final = 60  # of a line's rate may be spent at once: what a slot was promised and did not use
BURST_BYTES_MIN: Final = 2_000_000  # two main-stream pictures, or a slow line would never see one
NET_BURST_S: Final = 2
SET_BACK_S: Final = 1_800  # further back than within any slot: it was the clock, and not a look sent out late
NETS_KEPT: Final = 4_096  # of buckets for networks; a full one says nothing and is dropped first


@dataclass(slots=True)
class StopSwitch:
    """What must not be touched at all until it is lifted. The house sets it; the rounds read it each slot.

    everything: nothing is sent. zones, sites: nothing is sent there. pictures: only reachability goes on.
    What is stopped is unknown in the books.
    """

    everything: bool = False
    pictures: bool = False
    zones: set[str] = field(default_factory=set)
    sites: set[str] = field(default_factory=set)


class TokenBucket:
    """So many a second, and a burst. Its level may fall below zero: what came in was more than was thought."""

    __slots__ = ("_at_s", "_level", "_rate", "burst")

    def __init__(self, rate: float, burst: float) -> None:
        assert rate > 0
        assert burst > 0
        self._rate, self.burst = rate, burst
        self._level, self._at_s = burst, 0.0

    def take(self, amount: float, now_s: float) -> bool:
        """Take it if there is so much; or all there can be, where more than the burst is asked for."""
        self._fill(now_s)
        if self._level < min(amount, self.burst):
            return False
        self._level -= amount
        return True

    def settle(self, taken: float, spent: float) -> None:
        """What was taken ahead turned out to be `spent`."""
        self._level = min(self.burst, self._level + taken - spent)

    def is_full(self, now_s: float) -> bool:
        """Whether it remembers nothing."""
        self._fill(now_s)
        return self._level >= self.burst

    def _fill(self, now_s: float) -> None:
        if self._at_s - now_s > SET_BACK_S:
            self._at_s = now_s  # nothing is gained by it, and the line does not stand still until then
        if now_s > self._at_s:
            self._level = min(self.burst, self._level + (now_s - self._at_s) * self._rate)
            self._at_s = now_s


class Lines:
    """The bytes that pictures may take of each uplink or site, charged with what was really received."""

    def __init__(self, default_bps: int, by_name_bps: Mapping[str, int]) -> None:
        self._default, self._by_name = default_bps, by_name_bps
        self._buckets: dict[str, TokenBucket] = {}

    def bucket(self, name: str) -> TokenBucket | None:
        """The bucket of a line; None where the register names none."""
        if not name:
            return None
        found = self._buckets.get(name)
        if found is None:
            rate = self._by_name.get(name, self._default) / 8
            found = self._buckets[name] = TokenBucket(rate, max(rate * BURST_S, BURST_BYTES_MIN))
        return found


class Nets:
    """New connections for pictures per second into each network."""

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._buckets: dict[Hashable, TokenBucket] = {}

    def enter(self, net: Hashable, now_s: float) -> bool:
        """Whether one more may be opened now."""
        found = self._buckets.get(net)
        if found is None:
            if len(self._buckets) >= NETS_KEPT:
                self._buckets = {n: b for n, b in self._buckets.items() if not b.is_full(now_s)}
            found = self._buckets[net] = TokenBucket(self._per_s, max(self._per_s * NET_BURST_S, 1.0))
        return found.take(1.0, now_s)


def net_of(host: str) -> str:
    """The network whose routers a host shares: its /24, or /64 of IPv6; a name is its own."""
    key = host_key(host)
    head, dot, last = key.rpartition(".")
    if dot and last.isdecimal() and ":" not in key:  # an IPv4 address, by host_key; no name ends in a number
        return f"{head}.0/24"
    if not is_ip(key):
        return key
    ip = ipaddress.ip_address(key.partition("%")[0])
    return str(ipaddress.ip_network((ip, 64), strict=False))


def spread(doors: Iterable[Target], window_s: float) -> list[tuple[float, Target]]:
    """Each door's moment within the window, ascending: the doors of one network evenly apart, and networks mixed.

    The order within a network, and where it begins, are drawn from names: the same after every restart.
    """
    nets: dict[str, list[Target]] = {}
    for door in doors:
        nets.setdefault(net_of(door.host), []).append(door)
    out: list[tuple[float, Target]] = []
    for net, same in nets.items():
        same.sort(key=lambda door: drawn_name(f"{door.host}:{door.port}"))
        begin = drawn_name(net) / 2.0**64
        out += [((n + begin) / len(same) * window_s, door) for n, door in enumerate(same)]
    out.sort(key=lambda timed: timed[0])
    return out
