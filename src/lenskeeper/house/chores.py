"""What the books need from time to time: days added up, horizons moved on, old things forgotten, copies made."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import structlog
from sqlalchemy import Connection

from lenskeeper.availability.lanes import EVIDENCE_KEPT_DAYS
from lenskeeper.availability.rows_exclusions import refresh
from lenskeeper.availability.rows_maintenance import extend_horizon
from lenskeeper.availability.rows_rollups import recompute
from lenskeeper.availability.rows_upkeep import START, prune_evidence
from lenskeeper.base.access import ROUNDS
from lenskeeper.diagnosis import rows as diagnosis_rows
from lenskeeper.house.exports import forget_exports
from lenskeeper.house.facts import standing
from lenskeeper.house.home import Home
from lenskeeper.journal import rows as journal_rows
from lenskeeper.probing import rows as probing_rows
from lenskeeper.store.backup import backup
from lenskeeper.tickets import rows_messages

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

T = TypeVar("T")

POINT_DAYS_AT_ONCE: Final = 2_000  # some 0.1 s of the writer's time; the rounds go between
PRUNE_STEPS_MAX: Final = 200  # slices of 5,000 rows in one night
BACKUP_NAME: Final = "books-%Y%m%d-%H%M%S"
DAY_S: Final = 86_400


async def add_up_days(home: Home) -> int:
    """Add up every day that is over or has changed; how many point-days."""
    total = 0
    while True:
        now_s = home.now_s()
        step = await _write(home, partial(recompute, now_s=now_s, limit=POINT_DAYS_AT_ONCE))
        total += step.days
        if step.is_done:
            return total


async def derive_exclusions(home: Home) -> None:
    """Service life and plans as windows: after the register has changed, and as horizons move on."""

    def work(connection: Connection) -> None:
        extend_horizon(connection, now_s=home.now_s())
        refresh(connection)

    await _write(home, work)


async def forget_old(home: Home) -> None:
    """Drop what is kept for a time only: facts, evidence, records of verdicts, bytes of metered lines. Runs and days are never dropped."""
    now_s = home.now_s()

    def prune_journal(connection: Connection) -> int:
        return journal_rows.prune(connection, now_s, [one.position for one in standing(connection)])

    await _write(home, prune_journal)
    await _write(home, lambda c: diagnosis_rows.prune(c, now_s, actor=ROUNDS))
    last_year = int(datetime.fromtimestamp(now_s - 366 * DAY_S, UTC).strftime("%Y%m"))
    await _write(home, lambda c: probing_rows.forget(c, before_month=last_year, actor=ROUNDS))
    await _write(home, lambda c: rows_messages.forget(c, actor=ROUNDS, now_s=now_s))
    before_s, after = now_s - EVIDENCE_KEPT_DAYS * DAY_S, START
    for _ in range(PRUNE_STEPS_MAX):
        step = await _write(home, partial(prune_evidence, before_s=before_s, after=after, actor=ROUNDS))
        if step.after is None:
            break
        after = step.after


async def forget_files(home: Home) -> None:
    """Delete the exports whose day is over."""
    await asyncio.to_thread(forget_exports, home)


async def tidy(home: Home) -> None:
    """Bring the database's log home and its statistics up to date, each night: a reader now and then keeps it long."""
    if not await asyncio.wrap_future(home.store.tidy()):
        log.info("log_is_not_home", cure="a long reader was in the way; the next night tries again")


async def back_up_if_due(home: Home) -> Path | None:
    """A copy, where the newest in the folder is older than the settings allow: however often `serve` is restarted."""
    every_h = home.settings.store.backup_every_h
    copied_s = newest_copy_s(home)
    if not every_h or (copied_s is not None and 0 <= home.now_s() - copied_s < every_h * 3600):
        return None
    return await back_up(home)


def newest_copy_s(home: Home) -> int | None:
    """When the newest copy of `serve` was begun, by its name: a copied folder has other dates. None: there is none."""
    newest: int | None = None
    for path in home.backups.glob(f"books-*{_suffix(home)}"):
        try:
            at = datetime.strptime(path.stem, BACKUP_NAME).replace(tzinfo=UTC)
        except ValueError:
            continue  # a name that somebody gave it
        newest = max(newest or 0, int(at.timestamp()))
    return newest


def _suffix(home: Home) -> str:
    return ".db" if home.store.dialect == "sqlite" else ".dump"


async def back_up(home: Home) -> Path:
    """A copy of the database into the folder of backups; the oldest beyond the number kept are deleted."""
    folder = home.backups
    name = datetime.fromtimestamp(home.now_s(), UTC).strftime(BACKUP_NAME)
    suffix = _suffix(home)
    copy = await asyncio.to_thread(backup, home.store.url, folder / f"{name}{suffix}")
    kept = sorted(folder.glob(f"books-*{suffix}"))
    for old in kept[: -home.settings.store.backups_kept]:
        old.unlink()
    return copy.path


async def _write(home: Home, work: Callable[[Connection], T]) -> T:
    return await asyncio.wrap_future(home.store.submit(work))
