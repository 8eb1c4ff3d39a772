"""`lenskeeper audit`: who did what; proofs, signed checkpoints, cases, and the verifier for whoever checks it elsewhere."""

import argparse
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from lenskeeper.audit.rows import Wanted
from lenskeeper.base.access import Scope
from lenskeeper.base.days import day_span, zone_of
from lenskeeper.base.errors import Conflict, Invalid
from lenskeeper.base.languages import Language
from lenskeeper.cli.dates import local_date
from lenskeeper.cli.table import console
from lenskeeper.cli.whose import actor_of, add_by
from lenskeeper.house import audit
from lenskeeper.house.home import Home, opened
from lenskeeper.house.lists import must_be_free

ACTS_LISTED: Final = 50
ACTS_LISTED_MAX: Final = 1_000
DETAIL_CHARS_MAX: Final = 120
FAULTY: Final = 1


def add_audit(commands: Any) -> None:
    """Declare the command and its options."""
    log: argparse.ArgumentParser = commands.add_parser(
        "audit",
        help="who did what, when and upon what: the audit log, its proofs and its signatures",
        description="Without an act: the last entries of the log. That they are read is entered in it. Entries are never "
        "changed; whoever keeps a checkpoint sees it if they were.",
    )
    log.add_argument(
        "--subject", metavar="KIND:ID", help="only of this one: point:17, unit:3, import:2, backlog"
    )
    log.add_argument("--actor", default="", metavar="NAME", help="only what this one did")
    log.add_argument(
        "--kind", default="", metavar="ACT", help="only this act: point.change, or ticket. for all of them"
    )
    log.add_argument("--since", type=local_date, metavar="DATE", help="from this day on")
    log.add_argument(
        "--limit", type=int, default=ACTS_LISTED, metavar="N", help=f"the last so many ({ACTS_LISTED})"
    )
    add_by(log)
    does = log.add_subparsers(dest="act", metavar="ACT")
    _add_checks(does)
    _add_files(does)


def _add_checks(does: Any) -> None:
    check = does.add_parser("verify", help="check every entry, every node of the tree and every signature")
    sign = does.add_parser(
        "checkpoint", help="sign for the log as it stands now, and print it: keep it elsewhere"
    )
    sign.add_argument("--to", type=Path, metavar="FILE", help="write it to a file")
    key = does.add_parser("key", help="the log's public key, to be noted by whoever will check it")
    key.add_argument(
        "--new", action="store_true", help="sign with another key from now on; the old one is set aside"
    )
    gone = does.add_parser("erase", help="let the words of a name's old entries go; their hashes stay")
    gone.add_argument("name", metavar="NAME", help="the actor as it stands in the log")
    gone.add_argument("--older-than", type=int, required=True, metavar="DAYS", help="days since the act")
    gone.add_argument("--because", required=True, metavar="TEXT", help="the rule that ends their time")
    for one in (check, key, gone):
        add_by(one)


def _add_files(does: Any) -> None:
    proof = does.add_parser(
        "proof", help="the proof of one entry, or that one checkpoint goes on from another"
    )
    what = proof.add_mutually_exclusive_group(required=True)
    what.add_argument("--entry", type=int, metavar="N", help="that this entry is in the log")
    what.add_argument(
        "--between",
        type=int,
        nargs=2,
        metavar=("OLD", "NEW"),
        help="two checkpoints by their numbers of entries",
    )
    case = does.add_parser(
        "case", help="every act that concerned a camera in a span of days, with the proof of each"
    )
    case.add_argument("camera", metavar="CAMERA", help="its code or name")
    case.add_argument("--from", dest="from_day", type=local_date, required=True, metavar="DATE")
    case.add_argument(
        "--until", dest="to_day", type=local_date, required=True, metavar="DATE", help="the last day"
    )
    case.add_argument(
        "--because", required=True, metavar="TEXT", help="why it is made; it is entered in the log"
    )
    case.add_argument("--pdf", type=Path, metavar="FILE", help="as a document, too")
    case.add_argument("--language", choices=[each.value for each in Language], default=Language.ZH.value)
    whole = does.add_parser("export", help="the whole log as lines of JSON, for the verifier")
    alone = does.add_parser(
        "verifier", help="the program that checks all this, to be carried to another machine"
    )
    for one in (proof, case, whole, alone):
        one.add_argument("--to", type=Path, required=True, metavar="FILE", help="a new file")
    for one in (proof, case, whole):
        add_by(one)


def run_audit(given: argparse.Namespace) -> int:
    """One of the acts; without one, print the last entries."""
    if given.act == "verifier":
        _write(given.to, audit.verifier_text())
        return 0
    with opened(given.config) as home:
        return ACTS[given.act](home, given)


def _log(home: Home, given: argparse.Namespace) -> int:
    if not 1 <= given.limit <= ACTS_LISTED_MAX:
        raise Invalid(f"--limit is 1 to {ACTS_LISTED_MAX}", field="limit")
    tz = home.tz()
    wanted = Wanted(
        given.actor,
        given.kind,
        (given.subject,) if given.subject else (),
        None if given.since is None else day_span(given.since, tz)[0],
    )
    found = audit.read(home, Scope.ALL, actor_of(given), wanted, limit=given.limit)[::-1]
    zone = zone_of(tz)
    table = Table("no.", "when", "who", "act", "upon", "what")
    for entry in found:
        if entry.is_erased:
            table.add_row(str(entry.number), "", "", "", "", "erased at the end of its time")
            continue
        said = (
            entry.detail
            if len(entry.detail) <= DETAIL_CHARS_MAX
            else f"{entry.detail[: DETAIL_CHARS_MAX - 1]}…"
        )
        table.add_row(
            str(entry.number), f"{datetime.fromtimestamp(entry.at_s, zone):%Y-%m-%d %H:%M:%S}", entry.actor, entry.act,
            entry.subject, said,
        )  # fmt: skip
    out = console()
    out.print(table)
    if len(found) == given.limit:
        out.print(f"the last {given.limit}; --limit, --subject, --actor, --kind or --since shows others")
    return 0


def _verify(home: Home, given: argparse.Namespace) -> int:
    found = audit.verify(home, Scope.ALL, actor_of(given))
    out = console()
    if found.broken_at is not None:
        out.print(
            f"entry {found.broken_at} was changed or is missing: find out who can write the database",
            style="bold red",
        )
    for fault in found.faults:
        out.print(f"the checkpoint of {fault.size} entries does not hold: {fault.why}", style="bold red")
    unsigned = "" if found.unsigned is None else f", {found.unsigned} after the last of them"
    out.print(f"{found.entries} entries hold; {found.checkpoints} signed checkpoints{unsigned}")
    if found.erased:
        out.print(f"{found.erased} entries gave their words up, and the log says so")
    out.print(
        "Whoever keeps a checkpoint elsewhere can see more than this:  lenskeeper audit export --to FILE"
    )
    return 0 if found.holds else FAULTY


def _checkpoint(home: Home, given: argparse.Namespace) -> int:
    note = audit.checkpoint(home).text
    if given.to is None:
        print(note, end="")
    else:
        _write(given.to, note.encode())
    return 0


def _key(home: Home, given: argparse.Namespace) -> int:
    if given.new:
        audit.new_key(home, actor_of(given))
    for key in audit.public_keys(home):
        print(key.text)
    return 0


def _erase(home: Home, given: argparse.Namespace) -> int:
    count = audit.erase_name(
        home, actor_of(given), given.name, given.because, older_than_days=given.older_than
    )
    console().print(f"{count} entries gave their words up; their hashes and every proof stay")
    return 0


def _proof(home: Home, given: argparse.Namespace) -> int:
    if given.entry is not None:
        _write(given.to, audit.proof_json(audit.prove(home, Scope.ALL, actor_of(given), given.entry)))
    else:
        _write(given.to, audit.consistency_json(audit.consistency(home, Scope.ALL, *given.between)))
    return 0


def _case(home: Home, given: argparse.Namespace) -> int:
    for path in (given.to, given.pdf):
        if path is not None:
            must_be_free(path)
    tz, actor = home.tz(), actor_of(given)
    span = day_span(given.from_day, tz)[0], day_span(given.to_day, tz)[1]
    number = audit.make_case(home, Scope.ALL, actor, audit.CaseOrder(given.camera, *span, given.because))
    case = audit.case_of(home, Scope.ALL, actor, number)
    _write(given.to, audit.case_json(case))
    if given.pdf is not None:
        _write(given.pdf, audit.pdf_of(case, Language(given.language)))
    console().print(f"case {number}: {len(case.acts) - 1} acts, each with its proof")
    return 0


def _export(home: Home, given: argparse.Namespace) -> int:
    must_be_free(given.to)
    with given.to.open("wb") as file:
        for some in audit.export(home, Scope.ALL, actor_of(given)):
            file.write(some)
    console().print(f"check it elsewhere:  python verifier.py {given.to.name} --key KEY")
    return 0


def _write(path: Path, what: bytes) -> None:
    """A new file. Conflict: it is there already."""
    try:
        with path.open("xb") as file:
            file.write(what)
    except FileExistsError:
        raise Conflict(f"there is a file {path} already: name another one") from None


ACTS: Final[dict[str | None, Callable[[Home, argparse.Namespace], int]]] = {
    None: _log,
    "verify": _verify,
    "checkpoint": _checkpoint,
    "key": _key,
    "erase": _erase,
    "proof": _proof,
    "case": _case,
    "export": _export,
}
