"""`lenskeeper certificate`: what browsers of other machines need, to open the pages over TLS."""

import argparse
from typing import Any

from lenskeeper.cli.table import console
from lenskeeper.house.certificates import make_pair
from lenskeeper.house.home import opened


def add_certificate(commands: Any) -> None:
    """Declare the command and its options."""
    top: argparse.ArgumentParser = commands.add_parser(
        "certificate",
        help="the certificate under which the pages are served to other machines",
        description="Off this machine the pages are served over TLS only: with your certificate, or one of an own CA.",
    )
    kinds = top.add_subparsers(dest="kind", metavar="KIND", required=True)
    make: argparse.ArgumentParser = kinds.add_parser(
        "make",
        help="make a certificate for 397 days, and an own CA before it where there is none",
        description="Make a certificate of an own CA for this host. Make it anew before it ends; the CA stays.",
    )
    make.add_argument(
        "name", nargs="+", metavar="NAME", help="host name or address, as it is typed into a browser"
    )


def run_certificate(given: argparse.Namespace) -> int:
    """Make the files and say who needs which."""
    with opened(given.config) as home:
        ca = make_pair(home, given.name)
    out = console()
    out.print(
        f"made: {', '.join(given.name)} can be served now: lenskeeper serve --listen {given.name[0]}:8443"
    )
    out.print(f"Browsers trust it once they hold {ca}: give that file, and no other, to whoever keeps them.")
    return 0
