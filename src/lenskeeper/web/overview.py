"""The page of eight o'clock: what stands now, what the last days were, what changed, what is broken."""

import threading
from collections import OrderedDict
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query, Request

from lenskeeper.accounts.verbs import Verb
from lenskeeper.base.access import Scope
from lenskeeper.base.days import local_day
from lenskeeper.reporting.screens_live import live_figures
from lenskeeper.reporting.screens_overview import Past, causes, changed_since, late, past
from lenskeeper.web.asking import Asking, may
from lenskeeper.web.map import StateCounts
from lenskeeper.web.pages import Shown

router = APIRouter(prefix="/api/overview", tags=["overview"])

KEPT_S: Final = 300  # days that are over change when a late result is recounted, and then within minutes
KEPT_MAX: Final = 200  # scopes at once
DAYS_MAX: Final = 92


class OverviewDay(Shown):
    """A local day that is over (days since 1970-01-01), in camera-seconds. Expected but neither up nor down is unknown."""

    day: int
    up_s: int
    down_s: int
    expected_s: int
    fit_s: int
    fault_s: int


class OverviewUnit(Shown):
    """What the cameras of one unit lost in the last seven days, in camera-seconds known to be down."""

    unit_id: int
    unit: str
    lost_s: int
    up_s: int
    down_s: int
    expected_s: int


class OverviewCause(Shown):
    """Something that is broken, by how many cameras it took along."""

    ticket_id: int
    kind: str
    what: str
    name: str
    cameras: int
    onset_s: int
    stage: str
    desk: str
    restore_by_s: int


class OverviewSince(Shown):
    """Since the asker's last visit: tickets opened and ended, cameras that do not answer since then."""

    at_s: int
    opened: int
    ended: int
    gone_down: int


class Overview(Shown):
    """The page, within what the asker may see. since: null on a first visit."""

    states: StateCounts
    tickets_open: int
    tickets_late: int
    days: list[OverviewDay]
    worst: list[OverviewUnit]
    since: OverviewSince | None
    causes: list[OverviewCause]


class Kept:
    """What the days that are over say, by scope, for some minutes: 200 open pages ask for the same."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[Scope, int, int], tuple[int, Past]] = OrderedDict()
        self._renewing: set[tuple[Scope, int, int]] = set()

    def past(self, asking: Asking, days: int) -> Past:
        """From memory where it is fresh."""
        tz = asking.home.tz()
        key = (asking.scope, days, local_day(asking.now_s, tz))
        with self._lock:
            held = self._held.get(key)
            is_fresh = held is not None and 0 <= asking.now_s - held[0] < KEPT_S
            if held is not None and not is_fresh and key not in self._renewing:
                self._renewing.add(
                    key
                )  # who asks now gets what there is; the next one what is made meanwhile
                threading.Thread(target=self._renew, args=(asking, days, tz, key), daemon=True).start()
        if held is not None:
            return held[1]
        return self._made(asking, days, tz, key)

    def _renew(self, asking: Asking, days: int, tz: str, key: tuple[Scope, int, int]) -> None:
        try:
            self._made(asking, days, tz, key)
        finally:
            with self._lock:
                self._renewing.discard(key)

    def _made(self, asking: Asking, days: int, tz: str, key: tuple[Scope, int, int]) -> Past:
        with asking.home.store.read() as connection:
            made = past(connection, asking.scope, days, tz=tz, now_s=asking.now_s)
        with self._lock:
            self._held[key] = (asking.now_s, made)
            while len(self._held) > KEPT_MAX:
                self._held.popitem(last=False)
        return made


@router.get("")
def overview(
    request: Request,
    asking: Annotated[Asking, may(Verb.SEE)],
    days: Annotated[int, Query(ge=1, le=DAYS_MAX, description="so many days that are over")] = 30,
) -> Overview:
    """What stands now, the last days, which units lost most, what is broken and what changed."""
    state: Any = request.app.state
    if not hasattr(state, "overviews"):
        state.overviews = Kept()
    over: Past = state.overviews.past(asking, days)
    last_s, scope, now_s = asking.person.last_visit_s, asking.scope, asking.now_s
    with asking.home.store.read() as connection:
        now = live_figures(connection, scope, now_s=now_s)
        behind = late(connection, scope, now_s=now_s)
        broken = causes(connection, scope, now_s=now_s)
        since = None if last_s is None else changed_since(connection, scope, last_s, now_s=now_s)
    return Overview(
        states=StateCounts(**now.states),
        tickets_open=now.tickets_open,
        tickets_late=behind,
        days=[OverviewDay(**msgspec.to_builtins(each)) for each in over.days],
        worst=[OverviewUnit(lost_s=each.down_s, **msgspec.to_builtins(each)) for each in over.lost],
        since=None if since is None else OverviewSince(**msgspec.to_builtins(since)),
        causes=[
            OverviewCause(
                ticket_id=each.ticket_id,
                kind=each.kind.value,
                what=each.what,
                name=each.name or each.thing,
                cameras=each.cameras,
                onset_s=each.onset_s,
                stage=each.stage.value,
                desk=each.desk.value,
                restore_by_s=each.restore_by_s,
            )
            for each in broken
        ],
    )
