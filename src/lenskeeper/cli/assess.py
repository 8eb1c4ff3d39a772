"""`lenskeeper assess`: a month's assessment from its draft over objections and rulings to its issue."""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from lenskeeper.base.access import ActorId
from lenskeeper.base.days import date_of
from lenskeeper.base.errors import Invalid
from lenskeeper.base.languages import Language
from lenskeeper.base.spans import Span
from lenskeeper.cli.dates import instant
from lenskeeper.cli.sheets import sheet_table
from lenskeeper.cli.table import console
from lenskeeper.cli.whose import actor_of, add_by
from lenskeeper.house.assessments import (
    Line,
    NewAssessment,
    Ruling,
    assessments,
    changes_of,
    draft_assessment,
    issue_assessment,
    object_to,
    page_of,
    rule_on,
    shown,
    try_ruling,
    write_assessment,
)
from lenskeeper.house.home import Home, opened
from lenskeeper.house.reports import SchemeOrder
from lenskeeper.reporting.assessment import points_text
from lenskeeper.reporting.definitions import Metric
from lenskeeper.reporting.objections import DAYS_USUAL, Effect, Explained, Proceeding
from lenskeeper.reporting.snapshots import Snapshot
from lenskeeper.reporting.tables import figure_text, instant_text
from lenskeeper.reporting.tables_beside import scheme_sheet
from lenskeeper.reporting.tables_objections import (
    counts,
    effect_sheet,
    explained_sheet,
    objections_sheet,
    page_sheets,
    span_text,
)
from lenskeeper.reporting.words import word

SHOWN: Final = 60  # objections, runs of a stretch
CHANGES_SHOWN: Final = 40
RULINGS: Final = ("upheld", "rejected")


def add_assess(commands: Any) -> None:
    """Declare the command and its acts."""
    assess: argparse.ArgumentParser = commands.add_parser(
        "assess",
        help="a month's assessment (考核): draft, objections, rulings, issue",
        description="A draft is frozen, objections are made for some working days, another person rules on each, and what "
        "is issued explains each figure that is not as the draft had it. Times are local to the assessment.",
    )
    acts = assess.add_subparsers(dest="act", metavar="ACT", required=True)
    draft = acts.add_parser("draft", help="freeze a month as a draft; the time for objections begins")
    draft.add_argument("month", metavar="YYYY-MM")
    whose = draft.add_mutually_exclusive_group(required=True)
    whose.add_argument("--contract", default="", metavar="NAME", help="the lot of a contract")
    whose.add_argument("--unit", default="", metavar="PATH", help="a unit with all below it")
    draft.add_argument(
        "--scheme", nargs="+", required=True, metavar="FILE:NAME", help="a TOML file and the scheme in it"
    )
    draft.add_argument(
        "--days", type=int, default=DAYS_USUAL, metavar="N",
        help=f"working days in which somebody may object ({DAYS_USUAL})",
    )  # fmt: skip
    draft.add_argument(
        "--calendar", default="", metavar="NAME", help="whose working days (the contract's; Monday to Friday)"
    )
    acts.add_parser("list", help="all assessments, the newest first")
    show = acts.add_parser("show", help="one, with its objections and where it stands")
    show.add_argument("number", type=int, metavar="N")
    show.add_argument(
        "--changes", action="store_true", help="each figure that is not as the draft has it, and why"
    )
    show.add_argument(
        "--to", type=Path, action="append", default=[], metavar="FILE", help="FILE.pdf, FILE.xlsx"
    )
    dispute = acts.add_parser("object", help="dispute a stretch of one camera")
    dispute.add_argument("number", type=int, metavar="N")
    dispute.add_argument("camera", metavar="CODE", help="the camera's code or whole name")
    dispute.add_argument("--reason", required=True, metavar="TEXT", help="it stands in the report")
    page = acts.add_parser(
        "objection", help="what is known of a disputed stretch: looks, neighbours, work, tickets"
    )
    page.add_argument("objection", type=_objection, metavar="N.M")
    rule = acts.add_parser("rule", help="decide an objection, as another person than the objector")
    rule.add_argument("objection", type=_objection, metavar="N.M")
    rule.add_argument("ruling", choices=RULINGS)
    rule.add_argument("--words", required=True, metavar="TEXT", help="why; it stands in the report")
    rule.add_argument("--dry", action="store_true", help="show what it would do, and write nothing")
    issue = acts.add_parser("issue", help="count it again with all rulings, and freeze it beside the draft")
    issue.add_argument("number", type=int, metavar="N")
    issue.add_argument(
        "--early", default="", metavar="NAME", help="before the time: who agrees for the other side"
    )
    issue.add_argument(
        "--to", type=Path, action="append", default=[], metavar="FILE", help="FILE.pdf, FILE.xlsx"
    )
    for one, required in ((dispute, True), (rule, False)):
        more = "" if required else "; narrower than the objection, both or neither"
        for option, text in (("--from", "2026-10-12 08:00"), ("--to", "2026-10-12 09:30")):
            one.add_argument(
                option,
                dest=f"{option[2:]}_",
                required=required,
                default="",
                metavar="TIME",
                help=f'"{text}"{more}',
            )
    for one in (draft, dispute, rule, issue):
        add_by(one)
    for one in (show, page, rule, issue):
        one.add_argument("--language", choices=[each.value for each in Language], default="en", help="(en)")


def _objection(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,9})\.(\d{1,9})", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r}: write N.M, as 3.2: objection 2 to assessment 3")
    return int(found[1]), int(found[2])


def run_assess(given: argparse.Namespace) -> int:
    """One of the acts."""
    acts = {
        "draft": _draft, "list": _list, "show": _show, "object": _object, "objection": _page, "rule": _rule,
        "issue": _issue,
    }  # fmt: skip
    with opened(given.config) as home:
        acts[given.act](home, given)
    return 0


def _draft(home: Home, given: argparse.Namespace) -> None:
    order = NewAssessment(
        month=given.month,
        scheme=_scheme(given.scheme),
        contract=given.contract,
        unit=given.unit,
        days=given.days,
        calendar=given.calendar,
    )
    of = draft_assessment(home, order, actor_of(given))
    _print_whole(home, of.assessment_id, Language.EN)
    number = of.assessment_id
    out = console()
    out.print(
        f"Objections until {date_of(of.open_until_day)}:  lenskeeper assess object {number} CODE --from --to ..."
    )


def _list(home: Home, _given: argparse.Namespace) -> None:
    table = Table("no.", "month", "of", "scheme", "stage", "objections", "drafted", "issued")
    now_s = home.now_s()
    for line in assessments(home):
        of = line.proceeding
        table.add_row(
            str(of.assessment_id), of.month, line.whose, of.scheme, _stage(of, now_s),
            counts(line.objections, Language.EN), instant_text(of.drafted_s, of.tz),
            "" if of.issued_s is None else instant_text(of.issued_s, of.tz),
        )  # fmt: skip
    console().print(table)


def _show(home: Home, given: argparse.Namespace) -> None:
    language = Language(given.language)
    line = _print_whole(home, given.number, language)
    if given.changes:
        _print_changes(line.proceeding, changes_of(home, given.number), language)
    write_assessment(home, given.number, given.to, language)
    _told(given.to)


def _object(home: Home, given: argparse.Namespace) -> None:
    tz = shown(home, given.number).line.proceeding.tz
    one = object_to(home, given.number, given.camera, _span(given, tz), given.reason, actor_of(given))
    out = console()
    out.print(f"objection {one.name} by {one.author}: {span_text((one.a, one.b), tz)}")
    out.print(f"What is known of it:  lenskeeper assess objection {one.name}")


def _page(home: Home, given: argparse.Namespace) -> None:
    language, out = Language(given.language), console()
    page, would = page_of(home, *given.objection)
    one, tz = page.objection, shown(home, given.objection[0]).line.proceeding.tz
    out.print(f"{one.name}  {page.name} {page.code}  {span_text((one.a, one.b), tz)}", style="bold")
    out.print(f"{one.author}: {one.reason}")
    if one.upheld is not None:
        done = "upheld" if one.upheld else "rejected"
        out.print(
            f"{done} by {one.ruled_by}: {one.words}" + (f" (plan {one.plan_id})" if one.plan_id else "")
        )
    for sheet in page_sheets(page, language):
        if sheet.rows:
            out.print(sheet_table(sheet, language, tz, SHOWN))
        else:
            out.print(f"{sheet.title}: {word('none', language)}")
    if would is not None:
        out.print("If it were upheld in full:")
        _print_effect(would, language, tz)


def _rule(home: Home, given: argparse.Namespace) -> None:
    language, out = Language(given.language), console()
    tz = shown(home, given.objection[0]).line.proceeding.tz
    if bool(given.from_) != bool(given.to_):
        raise Invalid("give --from and --to, or neither", field="from")
    span = _span(given, tz) if given.from_ else None
    ruling = Ruling(given.ruling == "upheld", given.words, span)
    decide = try_ruling if given.dry else rule_on
    number, objection = given.objection
    one, did = decide(home, number, objection, ruling, actor_of(given))
    if did is not None:
        _print_effect(did, language, tz)
    if given.dry:
        out.print(f"objection {one.name} would be {given.ruling}; nothing is written")
    else:
        plan = f": plan {one.plan_id} excludes {span_text(one.ruled, tz)}" if one.ruled else ""
        out.print(f"objection {one.name} is {given.ruling} by {one.ruled_by}{plan}")


def _issue(home: Home, given: argparse.Namespace) -> None:
    language = Language(given.language)
    agreed = ActorId(f"local:{given.early}") if given.early else None
    done = issue_assessment(home, given.number, actor_of(given), agreed)
    _print_whole(home, given.number, language)
    _print_changes(done.proceeding, done.changes, language)
    write_assessment(home, given.number, given.to, language)
    _told(given.to)


def _print_whole(home: Home, number: int, language: Language) -> Line:
    out = console()
    found = shown(home, number)
    of, frozen = found.line.proceeding, found.issued or found.draft
    out.print(
        f"assessment {number}: {found.line.whose}  {of.month}  {_stage(of, home.now_s())}", style="bold"
    )
    assert frozen.assessment is not None
    out.print(sheet_table(scheme_sheet(frozen.assessment, language), language, of.tz, SHOWN))
    for name, snapshot in (("draft", found.draft), ("issued", found.issued)):
        if snapshot is not None:
            out.print(_rates(name, snapshot, language))
    if found.line.objections:
        sheet = objections_sheet(found.line.objections, found.draft.issue.report, language)
        out.print(sheet_table(sheet, language, of.tz, SHOWN))
    out.print(counts(found.line.objections, language))
    return found.line


def _rates(name: str, snapshot: Snapshot, language: Language) -> str:
    issue, found = snapshot.issue, snapshot.assessment
    assert found is not None
    rate = figure_text(issue.report.whole.figure(Metric.ONLINE), language)
    verdict = {None: "", True: ", passed", False: ", not passed"}[found.passed]
    points = f"{points_text(found.points)} of {found.out_of} points{verdict}"
    return f"{name}: revision {issue.revision}, online rate {rate}, {points}; sha256 {snapshot.sha256}"


def _stage(of: Proceeding, now_s: int) -> str:
    if of.report_id is not None:
        return f"issued by {of.issued_by}"
    until = date_of(of.open_until_day)
    return f"draft, objections until {until}" if of.is_open(now_s) else f"draft, objections ended {until}"


def _print_effect(found: Effect, language: Language, tz: str) -> None:
    console().print(sheet_table(effect_sheet(found, language), language, tz, SHOWN))


def _print_changes(of: Proceeding, found: Sequence[Explained], language: Language) -> None:
    out = console()
    if found:
        out.print(
            sheet_table(explained_sheet(of, found, language, cameras=True), language, of.tz, CHANGES_SHOWN)
        )
        if len(found) > CHANGES_SHOWN:
            out.print(f"... and {len(found) - CHANGES_SHOWN} more; --to FILE.xlsx has them")
    out.print(f"{len(found)} figures are not as the draft has them")


def _told(paths: Sequence[Path]) -> None:
    for path in paths:
        console().print(f"  {path}")


def _scheme(words: Sequence[str]) -> SchemeOrder:
    """FILE:NAME, as `report` takes it, or the two apart."""
    file, _, name = words[0].rpartition(":") if len(words) == 1 else (words[0], "", words[-1])
    if not file or not name or len(words) > 2:
        raise Invalid("write --scheme FILE:NAME, as schemes.toml:bridge", field="scheme")
    return SchemeOrder(Path(file), name)


def _span(given: argparse.Namespace, tz: str) -> Span:
    return instant(given.from_, tz, field="from"), instant(given.to_, tz, field="to")
