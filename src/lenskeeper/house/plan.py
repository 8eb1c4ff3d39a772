"""The probe plan: what the rounds of this installation would send."""

import socket
from collections.abc import Sequence

from lenskeeper.base.access import Scope
from lenskeeper.house.home import Home
from lenskeeper.house.serve import landmarks_of, manners_of
from lenskeeper.inventory.rows_watched import watched
from lenskeeper.probing.probe_plan import ProbePlan, probe_plan


def plan_of(home: Home, sources: Sequence[str]) -> ProbePlan:
    """What would be sent if `serve` began now. sources: addresses we look from; none: the name of this machine."""
    settings, now_s = home.settings.rounds, home.now_s()
    with home.store.read() as connection:
        fleet = watched(connection, Scope.ALL, now_s)
    return probe_plan(
        fleet,
        manners_of(settings, ramp_from_s=now_s),
        sources=sources or [socket.gethostname()],
        landmarks=landmarks_of(settings),
    )
