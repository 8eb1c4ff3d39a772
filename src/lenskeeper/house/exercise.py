"""An installation to practise with: an invented city, its sheet with mistakes in it, and its cameras as a script."""

from pathlib import Path
from typing import Final

import msgspec

from lenskeeper.base.access import LOCAL_OPERATOR
from lenskeeper.base.clock import Clock
from lenskeeper.base.errors import Conflict
from lenskeeper.base.spans import Span
from lenskeeper.house.home import Home, NewHome, make_home
from lenskeeper.inventory import rows_credentials
from lenskeeper.inventory.vault import Vault
from lenskeeper.probing.simulator.fleet import FleetPlan, Ports, account, city
from lenskeeper.probing.simulator.script import Script
from lenskeeper.probing.simulator.sheet import CITY, write_sheet

SHEET: Final = "cameras.csv"
LOGIN: Final = "exercise"  # the name of the one stored login; its password is in the simulator's source
ONE_FAULTY_IN: Final = 10
ONE_WRONG_IN: Final = 13


class Exercise(msgspec.Struct, frozen=True):
    """Which invented city it is; kept with the database. One in ten of its cameras has something."""

    cameras: int
    seed: int = 1

    def plan(self) -> FleetPlan:
        """The cameras, as `lenskeeper simulate --cameras N --faulty N/10 --seed SEED --login` has them."""
        return city(self.cameras, faulty=self.cameras // ONE_FAULTY_IN, seed=self.seed, login=account())

    def script(self, span: Span) -> Script:
        """What they would answer."""
        return Script(self.plan(), Ports(), span, seed=self.seed)


def make_exercise(folder: Path, exercise: Exercise, *, tz: str, url: str, clock: Clock | None = None) -> Path:
    """An installation for it, with the one login of its cameras, and the sheet to be imported."""
    order = NewHome(folder, CITY, tz, url, exercise=msgspec.json.encode(exercise).decode())
    home = make_home(order, clock)
    try:
        login, vault = account(), Vault.open(home.key_file)
        home.store.write(
            lambda c: rows_credentials.add(
                c,
                vault,
                name=LOGIN,
                account=login.user,
                password=login.password,
                actor=LOCAL_OPERATOR,
                now_s=home.now_s(),
            ),
            durable=True,
        )
    finally:
        home.store.close()
    sheet = folder / SHEET
    write_sheet(
        sheet,
        exercise.plan(),
        Ports(),
        wrong=exercise.cameras // ONE_WRONG_IN,
        seed=exercise.seed,
        credential=LOGIN,
    )
    return sheet


def exercise_of(home: Home) -> Exercise:
    """Which invented city this is. Conflict: the installation is real."""
    if not home.exercise:
        raise Conflict(
            "this installation is real: a rehearsal would write invented figures into its books. "
            "Make one to practise with: lenskeeper init FOLDER --exercise 120"
        )
    try:
        return msgspec.json.decode(home.exercise, type=Exercise)
    except msgspec.ValidationError:
        raise Conflict(
            "this is the city of `lenskeeper demo`, which has a script of its own: make an exercise with "
            "lenskeeper init FOLDER --exercise 120"
        ) from None
