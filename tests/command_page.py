"""docs/reference/commands.md, drawn from the parser. `./run docs --write` writes it; a test holds it equal."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from lenskeeper.cli.commands import parser

PAGE = Path(__file__).parents[1] / "docs/reference/commands.md"
HEAD = """\
# Commands

`./run WORD` in a clone, `lenskeeper WORD` where it is installed. `--help` behind any of them says the same as this page,
which is drawn from it. What belongs to one installation is run in its folder, or told `--config FILE`.

Exit codes: 0 done and all is well; 1 done, and something is not well (a camera, a row, a rule); 2 the command was wrong,
and says how; 70 a fault of ours; 130 interrupted.
"""


def commands(of: argparse.ArgumentParser, name: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command and kind of command, by its words."""
    for action in of._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, inner in action.choices.items():
                yield f"{name} {word}".strip(), inner
                yield from commands(inner, f"{name} {word}".strip())


def words_of(action: argparse.Action) -> str:
    metavar = action.metavar or (f"{{{','.join(map(str, action.choices))}}}" if action.choices else "")
    value = "" if action.nargs == 0 else f" {metavar or action.dest.upper()}"
    return (
        ", ".join(f"`{option}{value}`" for option in action.option_strings) or f"`{metavar or action.dest}`"
    )


def section(name: str, command: argparse.ArgumentParser) -> str:
    lines = [f"## {name}", "", (command.description or "").strip(), ""]
    rows = [
        f"| {words_of(a).replace('|', chr(92) + '|')} | {(a.help or '').replace('|', chr(92) + '|')} |"
        for a in command._actions
        if a.dest != "help" and not isinstance(a, argparse._SubParsersAction)
    ]
    if rows:
        lines += ["| word | meaning |", "|---|---|", *rows, ""]
    return "\n".join(lines)


def page() -> str:
    top = parser()
    parts = [section("for all commands", top).replace(top.description or "", "").replace("\n\n\n", "\n")]
    parts += [section(name, command) for name, command in commands(top)]
    return HEAD + "\n" + "\n".join(parts).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
