"""`lenskeeper tickets` and `causes`: the work of repair, and how faults become it."""

import argparse
import csv
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from lenskeeper.base.access import Scope
from lenskeeper.base.days import local_instant, zone_of
from lenskeeper.base.errors import Invalid
from lenskeeper.base.spans import Span
from lenskeeper.cli.dates import local_date
from lenskeeper.cli.table import console
from lenskeeper.cli.whose import actor_of, add_by, unit_scope
from lenskeeper.diagnosis.kinds import Kind
from lenskeeper.house import tickets as desk
from lenskeeper.house.home import Home, opened
from lenskeeper.house.tickets import BY_HAND, TicketFile
from lenskeeper.inventory.rows_devices import Equipment
from lenskeeper.tickets.causes import CauseKind
from lenskeeper.tickets.contracts import ContractId
from lenskeeper.tickets.desk import TicketId
from lenskeeper.tickets.routing import Desk, Payer
from lenskeeper.tickets.rows import Asked, Ticket
from lenskeeper.tickets.rows_contracts import named
from lenskeeper.tickets.states import NEXT, Stage, Step

LISTED: Final = 100
CAMERAS_SHOWN: Final = 20
VERBS: Final = {step.value: step for step in BY_HAND}
VERB_HELPS: Final = {
    Step.ACCEPT: "this desk has it and will go",
    Step.ARRIVE: "somebody is there: no look closes it now",
    Step.LEAVE: "he left without having finished",
    Step.FINISH: "it works; the next looks must agree",
    Step.CANCEL: "no work after all, with the reason",
}


def add_tickets(commands: Any) -> None:
    """Declare the commands and their options."""
    _add_tickets(commands)
    _add_causes(commands)


def _add_tickets(commands: Any) -> None:
    work: argparse.ArgumentParser = commands.add_parser(
        "tickets",
        help="the work of repair: list it, take it on, pause it, hand it over, say it is done",
        description="One ticket for one cause. `serve` opens and closes them as its looks agree.",
    )
    does = work.add_subparsers(dest="act", metavar="ACT", required=True)
    every = does.add_parser("list", help="what is to be done, the earliest clock first")
    every.add_argument("--ended", action="store_true", help="what is over, the last first")
    every.add_argument("--desk", type=Desk, choices=list(Desk), metavar="DESK", help=_words(Desk))
    every.add_argument("--contract", default="", metavar="NAME", help="of this contract's lot")
    every.add_argument(
        "--kind", type=CauseKind, choices=list(CauseKind), metavar="CAUSE", help=_words(CauseKind)
    )
    every.add_argument("--unit", default="", metavar="PATH", help="with a camera of this unit or below it")
    every.add_argument("--limit", type=int, default=LISTED, metavar="N", help=f"({LISTED})")
    one = _of_ticket(does, "show", "one ticket: cameras, clocks, pauses, and all that happened")
    one.add_argument("--unit", default="", metavar="PATH", help="as this unit sees it")
    for step in BY_HAND:
        verb = _of_ticket(does, step.value, VERB_HELPS[step])
        verb.add_argument("--remark", default="", metavar="TEXT")
        verb.add_argument("--sure", action="store_true", help="the remark holds no person's number or plate")
        add_by(verb)
    said = _of_ticket(does, "say", "a remark")
    said.add_argument("remark", metavar="TEXT")
    said.add_argument("--sure", action="store_true", help="it holds no person's number or plate")
    halt = _of_ticket(does, "pause", "its clocks stand, with the reason; the looks go on")
    halt.add_argument("--because", required=True, metavar="TEXT")
    halt.add_argument("--until", type=local_date, metavar="DATE", help="promised to end at this day's begin")
    on = _of_ticket(does, "resume", "its clocks run on")
    ask = _of_ticket(does, "ask", "it is another desk's: ask them; their answer has a clock of its own")
    ask.add_argument("desk", type=Desk, choices=list(Desk), metavar="DESK", help=_words(Desk))
    ask.add_argument("--because", required=True, metavar="TEXT")
    answer = _of_ticket(does, "answer", "the other desk's word")
    answer.add_argument("word", choices=["taken", "refused"])
    answer.add_argument("--remark", default="", metavar="TEXT")
    pays = _of_ticket(does, "payer", "who pays, by a person's word")
    pays.add_argument("payer", type=Payer, choices=list(Payer), metavar="WHO", help=_words(Payer))
    pays.add_argument("--remark", required=True, metavar="TEXT")
    swap = _of_ticket(does, "swap", "another device hangs there now")
    for name in ("make", "model", "serial", "mac"):
        swap.add_argument(f"--{name}", default="", metavar=name.upper())
    view = _of_ticket(does, "view", "it was turned on purpose: ask for the new view; another person approves")
    view.add_argument("--remark", default="", metavar="TEXT", help="why it looks elsewhere")
    view.add_argument("--approve", action="store_true", help="the second person's word")
    for verb in (said, halt, on, ask, answer, pays, swap, view):
        add_by(verb)


def _of_ticket(does: Any, name: str, words: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = does.add_parser(name, help=words)
    made.add_argument("number", type=int, metavar="TICKET")
    return made


def _add_causes(commands: Any) -> None:
    how: argparse.ArgumentParser = commands.add_parser(
        "causes",
        help="how faults become work: open causes, the review tray, trust, the cleaning list, routes, storms",
        description="What is broken and how many cameras it took along; and the rules by which crews are sent.",
    )
    does = how.add_subparsers(dest="act", metavar="ACT", required=True)
    does.add_parser("list", help="open causes, by how many cameras they took along")
    tray = does.add_parser("review", help="faults of kinds that have not earned their trust here; judge one")
    tray.add_argument("camera", nargs="?", default="", metavar="CAMERA")
    tray.add_argument("kind", nargs="?", type=Kind, choices=list(Kind), metavar="KIND")
    tray.add_argument("word", nargs="?", choices=["right", "wrong"], metavar="right|wrong")
    trust = does.add_parser("trust", help="how each kind stands; give or take its trust by a person's word")
    trust.add_argument("kind", nargs="?", type=Kind, choices=list(Kind), metavar="KIND")
    trust.add_argument("word", nargs="?", choices=["yes", "no"], metavar="yes|no")
    trust.add_argument("--because", default="", metavar="TEXT")
    does.add_parser("cleaning", help="pictures to be cleaned by whoever passes, by their days")
    routes = does.add_parser("routes", help="which desk is asked first; change a row")
    routes.add_argument("cause", nargs="?", type=CauseKind, choices=list(CauseKind), metavar="CAUSE")
    routes.add_argument("desk", nargs="?", type=Desk, choices=list(Desk), metavar="DESK")
    routes.add_argument("--what", default="", metavar="WORD", help="only this outcome or kind of fault")
    storm = does.add_parser("storm", help="dispatch is held while too much breaks at once")
    storm.add_argument("word", nargs="?", choices=["begin", "end"], metavar="begin|end")
    storm.add_argument("--because", default="", metavar="TEXT")
    rain = does.add_parser("rain", help="when it rained: a list with the columns from, to (local time)")
    rain.add_argument("list", type=Path, metavar="LIST.csv")
    for verb in (tray, trust, routes, storm, rain):
        add_by(verb)


def _words(of: Any) -> str:
    return ", ".join(one.value for one in of)


def run_tickets(given: argparse.Namespace) -> int:
    """List, show, or act."""
    with opened(given.config) as home:
        if given.act == "list":
            return _list(home, given)
        number = TicketId(given.number)
        if given.act == "show":
            _show(home, desk.file_of(home, unit_scope(home, given.unit), number))
            return 0
        _act(home, number, given)
        ticket = desk.file_of(home, Scope.ALL, number).ticket
    console().print(f"ticket {number} is {_stage(ticket)}, with {ticket.desk.value}")
    return 0


def _act(home: Home, number: TicketId, given: argparse.Namespace) -> None:
    actor = actor_of(given)
    match given.act:
        case "say":
            desk.say(home, number, given.remark, actor, is_sure=given.sure)
        case "pause":
            until_s = None if given.until is None else local_instant(given.until, 0, home.tz())
            desk.pause(home, number, given.because, until_s, actor)
        case "resume":
            desk.resume(home, number, actor)
        case "ask":
            desk.ask(home, number, given.desk, given.because, actor)
        case "answer":
            desk.answer(home, number, actor, given.remark, is_taken=given.word == "taken")
        case "payer":
            desk.set_payer(home, number, given.payer, given.remark, actor)
        case "swap":
            desk.swap_device(home, number, Equipment(given.make, given.model, given.serial, given.mac), actor)
        case "view" if given.approve:
            desk.approve_view(home, number, actor)
        case "view":
            desk.ask_for_view(home, number, given.remark, actor)
        case verb:
            desk.step(home, number, VERBS[verb], actor, given.remark, is_sure=given.sure)


def _list(home: Home, given: argparse.Namespace) -> int:
    contract_id: ContractId | None = None
    if given.contract:
        with home.store.read() as connection:
            contract_id = named(connection, Scope.ALL, given.contract).contract_id
    if given.limit < 1:
        raise Invalid("--limit is 1 or more", field="limit")
    asked = Asked(not given.ended, given.desk, contract_id, given.kind, None, given.limit)
    found = desk.listed(home, unit_scope(home, given.unit), asked)
    table = Table("no.", "cause", "shows", "cameras", "class", "stage", "desk", "pays", "restore by")
    late = 0
    for ticket in found:
        is_late = ticket.is_late(home.now_s())
        late += is_late
        table.add_row(
            str(ticket.ticket_id), cause_words(ticket), ticket.what, str(ticket.cameras), "I" * ticket.klass,
            _stage(ticket), ticket.desk.value, ticket.payer.value,
            at_words(home, ticket.restore_by_s) + (" overdue" if is_late else ""),
            style="red" if is_late else None,
        )  # fmt: skip
    out = console()
    if found:
        out.print(table)
    out.print(f"{len(found)} tickets{' are over' if given.ended else f', {late} of them overdue'}")
    return 0


def cause_words(ticket: Ticket) -> str:
    """The cause in a few words."""
    return f"{ticket.kind.value} {ticket.name}" + (f" ({ticket.shape.value})" if ticket.shape else "")


def at_words(home: Home, at_s: int | None) -> str:
    """A local time of the topmost unit's zone."""
    return "" if at_s is None else f"{datetime.fromtimestamp(at_s, zone_of(home.tz())):%Y-%m-%d %H:%M}"


def _stage(ticket: Ticket) -> str:
    words = ticket.stage.value.replace("_", " ")
    if ticket.resolution and ticket.stage is not Stage.CANCELLED:
        words += f" ({ticket.resolution.value.replace('_', ' ')})"
    return f"{words}, held: {ticket.held}" if ticket.held else words


def _show(home: Home, file: TicketFile) -> None:
    out, ticket = console(), file.ticket
    out.print(f"ticket {ticket.ticket_id}: {cause_words(ticket)}, {ticket.what}, {_stage(ticket)}")
    out.print(
        f"since {at_words(home, ticket.onset_s)}, opened {at_words(home, ticket.opened_s)}, class "
        f"{'I' * ticket.klass}; with {ticket.desk.value}{f' ({file.contract})' if file.contract else ''}, "
        f"paid by {ticket.payer.value}"
    )
    out.print(
        f"respond by {at_words(home, ticket.respond_by_s)} ({_done(home, ticket.responded_s)}), restore by "
        f"{at_words(home, ticket.restore_by_s)} ({_done(home, ticket.recovered_s)})"
    )
    table = Table("camera", "shows", "since", "well since", "")
    for camera in file.cameras[:CAMERAS_SHOWN]:
        left = "left: a ticket of its own" if camera.left_s is not None else ""
        table.add_row(
            camera.name, camera.what, at_words(home, camera.onset_s), at_words(home, camera.well_s), left
        )
    out.print(table)
    if len(file.cameras) > CAMERAS_SHOWN:
        out.print(f"and {len(file.cameras) - CAMERAS_SHOWN} more cameras")
    told = Table("when", "who", "what", "stage", "in words")
    for event in file.events:
        detail = ", ".join(f"{k} {v}" for k, v in event.detail.items() if v not in ("", None))
        told.add_row(
            at_words(home, event.at_s), event.actor, event.act.replace("_", " "), event.stage.value,
            "; ".join(each for each in (event.remark, detail) if each),
        )  # fmt: skip
    out.print(told)
    if steps := [step.value for (at, step) in NEXT if at is ticket.stage and step in BY_HAND]:
        out.print(f"possible now: {', '.join(steps)}")


def _done(home: Home, at_s: int | None) -> str:
    return "not yet" if at_s is None else f"done {at_words(home, at_s)}"


def run_causes(given: argparse.Namespace) -> int:
    """List, or change a rule."""
    with opened(given.config) as home:
        match given.act:
            case "list":
                _list_causes(home)
            case "review":
                _review(home, given)
            case "trust":
                _trust(home, given)
            case "cleaning":
                _cleaning(home)
            case "routes":
                _routes(home, given)
            case "storm":
                _storm(home, given)
            case "rain":
                count = desk.add_rain(home, read_rain(given.list, home.tz()), actor_of(given))
                console().print(f"{count} stretches of rain are known")
    return 0


def _list_causes(home: Home) -> None:
    found = desk.listed(home, Scope.ALL, Asked())
    table = Table("cause", "shows", "cameras", "since", "desk", "stage", "ticket")
    for ticket in sorted(found, key=lambda t: (-t.cameras, t.onset_s)):
        table.add_row(
            cause_words(ticket), ticket.what, str(ticket.cameras), at_words(home, ticket.onset_s),
            ticket.desk.value, _stage(ticket), str(ticket.ticket_id),
        )  # fmt: skip
    out = console()
    if found:
        out.print(table)
    out.print(f"{len(found)} open causes, {sum(t.cameras for t in found)} cameras")
    if (now := desk.storm(home)) is not None:
        out.print(f"a storm is on since {at_words(home, now.from_s)}: {now.why}", style="yellow")


def _review(home: Home, given: argparse.Namespace) -> None:
    out = console()
    if given.camera:
        if given.kind is None or given.word is None:
            raise Invalid(
                "say which fault and whether it is right: review CAMERA KIND right|wrong", field="kind"
            )
        desk.judge_case(home, given.camera, given.kind, actor_of(given), is_right=given.word == "right")
        out.print(f"{given.kind.value} of {given.camera} is {given.word}")
        return
    waiting = desk.waiting(home, Scope.ALL)
    table = Table("camera", "fault", "since")
    for one in waiting:
        table.add_row(one.name, one.case.kind.value, at_words(home, one.case.since_s))
    if waiting:
        out.print(table)
    out.print(f"{len(waiting)} faults wait for a person's word; none of them called anybody")


def _trust(home: Home, given: argparse.Namespace) -> None:
    out = console()
    if given.kind is not None:
        if given.word is None:
            raise Invalid("say yes or no: causes trust KIND yes|no --because TEXT", field="word")
        desk.set_trust(home, given.kind, given.because, actor_of(given), is_trusted=given.word == "yes")
        out.print(
            f"{given.kind.value} {'opens tickets' if given.word == 'yes' else 'goes to the review tray'}"
        )
        return
    table = Table("fault", "judged", "right", "opens tickets", "by a person's word")
    for one in desk.trust(home):
        table.add_row(
            one.kind.value, str(one.judged), str(one.right), "yes" if one.is_trusted else "", one.said
        )
    out.print(table)


def _cleaning(home: Home) -> None:
    out = console()
    found = desk.to_clean(home, Scope.ALL)
    table = Table("camera", "fault", "since", "by")
    for one in found:
        assert one.due_day is not None
        by = at_words(home, local_instant(one.due_day, 0, home.tz()))[:10]
        table.add_row(one.name, one.case.kind.value, at_words(home, one.case.since_s), by)
    if found:
        out.print(table)
    out.print(f"{len(found)} pictures are to be cleaned")


def _routes(home: Home, given: argparse.Namespace) -> None:
    out = console()
    if given.cause is not None:
        if given.desk is None:
            raise Invalid(f"say to which desk: {_words(Desk)}", field="desk")
        desk.set_route(home, given.cause, given.what, given.desk, actor_of(given))
    table = Table("cause", "showing", "first desk", "")
    for (cause, what), (to, is_own) in sorted(desk.routes(home).items()):
        table.add_row(cause.value, what or "anything", to.value, "set here" if is_own else "")
    out.print(table)


def _storm(home: Home, given: argparse.Namespace) -> None:
    if given.word == "begin":
        desk.begin_storm(home, given.because, actor_of(given))
    elif given.word == "end":
        desk.end_storm(home, actor_of(given))
    now = desk.storm(home)
    said = "no storm is on" if now is None else f"a storm is on since {at_words(home, now.from_s)}: {now.why}"
    console().print(said + ("" if now is None else "; tickets are opened and nobody is sent"))


def read_rain(path: Path, tz: str) -> list[Span]:
    """Stretches of rain from a list. Invalid: the row that cannot be read, with its number."""
    spans: list[Span] = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            try:
                a, b = (
                    int(datetime.fromisoformat(row[name]).replace(tzinfo=zone_of(tz)).timestamp())
                    for name in ("from", "to")
                )
            except (KeyError, TypeError, ValueError):
                raise Invalid(
                    f"{path.name}, row {number}: needs from and to, written like 2026-06-01 14:30",
                    field="list",
                ) from None
            if a >= b:
                raise Invalid(f"{path.name}, row {number}: it ends before it begins", field="list")
            spans.append((a, b))
    return spans
