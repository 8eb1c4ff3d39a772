"""A plan of a day in the database: what waits for whom, codes that are good once, and what a finished stop ends."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select
from tests.register_kit import DAY, NOON, TZ, camera, city

from lenskeeper.base.access import LOCAL_OPERATOR, ActorId, Scope
from lenskeeper.base.days import day_span
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.base.outcomes import Outcome
from lenskeeper.inventory import rows_points
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.schema import contract_point
from lenskeeper.store.database import Store
from lenskeeper.tickets import rows, rows_calendars, rows_contracts, rows_day_plans
from lenskeeper.tickets.causes import CauseKind
from lenskeeper.tickets.contracts import ContractId, Terms
from lenskeeper.tickets.day_codes import ALPHABET, CODE_CHARS, new_code, qr_text, regular, spelt_out
from lenskeeper.tickets.day_plan import (
    CleaningKey,
    DayPlan,
    Limits,
    Part,
    PartKind,
    Permit,
    Reason,
    plan,
)
from lenskeeper.tickets.desk import TicketId
from lenskeeper.tickets.routing import Desk
from lenskeeper.tickets.rows_day_plans import NewPlan, Planned, Waiting, Whose
from lenskeeper.tickets.schema import cleaning, ticket, ticket_pause, ticket_point
from lenskeeper.tickets.states import Stage, Step
from lenskeeper.units import rows as units

WHO: dict[str, Any] = {"actor": LOCAL_OPERATOR, "now_s": NOON}
CREW = ActorId("local:crew")
BEGIN, END = day_span(DAY, TZ)
NORTH, SOUTH = "City/North", "City/South"
CONTRACTOR = Whose(Desk.CONTRACTOR)


def seeded(seed: int = 1) -> Callable[[str], str]:
    return random.Random(seed).choice


def fleet(connection: Connection, count: int = 4) -> list[PointId]:
    """Cameras along a street, 500 m from one to the next; the odd ones are the south's."""
    city(connection, NORTH, SOUTH)
    return [
        rows_points.add(
            connection,
            camera(
                n, SOUTH if n % 2 else NORTH, lon=120.0, lat=30.0 + n * 0.0045, src_crs="wgs84", src_x=120.0,
                src_y=30.0 + n * 0.0045, address=f"{n} Lake Road", pole=f"P{n}", mount_height_m=6.0, permit="lane",
                civil_code="330106", klass=2,
            ),
            actor=LOCAL_OPERATOR,
            now_s=BEGIN,
        )
        for n in range(count)
    ]  # fmt: skip


def opened(connection: Connection, *points: PointId, **more: Any) -> TicketId:
    """A ticket as the desk leaves it: assigned."""
    row = {
        "cause": CauseKind.CAMERA, "thing": str(points[0]), "what": Outcome.TIMED_OUT, "klass": 2, "onset_s": NOON - 3_600,
        "opened_s": NOON - 1_800, "stage": Stage.ASSIGNED, "desk": Desk.CONTRACTOR, "payer": "maintenance",
        "respond_by_s": NOON, "restore_by_s": NOON + 3_600,
    }  # fmt: skip
    made = connection.execute(insert(ticket).values({**row, **more}).returning(ticket.c.id)).scalar_one()
    for point_id in points:
        connection.execute(
            insert(ticket_point).values(
                ticket_id=made, point_id=point_id, what=row["what"], onset_s=NOON - 3_600, joined_s=NOON
            )
        )
    return TicketId(made)


def dirty(connection: Connection, point_id: PointId, due_day: int = DAY + 10) -> CleaningKey:
    key = CleaningKey(point_id, "lens_dirty", NOON - 86_400)
    connection.execute(
        insert(cleaning).values(
            point_id=point_id, kind=key.kind, since_s=key.since_s, found_s=NOON, due_day=due_day
        )
    )
    return key


def read(connection: Connection, whose: Whose = CONTRACTOR, scope: Scope = Scope.ALL) -> Waiting:
    return rows_day_plans.waiting(connection, scope, whose, (BEGIN, END), now_s=NOON)


def made(
    connection: Connection, whose: Whose = CONTRACTOR, *, seed: int = 1, day: int = DAY, **limits: Any
) -> tuple[Planned, DayPlan]:
    """A plan of what waits, saved and read back."""
    found = read(connection, whose)
    wanted = Limits(day_end_s=END, **{"permit": Permit.LANE, **limits})
    of_day = plan(found.jobs, found.cleanings, wanted, aside=found.aside)
    head = NewPlan(day, TZ, whose, wanted.night, wanted.permit, None)
    number = rows_day_plans.keep(connection, head, of_day, seeded(seed), **WHO)
    return rows_day_plans.plan_of(connection, Scope.ALL, number, now_s=NOON), of_day


def test_what_waits_for_a_crew_has_its_place_its_needs_and_its_parts(store: Store) -> None:
    def work(c: Connection) -> None:
        points = fleet(c)
        mine = opened(c, points[0])
        for stage in (Stage.OPEN, Stage.DONE, Stage.VERIFIED, Stage.CANCELLED):
            opened(c, points[0], stage=stage, ended_s=NOON if stage is Stage.VERIFIED else None)
        opened(c, points[1], desk=Desk.POWER)
        opened(c, points[1], held="storm")
        switch = opened(c, *points, cause=CauseKind.SWITCH, thing="W1")
        found = read(c)
        assert [job.of for job in found.jobs] == [mine, switch]
        job, other = found.jobs
        assert (job.height_m, job.permit, job.night_only) == (6.0, Permit.LANE, False)
        assert (job.district, job.street, job.spot, job.due_s) == (
            "330106", "0 Lake Road", "pole P0", NOON + 3_600,
        )  # fmt: skip
        assert job.parts[0] == Part(PartKind.CAMERA, "Acme M0")
        assert (other.height_m, other.point_id) == (None, points[0])  # a cabinet stands on the ground
        assert {job.of for job in read(c, Whose(Desk.POWER)).jobs} == {TicketId(mine + 5)}

    store.write(work)


def test_a_ticket_is_read_again_for_each_crew_of_its_lot_only(store: Store) -> None:
    def work(c: Connection) -> None:
        points = fleet(c)
        lot = _lot(c, "Lot 1", points[:2])
        other = _lot(c, "Lot 2", points[2:])
        mine = opened(c, points[0], contract_id=lot)
        opened(c, points[2], contract_id=other)
        key = dirty(c, points[1])
        dirty(c, points[3])
        found = read(c, Whose(Desk.CONTRACTOR, lot))
        assert [job.of for job in found.jobs] == [mine]
        assert [job.of for job in found.cleanings] == [key]
        assert found.cleanings[0].due_s == day_span(DAY + 10, TZ)[1]
        as_contractor = Scope(frozenset(), lots=frozenset({lot}))
        assert read(c, Whose(Desk.CONTRACTOR, lot), as_contractor) == found
        assert read(c, Whose(Desk.CONTRACTOR, other), as_contractor).jobs == ()
        north = Scope(frozenset({units.find(c, Scope.ALL, NORTH)}))
        assert {job.point_id for job in read(c, scope=north).jobs} == {points[0], points[2]}

    store.write(work)


def _lot(c: Connection, name: str, points: list[PointId]) -> ContractId:
    one = rows_contracts.set_up(
        c, name=name, contractor="Bright Eyes Ltd.", document="No. 7", from_day=DAY - 10, to_day=DAY + 355, tz=TZ,
        terms=Terms(), **WHO,
    )  # fmt: skip
    for point_id in points:
        c.execute(insert(contract_point).values(contract_id=one.contract_id, point_id=point_id, from_s=BEGIN))
    return one.contract_id


def test_a_plan_is_kept_in_its_order_with_a_code_for_each_stop(store: Store) -> None:
    def work(c: Connection) -> None:
        points = fleet(c)
        tickets = [opened(c, p) for p in points]
        key = dirty(c, points[2])
        found, of_day = made(c)
        assert [halt.number for halt in found.halts] == [1, 2, 3, 4]
        assert [[task.of for task in halt.tasks] for halt in found.halts] == [
            [job.of for job in stop.jobs] for stop in of_day.stops
        ]
        assert {task.of for halt in found.halts for task in halt.tasks} == {*tickets, key}
        halt = next(halt for halt in found.halts if len(halt.tasks) == 2)
        assert (halt.name, halt.address, halt.height_m, halt.permit) == (
            "crossing 2", "2 Lake Road", 6.0, Permit.LANE,
        )  # fmt: skip
        assert (Part(PartKind.CLEANING_KIT), 1) in halt.parts
        assert [task.what for task in halt.tasks] == [Outcome.TIMED_OUT, "lens_dirty"]
        assert len({halt.code for halt in found.halts}) == 4
        assert all(regular(halt.code) == halt.code for halt in found.halts)
        assert found.length_m == pytest.approx(of_day.length_m)
        assert found.minutes == of_day.minutes

    store.write(work)


def test_what_is_planned_is_planned_once_until_its_day_is_over_or_it_is_dropped(store: Store) -> None:
    def work(c: Connection) -> None:
        points = fleet(c)
        mine, key = opened(c, points[0]), dirty(c, points[0])
        first, _ = made(c)
        assert read(c).aside == {mine: Reason.PLANNED, key: Reason.PLANNED}
        later = rows_day_plans.waiting(c, Scope.ALL, CONTRACTOR, (BEGIN, END), now_s=END + 86_400)
        assert later.aside == {}
        with pytest.raises(Conflict, match="no stop"):
            made(c)
        rows_day_plans.drop(c, Scope.ALL, first.plan_id, **WHO)
        assert read(c).aside == {}
        with pytest.raises(Conflict, match="dropped"):
            rows_day_plans.finish(c, Scope.ALL, first.halts[0].code, actor=CREW, now_s=NOON)
        with pytest.raises(Conflict, match="already"):
            rows_day_plans.drop(c, Scope.ALL, first.plan_id, **WHO)
        again, _ = made(c, seed=2)
        assert [line.plan_id for line in rows_day_plans.plans(c, Scope.ALL, now_s=NOON)] == [
            again.plan_id, first.plan_id,
        ]  # fmt: skip

    store.write(work)


def test_two_who_plan_at_the_same_moment_do_not_send_two_crews(store: Store) -> None:
    def work(c: Connection) -> None:
        opened(c, fleet(c)[0])
        _, of_day = made(c)
        head = NewPlan(DAY, TZ, CONTRACTOR, is_night=False, permit=Permit.LANE, start=None)
        with pytest.raises(Conflict, match="meanwhile"):
            rows_day_plans.keep(c, head, of_day, seeded(9), **WHO)

    store.write(work)


def test_a_day_without_a_stop_says_why(store: Store) -> None:
    def work(c: Connection) -> None:
        points = fleet(c)
        with pytest.raises(Conflict, match="nothing waits"):
            made(c)
        opened(c, points[0])
        with pytest.raises(Conflict, match="left out were 1 permit"):
            made(c, permit=Permit.NONE)

    store.write(work)


def test_a_paused_ticket_is_not_driven_to_and_frozen_ground_is_not_cleaned(store: Store) -> None:
    def work(c: Connection) -> None:
        points = fleet(c)
        waits, free = opened(c, points[0]), opened(c, points[1])
        key, other = dirty(c, points[0]), dirty(c, points[1])
        c.execute(
            insert(ticket_pause).values(ticket_id=waits, from_s=NOON, reason="no permit", actor="local")
        )
        rows_calendars.add_guarantee(
            c,
            rows_calendars.NewGuarantee(
                name="games", from_s=BEGIN, to_s=END, respond_s=600, restore_s=3_600, freezes_works=True, document="No. 8",
                points=[points[0]],
            ),
            **WHO,
        )  # fmt: skip
        assert read(c).aside == {waits: Reason.PAUSED, key: Reason.FROZEN}
        assert {job.of for job in read(c).jobs} == {waits, free}
        assert other not in read(c).aside

    store.write(work)


def test_a_code_finishes_its_stop_once_with_its_tickets_and_cleanings(store: Store) -> None:
    def work(c: Connection) -> None:
        points = fleet(c)
        mine, key = opened(c, points[0]), dirty(c, points[0])
        gone = opened(c, points[0])
        elsewhere = opened(c, points[2])
        found, _ = made(c)
        rows.take_step(c, gone, Step.RECOVER, **WHO)
        halt = next(halt for halt in found.halts if halt.name == "crossing 0")
        done = rows_day_plans.finish(
            c,
            Scope.ALL,
            halt.code,
            words="new supply",
            parts_used=["power supply"],
            actor=CREW,
            now_s=NOON + 60,
        )
        assert (done.plan_id, done.number, done.name) == (found.plan_id, halt.number, "crossing 0")
        assert (done.tickets, done.cleanings, done.passed) == ((mine,), 1, ((gone, "verified"),))
        assert _stage(c, mine) == ("done", NOON + 60)
        assert _stage(c, elsewhere)[0] == "assigned"
        said = rows.events(c, Scope.ALL, mine, now_s=NOON)[-1]
        assert (said.actor, said.act, said.remark) == (CREW, "finish", "new supply")
        row = c.execute(select(cleaning).where(cleaning.c.point_id == key.point_id)).one()
        assert (row.done_s, row.done_by) == (NOON + 60, CREW)
        with pytest.raises(Conflict, match="used already"):
            rows_day_plans.finish(c, Scope.ALL, halt.code, actor=CREW, now_s=NOON + 61)
        back = rows_day_plans.plan_of(c, Scope.ALL, found.plan_id, now_s=NOON)
        (kept,) = (each for each in back.halts if each.done_s is not None)
        assert (kept.words, kept.parts_used) == ("new supply", ("power supply",))
        (line,) = rows_day_plans.plans(c, Scope.ALL, now_s=NOON)
        assert (line.stops, line.done) == (2, 1)

    store.write(work)


def _stage(c: Connection, ticket_id: TicketId) -> tuple[str, int | None]:
    row = c.execute(select(ticket.c.stage, ticket.c.finished_s).where(ticket.c.id == ticket_id)).one()
    return row.stage, row.finished_s


def test_a_stop_that_was_not_done_keeps_its_code_and_its_tickets_hear_why(store: Store) -> None:
    def work(c: Connection) -> None:
        mine = opened(c, fleet(c)[0])
        found, _ = made(c)
        code = found.halts[0].code
        for _ in range(2):  # the same sheet read twice says it once
            rows_day_plans.leave_undone(c, Scope.ALL, code, "gate locked", actor=CREW, now_s=NOON)
        assert [each.remark for each in rows.events(c, Scope.ALL, mine, now_s=NOON)] == ["gate locked"]
        assert _stage(c, mine)[0] == "assigned"
        assert rows_day_plans.finish(c, Scope.ALL, code, actor=CREW, now_s=NOON).tickets == (mine,)

    store.write(work)


def test_a_code_of_nobody_and_a_plan_that_may_not_be_seen_are_not_found(store: Store) -> None:
    def work(c: Connection) -> None:
        points = fleet(c)
        lot = _lot(c, "Lot 1", points[:2])
        opened(c, points[0], contract_id=lot)
        opened(c, points[1], contract_id=lot)
        found, _ = made(c, Whose(Desk.CONTRACTOR, lot))
        scopes = {
            "all": Scope.ALL,
            "nothing": Scope(frozenset()),
            "lot": Scope(frozenset(), lots=frozenset({lot})),
            "north": Scope(frozenset({units.find(c, Scope.ALL, NORTH)})),
        }
        seen = {}
        for name, scope in scopes.items():
            if rows_day_plans.plans(c, scope, now_s=NOON):
                shown = rows_day_plans.plan_of(c, scope, found.plan_id, now_s=NOON)
                seen[name] = sorted(halt.name for halt in shown.halts)
        assert seen == {
            "all": ["crossing 0", "crossing 1"],
            "lot": ["crossing 0", "crossing 1"],
            "north": ["crossing 0"],
        }
        with pytest.raises(NotFound):
            rows_day_plans.plan_of(c, scopes["nothing"], found.plan_id, now_s=NOON)
        with pytest.raises(NotFound):
            rows_day_plans.finish(c, scopes["nothing"], found.halts[0].code, actor=LOCAL_OPERATOR, now_s=NOON)
        with pytest.raises(NotFound, match="sign by sign"):
            rows_day_plans.finish(c, Scope.ALL, "A" * CODE_CHARS, actor=LOCAL_OPERATOR, now_s=NOON)

    store.write(work)


def test_no_two_stops_ever_have_one_code_even_if_the_source_repeats_itself(store: Store) -> None:
    def work(c: Connection) -> None:
        for point_id in fleet(c):
            opened(c, point_id)
        first, _ = made(c, seed=7, minutes=45)  # not all of them fit
        second, _ = made(c, seed=7)
        codes = [halt.code for each in (first, second) for halt in each.halts]
        assert len(set(codes)) == len(codes) == 4

    store.write(work)


def test_codes_have_no_signs_that_look_alike_and_are_read_however_they_were_written() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET)
    assert not set("0O1IL2Z5S8B") & set(ALPHABET)
    assert not {"U", "V"} <= set(ALPHABET)
    code = new_code(seeded())
    assert len(code) == CODE_CHARS
    for written in (code.lower(), spelt_out(code), f" {code[:2]}-{code[2:]} ", qr_text(12, code)):
        assert regular(written) == code
    for wrong in ("", "ABC", code + "A", "O" * 6, f"LK:x:{code}"):
        with pytest.raises(Invalid):
            regular(wrong)


def test_a_qr_tells_of_no_place_and_no_camera() -> None:
    assert qr_text(12, "ACDEFG") == "LK:12:ACDEFG"


def test_parts_come_back_as_they_were_reckoned(store: Store) -> None:
    def work(c: Connection) -> None:
        opened(c, fleet(c)[0])
        found, of_day = made(c)
        assert found.halts[0].parts == of_day.stops[0].parts

    store.write(work)
