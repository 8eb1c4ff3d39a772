"""Plans of a day as commands ask for them: made, shown, printed, and what the crew brings back."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.days import day_span, local_day, local_instant
from lenskeeper.base.errors import CallerError, Conflict, Invalid
from lenskeeper.base.languages import Language
from lenskeeper.base.spans import Span
from lenskeeper.house.home import Home
from lenskeeper.house.lists import must_be_free, write_lists
from lenskeeper.inventory.geodesy import Pair
from lenskeeper.reporting.work_results import Result, read_results, refuse
from lenskeeper.reporting.work_sheet import TEXT, sheet_pdf, work_sheets
from lenskeeper.tickets import rows_contracts, rows_day_plans
from lenskeeper.tickets.day_codes import regular
from lenskeeper.tickets.day_plan import STOPS_MAX, STOPS_MIN, WORK_MINUTES, LeftOut, Limits, Permit, plan
from lenskeeper.tickets.remarks import doubts
from lenskeeper.tickets.routing import Desk
from lenskeeper.tickets.rows_day_plans import Finished, Line, NewPlan, Planned, Whose

NIGHT_FROM_S: Final = 20 * 3_600  # of the local day
NIGHT_TO_S: Final = 6 * 3_600  # of the next
DAYS_AHEAD_MAX: Final = 14  # nobody knows what will be broken later
STOPS_LIMIT: Final = 60
HOURS_LIMIT: Final = 16
WORDS_CHARS_MAX: Final = 500
PARTS_MAX: Final = 30


@dataclass(frozen=True, slots=True)
class DayOrder:
    """What somebody asks for. contract: its name, or empty; then desk. The rest as in day_plan.Limits."""

    day: int
    contract: str = ""
    desk: Desk = Desk.CONTRACTOR
    district: str = ""
    street: str = ""
    height_m_max: float | None = None
    permit: Permit = Permit.NONE
    night: bool = False
    start: Pair | None = None
    stops_min: int = STOPS_MIN
    stops_max: int = STOPS_MAX
    minutes: int = WORK_MINUTES


@dataclass(frozen=True, slots=True)
class Made:
    """A plan that was made, and what is not in it."""

    plan: Planned
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What a returned sheet did. before: stops that were done already. undone: that were not done, with the words kept."""

    finished: tuple[Finished, ...]
    before: int
    undone: int


def make_day(home: Home, scope: Scope, order: DayOrder, actor: ActorId) -> Made:
    """Plan a crew's day and keep it.

    NotFound: no such contract. Invalid: limits that make no sense, a day that is over. Conflict: no stop is left,
    or somebody planned the same work at the same moment.
    """
    now_s, whose, tz = home.now_s(), Whose(order.desk), home.tz()
    _admit(order)
    # reckoned outside the write: a large city takes seconds, and everybody else's writes would wait
    with home.store.read() as connection:
        if order.contract:
            contract = rows_contracts.named(connection, scope, order.contract)
            whose, tz = Whose(Desk.CONTRACTOR, contract.contract_id), contract.tz
        today = local_day(now_s, tz)
        if not today <= order.day <= today + DAYS_AHEAD_MAX:
            raise Invalid(f"a day is planned from today to {DAYS_AHEAD_MAX} days ahead", field="day")
        span = working_span(order.day, tz, night=order.night)
        waiting = rows_day_plans.waiting(connection, scope, whose, span, now_s=now_s)
    made = plan(waiting.jobs, waiting.cleanings, _limits(order, span), aside=waiting.aside)
    head = NewPlan(order.day, tz, whose, order.night, order.permit, order.start)
    detail: dict[str, object] = {
        "day": order.day, "contract": order.contract, "desk": whose.desk.value, "stops": len(made.stops),
        "left_out": len(made.left_out),
    }  # fmt: skip

    def work(connection: Connection) -> Made:
        number = rows_day_plans.keep(connection, head, made, secrets.choice, actor=actor, now_s=now_s)
        _enter(connection, "day.make", number, detail, actor, now_s)
        return Made(rows_day_plans.plan_of(connection, scope, number, now_s=now_s), made.left_out)

    return home.store.write(work, durable=True)


def working_span(day: int, tz: str, *, night: bool) -> Span:
    """When the crew is out, UTC seconds: the local day, or the night that begins on it."""
    if not night:
        return day_span(day, tz)
    return local_instant(day, NIGHT_FROM_S, tz), local_instant(day + 1, NIGHT_TO_S, tz)


def _limits(order: DayOrder, span: Span) -> Limits:
    return Limits(
        day_end_s=span[1], stops_min=order.stops_min, stops_max=order.stops_max, minutes=order.minutes, start=order.start,
        height_m_max=order.height_m_max, permit=order.permit, night=order.night, district=order.district,
        street=order.street,
    )  # fmt: skip


def _admit(order: DayOrder) -> None:
    if not 1 <= order.stops_min <= order.stops_max <= STOPS_LIMIT:
        raise Invalid(f"--stops FEWEST..MOST, 1 to {STOPS_LIMIT}", field="stops")
    if not 60 <= order.minutes <= HOURS_LIMIT * 60:
        raise Invalid(f"--hours is 1 to {HOURS_LIMIT}", field="hours")
    if order.height_m_max is not None and not 0 < order.height_m_max <= 100:
        raise Invalid("--height-max is in metres, above 0 to 100", field="height_max")


def day_lines(home: Home, scope: Scope) -> list[Line]:
    """The last plans, the newest first."""
    with home.store.read() as connection:
        return rows_day_plans.plans(connection, scope, now_s=home.now_s())


def day_of_number(home: Home, scope: Scope, plan_id: int) -> Planned:
    """One plan. NotFound: there is none of this number, or it may not be seen."""
    with home.store.read() as connection:
        return rows_day_plans.plan_of(connection, scope, plan_id, now_s=home.now_s())


def write_sheet(home: Home, scope: Scope, plan_id: int, path: Path, language: Language) -> None:
    """The work sheet as a file, .pdf or .xlsx. Conflict: it is there already, or the plan was dropped. NotFound."""
    found = day_of_number(home, scope, plan_id)
    if found.dropped_s is not None:
        raise Conflict(f"plan {plan_id} was dropped: its codes are good for nothing; make a new one")
    match path.suffix:
        case ".pdf":
            must_be_free(path)
            path.write_bytes(sheet_pdf(found, language, exercise=home.exercise))
        case ".xlsx":
            write_lists(
                work_sheets(found, language), path, language, tz=found.tz, exercise=bool(home.exercise)
            )
        case other:
            raise Invalid(
                f"a work sheet is written as .pdf or .xlsx, not as {other or 'a folder'}", field="to"
            )


def finish_stop(
    home: Home,
    scope: Scope,
    code: str,
    actor: ActorId,
    *,
    words: str = "",
    parts_used: Sequence[str] = (),
    is_sure: bool = False,
) -> Finished:
    """A code was read out, typed or scanned: its stop is done. Errors as rows_day_plans.finish.

    Invalid: no code, or words that are too long or seem to hold a person's number and nobody said that they do not.
    """
    _admit_words(words, parts_used, is_sure=is_sure)
    wanted, now_s = regular(code), home.now_s()

    def work(connection: Connection) -> Finished:
        done = rows_day_plans.finish(
            connection, scope, wanted, words=words, parts_used=parts_used, actor=actor, now_s=now_s
        )
        _enter_finished(connection, done, actor, now_s)
        return done

    return home.store.write(work, durable=True)


def _admit_words(words: str, parts_used: Sequence[str], *, is_sure: bool) -> None:
    text = " ".join((words, *parts_used))
    if len(text) > WORDS_CHARS_MAX or len(parts_used) > PARTS_MAX:
        raise Invalid(f"words and parts have at most {WORDS_CHARS_MAX} characters in all", field="words")
    if (found := doubts(text)) and not is_sure:
        raise Invalid(
            f"this seems to hold {' and '.join(found)}: lenskeeper keeps nothing of persons. Write it without, or say "
            "--sure where it is something else",
            field="words",
        )


def read_sheet_back(
    home: Home, scope: Scope, path: Path, actor: ActorId, *, is_sure: bool = False
) -> ReadBack:
    """The results of a workbook that came back, all or none of them; what was phoned in before is no fault.

    Invalid: any row is wrong, or any code is nobody's; each is named with its row, and nothing was written.
    """
    results, now_s = read_results(path, is_sure=is_sure), home.now_s()

    def work(connection: Connection) -> ReadBack:
        finished: list[Finished] = []
        wrong: list[str] = []
        before = undone = 0
        for one in results:
            if rows_day_plans.is_done(connection, scope, one.code, now_s=now_s):
                before += 1
                continue
            try:
                done = _one(connection, scope, one, actor, now_s)
            except CallerError as fault:
                wrong.append(f"row {one.row} ({TEXT['code'].en} {one.code}): {fault}")
                continue
            if done is None:
                undone += 1
            else:
                finished.append(done)
                _enter_finished(connection, done, actor, now_s)
        refuse(path.name, wrong)
        return ReadBack(tuple(finished), before, undone)

    return home.store.write(work, durable=True)


def _one(connection: Connection, scope: Scope, one: Result, actor: ActorId, now_s: int) -> Finished | None:
    if one.is_done:
        return rows_day_plans.finish(
            connection, scope, one.code, words=one.words, parts_used=one.parts_used, actor=actor, now_s=now_s
        )
    rows_day_plans.leave_undone(connection, scope, one.code, one.words, actor=actor, now_s=now_s)
    return None


def drop_day(home: Home, scope: Scope, plan_id: int, actor: ActorId) -> None:
    """Give a plan up. Errors as rows_day_plans.drop."""
    now_s = home.now_s()

    def work(connection: Connection) -> None:
        rows_day_plans.drop(connection, scope, plan_id, actor=actor, now_s=now_s)
        _enter(connection, "day.drop", plan_id, {}, actor, now_s)

    home.store.write(work, durable=True)


def _enter_finished(connection: Connection, done: Finished, actor: ActorId, now_s: int) -> None:
    detail: dict[str, object] = {
        "stop": done.number, "tickets": list(done.tickets), "cleanings": done.cleanings,
        "passed": [ticket_id for ticket_id, _ in done.passed],
    }  # fmt: skip
    _enter(connection, "day.done", done.plan_id, detail, actor, now_s)


def _enter(
    connection: Connection, act: str, plan_id: int, detail: dict[str, object], actor: ActorId, now_s: int
) -> None:
    audit.append(connection, actor=actor, at_s=now_s, act=act, subject=f"day_plan:{plan_id}", detail=detail)
