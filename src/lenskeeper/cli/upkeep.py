"""`lenskeeper maintenance`, `backup`, `restore`, `verify`: time that does not count, and books that can be trusted."""

import argparse
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from lenskeeper.availability.exclusions import Kind
from lenskeeper.availability.maintenance import Plan, Recurrence, Target
from lenskeeper.availability.rows_maintenance import plans, revoke
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.days import zone_of
from lenskeeper.base.errors import Invalid, NotFound
from lenskeeper.base.spans import Span
from lenskeeper.cli.dates import instant
from lenskeeper.cli.table import console
from lenskeeper.cli.whose import actor_of, add_by
from lenskeeper.house.home import Home, opened
from lenskeeper.house.upkeep import agree_to_work, back_up_to, plan_work, restore_from, verified
from lenskeeper.inventory.rows_points import find
from lenskeeper.units import rows as units

NOT_BY_HAND: Final = frozenset({Kind.OUT_OF_SERVICE, Kind.RULING})
KINDS: Final = {kind.name.lower(): kind for kind in Kind if kind not in NOT_BY_HAND}
FAULTY: Final = 1


def add_upkeep(commands: Any) -> None:
    """Declare the commands and their options."""
    work: argparse.ArgumentParser = commands.add_parser(
        "maintenance",
        help="time that leaves the denominator: planned work, power cuts, corrections; with author and reason",
        description="What is entered after its begin, or takes a camera over 4 h a month, waits for a second person.",
    )
    kinds = work.add_subparsers(dest="kind", metavar="ACT", required=True)
    plan = kinds.add_parser("add", help="enter a plan")
    plan.add_argument(
        "--from", dest="from_s", required=True, metavar="TIME", help='local: "2026-11-23 22:00"'
    )
    plan.add_argument("--to", dest="to_s", required=True, metavar="TIME", help='local: "2026-11-24 02:00"')
    plan.add_argument("--every", default="", metavar="RULE", help="recurrence: FREQ=WEEKLY;BYDAY=SU")
    plan.add_argument("--what", choices=list(KINDS), default="planned_work", help="(planned_work)")
    plan.add_argument("--reason", required=True, metavar="TEXT", help="it stands in the report")
    whom = plan.add_mutually_exclusive_group(required=True)
    whom.add_argument("--unit", metavar="PATH", help="a unit with all below it")
    whom.add_argument("--site", metavar="NAME", help="a site")
    whom.add_argument("--camera", action="append", metavar="CODE", help="a camera; may be given again")
    agree = kinds.add_parser("approve", help="agree to a plan that waits, as a second person")
    agree.add_argument("number", type=int, metavar="N")
    undo = kinds.add_parser("revoke", help="take a plan back")
    undo.add_argument("number", type=int, metavar="N")
    undo.add_argument("--reason", required=True, metavar="TEXT")
    kinds.add_parser("list", help="the plans there are")
    for one in (plan, agree, undo):
        add_by(one)

    keep: argparse.ArgumentParser = commands.add_parser(
        "backup",
        help="copy the database, consistent while serve runs, and read the copy through",
        description="The key file is no part of it: keep that in another place, or the cameras' passwords are lost.",
    )
    keep.add_argument(
        "file", type=Path, nargs="?", metavar="FILE", help="(a new one in the folder of backups)"
    )
    back: argparse.ArgumentParser = commands.add_parser(
        "restore",
        help="put a backup in the place of the database; the present one is set aside",
        description="Not while serve runs. The backup is read through first; half a backup changes nothing.",
    )
    back.add_argument("file", type=Path, metavar="FILE")
    commands.add_parser(
        "verify",
        help="check the database, the rules of the books and the chain of the audit log",
        description="Exit code 0: all holds. 1: something does not, and is told.",
    )


def run_maintenance(given: argparse.Namespace) -> int:
    """One of the acts."""
    with opened(given.config) as home:
        if given.kind == "list":
            return _list(home)
        actor, now_s = actor_of(given), home.now_s()
        if given.kind == "add":
            plan = _add(home, given, actor)
        elif given.kind == "approve":
            plan = agree_to_work(home, given.number, actor)
        else:
            plan = home.store.write(
                lambda c: revoke(c, given.number, reason=given.reason, actor=actor, now_s=now_s), durable=True
            )
    out = console()
    out.print(
        f"plan {plan.plan_id} is {plan.standing.value}: {len(plan.windows)} windows, {len(plan.pending)} waiting"
    )
    if plan.pending:
        out.print(f"A second person must agree:  lenskeeper maintenance approve {plan.plan_id} --by NAME")
    return 0


def _add(home: Home, given: argparse.Namespace, actor: ActorId) -> Plan:
    tz, now_s = home.tz(), home.now_s()
    a, b = instant(given.from_s, tz, field="from"), instant(given.to_s, tz, field="to")
    if b <= a:
        raise Invalid("the window ends before it begins: correct --from and --to", field="to")
    when: list[Span] | Recurrence = Recurrence(given.every, tz, a, b - a) if given.every else [(a, b)]
    with home.store.read() as connection:
        if given.unit:
            target = Target(unit_id=units.find(connection, Scope.ALL, given.unit))
        elif given.site:
            target = Target(site=given.site)
        else:
            found = find(connection, Scope.ALL, given.camera, now_s)
            if missing := [code for code in given.camera if code not in found]:
                raise NotFound(f"no camera has the code {missing[0]}: see `lenskeeper cameras`")
            target = Target(points=tuple(p for ids in found.values() for p in ids))
    return plan_work(home, target, when, KINDS[given.what], given.reason, actor)


def _list(home: Home) -> int:
    zone = zone_of(home.tz())
    with home.store.read() as connection:
        found = plans(connection, Scope.ALL)
    table = Table("no.", "kind", "windows", "first", "standing", "author", "approved by", "reason")
    for plan in found:
        spans = plan.windows or plan.pending
        first = f"{datetime.fromtimestamp(spans[0][0], zone):%Y-%m-%d %H:%M}" if spans else ""
        table.add_row(
            str(plan.plan_id), plan.kind.name.lower(), str(len(plan.windows)), first, plan.standing.value, plan.author,
            plan.approver or "", plan.reason,
        )  # fmt: skip
    console().print(table)
    return 0


def run_backup(given: argparse.Namespace) -> int:
    """Make one."""
    with opened(given.config) as home:
        copy = back_up_to(home, given.file)
        key = home.key_file
    out = console()
    out.print(f"{copy.path}: {copy.size_bytes / 1e6:.1f} MB, read through and whole")
    out.print(f"It opens no camera without {key.name}: keep a copy of that elsewhere.")
    return 0


def run_restore(given: argparse.Namespace) -> int:
    """Bring one back."""
    aside = restore_from(given.config, given.file)
    out = console()
    out.print(f"{given.file} is in place" + (f"; what was there is {aside}" if aside else ""))
    out.print("Next:  lenskeeper verify")
    return 0


def run_verify(given: argparse.Namespace) -> int:
    """Check it all."""
    with opened(given.config) as home:
        found = verified(home)
    out = console()
    for fault in found.faults:
        out.print(f"  {fault}", style="bold red")
    out.print(
        f"database {found.size_mb:.1f} MB, schema {found.revision}; {found.audit_entries} audit entries hold; "
        + (f"{len(found.faults)} faults" if found.faults else "all rules of the books hold")
    )
    return FAULTY if found.faults else 0
