"""`lenskeeper init`: make an installation."""

import argparse
from pathlib import Path
from typing import Any, Final

from lenskeeper.base.errors import Invalid
from lenskeeper.cli.table import console
from lenskeeper.house.exercise import Exercise, make_exercise
from lenskeeper.house.home import NewHome, make_home

CAMERAS_MAX: Final = 20_000


def add_init(commands: Any) -> None:
    """Declare the command and its options."""
    init: argparse.ArgumentParser = commands.add_parser(
        "init",
        help="make an installation: settings, database, key and backups in one folder",
        description="Make an installation in a folder. Other commands are run there, or are told --config FILE.",
    )
    init.add_argument("folder", type=Path, metavar="FOLDER", help="it is made where it is not there")
    init.add_argument(
        "--organisation", default="", metavar="NAME", help="the topmost unit: a city, a railway"
    )
    init.add_argument("--tz", default="Asia/Shanghai", metavar="ZONE", help="its time zone (Asia/Shanghai)")
    init.add_argument(
        "--database",
        default="sqlite:///lenskeeper.db",
        metavar="URL",
        help="postgresql://USER@HOST/NAME; else a file in the folder",
    )
    init.add_argument(
        "--exercise",
        type=int,
        metavar="N",
        help="an invented city of N cameras to practise with: its sheet is written too",
    )


def run_init(given: argparse.Namespace) -> int:
    """Make it, and say what comes next."""
    out = console()
    if given.exercise is not None and not 1 <= given.exercise <= CAMERAS_MAX:
        raise Invalid(f"an exercise has 1 to {CAMERAS_MAX} cameras", field="exercise")
    if given.exercise is not None:
        exercise = Exercise(cameras=given.exercise)
        sheet = make_exercise(given.folder, exercise, tz=given.tz, url=given.database)
        out.print(f"An exercise in {given.folder}: nothing of it is real, and every report says so.")
        out.print(f"Next:  cd {given.folder} && lenskeeper import {sheet.name}")
        return 0
    home = make_home(NewHome(given.folder, given.organisation, given.tz, given.database))
    home.store.close()
    out.print(
        f"{given.folder} holds settings, database and key. Copy {home.key_file.name} to a safe place now:"
    )
    out.print("it opens the cameras' passwords, and no backup contains it.")
    out.print(f"Next:  cd {given.folder} && lenskeeper import SHEET.xlsx --crs wgs84")
    return 0
