"""`lenskeeper facts`: what the rounds told of sites, networks, accounts and budgets, and what of it still stands."""

import argparse
from datetime import datetime
from typing import Any, Final

from rich.table import Table

from lenskeeper.base.days import zone_of
from lenskeeper.cli.table import console
from lenskeeper.house.facts import told
from lenskeeper.house.home import opened

SINCE_H: Final = 48  # so long the journal keeps what is over


def add_facts(commands: Any) -> None:
    """Declare the command and its options."""
    facts: argparse.ArgumentParser = commands.add_parser(
        "facts",
        help="what the rounds told: sites that failed, networks we are blind in, refused accounts, spent budgets",
        description="Facts that stand, and those that ended in the last hours; what is over is kept for two days.",
    )
    facts.add_argument(
        "--since", type=int, default=SINCE_H, metavar="HOURS", help=f"those that ended since ({SINCE_H})"
    )


def run_facts(given: argparse.Namespace) -> int:
    """List them."""
    with opened(given.config) as home:
        zone = zone_of(home.tz())
        with home.store.read() as connection:
            found = told(connection, home.now_s() - given.since * 3600)

    def at(second: int | None, otherwise: str) -> str:
        return otherwise if second is None else f"{datetime.fromtimestamp(second, zone):%Y-%m-%d %H:%M}"

    table = Table("fact", "of", "began", "ended", "what is known of it")
    for one in found:
        subject = str(one.detail.get("point") or one.subject)
        words = [
            f"{name.replace('_', ' ')} {value}" for name, value in one.detail.items() if name not in SAID
        ]
        words += [str(one.detail["cure"])] if one.ended_s is None and "cure" in one.detail else []
        table.add_row(
            one.kind.value.replace("_", " "), subject, at(one.began_s, "earlier"), at(one.ended_s, "stands"),
            "; ".join(words),
        )  # fmt: skip
    out = console()
    if found:
        out.print(table)
    standing = sum(one.ended_s is None for one in found)
    out.print(f"{standing} stand, {len(found) - standing} ended in the last {given.since} hours")
    return 0


SAID: Final = ("cure", "point", "zone")  # in other columns
