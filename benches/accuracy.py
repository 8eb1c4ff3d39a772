"""How often the diagnosis is right: on labelled pictures, on a healthy series, and on graded synthetic faults.

    python benches/accuracy.py FOLDER                    a folder with labels.csv: file,fault,severity,note
    python benches/accuracy.py FOLDER --reference-from 2020-02-02 --min-visibility 10000
                                                         a folder with visibility.csv: file,visibility_m
    python benches/accuracy.py --synthetic               scenes and faults of our own simulator

Each prints a table, and ends with one line of JSON. Pictures stay in memory.
"""

import argparse
import csv
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from bench import keep
from lenskeeper.base.codecs import Codec
from lenskeeper.diagnosis.air import air_of
from lenskeeper.diagnosis.baseline import Baseline
from lenskeeper.diagnosis.checks import measure
from lenskeeper.diagnosis.figures import Figures
from lenskeeper.diagnosis.kinds import Diagnosis, Kind, Severity, Verdict
from lenskeeper.diagnosis.verdict import judge
from lenskeeper.pictures.decode import decode
from lenskeeper.pictures.encoded import Encoded
from lenskeeper.pictures.undecodable import Undecodable
from lenskeeper.probing.simulator import faults, scenes
from lenskeeper.probing.simulator.faults import PictureFault
from lenskeeper.probing.simulator.films import Film, burn_in
from lenskeeper.probing.simulator.places import Place

KIND_OF_LABEL: Final[dict[str, frozenset[Kind]]] = {
    "ok": frozenset(),
    "blurred": frozenset({Kind.BLUR}),
    "defocused": frozenset({Kind.BLUR}),
    "overexposed": frozenset({Kind.OVEREXPOSED}),
    "dark": frozenset({Kind.DARK, Kind.BLACK}),
    "colour_cast": frozenset({Kind.COLOUR_CAST}),
    "low_visibility": frozenset({Kind.LOW_VISIBILITY}),
    "fog": frozenset({Kind.LOW_VISIBILITY}),
    "occluded": frozenset({Kind.OCCLUDED}),
    "lens_dirty_or_wet": frozenset({Kind.LENS_DIRTY, Kind.BLUR}),
    "noise": frozenset({Kind.NOISE}),
    "low_contrast": frozenset({Kind.LOW_CONTRAST}),
    "moved": frozenset({Kind.MOVED}),
    "wrong_view": frozenset({Kind.MOVED, Kind.OCCLUDED}),
    "no_signal": frozenset({Kind.SIGNAL_CARD, Kind.BLACK}),
    "mosaic": frozenset({Kind.MOSAIC}),
}
STRENGTHS: Final = (0.1, 0.25, 0.5, 0.75, 1.0)
SCENE_SEEDS: Final = (11, 12)
SCENE_SIZE: Final = (640, 360)
MOVED_SHARE_MAX: Final = 0.14  # of the width, at strength 1; 0.034 is 25 px at 736
EXPECTED: Final = {
    PictureFault.FOG: Kind.LOW_VISIBILITY
}  # the others have the name of their kind, if it has one


def figures_of(file: Path) -> Figures | None:
    """What is measured of a picture file; None when it cannot be decoded."""
    data = file.read_bytes()
    planes = decode(Encoded(Codec.JPEG if data[:2] == b"\xff\xd8" else Codec.STILL, data))
    return None if isinstance(planes, Undecodable) else measure(planes)


def is_alarm(diagnosis: Diagnosis) -> bool:
    """Whether somebody would be told that this camera is not well."""
    return diagnosis.verdict in (Verdict.FAULT, Verdict.LOW_VISIBILITY)


def told(diagnosis: Diagnosis) -> str:
    """The findings in one cell."""
    return ", ".join(f"{f.kind.value} {f.severity.value} {f.figure:.2f}" for f in diagnosis.findings) or "-"


def labelled(folder: Path) -> dict[str, Any]:
    """One frame of each camera, no reference: found, right kind, false alarms."""
    rows = list(csv.DictReader((folder / "labels.csv").open(encoding="utf-8")))
    print("label -> kinds that count as right:")
    for label in sorted({row["fault"] for row in rows}):
        kinds = KIND_OF_LABEL.get(label)
        print(
            f"  {label} -> {', '.join(sorted(kinds)) if kinds else ('none' if kinds is not None else 'NOT MAPPED')}"
        )
    tally: Counter[str] = Counter()
    print(f"\n{'file':42} {'label':28} {'verdict':15} findings")
    for row in rows:
        figures = figures_of(folder / row["file"])
        if figures is None:
            tally["undecodable"] += 1
            continue
        diagnosis = judge(figures, None)
        _count(tally, row, diagnosis)
        if row["fault"] != "ok" or diagnosis.findings or diagnosis.verdict is not Verdict.FIT:
            label = f"{row['fault']} {row['severity']}"
            print(f"{row['file']:42.42} {label:28} {diagnosis.verdict.value:15} {told(diagnosis)}")
    return {"bench": "accuracy", "mode": "labelled", "folder": folder.name, **tally}


def _count(tally: Counter[str], row: dict[str, str], diagnosis: Diagnosis) -> None:
    right = KIND_OF_LABEL.get(row["fault"], frozenset())
    found = {f.kind for f in diagnosis.findings}
    if row["fault"] == "ok":
        tally["ok"] += 1
        tally["ok_false_alarms"] += is_alarm(diagnosis)
        tally["ok_with_minor_findings"] += bool(diagnosis.findings) and not is_alarm(diagnosis)
    elif row["severity"] in ("severe", "moderate"):
        tally["serious"] += 1
        tally["serious_found"] += is_alarm(diagnosis)
        tally["serious_right_kind"] += is_alarm(diagnosis) and bool(found & right)
    elif row["severity"] == "minor":
        tally["minor"] += 1
        tally["minor_told"] += bool(found & right)
        tally["minor_alarmed"] += is_alarm(diagnosis)


def healthy_series(folder: Path, reference_from: str, min_visibility_m: float) -> dict[str, Any]:
    """One healthy camera in changing weather: every fault is a false alarm, low visibility is not."""
    rows = list(csv.DictReader((folder / "visibility.csv").open(encoding="utf-8")))
    looks = [
        (row["file"], float(row["visibility_m"]), figures)
        for row in rows
        if (figures := figures_of(folder / row["file"])) is not None
    ]
    past = Baseline.of(
        [(f, None) for name, far_m, f in looks if reference_from in name and far_m >= min_visibility_m]
    )
    kinds: Counter[str] = Counter()
    verdicts: Counter[str] = Counter()
    moved_unchecked = 0
    strengths: list[float] = []
    for name, far_m, figures in looks:
        diagnosis = judge(figures, past)
        verdicts[diagnosis.verdict.value] += 1
        serious = [f for f in diagnosis.findings if f.severity is not Severity.MINOR]
        kinds.update(f.kind.value for f in serious)
        moved_unchecked += any(kind is Kind.MOVED for kind, _ in diagnosis.unchecked)
        strengths.append(air_of(figures, past.at(figures, None)).strength)
        if diagnosis.verdict is Verdict.FAULT:
            print(f"{name:28} {far_m:7.0f} m  {told(diagnosis)}")
    weather = kinds.pop(Kind.LOW_VISIBILITY.value, 0)
    rank = spearman(strengths, [far_m for _, far_m, _ in looks])
    print(f"{'frames':32} {len(looks)}")
    print(f"{'verdicts':32} {dict(verdicts)}")
    print(f"{'faults, by kind':32} {dict(kinds)}")
    print(f"{'low visibility':32} {weather}")
    print(f"{'moved not checkable':32} {moved_unchecked}")
    print(f"{'Spearman, strength : visibility':32} {rank:.3f}")
    return {
        "bench": "accuracy",
        "mode": "series",
        "folder": folder.name,
        "frames": len(looks),
        "verdicts": dict(verdicts),
        "false_by_kind": dict(kinds),
        "low_visibility": weather,
        "moved_unchecked": moved_unchecked,
        "spearman": round(rank, 3),
    }


def synthetic() -> dict[str, Any]:
    """Scenes of the simulator with graded faults: the share found, and found by the right name, per strength."""
    healthy = [(place, seed) for place in Place for seed in SCENE_SEEDS]
    shots = {key: _shot(*key) for key in healthy}
    pasts = {key: Baseline.of([(_seen(shot, key, None, 0.0), None)]) for key, shot in shots.items()}
    false = sum(
        judge(_seen(shot, key, None, 1.0), past).verdict is not Verdict.FIT
        for key, shot in shots.items()
        for past in (None, pasts[key])
    )
    print(f"healthy scenes called anything but fit: {false} of {2 * len(healthy)}\n")
    print(
        f"{'fault':14} {'reference':9} " + " ".join(f"{s:>11}" for s in STRENGTHS) + "   alarmed/right kind"
    )
    curves: dict[str, dict[str, list[list[float]]]] = {}
    for fault in (*faults.OF_ONE_PICTURE, PictureFault.MOVED):
        for reference in ("none", "one look"):
            curve = [
                _recall(fault, strength, shots, pasts if reference != "none" else None)
                for strength in STRENGTHS
            ]
            cells = " ".join(f"{found:5.2f}/{right:5.2f}" for found, right in curve)
            print(f"{fault.value:14} {reference:9} {cells}")
            curves.setdefault(fault.value, {})[reference] = [[*pair] for pair in curve]
    return {
        "bench": "accuracy",
        "mode": "synthetic",
        "strengths": STRENGTHS,
        "false": false,
        "of": 2 * len(healthy),
        "recall": curves,
    }


Key = tuple[Place, int]
Shots = dict[Key, tuple[faults.Bgr, faults.Floats]]


def _shot(place: Place, seed: int) -> tuple[faults.Bgr, faults.Floats]:
    picture, depth_m = scenes.look(scenes.paint(place, seed, SCENE_SIZE), 0.0)
    return picture, depth_m


def _recall(
    fault: PictureFault, strength: float, shots: Shots, pasts: dict[Key, Baseline] | None
) -> tuple[float, float]:
    expected = EXPECTED.get(fault, fault.value)
    found = right = 0
    for key, shot in shots.items():
        diagnosis = judge(_seen(shot, key, fault, strength), pasts[key] if pasts else None)
        found += is_alarm(diagnosis)
        right += is_alarm(diagnosis) and any(f.kind == expected for f in diagnosis.findings)
    return round(found / len(shots), 3), round(right / len(shots), 3)


def _seen(
    shot: tuple[faults.Bgr, faults.Floats], key: Key, fault: PictureFault | None, strength: float
) -> Figures:
    """As a camera would send it: lens, sensor noise, signal, text, coding, each with its own faults."""
    place, seed = key
    picture, depth_m = shot
    about = faults.Shot(depth_m=depth_m, seed=seed)
    if fault is PictureFault.MOVED:
        picture = displaced(picture, right_px=MOVED_SHARE_MAX * strength * picture.shape[1])
    if fault in faults.LENS:
        picture = faults.LENS[fault](picture, strength, about)
    grain = np.random.default_rng(round(1000 * strength)).normal(0, 1.5, picture.shape)
    picture = np.clip(picture + grain, 0, 255).astype(np.uint8)
    if fault in faults.SIGNAL:
        picture = faults.SIGNAL[fault](picture, strength, about)
    burn_in(picture, Film(size=SCENE_SIZE, name=place.value), strength * 100)
    if fault in faults.STREAM:
        picture = faults.STREAM[fault](picture, strength, about)
    coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
    planes = decode(Encoded(Codec.JPEG, coded))
    assert not isinstance(planes, Undecodable)
    return measure(planes)


def displaced(picture: faults.Bgr, *, right_px: float) -> faults.Bgr:
    """A picture seen from a camera that was knocked aside; what comes into view is mirrored from the edge."""
    h, w = picture.shape[:2]
    shift = np.array([[1.0, 0.0, -right_px], [0.0, 1.0, 0.0]])
    return np.asarray(cv2.warpAffine(picture, shift, (w, h), borderMode=cv2.BORDER_REFLECT_101), np.uint8)


def spearman(a: Sequence[float], b: Sequence[float]) -> float:
    """Rank correlation, -1 to 1; equal values share their mean rank."""
    return float(np.corrcoef(_ranks(a), _ranks(b))[0, 1])


def _ranks(values: Iterable[float]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    _, place, count = np.unique(np.fromiter(values, np.float64), return_inverse=True, return_counts=True)
    below = np.cumsum(count) - count
    ranks: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = (below + (count - 1) / 2)[place]
    return ranks


def main() -> int:
    """Run what the arguments ask for; 2 for a folder without labels.csv or visibility.csv."""
    parser = argparse.ArgumentParser(
        prog="accuracy", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument(
        "--reference-from", default="", help="looks whose file name holds this are the reference"
    )
    parser.add_argument("--min-visibility", type=float, default=10_000, help="of a reference look, in metres")
    parser.add_argument("--synthetic", action="store_true", help="graded faults on scenes of our own")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    reports = []
    if args.folder and (args.folder / "labels.csv").is_file():
        reports.append(labelled(args.folder))
    elif args.folder and (args.folder / "visibility.csv").is_file():
        reports.append(healthy_series(args.folder, args.reference_from, args.min_visibility))
    elif args.folder:
        parser.error(f"{args.folder} has neither labels.csv nor visibility.csv")
    if not args.synthetic and not reports:
        parser.error("name a folder, or --synthetic")
    for report in reports:  # pictures that are not ours: their figures are printed and never kept
        print("\n" + json.dumps(report))
    if args.synthetic:
        keep_synthetic(synthetic())
    return 0


def keep_synthetic(report: dict[str, Any]) -> None:
    """Figures of our own scenes, beside those of the other benches."""
    table = [["fault", "reference", *(f"at {s:g}" for s in report["strengths"])]]
    table += [
        [fault, reference, *(f"{found:.2f} / {right:.2f}" for found, right in curve)]
        for fault, curves in report["recall"].items()
        for reference, curve in curves.items()
    ]
    table.append(
        [
            "healthy scenes",
            "both",
            f"{report['false']} of {report['of']} false",
            *[""] * (len(report["strengths"]) - 1),
        ]
    )
    figures = {k: v for k, v in report.items() if k != "bench"}
    keep("accuracy", figures, table)


if __name__ == "__main__":
    sys.exit(main())
