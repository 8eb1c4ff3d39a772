"""Take a job, keep it, give it back."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select, update

from lenskeeper.base.errors import Conflict
from lenskeeper.leases.schema import lease
from lenskeeper.store.statements import insert_into

LEASE_S_MAX: Final = 900  # longer than any job of ours asks for


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to do a job until `until_s`. fence: greater than that of every owner before."""

    job: str
    owner: str
    fence: int
    until_s: int


def take(connection: Connection, job: str, owner: str, *, now_s: int, ttl_s: int) -> Lease:
    """Take a job that nobody holds. Conflict: somebody else holds it still, or another process of this name does.

    A lease that ends later than anybody could have taken it for was taken by a clock that was ahead, and is stale.
    """
    held = connection.execute(select(lease).where(lease.c.job == job)).one_or_none()
    if held is not None and now_s < held.until_s <= now_s + LEASE_S_MAX:
        raise Conflict(
            f"{held.owner} does this already (for another {held.until_s - now_s} s at least): stop it first, or wait"
        )
    taken = Lease(job, owner, held.fence + 1 if held is not None else 1, now_s + ttl_s)
    values = {"owner": owner, "fence": taken.fence, "until_s": taken.until_s}
    connection.execute(
        insert_into(connection, lease)
        .values(job=job, **values)
        .on_conflict_do_update(index_elements=[lease.c.job], set_=values)
    )
    return taken


def renew(connection: Connection, mine: Lease, *, now_s: int, ttl_s: int) -> Lease:
    """Hold on to a job. Conflict: it has gone to somebody else, who may be at it already."""
    changed = connection.execute(
        update(lease)
        .where(lease.c.job == mine.job, lease.c.fence == mine.fence)
        .values(until_s=now_s + ttl_s)
    ).rowcount
    if not changed:
        raise Conflict(f"the lease of {mine.job} was taken over: this process must stop")
    return Lease(mine.job, mine.owner, mine.fence, now_s + ttl_s)


def hold(connection: Connection, job: str) -> Lease | None:
    """Who holds a job, or held it last; None where nobody ever did."""
    row = connection.execute(select(lease).where(lease.c.job == job)).one_or_none()
    return None if row is None else Lease(row.job, row.owner, row.fence, row.until_s)


def must_hold(connection: Connection, mine: Lease) -> None:
    """In a transaction that only the owner of a job may make. Conflict: it has gone to somebody else."""
    now = hold(connection, mine.job)
    if now is None or now.fence != mine.fence:
        raise Conflict(f"the lease of {mine.job} was taken over: this process must stop")


def release(connection: Connection, mine: Lease) -> None:
    """Give a job back at once, if it is still ours."""
    connection.execute(
        update(lease).where(lease.c.job == mine.job, lease.c.fence == mine.fence).values(until_s=0)
    )


def void(connection: Connection, job: str) -> None:
    """End whoever's hold of a job: in a restored database it is a hold of the past."""
    connection.execute(update(lease).where(lease.c.job == job).values(until_s=0))
