"""The commands, their options, and what a wrong one is told."""

import argparse
import contextlib
import io
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Final

from lenskeeper.base.errors import CallerError
from lenskeeper.cli.acceptance import add_acceptance, run_accept
from lenskeeper.cli.accounts import add_accounts, run_accounts
from lenskeeper.cli.assess import add_assess, run_assess
from lenskeeper.cli.audit import add_audit, run_audit
from lenskeeper.cli.calendars import add_calendars, run_calendars
from lenskeeper.cli.camera import add_camera, run_camera
from lenskeeper.cli.certificate import add_certificate, run_certificate
from lenskeeper.cli.check import add_check, run_check
from lenskeeper.cli.contracts import add_contracts, run_contracts
from lenskeeper.cli.day_plans import add_plan, run_plan
from lenskeeper.cli.demo import add_demo, run_demo
from lenskeeper.cli.facts import add_facts, run_facts
from lenskeeper.cli.handover import add_handover, run_handover
from lenskeeper.cli.init import add_init, run_init
from lenskeeper.cli.lists import add_lists, run_cameras, run_runs
from lenskeeper.cli.messages import add_messages, run_messages
from lenskeeper.cli.organisation import (
    add_organisation,
    run_backlog,
    run_divisions,
    run_units,
)
from lenskeeper.cli.register import add_register, run_declare, run_diff, run_import, run_login
from lenskeeper.cli.reports import add_reports, run_report
from lenskeeper.cli.serving import add_serving, run_serve, run_stop, run_survey
from lenskeeper.cli.simulate import add_simulate, run_simulate
from lenskeeper.cli.tickets import add_tickets, run_causes, run_tickets
from lenskeeper.cli.upkeep import add_upkeep, run_backup, run_maintenance, run_restore, run_verify
from lenskeeper.store.errors import StoreTooNew, StoreUnavailable

USAGE: Final = 2
INTERRUPTED: Final = 130  # 128 + SIGINT, as shells have it
OUR_FAULT: Final = 70  # EX_SOFTWARE of sysexits.h: a program must tell our crash from "not all fit"

RUN: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    "check": run_check,
    "init": run_init,
    "import": run_import,
    "diff": run_diff,
    "declare": run_declare,
    "login": run_login,
    "serve": run_serve,
    "stop": run_stop,
    "survey": run_survey,
    "accept": run_accept,
    "backlog": run_backlog,
    "units": run_units,
    "divisions": run_divisions,
    "audit": run_audit,
    "account": run_accounts,
    "cameras": run_cameras,
    "camera": run_camera,
    "plan": run_plan,
    "runs": run_runs,
    "facts": run_facts,
    "tickets": run_tickets,
    "causes": run_causes,
    "messages": run_messages,
    "handover": run_handover,
    "report": run_report,
    "assess": run_assess,
    "maintenance": run_maintenance,
    "calendars": run_calendars,
    "contracts": run_contracts,
    "backup": run_backup,
    "restore": run_restore,
    "verify": run_verify,
    "certificate": run_certificate,
    "simulate": run_simulate,
    "demo": run_demo,
}

DESCRIPTION: Final = """\
lenskeeper keeps public-space camera networks in working order.
It looks at a camera and says truthfully what is wrong with its picture; it never identifies anybody."""


def parser() -> argparse.ArgumentParser:
    """Every command and option there is; docs/reference/commands.md is drawn from it."""
    top = argparse.ArgumentParser(
        prog="lenskeeper", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    top.add_argument("--version", action="version", version=f"lenskeeper {version('lenskeeper')}")
    top.add_argument(
        "--config", type=Path, metavar="FILE", help="settings (default: ./lenskeeper.toml if there)"
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    add_check(commands)
    add_init(commands)
    add_register(commands)
    add_serving(commands)
    add_acceptance(commands)
    add_organisation(commands)
    add_accounts(commands)
    add_audit(commands)
    add_lists(commands)
    add_camera(commands)
    add_plan(commands)
    add_facts(commands)
    add_tickets(commands)
    add_messages(commands)
    add_handover(commands)
    add_reports(commands)
    add_assess(commands)
    add_upkeep(commands)
    add_certificate(commands)
    add_calendars(commands)
    add_contracts(commands)
    add_simulate(commands)
    add_demo(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the code the process ends with."""
    sys.excepthook = _crashed
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without ✓ is no reason to fall over
    given = parser().parse_args(arguments)
    try:
        return RUN[given.command](given)
    except (CallerError, StoreUnavailable, StoreTooNew) as wrong:
        print(f"lenskeeper: {wrong}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The last word of a fault of ours."""
    traceback.print_exception(kind, error, trace)
    sys.stderr.write("lenskeeper: this is our fault; please report it with the lines above\n")
    sys.stderr.flush()
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    os._exit(OUR_FAULT)
