"""What the rounds may cost a camera, a line and a network: every figure that an operator can set, with its default."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

SLOT_S: Final = 60
DAY_S: Final = 86_400
WEEK_S: Final = 7 * DAY_S


@dataclass(frozen=True, slots=True)
class Manners:
    """How often and how hard the fleet is looked at. The defaults are those of design/probing.md, section 11.

    slot_s:             one reachability look per host and port in so many seconds; the grid of the books.
    sweep_share:        share of the slot over which its reachability looks are spread; the rest is for answers,
                        the quick retry and late pictures.
    picture_share:      share of the slot over which its pictures begin.
    picture_period_s:   by class 1, 2, 3; a point's own period goes before it.
    greetings_in_flight: reachability looks that wait for an answer at a time.
    pictures_in_flight: visits for pictures at a time; the bytes they may hold are the picture pool's to count.
    retry_after_s:      the one quick retry of those that fell silent.
    confirm_after_s:    the second look of a confirmation; sooner, it would see the same lorry (diagnosis/holding.py).
    pictures_per_net_s: new connections for pictures per second into one /24 (IPv6: /64).
    uplink_bps, site_bps: bits per second that pictures may take of one line or site; by name where known, else
                        the default; a point whose register names no uplink or site is not bound by it.
    host_bps:           the same of one address, whatever its ports: sixty channels of a recorder share one socket.
    ramp:               share of the fleet that is asked for pictures on day 1, 2, ... of a takeover; 1 afterwards.
    ramp_from_s:        when the takeover began, UTC seconds; None: no ramp.
    budget_stop_share:  share of a metered point's monthly budget at which its pictures stop; what is left keeps
                        its reachability looks going.
    main_every_s:       how often the main stream is looked at where a cheaper route does the daily work; 0: never.
    derive_streams:     take the sub-stream (or main stream) of an address whose make is known by its path.
    """

    slot_s: int = SLOT_S
    sweep_share: float = 0.5
    picture_share: float = 0.5
    picture_period_s: tuple[int, int, int] = (300, 600, 1_800)
    greetings_in_flight: int = 1_000
    pictures_in_flight: int = 500
    retry_after_s: tuple[float, float] = (2.0, 5.0)
    confirm_after_s: tuple[float, float] = (30.0, 35.0)
    pictures_per_net_s: float = 10.0
    uplink_bps: int = 20_000_000
    site_bps: int = 8_000_000
    host_bps: int = 4_000_000
    uplinks_bps: Mapping[str, int] = field(default_factory=dict)
    sites_bps: Mapping[str, int] = field(default_factory=dict)
    ramp: tuple[float, ...] = (0.02, 0.1, 0.25, 0.5, 0.75)
    ramp_from_s: int | None = None
    budget_stop_share: float = 0.9
    main_every_s: int = WEEK_S
    derive_streams: bool = True


DEFAULT_MANNERS: Final = Manners()
