"""The life of a ticket as the manual shows it, drawn from the table. python -m tests.life_page writes it."""

from pathlib import Path

from lenskeeper.tickets.states import NEXT, Stage

PAGE = Path(__file__).parents[1] / "docs/guide/repair.md"
BEGIN, END = "```mermaid\n", "```"


def drawing() -> str:
    """A state diagram: an arrow for each row of the table."""
    arrows = [f"    {at.value} --> {to.value}: {step.value}" for (at, step), to in NEXT.items()]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {Stage.OPEN.value}", *arrows]) + "\n"


def shown() -> str:
    """What the page has now."""
    return PAGE.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0]


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(text.replace(shown(), drawing()), encoding="utf-8")
