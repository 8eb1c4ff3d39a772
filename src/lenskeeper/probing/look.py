"""One look at any network target: the session for its route, and as many visits as the looks ask for."""

from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, Final

from lenskeeper.base.outcomes import Outcome
from lenskeeper.probing.probe import (
    HOLD_OPEN_S_MAX,
    ONE_OF_SEVERAL,
    Hold,
    KeyFrame,
    Looks,
    Probe,
    Prober,
    See,
    hold_anything,
)
from lenskeeper.probing.rtsp_session import visit_rtsp
from lenskeeper.probing.still_session import visit_still
from lenskeeper.probing.targets import Route, Target, host_key

VISITS: Final = {
    Route.RTSP: visit_rtsp,
    Route.RTSPS: visit_rtsp,
    Route.HTTP: visit_still,
    Route.HTTPS: visit_still,
}
STREAMS: Final = (Route.RTSP, Route.RTSPS)


def look_at(
    target: Target, prober: Prober, looks: Looks, see: See, hold: Hold = hold_anything
) -> Coroutine[Any, Any, Probe]:
    """Look at a network target. Looks close together share one stream; stills, and looks far apart, are visits each.

    The probe is that of the first visit that failed, else of the last. Never raises for the world.
    """
    if looks.count == 1 or (target.route in STREAMS and looks.every_s <= HOLD_OPEN_S_MAX):
        return _visit(target, prober, looks, see, hold)
    return _visits_apart(target, prober, looks, see, hold)


async def _visits_apart(target: Target, prober: Prober, looks: Looks, see: See, hold: Hold) -> Probe:
    def see_alone(frame: KeyFrame) -> None:
        """The stream's clock begins anew with each visit, so only ours says how far two of them are apart."""
        see(replace(frame, media_ms=None))

    probe = await _visit(target, prober, ONE_OF_SEVERAL, see_alone, hold)
    received = probe.received_bytes
    for _ in range(looks.count - 1):
        if probe.outcome is not Outcome.PLAYING:
            break
        await prober.clock.sleep(looks.every_s)
        probe = await _visit(target, prober, ONE_OF_SEVERAL, see_alone, hold)
        received += probe.received_bytes
    return replace(probe, received_bytes=received)


async def _visit(target: Target, prober: Prober, looks: Looks, see: See, hold: Hold) -> Probe:
    """One visit, once there is a place: a recorder is one device however many channels it has."""
    door = (host_key(target.host), target.port)
    await prober.gates.enter(door)
    try:
        return await VISITS[target.route](target, prober.credentials.of(target), prober, looks, see, hold)
    finally:
        prober.gates.leave(door)
