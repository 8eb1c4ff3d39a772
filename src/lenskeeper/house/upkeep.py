"""Planned work that may be entered, copies of an installation, the way back, and the check of its books."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection

from lenskeeper.audit import rows as audit
from lenskeeper.availability.exclusions import Kind
from lenskeeper.availability.maintenance import DAY_S, HORIZON_DAYS_MAX, Plan, Recurrence, Target, expand
from lenskeeper.availability.rows_exclusions import POINTS_AT_ONCE, aimed_at, points_of
from lenskeeper.availability.rows_maintenance import approve, propose
from lenskeeper.availability.rows_upkeep import check
from lenskeeper.base.access import LOCAL_OPERATOR, ActorId, Scope
from lenskeeper.base.days import zone_of
from lenskeeper.base.errors import Conflict, NotFound
from lenskeeper.base.spans import Span, intersect, union
from lenskeeper.house.audit import entered
from lenskeeper.house.audit import verified as verified_log
from lenskeeper.house.clock import SystemClock
from lenskeeper.house.home import EPOCH_BYTES, Home, database_url
from lenskeeper.house.serve import JOB
from lenskeeper.house.settings import SETTINGS_FILE, read_settings
from lenskeeper.inventory.rows_present import slices
from lenskeeper.leases.rows import Lease, release, take, void
from lenskeeper.store.backup import SUFFIX, Copy, backup, faults_of_file
from lenskeeper.store.database import Store, open_store, size_bytes
from lenskeeper.store.marks import EPOCH, epoch_of, set_mark
from lenskeeper.store.migrate import bring_up, revision_of
from lenskeeper.store.restore import origin_of_file, restore
from lenskeeper.tickets.clocks import Guarantee
from lenskeeper.tickets.rows_calendars import guarantees_of
from lenskeeper.units.rows import tree

RESTORE_TTL_S: Final = 600
WORKS: Final = frozenset({Kind.PLANNED_WORK, Kind.NETWORK_WORK})  # what a guarantee period may freeze


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check of everything found. faults: one sentence each."""

    revision: str
    size_mb: float
    audit_entries: int
    faults: tuple[str, ...]


def plan_work(
    home: Home, target: Target, when: Sequence[Span] | Recurrence, kind: Kind, reason: str, actor: ActorId
) -> Plan:
    """Enter a plan of excluded work.

    Conflict: it is work, and falls into a guarantee period that freezes works on one of its points.
    Others: as rows_maintenance.propose.
    """
    now_s, tz = home.now_s(), home.tz()

    def work(connection: Connection) -> Plan:
        made = propose(
            connection, target=target, when=when, kind=kind, reason=reason, actor=actor, now_s=now_s
        )
        _must_not_be_frozen(connection, made, tz)
        return made

    return home.store.write(work, durable=True)


def agree_to_work(home: Home, plan_id: int, actor: ActorId) -> Plan:
    """Agree to a plan as a second person. Errors: as plan_work and rows_maintenance.approve."""
    now_s, tz = home.now_s(), home.tz()

    def work(connection: Connection) -> Plan:
        agreed = approve(connection, plan_id, actor=actor, now_s=now_s)
        _must_not_be_frozen(connection, agreed, tz)
        return agreed

    return home.store.write(work, durable=True)


def frozen_at(connection: Connection, plan_id: int, windows: Sequence[Span]) -> tuple[Guarantee, Span] | None:
    """The first guarantee period with frozen works that one of these windows of a plan falls into, and that window."""
    if not windows:
        return None
    begin, end = windows[0][0], max(b for _, b in windows)
    found = guarantees_of(connection, Scope.ALL, points_of(connection, plan_id), begin, end)
    frozen = {point: [g for g in each if g.freezes_works] for point, each in found.items()}
    for some in slices(sorted(point for point, each in frozen.items() if each), POINTS_AT_ONCE):
        for point, times in aimed_at(connection, some, plan_id).items():
            aimed = union(span for time in times for span in time.spans)
            for period in frozen[point]:
                if hit := intersect(intersect(windows, aimed), [(period.from_s, period.to_s)]):
                    return period, hit[0]
    return None


def _must_not_be_frozen(connection: Connection, plan: Plan, tz: str) -> None:
    """Conflict: the plan is work, and one of its windows within HORIZON_DAYS_MAX days falls into frozen works."""
    if plan.kind not in WORKS:
        return
    windows = list(plan.windows)
    if plan.recurrence:
        first_s = plan.recurrence.first_s
        windows += expand(plan.recurrence, first_s, first_s + HORIZON_DAYS_MAX * DAY_S)
    if hit := frozen_at(connection, plan.plan_id, union(windows)):
        period, (a, b) = hit
        from_, to, at, until = (
            f"{datetime.fromtimestamp(s, zone_of(tz)):%Y-%m-%d %H:%M}"
            for s in (period.from_s, period.to_s, a, b)
        )
        raise Conflict(
            f"works are frozen by the guarantee period {period.guarantee_id} ({period.name}) from {from_} to {to}, and "
            f"this plan has a window of {at} to {until} on one of its points: choose another time, or leave the "
            "points of the period out"
        )


def back_up_to(home: Home, to: Path | None, actor: ActorId = LOCAL_OPERATOR) -> Copy:
    """A copy at `to`, or under a name of its own in the folder of backups; that it is made is entered first."""
    if to is None:
        home.backups.mkdir(parents=True, exist_ok=True)
        made = f"by-hand-{datetime.fromtimestamp(home.now_s(), UTC):%Y%m%d-%H%M%S}"
        to = home.backups / f"{made}{SUFFIX[home.store.dialect]}"
    entered(home, actor, act="database.backup", subject="database", detail={"to": to.name})
    return backup(home.store.url, to)


def restore_from(config: Path | None, file: Path) -> Path | None:
    """Put a backup in place. The present database, if it can be opened, must not be in use; it is set aside.

    NotFound: no installation here. Conflict: `serve` is running. Invalid, StoreTooNew: the file is no whole backup of
    lenskeeper, or of a newer one. Whatever is raised, the present database is as it was.
    """
    place = config or Path(SETTINGS_FILE)
    if not place.is_file():
        raise NotFound(f"there is no installation here ({place} is missing): run `lenskeeper init` first")
    settings = read_settings(place)
    folder = place.absolute().parent
    url = database_url(folder, settings.store.url)
    now_s = SystemClock().now_ms() // 1000

    def enter(connection: Connection) -> None:
        set_mark(connection, EPOCH, secrets.token_hex(EPOCH_BYTES))
        void(connection, JOB)
        audit.append(
            connection,
            actor=LOCAL_OPERATOR,
            at_s=now_s,
            act="database.restore",
            subject="database",
            detail={"from": file.name},
        )

    def settle(store: Store) -> None:
        bring_up(store, backup_to=None)  # the file that is restored is the copy
        store.write(enter, durable=True)

    with _idle(url, now_s):
        return restore(file, url, settle=settle, aside_in=folder / settings.store.backups)


def verified(home: Home) -> Verified:
    """Check the file, the rules of the books and the audit log with its signatures."""
    faults: list[str] = []
    with home.store.read() as connection:
        revision = revision_of(connection) or ""
        faults += _lacks(connection)
        faults += check(connection)
        log = verified_log(connection)
        size = size_bytes(connection)
    if log.broken_at is not None:
        faults.append(
            f"audit entry {log.broken_at} was changed or is missing: find out who can write the database"
        )
    faults += [
        f"the audit log's checkpoint of {fault.size} entries does not hold ({fault.why}): find out who can write the database"
        for fault in log.faults
    ]
    if home.store.dialect == "sqlite":
        faults += faults_of_file(Path(str(home.store.url.database)))
    return Verified(revision, size / 1e6, log.entries, tuple(faults))


def _lacks(connection: Connection) -> list[str]:
    """What every installation has, and nothing else would miss."""
    missing: list[str] = []
    if epoch_of(connection) is None:
        missing.append("the database has no epoch, so it is no whole installation: restore a backup")
    if not any(unit.parent_id is None for unit in tree(connection, Scope.ALL)):
        missing.append("the topmost unit is missing, so no day can be told: restore a backup")
    return missing


@contextmanager
def _idle(url: URL, now_s: int) -> Iterator[None]:
    """No `serve` runs, and none begins meanwhile, on a database that can be asked."""
    address = url.render_as_string(hide_password=False)
    if not _can_be_asked(url):
        yield
        return
    with closing(open_store(address)) as store:
        held: Lease = store.write(lambda c: take(c, JOB, "restore", now_s=now_s, ttl_s=RESTORE_TTL_S))
    try:
        yield
    except BaseException:
        with closing(open_store(address)) as store:
            store.write(lambda c: release(c, held))
        raise


def _can_be_asked(url: URL) -> bool:
    """Whether there are books: no file, an empty database and a damaged file know of no `serve`."""
    if url.get_backend_name() == "sqlite":
        file = Path(str(url.database))
        return file.is_file() and not faults_of_file(file) and origin_of_file(file).epoch is not None
    with closing(open_store(url.render_as_string(hide_password=False))) as store, store.read() as connection:
        return epoch_of(connection) is not None
