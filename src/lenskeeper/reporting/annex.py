"""What stands beside a frozen report in the same file, and is no part of its bytes or its hash."""

from dataclasses import dataclass

from lenskeeper.reporting.tables import Sheet


@dataclass(frozen=True, slots=True)
class Annex:
    """A title of its own, lines for the head, and tables to stand before those of the report.

    stamp: across the head of each page, such as that it is a draft; empty where it is final.
    """

    title: str
    stamp: str
    facts: tuple[tuple[str, str], ...]
    sheets: tuple[Sheet, ...]
