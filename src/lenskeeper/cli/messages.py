"""`lenskeeper messages`: what was sent, what waits, and whether a recipient is reached at all."""

import argparse
import asyncio
from datetime import datetime
from typing import Any, Final

from rich.table import Table

from lenskeeper.base.days import zone_of
from lenskeeper.cli.table import console
from lenskeeper.house.home import Home, opened
from lenskeeper.house.messages import send_trial, standing, tried

LISTED: Final = 20


def add_messages(commands: Any) -> None:
    """Declare the command and its acts."""
    messages: argparse.ArgumentParser = commands.add_parser(
        "messages",
        help="what was sent to whom, what waits, and a trial",
        description="Recipients stand in the settings, [[messages.to]]; `lenskeeper serve` sends.",
    )
    does = messages.add_subparsers(dest="act", metavar="ACT", required=True)
    listed = does.add_parser("list", help="each recipient with what waits, and the last attempts")
    listed.add_argument("--limit", type=int, default=LISTED, metavar="N", help=f"attempts ({LISTED})")
    trial = does.add_parser("try", help="send a line that says it is a trial; 0 where it went")
    trial.add_argument("name", metavar="NAME", help="of the recipient in the settings")


def run_messages(given: argparse.Namespace) -> int:
    """One of the acts."""
    out = console()
    with opened(given.config) as home:
        if given.act == "try":
            failure = asyncio.run(send_trial(home, given.name))
            out.print(f"not sent: {failure}" if failure else f"sent to {given.name}")
            return 1 if failure else 0
        there = standing(home)
        if not there:
            out.print("nobody is told of anything: the settings have no [[messages.to]]")
            return 0
        recipients = Table("recipient", "waiting", "given up")
        for name, (waits, given_up) in there.items():
            recipients.add_row(name, str(waits), str(given_up))
        out.print(recipients)
        out.print(_attempts(home, given.limit))
    return 0


def _attempts(home: Home, limit: int) -> Table:
    zone = zone_of(home.tz())
    table = Table("at", "recipient", "messages", "outcome", "why")
    for line in tried(home, limit):
        at = f"{datetime.fromtimestamp(line.at_s, zone):%Y-%m-%d %H:%M:%S}"
        table.add_row(at, line.recipient, str(line.messages), line.outcome or "cut off", line.remark)
    return table
