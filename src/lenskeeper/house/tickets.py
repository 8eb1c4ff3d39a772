"""What persons do to tickets and causes: each act whole in one transaction, with an audit entry where it binds somebody."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from sqlalchemy import Connection

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import Conflict, Invalid, NotAllowed
from lenskeeper.base.spans import Span
from lenskeeper.diagnosis.kinds import Kind
from lenskeeper.house.cameras import accept_view, find_camera, swap
from lenskeeper.house.home import Home
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_devices import Equipment
from lenskeeper.tickets import rows, rows_clocks, rows_handings, rows_triage
from lenskeeper.tickets.causes import CauseKind
from lenskeeper.tickets.desk import TicketId
from lenskeeper.tickets.remarks import doubts
from lenskeeper.tickets.routing import ROUTES, Desk, Payer, payer
from lenskeeper.tickets.states import ENDED, Stage, Step, after

T = TypeVar("T")

BY_HAND: Final = (Step.ACCEPT, Step.ARRIVE, Step.LEAVE, Step.FINISH, Step.CANCEL)
REMARK_CHARS_MAX: Final = 1_000
VIEW_ASKED: Final = "view_asked"


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera under a ticket, for people. well_s, left_s: as in ticket_point."""

    point_id: PointId
    name: str
    what: str
    onset_s: int
    well_s: int | None
    left_s: int | None


@dataclass(frozen=True, slots=True)
class TicketFile:
    """All that is known of one ticket."""

    ticket: rows.Ticket
    cameras: Sequence[Camera]
    events: Sequence[rows.Event]
    pauses: Sequence[rows_clocks.Pause]
    handings: Sequence[rows_handings.Handing]
    contract: str


def listed(home: Home, scope: Scope, asked: rows.Asked) -> list[rows.Ticket]:
    """The tickets that were asked for and may be seen."""
    with home.store.read() as connection:
        return rows.tickets(connection, scope, asked, now_s=home.now_s())


def file_of(home: Home, scope: Scope, ticket_id: TicketId) -> TicketFile:
    """One ticket with its cameras and its history. NotFound: there is none, or it may not be seen."""
    now_s = home.now_s()
    with home.store.read() as connection:
        ticket = rows.ticket_of(connection, scope, ticket_id, now_s=now_s)
        cameras = [
            Camera(
                PointId(row.point_id),
                find_camera(connection, PointId(row.point_id), now_s).file.name,
                row.what,
                row.onset_s,
                row.well_s,
                row.left_s,
            )
            for row in rows.children(connection, scope, ticket_id, now_s=now_s)
        ]
        return TicketFile(
            ticket,
            cameras,
            rows.events(connection, scope, ticket_id, now_s=now_s),
            rows_clocks.pauses(connection, ticket_id),
            rows_handings.handings(connection, ticket_id),
            rows_clocks.contract_name(connection, ticket.contract_id),
        )


def step(
    home: Home, ticket_id: TicketId, what: Step, actor: ActorId, remark: str = "", *, is_sure: bool = False
) -> Stage:
    """A person moves a ticket on. Conflict: not from its stage. Invalid: a cancellation without a reason, a doubtful
    remark that nobody stands by (is_sure)."""
    assert what in BY_HAND, "the other steps are the looks'"
    if what is Step.CANCEL and not remark.strip():
        raise Invalid("say why there is no work after all: --remark TEXT", field="remark")
    kept = admitted(remark, is_sure=is_sure)

    def work(connection: Connection, now_s: int) -> Stage:
        stage = rows.take_step(connection, ticket_id, what, remark=kept, actor=actor, now_s=now_s)
        if what is Step.CANCEL:
            _enter(connection, "ticket.cancel", ticket_id, {"because": kept}, actor, now_s)
        return stage

    return _write(home, work)


def say(home: Home, ticket_id: TicketId, remark: str, actor: ActorId, *, is_sure: bool = False) -> None:
    """A remark on a ticket. Errors as `step`."""
    if not remark.strip():
        raise Invalid("the remark is empty", field="remark")
    kept = admitted(remark, is_sure=is_sure)

    def work(connection: Connection, now_s: int) -> None:
        stage = rows.ticket_of(connection, Scope.ALL, ticket_id, now_s=now_s).stage
        rows.enter(connection, ticket_id, "remark", stage, remark=kept, actor=actor, now_s=now_s)

    _write(home, work)


def admitted(remark: str, *, is_sure: bool) -> str:
    """A remark that may be kept. Invalid: it is too long, or seems to hold what belongs to a person."""
    if len(remark) > REMARK_CHARS_MAX:
        raise Invalid(f"a remark has at most {REMARK_CHARS_MAX} characters", field="remark")
    if (found := doubts(remark)) and not is_sure:
        raise Invalid(
            f"this seems to hold {' and '.join(found)}: lenskeeper keeps nothing of persons. Write it without, "
            "or say --sure where it is something else",
            field="remark",
        )
    return remark


def assign(home: Home, ticket_id: TicketId, to: Desk | None, because: str, actor: ActorId) -> Stage:
    """Send somebody: whoever it is held for, or (to) another desk at once, by the word of who dispatches.

    Conflict: its stage admits no assignment, the desk has it already, or a question to another desk is open. Invalid: another desk
    without a reason, or the contractor of a lot where it is in none.
    """

    def work(connection: Connection, now_s: int) -> Stage:
        now = rows.ticket_of(connection, Scope.ALL, ticket_id, now_s=now_s)
        after(now.stage, Step.ASSIGN)
        if any(one.answer is None for one in rows_handings.handings(connection, ticket_id)):
            raise Conflict(
                f"another desk was asked whose ticket {ticket_id} is: wait for its answer, or give it"
            )
        desk = to or now.desk
        if desk is now.desk and now.stage is Stage.ASSIGNED:
            raise Conflict(f"ticket {ticket_id} is with {desk.value} already")
        if desk is not now.desk:
            if not because.strip():
                raise Invalid("say why it is another desk's", field="because")
            if desk is Desk.CONTRACTOR and now.contract_id is None:
                raise Invalid(
                    f"ticket {ticket_id} is in no contract's lot: there is no contractor", field="desk"
                )
            pays = now.payer if now.payer is Payer.THIRD_PARTY else payer(desk, now.kind, in_warranty=False)
            rows.set_desk(connection, ticket_id, desk, pays, actor=actor, now_s=now_s)
        stage = rows.take_step(
            connection, ticket_id, Step.ASSIGN, remark=because.strip(), actor=actor, now_s=now_s
        )
        rows_clocks.redo(connection, ticket_id, actor=actor, now_s=now_s)
        detail = {"from": now.desk, "to": desk, "because": because.strip()}
        _enter(connection, "ticket.assign", ticket_id, detail, actor, now_s)
        return stage

    return _write(home, work)


def pause(home: Home, ticket_id: TicketId, reason: str, until_s: int | None, actor: ActorId) -> None:
    """Stop the clocks. Errors as rows_clocks.pause."""

    def work(connection: Connection, now_s: int) -> None:
        rows_clocks.pause(connection, ticket_id, reason, until_s=until_s, actor=actor, now_s=now_s)
        detail = {"because": reason, "until_s": until_s}
        _enter(connection, "ticket.pause", ticket_id, detail, actor, now_s)

    _write(home, work)


def resume(home: Home, ticket_id: TicketId, actor: ActorId) -> None:
    """Let them run on. Errors as rows_clocks.resume."""

    def work(connection: Connection, now_s: int) -> None:
        rows_clocks.resume(connection, ticket_id, actor=actor, now_s=now_s)
        _enter(connection, "ticket.resume", ticket_id, {}, actor, now_s)

    _write(home, work)


def ask(home: Home, ticket_id: TicketId, desk: Desk, reason: str, actor: ActorId) -> rows_handings.Handing:
    """Say that it is another desk's. Errors as rows_handings.ask."""

    def work(connection: Connection, now_s: int) -> rows_handings.Handing:
        asked = rows_handings.ask(connection, ticket_id, desk, reason, actor=actor, now_s=now_s)
        detail = {"from": asked.from_desk, "to": desk, "because": reason}
        _enter(connection, "ticket.hand", ticket_id, detail, actor, now_s)
        return asked

    return _write(home, work)


def answer(
    home: Home, ticket_id: TicketId, actor: ActorId, remark: str, *, is_taken: bool
) -> rows_handings.Handing:
    """The other desk's word. Errors as rows_handings.answer."""

    def work(connection: Connection, now_s: int) -> rows_handings.Handing:
        done = rows_handings.answer(
            connection, ticket_id, is_taken=is_taken, remark=remark, actor=actor, now_s=now_s
        )
        if is_taken:
            rows_clocks.redo(connection, ticket_id, actor=actor, now_s=now_s)
        detail = {"to": done.to_desk, "taken": is_taken, "because": remark}
        _enter(connection, "ticket.answer", ticket_id, detail, actor, now_s)
        return done

    return _write(home, work)


def set_payer(home: Home, ticket_id: TicketId, who: Payer, remark: str, actor: ActorId) -> None:
    """Who pays, by a person's word. Invalid: no reason."""
    if not remark.strip():
        raise Invalid("say why: --remark TEXT", field="remark")

    def work(connection: Connection, now_s: int) -> None:
        rows.set_payer(connection, ticket_id, who, remark=remark, actor=actor, now_s=now_s)
        detail = {"payer": who, "because": remark}
        _enter(connection, "ticket.payer", ticket_id, detail, actor, now_s)

    _write(home, work)


def swap_device(home: Home, ticket_id: TicketId, what: Equipment, actor: ActorId) -> None:
    """Another device hangs there now: the register, the picture's past and the ticket learn of it together.

    Conflict: the ticket is of several cameras; swap the one by its own page.
    """
    point_id = _one_camera(home, ticket_id)
    now_s = home.now_s()

    def also(connection: Connection) -> None:
        stage = rows.ticket_of(connection, Scope.ALL, ticket_id, now_s=now_s).stage
        detail = {"make": what.make, "model": what.model, "serial": what.serial}
        rows.enter(connection, ticket_id, "swap", stage, detail=detail, actor=actor, now_s=now_s)

    swap(home, point_id, what, actor, also)


def ask_for_view(home: Home, ticket_id: TicketId, reason: str, actor: ActorId) -> None:
    """The camera was turned on purpose: ask that its new view be taken as right. Another person approves."""
    if not reason.strip():
        raise Invalid("say why it looks elsewhere now: --remark TEXT", field="remark")

    def work(connection: Connection, now_s: int) -> None:
        stage = _live(connection, ticket_id, now_s)
        rows.enter(connection, ticket_id, VIEW_ASKED, stage, remark=reason, actor=actor, now_s=now_s)
        _enter(connection, "ticket.view_asked", ticket_id, {"because": reason}, actor, now_s)

    _one_camera(home, ticket_id)
    _write(home, work)


def approve_view(home: Home, ticket_id: TicketId, actor: ActorId) -> None:
    """The second hand: its references are learnt anew from now on. Conflict: nobody asked. NotAllowed: the same person."""
    file = file_of(home, Scope.ALL, ticket_id)
    asked = [event for event in file.events if event.act in (VIEW_ASKED, "view_approved")]
    if not asked or asked[-1].act != VIEW_ASKED:
        raise Conflict(f"nobody asked for a new view on ticket {ticket_id}")
    if asked[-1].actor == actor:
        raise NotAllowed("whoever asked for the new view cannot approve it: a second person does")
    now_s = home.now_s()

    def also(connection: Connection) -> None:
        stage = _live(connection, ticket_id, now_s)
        rows.enter(connection, ticket_id, "view_approved", stage, actor=actor, now_s=now_s)

    accept_view(home, _one_camera(home, ticket_id), actor, also)


def _enter(
    connection: Connection,
    act: str,
    ticket_id: TicketId,
    detail: Mapping[str, object],
    actor: ActorId,
    now_s: int,
) -> None:
    audit.append(connection, actor=actor, at_s=now_s, act=act, subject=f"ticket:{ticket_id}", detail=detail)


def _live(connection: Connection, ticket_id: TicketId, now_s: int) -> Stage:
    stage = rows.ticket_of(connection, Scope.ALL, ticket_id, now_s=now_s).stage
    if stage in ENDED:
        raise Conflict(f"ticket {ticket_id} is over")
    return stage


def _one_camera(home: Home, ticket_id: TicketId) -> PointId:
    file = file_of(home, Scope.ALL, ticket_id)
    if file.ticket.kind is not CauseKind.CAMERA:
        raise Conflict(
            f"ticket {ticket_id} is of a {file.ticket.kind.value} with {len(file.cameras)} cameras: "
            "name the camera itself (`lenskeeper camera`)"
        )
    return file.cameras[0].point_id


# ---- causes


def waiting(home: Home, scope: Scope) -> list[rows_triage.Waiting]:
    """The review tray."""
    with home.store.read() as connection:
        return rows_triage.waiting(connection, scope, now_s=home.now_s())


def to_clean(home: Home, scope: Scope) -> list[rows_triage.Waiting]:
    """The cleaning list."""
    with home.store.read() as connection:
        return rows_triage.to_clean(connection, scope, now_s=home.now_s())


def judge_case(home: Home, words: str | PointId, kind: Kind, actor: ActorId, *, is_right: bool) -> None:
    """A person's word on a case in the tray. Errors as rows_triage.judge."""

    def work(connection: Connection, now_s: int) -> None:
        point_id = find_camera(connection, words, now_s).point_id
        rows_triage.judge(connection, point_id, kind, is_right=is_right, actor=actor, now_s=now_s)

    _write(home, work)


def trust(home: Home) -> list[rows_triage.Trust]:
    """How each kind of fault stands here."""
    with home.store.read() as connection:
        return rows_triage.trust(connection)


def set_trust(home: Home, kind: Kind, because: str, actor: ActorId, *, is_trusted: bool) -> None:
    """Errors as rows_triage.set_trust."""
    _write(
        home,
        lambda c, s: rows_triage.set_trust(c, kind, because, is_trusted=is_trusted, actor=actor, now_s=s),
    )


def routes(home: Home) -> dict[tuple[CauseKind, str], tuple[Desk, bool]]:
    """The whole table of routes; whether the row is this installation's own."""
    with home.store.read() as connection:
        here = rows_triage.routes(connection)
    return {key: (here.get(key, desk), key in here) for key, desk in {**ROUTES, **here}.items()}


def set_route(home: Home, cause: CauseKind, what: str, desk: Desk, actor: ActorId) -> None:
    """Errors as rows_triage.set_route."""
    _write(home, lambda c, s: rows_triage.set_route(c, cause, what, desk, actor=actor, now_s=s))


def storm(home: Home) -> rows_triage.Storm | None:
    """The storm that is on."""
    with home.store.read() as connection:
        return rows_triage.storm_of(connection)


def begin_storm(home: Home, why: str, actor: ActorId) -> None:
    """Errors as rows_triage.begin_storm."""
    _write(home, lambda c, s: rows_triage.begin_storm(c, why, actor=actor, now_s=s))


def end_storm(home: Home, actor: ActorId) -> None:
    """Errors as rows_triage.end_storm."""
    _write(home, lambda c, s: rows_triage.end_storm(c, actor=actor, now_s=s))


def add_rain(home: Home, spans: Sequence[Span], actor: ActorId) -> int:
    """Stretches of rain; how many are known now."""
    return _write(home, lambda c, s: rows_triage.add_rain(c, spans, actor=actor, now_s=s))


def _write(home: Home, work: Callable[[Connection, int], T]) -> T:
    now_s = home.now_s()
    return home.store.write(lambda connection: work(connection, now_s), durable=True)
