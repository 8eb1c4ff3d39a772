"""How each point and each door stands from slot to slot: columns again, and what a new plan keeps of them."""

import numpy as np
from numpy.typing import NDArray

from lenskeeper.probing.fleet import Fleet
from lenskeeper.probing.round_results import UNKNOWN

Bytes = NDArray[np.uint8]


class PointStanding:
    """Per point, about 40 bytes.

    owed_s:         the moment since which its picture is due and not yet looked at; 0: none is.
    not_before_s:   put off until then, because it was busy or because it failed.
    failures, busy: in a row.
    evidence, evidence_code, evidence_until_s: what its own looks have shown, why, and how long it holds.
    used_bytes:     of this month.
    main_turn:      the week (its own) whose main-stream look is done.
    is_main_owed:   diagnosis asked for a look at the main stream before its week comes.
    """

    def __init__(self, points: int) -> None:
        self.owed_s = np.zeros(points, np.int64)
        self.not_before_s = np.zeros(points, np.int64)
        self.failures = np.zeros(points, np.uint8)
        self.busy = np.zeros(points, np.uint8)
        self.evidence = np.full(points, UNKNOWN, np.uint8)
        self.evidence_code = np.zeros(points, np.uint8)
        self.evidence_until_s = np.zeros(points, np.int64)
        self.used_bytes = np.zeros(points, np.int64)
        self.main_turn = np.full(points, -1, np.int64)
        self.is_main_owed = np.zeros(points, np.bool_)
        self.is_under_way = np.zeros(points, np.bool_)
        self.is_requested = np.zeros(points, np.bool_)

    def take_over(self, mine: list[int], other: "PointStanding", theirs: list[int]) -> None:
        """Keep what is known of points that stay as they are."""
        for name in vars(self):
            getattr(self, name)[mine] = getattr(other, name)[theirs]

    def keep_used(self, mine: list[int], other: "PointStanding", theirs: list[int]) -> None:
        """Of a point with another device only its bytes stay: the line is the same."""
        self.used_bytes[mine] = other.used_bytes[theirs]


class DoorStanding:
    """Per door, 13 bytes.

    known:  UP or DOWN as of the last slot that could be believed; UNKNOWN before.
    streak: slots answered without a break.   fell_s: when it last fell silent; 0: never.
    """

    def __init__(self, doors: int) -> None:
        self.known = np.full(doors, UNKNOWN, np.uint8)
        self.streak = np.zeros(doors, np.int32)
        self.fell_s = np.zeros(doors, np.int64)

    def take_over(self, fleet: Fleet, other: "DoorStanding", old: Fleet) -> None:
        """Keep what is known of doors that stay."""
        number = {key: n for n, key in enumerate(old.door_keys)}
        pairs = [(n, number[key]) for n, key in enumerate(fleet.door_keys) if key in number]
        if pairs:
            mine, theirs = (list(column) for column in zip(*pairs, strict=True))
            for name in vars(self):
                getattr(self, name)[mine] = getattr(other, name)[theirs]
