"""What judging over time costs beside judging: time of one look, and bytes of one point on disk and in memory.

Judging alone is `diagnose` against a learnt past; beside it the same looks go through `watch`, which also holds,
learns and renews, and through `save` and `load` of a database of its own.
"""

import gc
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final

import cv2
import numpy as np
from sqlalchemy import Connection, create_engine, insert

from bench import keep
from lenskeeper.base.access import ROUNDS, Scope
from lenskeeper.diagnosis.baseline import Baseline
from lenskeeper.diagnosis.checks import measure
from lenskeeper.diagnosis.freeze import Sighting
from lenskeeper.diagnosis.known import pack, unpack
from lenskeeper.diagnosis.rows import Saving, load, pack_state, save, unpack_state
from lenskeeper.diagnosis.sequence import diagnose
from lenskeeper.diagnosis.watch import Look, Memory, watch
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.schema import point
from lenskeeper.pictures.planes import Planes
from lenskeeper.probing.simulator.films import Film, burn_in
from lenskeeper.probing.simulator.places import Place
from lenskeeper.probing.simulator.scenes import Light, Scene, paint
from lenskeeper.probing.simulator.scenes import look as see
from lenskeeper.store.database import open_store
from lenskeeper.store.tables import metadata

ROUNDS_OF_TIMING: Final = 9
POINTS: Final = 500
HOUR_S: Final = 3_600
MONDAY_S: Final = 20_416 * 86_400
EVERY_S: Final = 600
SIZE: Final = (640, 360)


def main() -> None:
    """Print and keep the figures; fails where learning costs more than it may."""
    scenes = {light: paint(Place.STREET, 3, SIZE, light) for light in Light}
    looks = [_look(scenes[_light_at(s // HOUR_S)], s) for s in range(0, 24 * HOUR_S, EVERY_S)]
    memory = Memory()
    for look in looks:
        _, memory, _ = watch(memory, look)
    noon = [look for look in looks if look.hour in (10, 11, 12, 13)]
    tomorrow = [Look(n.sightings, n.at_s + 86_400, n.hour, n.rung, n.stream) for n in noon]
    past = Baseline({key.part: known.past() for key, known in memory.learnt.known.items()}, {})

    def judge_all() -> None:
        for look in tomorrow:
            diagnose(look.sightings, past, look.hour)

    def watch_all() -> None:
        going = memory
        for look in tomorrow:
            _, going, _ = watch(going, look)

    judged_us, watched_us = _by_turns(judge_all, watch_all, len(tomorrow))
    blobs = {f"{key.part} ({key.rung})": len(pack(known)) for key, known in memory.learnt.known.items()}
    ready_bytes, young_bytes = _held_bytes(looks, memory)
    first_us, saved_us, loaded_us, disk_bytes = _database(memory)
    figures = {
        "judge_us": judged_us,
        "watch_us": watched_us,
        "ratio": round(watched_us / judged_us, 3),
        "baseline_blob_bytes": blobs,
        "state_blob_bytes": len(pack_state(memory)),
        "memory_bytes_ready": ready_bytes,
        "memory_bytes_gathering_at_most": young_bytes,
        "first_save_us_per_point": first_us,
        "save_us_per_point": saved_us,
        "load_us_per_point": loaded_us,
        "sqlite_bytes_per_point": disk_bytes,
        "picture": list(SIZE),
    }
    table = [
        ("what", "figure"),
        ("judging one look", f"{judged_us:.0f} us"),
        ("judging, holding, learning", f"{watched_us:.0f} us, {watched_us / judged_us:.2f} times"),
        ("baseline on disk, by part", ", ".join(f"{name} {size:,} B" for name, size in blobs.items())),
        ("state on disk", f"{len(pack_state(memory)):,} B"),
        (f"point in SQLite, {len(blobs)} baselines", f"{disk_bytes:,} B"),
        ("point in memory, baselines learnt", f"{ready_bytes:,} B"),
        ("one part that is being gathered, at most", f"{young_bytes:,} B"),
        (
            "save a point in bulk with new baselines, without, load it",
            f"{first_us:.0f} us, {saved_us:.0f} us, {loaded_us:.0f} us",
        ),
    ]
    keep("watch", figures, table)
    if watched_us > 1.3 * judged_us:
        sys.exit("holding and learning cost more than 0.3 of judging")


def _light_at(hour: int) -> Light:
    if 7 <= hour < 17:
        return Light.DAY
    return Light.DUSK if hour in (4, 5, 6, 17, 18, 19) else Light.NIGHT


def _look(scene: Scene, second: int) -> Look:
    """One look with the noise of a sensor and a clock in the picture."""
    picture, _ = see(scene, float(second))
    grain = np.random.default_rng(second).normal(0, 2, picture.shape)
    shown = np.clip(picture + grain, 0, 255).astype(np.uint8)
    burn_in(shown, Film(size=SIZE, clock=True, name="Gate 3"), float(second))
    yuv = cv2.cvtColor(shown, cv2.COLOR_BGR2YCrCb).astype(np.uint8)
    luma, u, v = (np.ascontiguousarray(plane) for plane in (yuv[..., 0], yuv[::2, ::2, 2], yuv[::2, ::2, 1]))
    if scene.light is Light.NIGHT:
        u = v = np.full_like(u, 128)
    planes = Planes(luma, luma, u, v, width_px=SIZE[0], height_px=SIZE[1], reduced_by=1, decoder_errors=0)
    at_s = MONDAY_S + second
    sighting = Sighting(measure(planes), at_s * 1000, 0.0, second.to_bytes(16, "big"))
    return Look([sighting], at_s, second // HOUR_S)


def _by_turns(one: Callable[[], None], other: Callable[[], None], looks: int) -> tuple[float, float]:
    """Microseconds of CPU per look, medians; by turns, so that a busy machine hurts both alike."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS_OF_TIMING):
        for run, taken in zip((one, other), times, strict=True):
            began = time.process_time()
            run()
            taken.append((time.process_time() - began) * 1e6 / looks)
    return round(median(times[0]), 1), round(median(times[1]), 1)


def _held_bytes(looks: list[Look], memory: Memory) -> tuple[int, int]:
    """What the allocator gives for one point: learnt and renewing, and the most while a part is gathered."""
    young, most = Memory(), 0
    for look in looks:
        if look.hour in (8, 9, 10, 11, 12, 13, 14):
            _, young, _ = watch(young, look)
            most = max(most, sum(chapter.weight_bytes for chapter in young.chapters.values()))
    state, known = pack_state(memory), memory.learnt.known
    blobs = {key: pack(k) for key, k in known.items()}
    gc.collect()
    tracemalloc.start()
    kept = [(unpack_state(state), {key: unpack(blob) for key, blob in blobs.items()}) for _ in range(50)]
    size = tracemalloc.get_traced_memory()[0] // len(kept)
    tracemalloc.stop()
    return size, most


def _database(memory: Memory) -> tuple[float, float, float, int]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.db"
        engine = create_engine(f"sqlite:///{path}")
        metadata.create_all(engine)
        engine.dispose()
        store = open_store(f"sqlite:///{path}")

        def register(connection: Connection) -> None:
            rows = [{"id": n, "name": f"Gate {n}", "klass": 1, "tz": "UTC", "in_service_from_s": 0, "revision": 1}
                    for n in range(1, POINTS + 1)]  # fmt: skip
            connection.execute(insert(point), rows)

        store.write(register)
        before = path.stat().st_size + Path(f"{path}-wal").stat().st_size
        savings = [Saving(PointId(n), memory, MONDAY_S) for n in range(1, POINTS + 1)]
        began = time.perf_counter()
        store.write(lambda connection: save(connection, savings, software="bench", actor=ROUNDS))
        first_s = time.perf_counter() - began
        began = time.perf_counter()
        store.write(lambda connection: save(connection, savings, software="bench", actor=ROUNDS))
        saved_s = time.perf_counter() - began
        began = time.perf_counter()
        with store.read() as connection:
            found = load(connection, Scope.ALL, [s.point_id for s in savings], at_s=MONDAY_S)
        loaded_s = time.perf_counter() - began
        assert len(found) == POINTS
        store.close()
        grown = path.stat().st_size - before
    return (
        round(first_s * 1e6 / POINTS, 1),
        round(saved_s * 1e6 / POINTS, 1),
        round(loaded_s * 1e6 / POINTS, 1),
        max(grown, 0) // POINTS,
    )


if __name__ == "__main__":
    main()
