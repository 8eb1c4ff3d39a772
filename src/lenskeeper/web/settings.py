"""Settings as the page asks for them: units, limits, the stop switch, lines, calendars, guarantees, messages, backups.

Units may be kept by whoever keeps a part of the organisation; all the rest is of the whole installation.
"""

import asyncio
import tempfile
from datetime import date
from pathlib import Path as File
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Body, Path, Query
from pydantic import Field, JsonValue

from lenskeeper.accounts.verbs import Verb
from lenskeeper.base.access import Scope
from lenskeeper.base.days import date_of
from lenskeeper.base.errors import Invalid, NotAllowed
from lenskeeper.base.languages import Language
from lenskeeper.house import calendars, chores, messages, organisation, switches, tickets
from lenskeeper.house.setting_list import Origin, setting_lines, settings_file
from lenskeeper.inventory import rows_takeover
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_watched import watched
from lenskeeper.reporting import screens_settings as screens
from lenskeeper.tickets import rows_calendars
from lenskeeper.tickets.causes import CauseKind
from lenskeeper.tickets.messages import ChangeKind
from lenskeeper.tickets.routing import Desk
from lenskeeper.units import rows as units
from lenskeeper.units.ids import UnitId
from lenskeeper.units.rows import Unit
from lenskeeper.web.asking import Asking, may
from lenskeeper.web.pages import Number, Shown

router = APIRouter(prefix="/api/settings", tags=["settings"])

WORDS_MAX: Final = 400
NAME_MAX: Final = 100
CODES_MAX: Final = 5_000
LIST_BYTES_MAX: Final = 256 * 1024  # a year has 366 days
ATTEMPTS: Final = 30
COPIES: Final = 60

Set = Annotated[Asking, may(Verb.SET)]
Stop = Annotated[Asking, may(Verb.STOP)]
Named = Annotated[str, Path(max_length=NAME_MAX)]
Name = Annotated[str, Field(min_length=1, max_length=NAME_MAX)]
Words = Annotated[str, Field(min_length=1, max_length=WORDS_MAX)]


def _whole(asking: Asking) -> None:
    if asking.scope.units is not None:
        raise NotAllowed(
            "this is set for the whole installation: ask whoever keeps all of it, or look at units only"
        )


# ---- units


class UnitEntry(Shown):
    """A unit in the tree. cameras: in service, of its own; accepted_from_s: None: not yet."""

    unit_id: int
    parent_id: int | None
    name: str
    kind: str
    code: str
    level: str
    tz: str
    depth: int
    path: str
    cameras: int
    accepted_from_s: int | None


class NewUnitEntry(Shown):
    """A unit to be hung below another."""

    parent_id: int
    name: Name
    kind: Literal["region", "department", "lot"] = "region"
    code: Annotated[str, Field(max_length=40)] = ""
    level: Annotated[str, Field(max_length=40)] = ""
    tz: Annotated[str, Field(max_length=60)] = ""


class NewName(Shown):
    """Another name."""

    name: Name


class NewParent(Shown):
    """Where a unit shall hang."""

    parent_id: int


@router.get("/units")
def unit_tree(asking: Set) -> list[UnitEntry]:
    """The units that one may keep, each before those below it."""
    with asking.home.store.read() as connection:
        tree = units.tree(connection, asking.scope)
        counts = screens.cameras_of_units(connection, asking.scope, now_s=asking.now_s)
        accepted = {each.unit_id: each.from_s for each in rows_takeover.acceptances(connection, asking.scope)}
    return [_entry(unit, counts.get(unit.unit_id, 0), accepted.get(unit.unit_id)) for unit in tree]


@router.post("/units", status_code=201)
def add_unit(asking: Set, new: NewUnitEntry) -> UnitEntry:
    """Hang a unit below one that one keeps."""
    above = _unit(asking, new.parent_id)
    path = f"{above.path}{units.SEPARATOR}{new.name.strip()}"
    if units.SEPARATOR in new.name:
        raise Invalid(f"a unit's name holds no {units.SEPARATOR!r}", field="name")
    order = organisation.NewUnit(path, new.kind, new.code.strip(), new.level.strip(), new.tz)
    made = organisation.add_unit(asking.home, order, asking.actor)
    return _entry(_unit(asking, made), 0, None)


@router.post("/units/{unit_id}/name")
def rename_unit(asking: Set, unit_id: Number, new: NewName) -> UnitEntry:
    """Call a unit something else; its cameras and its past stay."""
    unit = _unit(asking, unit_id)
    organisation.rename_unit(asking.home, unit.path, new.name.strip(), asking.actor)
    return _entry(_unit(asking, unit_id), 0, None)


@router.post("/units/{unit_id}/parent")
def move_unit(asking: Set, unit_id: Number, new: NewParent) -> UnitEntry:
    """Hang a unit with all below it under another one; every report follows, past days too."""
    unit, to = _unit(asking, unit_id), _unit(asking, new.parent_id)
    organisation.move_unit(asking.home, unit.path, to.path, asking.actor)
    return _entry(_unit(asking, unit_id), 0, None)


def _unit(asking: Asking, unit_id: int) -> Unit:
    """One that may be kept. NotFound: none, or not in the scope: names above are read, not kept."""
    with asking.home.store.read() as connection:
        return units.get(connection, asking.scope, UnitId(unit_id))


def _entry(unit: Unit, cameras: int, accepted_from_s: int | None) -> UnitEntry:
    return UnitEntry(
        unit_id=unit.unit_id, parent_id=unit.parent_id, name=unit.name, kind=unit.kind, code=unit.code, level=unit.level,
        tz=unit.tz, depth=unit.depth, path=unit.path, cameras=cameras, accepted_from_s=accepted_from_s,
    )  # fmt: skip


# ---- what is set in the file


class SettingEntry(Shown):
    """A setting in force. variable: the name that sets it in the environment."""

    table: str
    name: str
    value: JsonValue
    default: JsonValue
    origin: Origin
    variable: str


class SettingList(Shown):
    """All of them, and the file to be edited; `serve` reads it when it begins."""

    file: str
    settings: list[SettingEntry]


@router.get("/limits")
def limits(asking: Set) -> SettingList:
    """Every schedule and limit with where it is set."""
    _whole(asking)
    rows = [
        SettingEntry(
            table=line.table, name=line.name, value=line.value, default=line.default, origin=line.origin, variable=line.variable  # type: ignore[arg-type]  # JSON all the same
        )
        for line in setting_lines(asking.home)
    ]  # fmt: skip
    return SettingList(file=settings_file(asking.home), settings=rows)


# ---- the stop switch


class Switch(Shown):
    """What nobody is sent to until it is lifted."""

    everything: bool = False
    pictures: bool = False
    zones: Annotated[tuple[str, ...], Field(max_length=200)] = ()
    sites: Annotated[tuple[str, ...], Field(max_length=200)] = ()


class SwitchPage(Shown):
    """How it stands, and the networks and sites that there are."""

    stopped: Switch
    zones: list[str]
    sites: list[str]


class MoveSwitch(Switch):
    """A stop or a lifting, with its reason for the audit log. all: lift everything."""

    reason: Words
    all: bool = False


@router.get("/switch")
def switch(asking: Stop) -> SwitchPage:
    """How the stop switch stands."""
    _whole(asking)
    with asking.home.store.read() as connection:
        fleet = watched(connection, Scope.ALL, asking.now_s)
        stopped = switches.read_stopped(connection)
    return SwitchPage(
        stopped=_switch(stopped),
        zones=sorted({one.zone for one in fleet} - {""}),
        sites=sorted({one.site for one in fleet} - {""}),
    )


@router.post("/switch/stop")
def stop(asking: Stop, what: MoveSwitch) -> Switch:
    """Send nobody there; the rounds obey within two seconds."""
    _whole(asking)
    more = _stopped(what)
    if more == switches.Stopped():
        raise Invalid("name what shall be stopped: everything, pictures, zones or sites", field="everything")
    home, now_s = asking.home, asking.now_s
    return _switch(
        home.store.write(
            lambda c: switches.stop(c, more, what.reason, actor=asking.actor, now_s=now_s), durable=True
        )
    )


@router.post("/switch/lift")
def lift(asking: Stop, what: MoveSwitch) -> Switch:
    """Go on, with what is named or with all."""
    _whole(asking)
    part = None if what.all else _stopped(what)
    if part == switches.Stopped():
        raise Invalid("name what shall go on, or all", field="all")
    home, now_s = asking.home, asking.now_s
    return _switch(
        home.store.write(
            lambda c: switches.lift(c, part, what.reason, actor=asking.actor, now_s=now_s), durable=True
        )
    )


def _stopped(what: Switch) -> switches.Stopped:
    return switches.Stopped(what.everything, what.pictures, what.zones, what.sites)


def _switch(now: switches.Stopped) -> Switch:
    return Switch(everything=now.everything, pictures=now.pictures, zones=now.zones, sites=now.sites)


# ---- lines


class LineEntry(Shown):
    """An uplink and what it has carried for us this month. cap_kbps: what our looks may take of it.

    metered, over: cameras with a monthly budget, and those that have spent it. out_day: the first local day on which one
    of them will have, at this month's pace; None: none will.
    """

    name: str
    cameras: int
    used_bytes: int
    cap_kbps: int
    metered: int
    budget_bytes: int
    spent_bytes: int
    out_day: date | None
    over: int


@router.get("/lines")
def lines(asking: Set) -> list[LineEntry]:
    """Every line, the one that runs out first at the top."""
    _whole(asking)
    rounds = asking.home.settings.rounds
    with asking.home.store.read() as connection:
        found = screens.lines(connection, asking.scope, tz=asking.home.tz(), now_s=asking.now_s)
    return [
        LineEntry(
            name=one.name,
            cameras=one.cameras,
            used_bytes=one.used_bytes,
            cap_kbps=rounds.uplinks_kbps.get(one.name, rounds.uplink_kbps),
            metered=one.metered,
            budget_bytes=one.budget_bytes,
            spent_bytes=one.spent_bytes,
            out_day=None if one.out_day is None else date_of(one.out_day),
            over=one.over,
        )
        for one in found
    ]


# ---- calendars and guarantees


class YearEntry(Shown):
    """How many days of a year differ from their weekday."""

    year: int
    days: int


class OpenHours(Shown):
    """Working hours [from_s, to_s) of a day, in seconds of its wall clock."""

    from_s: int
    to_s: int


class CalendarEntry(Shown):
    """hours: of seven days, Monday first. lacks_year: there is no list of holidays for it."""

    name: str
    tz: str
    hours: list[list[OpenHours]]
    years: list[YearEntry]
    lacks_year: int | None


class NewCalendar(Shown):
    """hours: as "Mon-Fri 08:30-12:00,13:30-17:30; Sat 09:00-12:00". tz: empty for the topmost unit's."""

    name: Annotated[str, Field(min_length=1, max_length=40)]
    hours: Annotated[str, Field(min_length=1, max_length=WORDS_MAX)]
    tz: Annotated[str, Field(max_length=60)] = ""


class OddDayEntry(Shown):
    """A day that differs: a holiday, or a day off that is worked instead."""

    day: date
    is_work: bool


class Reckoned(Shown):
    """days: that were loaded; tickets: open ones whose clocks were worked out anew."""

    days: int = 0
    tickets: int = 0


@router.get("/calendars")
def calendar_list(asking: Set) -> list[CalendarEntry]:
    """Every calendar, by name."""
    _whole(asking)
    return [
        CalendarEntry(
            name=line.calendar.name,
            tz=line.calendar.tz,
            hours=[[OpenHours(from_s=a, to_s=b) for a, b in spans] for spans in line.calendar.hours],
            years=[YearEntry(year=year, days=days) for year, days in sorted(line.years.items())],
            lacks_year=line.lacks_year,
        )
        for line in calendars.calendar_lines(asking.home)
    ]


@router.post("/calendars")
def set_calendar(asking: Set, new: NewCalendar) -> Reckoned:
    """Set a calendar up, or change its hours."""
    _whole(asking)
    count = calendars.set_calendar(asking.home, new.name.strip(), new.tz, new.hours, asking.actor)
    return Reckoned(tickets=count)


@router.get("/calendars/{name}/{year}")
def odd_days(asking: Set, name: Named, year: Annotated[int, Path(ge=2000, le=2100)]) -> list[OddDayEntry]:
    """The days of a year that differ from their weekday."""
    _whole(asking)
    with asking.home.store.read() as connection:
        found = rows_calendars.calendar_named(connection, Scope.ALL, name)
    days = ((date_of(day), is_work) for day, is_work in sorted(found.days.items()))
    return [OddDayEntry(day=day, is_work=is_work) for day, is_work in days if day.year == year]


@router.post("/calendars/{name}/{year}")
def load_year(
    asking: Set,
    name: Named,
    year: Annotated[int, Path(ge=2000, le=2100)],
    body: Annotated[bytes, Body(media_type="application/octet-stream", max_length=LIST_BYTES_MAX)],
    file: Annotated[str, Query(max_length=NAME_MAX)] = "days.csv",
) -> Reckoned:
    """Put a list of odd days (columns date and kind: holiday or work) in the place of a year's."""
    _whole(asking)
    with tempfile.TemporaryDirectory() as folder:
        place = File(folder) / (File(file).name or "days.csv")
        place.write_bytes(body)
        days, count = calendars.load_year(asking.home, name, place, year, asking.actor)
    return Reckoned(days=days, tickets=count)


class GuaranteeEntry(Shown):
    """A guarantee period. revoked_s: from when it counts no more."""

    guarantee_id: int
    name: str
    from_s: int
    to_s: int
    respond_s: int
    restore_s: int
    freezes_works: bool
    document: str
    points: int
    revoked_s: int | None


class NewGuaranteeEntry(Shown):
    """A guarantee period over whole hours: of a unit with all below it, or of cameras by code."""

    name: Name
    from_s: Annotated[int, Field(ge=0, lt=1 << 40)]
    to_s: Annotated[int, Field(ge=0, lt=1 << 40)]
    respond_s: Annotated[int, Field(ge=60, le=30 * 86_400)]
    restore_s: Annotated[int, Field(ge=60, le=90 * 86_400)]
    document: Name
    unit_id: int | None = None
    codes: Annotated[tuple[Annotated[str, Field(max_length=60)], ...], Field(max_length=CODES_MAX)] = ()
    freezes_works: bool = False


class EndGuarantee(Shown):
    """Why it ends. wholly: as if it had never been."""

    reason: Words
    wholly: bool = False


class GuaranteeEntered(Shown):
    """clashing: plans of work that fall into it although it freezes works."""

    guarantee_id: int
    points: int
    tickets: int
    clashing: list[int]


@router.get("/guarantees")
def guarantee_list(asking: Set) -> list[GuaranteeEntry]:
    """Every guarantee period, the newest first."""
    _whole(asking)
    return [
        GuaranteeEntry(
            guarantee_id=one.period.guarantee_id, name=one.period.name, from_s=one.period.from_s, to_s=one.period.to_s,
            respond_s=one.period.respond_s, restore_s=one.period.restore_s, freezes_works=one.period.freezes_works,
            document=one.document, points=one.points, revoked_s=one.revoked_s,
        )
        for one in calendars.guarantees(asking.home)
    ]  # fmt: skip


@router.post("/guarantees", status_code=201)
def add_guarantee(asking: Set, new: NewGuaranteeEntry) -> GuaranteeEntered:
    """Enter a guarantee period; tickets of its cameras have their clocks worked out anew."""
    _whole(asking)
    points = _points(asking, new)
    entered = calendars.add_guarantee(
        asking.home,
        rows_calendars.NewGuarantee(
            new.name.strip(), new.from_s, new.to_s, new.respond_s, new.restore_s, new.document.strip(), points,
            new.freezes_works,
        ),
        asking.actor,
    )  # fmt: skip
    return GuaranteeEntered(
        guarantee_id=entered.period.guarantee_id,
        points=entered.points,
        tickets=entered.tickets,
        clashing=[plan.plan_id for plan in entered.clashing],
    )


@router.post("/guarantees/{guarantee_id}/end")
def end_guarantee(asking: Set, guarantee_id: Number, what: EndGuarantee) -> Reckoned:
    """End a guarantee period now, or as if it had never been."""
    _whole(asking)
    _, count = calendars.revoke_guarantee(
        asking.home, guarantee_id, what.reason, asking.actor, wholly=what.wholly
    )
    return Reckoned(tickets=count)


def _points(asking: Asking, new: NewGuaranteeEntry) -> list[PointId]:
    if new.unit_id is None and not new.codes:
        raise Invalid("name a unit, or cameras by code", field="unit_id")
    path = "" if new.unit_id is None else _unit(asking, new.unit_id).path
    named = [code.strip() for code in new.codes]
    if any(File(code).name != code for code in named):
        raise Invalid("a code is no path", field="codes")
    found = calendars.points_said(asking.home, (), path) if path else []
    if named:
        found += calendars.points_coded(asking.home, named)
    return sorted(set(found))


# ---- messages


class RecipientEntry(Shown):
    """Whoever is told. desks, contracts, changes, classes: empty is all. quiet: "22:00-07:00" or empty."""

    name: str
    kind: str
    language: Language
    tz: str
    desks: list[Desk]
    contracts: list[str]
    changes: list[ChangeKind]
    classes: list[int]
    quiet: str
    digest_minutes: int
    per_hour: int
    waiting: int
    given_up: int


class AttemptEntry(Shown):
    """One attempt. outcome: sent, failed, or empty while it lasts or where it was cut off."""

    at_s: int
    recipient: str
    messages: int
    outcome: str
    remark: str


class MessagePage(Shown):
    """Who is told of what, what waits, and the last attempts."""

    file: str
    recipients: list[RecipientEntry]
    attempts: list[AttemptEntry]


class Trial(Shown):
    """failure: why it did not go; empty where it did."""

    failure: str


@router.get("/messages")
def message_page(asking: Set) -> MessagePage:
    """Recipients of the settings with what waits for each, and the last attempts."""
    _whole(asking)
    home = asking.home
    standing = messages.standing(home)
    rows = []
    for to in home.settings.messages.to:
        waiting, given_up = standing.get(to.name, (0, 0))
        rows.append(
            RecipientEntry(
                name=to.name, kind=to.kind, language=to.language, tz=to.tz or home.tz(), desks=sorted(to.desks),
                contracts=sorted(to.contracts), changes=sorted(to.changes), classes=sorted(to.classes), quiet=to.quiet,
                digest_minutes=to.digest_minutes, per_hour=to.per_hour, waiting=waiting, given_up=given_up,
            )
        )  # fmt: skip
    tried = [
        AttemptEntry(
            at_s=one.at_s,
            recipient=one.recipient,
            messages=one.messages,
            outcome=one.outcome,
            remark=one.remark,
        )
        for one in messages.tried(home, ATTEMPTS)
    ]
    return MessagePage(file=settings_file(home), recipients=rows, attempts=tried)


@router.post("/messages/{name}/trial")
def trial(asking: Set, name: Named) -> Trial:
    """Send a line that says it is a trial."""
    _whole(asking)
    return Trial(failure=asyncio.run(messages.send_trial(asking.home, name)))


class RouteEntry(Shown):
    """Which desk a cause goes to first. what: an outcome or kind of fault; empty: any. is_own: set here."""

    cause: CauseKind
    what: str
    desk: Desk
    is_own: bool


class NewRoute(Shown):
    """Send a cause to another desk."""

    cause: CauseKind
    what: Annotated[str, Field(max_length=40)] = ""
    desk: Desk


@router.get("/routes")
def route_list(asking: Set) -> list[RouteEntry]:
    """Which desk each cause goes to."""
    _whole(asking)
    found = tickets.routes(asking.home).items()
    return [RouteEntry(cause=c, what=w, desk=desk, is_own=is_own) for (c, w), (desk, is_own) in found]


@router.post("/routes")
def set_route(asking: Set, new: NewRoute) -> RouteEntry:
    """Send a cause to another desk from now on."""
    _whole(asking)
    tickets.set_route(asking.home, new.cause, new.what, new.desk, asking.actor)
    return RouteEntry(cause=new.cause, what=new.what, desk=new.desk, is_own=True)


# ---- backups


class CopyEntry(Shown):
    """A copy of the books in the folder of backups."""

    name: str
    bytes: int
    written_s: int


class BackupPage(Shown):
    """last_s: when the newest of `serve` was begun; next_s: when the next is due; None: none is made. every_h: 0: never."""

    folder: str
    every_h: int
    kept: int
    last_s: int | None
    next_s: int | None
    copies: list[CopyEntry]


@router.get("/backups")
def backups(asking: Set) -> BackupPage:
    """The copies of the books."""
    _whole(asking)
    return _backups(asking)


@router.post("/backups", status_code=201)
def back_up(asking: Set) -> BackupPage:
    """Make a copy now; the oldest beyond the number kept goes."""
    _whole(asking)
    asyncio.run(chores.back_up(asking.home))
    return _backups(asking)


def _backups(asking: Asking) -> BackupPage:
    home, now_s = asking.home, asking.now_s
    store, last_s = home.settings.store, chores.newest_copy_s(home)
    due_s = None if not store.backup_every_h else (last_s or now_s) + store.backup_every_h * 3_600
    files = [(path, path.stat()) for path in home.backups.iterdir() if path.is_file()]
    files.sort(key=lambda one: -one[1].st_mtime)
    return BackupPage(
        folder=str(home.backups),
        every_h=store.backup_every_h,
        kept=store.backups_kept,
        last_s=last_s,
        next_s=None if due_s is None else max(due_s, now_s),
        copies=[CopyEntry(name=path.name, bytes=stat.st_size, written_s=int(stat.st_mtime)) for path, stat in files[:COPIES]],
    )  # fmt: skip
