"""What changes while a page is open: server-sent events, resumed by the position in the journal.

One reader of the journal for all listeners, and each frame is built once for all who have the same scope and watch the
same things. What a person may not see is in no frame: every list passes the scope in SQL.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

import msgspec
import structlog
from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response
from starlette.types import Message, Receive, Send

from lenskeeper.accounts.grants import scope_for
from lenskeeper.accounts.ids import AccountId
from lenskeeper.accounts.verbs import Verb
from lenskeeper.base.access import Scope
from lenskeeper.base.errors import CallerError, Invalid
from lenskeeper.house.home import Home
from lenskeeper.house.screens import CAMERAS_CHANGED, ROOM, TOLD_MAX
from lenskeeper.inventory.ids import PointId
from lenskeeper.journal.rows import READ_MAX, Fact, last_position, reaches_back_to, since
from lenskeeper.reporting.screens_live import live_cameras, live_figures, live_tickets
from lenskeeper.store.errors import StoreUnavailable
from lenskeeper.tickets.desk import TicketId
from lenskeeper.web.asking import Asking, home_of, may, person_still
from lenskeeper.web.errors import TooMany

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

router = APIRouter(prefix="/api/live", tags=["live"])

POLL_S: Final = 0.7  # with the keeper's second, a change is on screen within two
BEAT_S: Final = 10.0
RECHECK_S: Final = 30.0  # whether the session still lasts, and the rights are what they were
RETRY_MS: Final = 2_000
FRAMES_WAITING_MAX: Final = (
    64  # of one listener: who reads slower than a change a second for a minute begins anew
)
LISTENERS_MAX: Final = 1_000
PER_PERSON_MAX: Final = 20  # open pages of one person
FOR_S_MAX: Final = 86_400
POSITION: Final = r"^\d{0,18}$"
ROWS_MAX: Final = 2_000  # cameras in one frame; beyond it a page asks for its list again

FRAME: Final = {
    "type": "object",
    "properties": {each: {"type": "string"} for each in ("id", "event", "data", "retry")},
}
KINDS: Final = ("cameras", "tickets", "overview", "register")


@dataclass(frozen=True, slots=True)
class Watch:
    """What a page watches. point: only this camera; None: all that may be seen."""

    scope: Scope
    topics: frozenset[str]
    point: PointId | None = None


@dataclass(slots=True)
class News:
    """What happened up to a position. all: too much to name."""

    position: int
    points: set[PointId] = field(default_factory=set)
    tickets: set[TicketId] = field(default_factory=set)
    has_moved: bool = False
    all: bool = False

    @classmethod
    def of(cls, facts: Sequence[Fact], position: int) -> "News":
        """From facts of the journal; those that no screen shows are in none."""
        news = cls(facts[-1].position if facts else position)
        for fact in facts:
            if fact.room != ROOM:
                continue
            news.points.update(PointId(p) for p in fact.body.get("points", ()))
            news.tickets.update(TicketId(t) for t in fact.body.get("tickets", ()))
            news.has_moved = news.has_moved or bool(fact.body.get("moved"))
            news.all = news.all or (fact.fact == CAMERAS_CHANGED and bool(fact.body.get("all")))
        news.all = news.all or len(news.points) > TOLD_MAX
        return news

    def __bool__(self) -> bool:
        return bool(self.points or self.tickets or self.has_moved or self.all)


class Listener:
    """One open page: its frames wait here until its connection takes them."""

    def __init__(self, watch: Watch, person: AccountId) -> None:
        self.watch, self.person = watch, person
        self.frames: asyncio.Queue[bytes | None] = asyncio.Queue(FRAMES_WAITING_MAX)
        self.is_dropped = False

    def give(self, chunk: bytes) -> None:
        """Let a chunk wait; a listener that is too slow is dropped."""
        try:
            self.frames.put_nowait(chunk)
        except asyncio.QueueFull:
            self.is_dropped = True

    def end(self) -> None:
        """Nobody reads any more: whoever waits for a frame is told."""
        while self.frames.full():
            self.frames.get_nowait()
        self.frames.put_nowait(None)


class Hub:
    """The one reader of the journal. It runs while somebody listens."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.position = 0
        self.listeners: set[Listener] = set()
        self.frames_built = 0
        self._turning = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def join(self, listener: Listener) -> int:
        """Let somebody listen from now on; up to which position everybody has been told. TooMany."""
        if len(self.listeners) >= LISTENERS_MAX:
            raise TooMany("too many pages are open: close some", retry_s=30)
        if sum(each.person == listener.person for each in self.listeners) >= PER_PERSON_MAX:
            raise TooMany(f"you have {PER_PERSON_MAX} pages open: close some", retry_s=30)
        async with self._turning:
            if self._task is None:
                self.position = await asyncio.to_thread(self._last)
                self._task = asyncio.create_task(self._run())
            self.listeners.add(listener)
            return self.position

    def leave(self, listener: Listener) -> None:
        """He has gone; with the last one the reading ends."""
        self.listeners.discard(listener)
        if not self.listeners and self._task is not None:
            self._task.cancel()
            self._task = None

    def end(self) -> None:
        """The server stops: every stream ends, and its browser comes back when there is one again."""
        for each in self.listeners:
            each.end()

    async def turn(self) -> None:
        """Read on once, and give each listener what concerns him."""
        async with self._turning:
            watches = Counter(each.watch for each in self.listeners)
            chunks, self.position = await asyncio.to_thread(self._read_on, watches, self.position)
            for each in self.listeners:
                if chunk := chunks.get(each.watch):
                    each.give(chunk)

    def missed(self, watch: Watch, after: int, until: int) -> bytes:
        """What a listener who was told up to `after` has missed up to `until`, as one chunk."""
        with self.home.store.read() as connection:
            if not reaches_back_to(connection, after, self.home.now_s()):
                return frame("missed", {"why": "gap"}, until)
            facts = [fact for fact in since(connection, after) if fact.position <= until]
            if len(facts) >= READ_MAX:
                return frame("missed", {"why": "gap"}, until)
            news = News.of(facts, after)
            news.position = until
            return self._chunk(connection, watch, news, {}) if news else b""

    def _last(self) -> int:
        with self.home.store.read() as connection:
            return last_position(connection)

    def _read_on(self, watches: Iterable[Watch], position: int) -> tuple[dict[Watch, bytes], int]:
        with self.home.store.read() as connection:
            news = News.of(since(connection, position), position)
            if not news:
                return {}, news.position
            built: dict[tuple[Scope, str, PointId | None], bytes] = {}
            return {each: self._chunk(connection, each, news, built) for each in watches}, news.position

    def _chunk(
        self,
        connection: Connection,
        watch: Watch,
        news: News,
        built: dict[tuple[Scope, str, PointId | None], bytes],
    ) -> bytes:
        """All frames for one kind of watcher; built: those of this turn that others share."""
        out = []
        for topic in sorted(watch.topics):
            key = (watch.scope, topic, watch.point if topic == "cameras" else None)
            if key not in built:
                built[key] = self._frame(connection, key, news)
            out.append(built[key])
        return b"".join(out)

    def _frame(self, connection: Connection, key: tuple[Scope, str, PointId | None], news: News) -> bytes:
        scope, topic, point = key
        body = self._body(connection, scope, topic, point, news)
        if body is None:
            return b""
        self.frames_built += 1
        return frame(topic, body, news.position)

    def _body(
        self, connection: Connection, scope: Scope, topic: str, point: PointId | None, news: News
    ) -> Mapping[str, Any] | None:
        now_s = self.home.now_s()
        match topic:
            case "cameras":
                wanted = news.points if point is None else news.points & {point}
                is_many = news.all or len(wanted) > ROWS_MAX
                rows = [] if is_many else live_cameras(connection, scope, wanted, now_s=now_s)
                reload = is_many or (news.has_moved and point is None)
                return {"rows": rows, "reload": reload} if rows or reload else None
            case "tickets":
                tickets = live_tickets(connection, scope, news.tickets, now_s=now_s)
                return {"tickets": tickets, "reload": news.all} if tickets or news.all else None
            case "register":
                return {} if news.has_moved else None
            case _:
                return {"figures": live_figures(connection, scope, now_s=now_s)}

    async def _run(self) -> None:
        beaten_s = self.home.clock.elapsed_s()
        while True:
            await self.home.clock.sleep(POLL_S)
            try:
                await self.turn()
            except StoreUnavailable as error:
                log.warning("live_put_off", error=str(error))
            except Exception:  # the loop that all listeners hang on: told with its traceback, and tried again
                log.exception("our_fault", where="live")
            if self.home.clock.elapsed_s() - beaten_s >= BEAT_S:
                beaten_s = self.home.clock.elapsed_s()
                beat = frame("beat", {"now_s": self.home.now_s(), "position": self.position}, self.position)
                for each in self.listeners:
                    each.give(beat)


def frame(event: str, body: Mapping[str, Any], position: int) -> bytes:
    """One event in the form of the HTML standard, section 9.2."""
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (position, event.encode(), msgspec.json.encode(body))


def hub_of(request: Request) -> Hub:
    """The hub of this application, made when somebody listens for the first time."""
    state = request.app.state
    if not hasattr(state, "live"):
        state.live = Hub(state.home)
    hub = state.live
    assert isinstance(hub, Hub)
    return hub


def end_streams(app: FastAPI) -> None:
    """Let all open streams of an application end."""
    hub = getattr(app.state, "live", None)
    if isinstance(hub, Hub):
        hub.end()


class EventStream(Response):
    """Server-sent events of one listener, until the browser goes, the time is over, or the rights are others.

    Not a StreamingResponse: its generator and its time limit cost three times what sending a chunk does, for each of
    two hundred pages at each change. The hub beats every ten seconds, so nobody waits longer than that.
    """

    media_type = "text/event-stream"

    def __init__(
        self, request: Request, hub: Hub, listener: Listener, first: bytes, for_s: float | None
    ) -> None:
        super().__init__(headers={"x-accel-buffering": "no"}, media_type=self.media_type)
        del self.headers["content-length"]
        self._request, self._hub, self._listener, self._first = request, hub, listener, first
        self._for_s = for_s

    async def __call__(
        self,
        scope: MutableMapping[str, Any],  # noqa: ARG002  what an ASGI app is called with
        receive: Receive,
        send: Send,
    ) -> None:
        gone = asyncio.create_task(self._watched(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await send(_part(self._first))
            await self._tell(send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._hub.leave(self._listener)
            gone.cancel()

    async def _tell(self, send: Send) -> None:
        listener, clock = self._listener, self._hub.home.clock
        began_s = checked_s = clock.elapsed_s()
        while True:
            chunk = await self._next(clock.elapsed_s() - began_s)
            if chunk is None:
                return
            await send(_part(chunk))
            if listener.is_dropped and listener.frames.empty():
                await send(_part(frame("missed", {"why": "slow"}, self._hub.position)))
                return
            if clock.elapsed_s() - checked_s >= RECHECK_S:
                checked_s = clock.elapsed_s()
                if not await asyncio.to_thread(_may_still, self._request, listener):
                    await send(_part(frame("missed", {"why": "rights"}, self._hub.position)))
                    return

    async def _next(self, passed_s: float) -> bytes | None:
        """The next chunk; None: there is no more."""
        if self._for_s is None:
            return await self._listener.frames.get()
        if passed_s >= self._for_s:
            return None
        try:
            return await asyncio.wait_for(self._listener.frames.get(), self._for_s - passed_s)
        except TimeoutError:
            return None

    async def _watched(self, receive: Receive) -> None:
        """Wait until the browser goes, and say so where its frames are waited for."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self._listener.end()


def _part(chunk: bytes) -> Message:
    return {"type": "http.response.body", "body": chunk, "more_body": True}


def told_up_to(
    since: Annotated[str, Query(pattern=POSITION, description="as the header, for a new stream")] = "",
    last_event_id: Annotated[
        str, Header(pattern=POSITION, description="the `id` of the last frame that came")
    ] = "",
) -> int | None:
    """The position up to which a page has been told; None: it begins."""
    return max((int(said) for said in (since, last_event_id) if said), default=None)


@router.get(
    "",
    response_class=EventStream,
    status_code=200,
    responses={200: {"content": {EventStream.media_type: {"schema": FRAME}}}},
)
async def listen(
    request: Request,
    asking: Annotated[Asking, may(Verb.SEE)],
    after: Annotated[int | None, Depends(told_up_to)],
    kinds: Annotated[
        str, Query(max_length=100, description=f"what to be told of, by commas: {', '.join(KINDS)}")
    ] = "cameras",
    point: Annotated[int | None, Query(ge=1, description="of cameras, only this one")] = None,
    for_s: Annotated[
        float | None, Query(ge=0, le=FOR_S_MAX, description="end after so long; 0: once caught up")
    ] = None,
) -> EventStream:
    """Changes as they happen, each frame with its position: `hello`, `cameras`, `tickets`, `overview`, `register`,
    `beat` every ten seconds, and `missed` where more was missed than is kept."""
    hub = hub_of(request)
    topics = frozenset(each for each in kinds.split(",") if each)
    if unknown := topics - set(KINDS):
        raise Invalid(f"nothing is told of {min(unknown)!r}, only of {', '.join(KINDS)}", field="kinds")
    listener = Listener(
        Watch(asking.scope, topics, None if point is None else PointId(point)),
        asking.person.account_id,
    )
    position = await hub.join(listener)
    try:
        first = await _greeting(hub, listener.watch, position, after)
    except BaseException:
        hub.leave(listener)
        raise
    return EventStream(request, hub, listener, first, for_s)


async def _greeting(hub: Hub, watch: Watch, position: int, after: int | None) -> bytes:
    hello = frame("hello", {"position": position, "now_s": hub.home.now_s()}, position)
    chunk = b"retry: %d\n\n" % RETRY_MS + hello
    if after is not None:
        chunk += await asyncio.to_thread(hub.missed, watch, after, position)
    return chunk


def _may_still(request: Request, listener: Listener) -> bool:
    """Whether who listens is still signed in, with the scope he had."""
    try:
        person = person_still(request)
        return scope_for(person, Verb.SEE, home_of(request).now_s()) == listener.watch.scope
    except CallerError:
        return False
