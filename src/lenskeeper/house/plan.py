"""The probe plan: what the rounds of this installation would send, and the files that the network's guardians keep."""

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from lenskeeper.base.access import Scope
from lenskeeper.base.errors import Conflict, Invalid
from lenskeeper.house.home import Home
from lenskeeper.house.serve import landmarks_of, manners_of
from lenskeeper.inventory.rows_watched import watched
from lenskeeper.probing.probe_plan import ProbePlan, probe_plan
from lenskeeper.reporting.as_csv import sheets_csv
from lenskeeper.reporting.as_xlsx import sheets_xlsx
from lenskeeper.reporting.languages import Language
from lenskeeper.reporting.tables_plan import plan_sheets

PLAN_SUFFIXES: Final = (".xlsx", ".csv")


def plan_of(home: Home, sources: Sequence[str]) -> ProbePlan:
    """What would be sent if `serve` began now. sources: addresses we look from; none: the name of this machine."""
    settings, now_s = home.settings.rounds, home.now_s()
    with home.store.read() as connection:
        fleet = watched(connection, Scope.ALL, now_s)
    return probe_plan(
        fleet,
        manners_of(settings, ramp_from_s=now_s),
        sources=sources or [socket.gethostname()],
        landmarks=landmarks_of(settings),
    )


def write_plan(home: Home, plan: ProbePlan, path: Path, language: Language) -> None:
    """Everything of it in one file. Conflict: the file is there already. Invalid: another kind of file."""
    if path.suffix not in PLAN_SUFFIXES:
        raise Invalid(
            f"a plan is written as {' or '.join(PLAN_SUFFIXES)}, not as {path.suffix!r}", field="to"
        )
    if path.exists():
        raise Conflict(f"{path} is there already: choose another name")
    tables, tz, exercise = plan_sheets(plan, language), home.tz(), bool(home.exercise)
    if path.suffix == ".csv":
        path.write_bytes(sheets_csv(tables, language, tz))
    else:
        path.write_bytes(sheets_xlsx(tables, language, tz, exercise=exercise))
