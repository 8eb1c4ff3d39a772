"""What is known of one camera in one light and rung, and how it is kept: 5 kB of medians, and nothing of one look.

All that stands here is a median over at least 15 looks and 2 hours (charter 3). The first reference stays beside what
has become of it, because renewal is bounded by it.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from lenskeeper.diagnosis.baseline import Past
from lenskeeper.diagnosis.figures import (
    COLUMN_BANDS,
    COLUMN_BINS,
    INK_CELLS,
    INK_COLUMNS,
    INK_ROWS,
    MAP_CELLS,
    MAP_COLUMNS,
    MAP_ROWS,
    ROW_BANDS,
    ROW_BINS,
    SCALARS,
    Figures,
    detail_of,
    texture_of,
)
from lenskeeper.diagnosis.kinds import Kind
from lenskeeper.diagnosis.parts import Key

CODEC: Final = 1
BLOB_BYTES_MAX: Final = (
    8_192  # per point and part: 20,000 points with three parts are under 500 MB, on any disk
)
PACKED_BYTES_MAX: Final = 64 * 1024  # of an opened blob: a damaged file shall not unpack to gigabytes
DEFLATE: Final = 6

TEXTURE_SCALE: Final = 16  # as `Figures.detail_map`: its own quantum is a 16th of a grey level
LEVELS: Final = slice(0, MAP_CELLS)
TEXTURES: Final = slice(MAP_CELLS, 2 * MAP_CELLS)
COLUMNS: Final = slice(2 * MAP_CELLS, 2 * MAP_CELLS + COLUMN_BANDS * COLUMN_BINS)
ROWS: Final = slice(COLUMNS.stop, COLUMNS.stop + ROW_BANDS * ROW_BINS)
CELLS: Final = ROWS.stop

Cells = NDArray[np.uint8]
"""(2160,): mean level and 16 x texture per tile, column and row profiles, one after the other."""

Scalars = NDArray[np.float32]
"""(23,): in the order of `figures.SCALARS`."""

Size = tuple[int, int, int]
"""Width, height, and by how much the picture was reduced: figures of other sizes are other figures."""


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """The baseline of one (part, rung).

    version:       of the point's baselines, counted up by repair, swap, accepted move and change of size.
    from_s, to_s:  first look of the first reference, last look that was learnt.
    looks:         learnt in all.
    renewed_s:     when it was last renewed, or came to be.
    doubts:        kinds for which the first reference looks odd against the whole fleet: a person is asked.
    confirmed_s:   when a person confirmed it; None where nobody has. Without doubts nobody needs to.
    first, cells:  medians of the maps and profiles, at first and now; likewise first_centre, centre, first_spread,
                   spread of the scalar figures.
    seen, ticks:   bits as in `Past`, packed.
    """

    version: int
    from_s: int
    to_s: int
    looks: int
    renewed_s: int
    size: Size
    doubts: tuple[Kind, ...]
    confirmed_s: int | None
    first: Cells = field(repr=False)
    cells: Cells = field(repr=False)
    first_centre: Scalars = field(repr=False)
    centre: Scalars = field(repr=False)
    first_spread: Scalars = field(repr=False)
    spread: Scalars = field(repr=False)
    seen: bytes = field(repr=False)
    ticks: bytes = field(repr=False)

    @property
    def is_confirmed(self) -> bool:
        """Whether it may be relied on: no doubts, or a person has settled them."""
        return not self.doubts or self.confirmed_s is not None

    def past(self) -> Past:
        """As the rules read it."""
        bits = np.unpackbits(np.frombuffer(self.seen, np.uint8), count=MAP_CELLS)
        ticks = np.unpackbits(np.frombuffer(self.ticks, np.uint8), count=INK_CELLS)
        cells = self.cells.astype(np.float32)
        return Past(
            told_as=f"median of {self.looks} looks, baseline {self.version}",
            looks=self.looks,
            centre=dict(zip(SCALARS, self.centre.tolist(), strict=True)),
            spread=dict(zip(SCALARS, self.spread.tolist(), strict=True)),
            level=cells[LEVELS].reshape(MAP_ROWS, MAP_COLUMNS),
            texture=cells[TEXTURES].reshape(MAP_ROWS, MAP_COLUMNS) / TEXTURE_SCALE,
            seen=bits.reshape(MAP_ROWS, MAP_COLUMNS).astype(bool),
            columns=cells[COLUMNS].reshape(COLUMN_BANDS, COLUMN_BINS),
            rows=cells[ROWS].reshape(ROW_BANDS, ROW_BINS),
            ticks=ticks.reshape(2 * INK_ROWS, INK_COLUMNS).astype(bool),
        )


def cells_of(figures: Figures) -> Cells:
    """The maps and profiles of one look, in memory only."""
    texture = texture_of(detail_of(figures), figures.smooth_noise) * TEXTURE_SCALE
    out = np.empty(CELLS, np.uint8)
    out[LEVELS] = np.frombuffer(figures.level_map, np.uint8)
    out[TEXTURES] = np.minimum(np.rint(texture), 255).ravel()
    out[COLUMNS] = np.frombuffer(figures.column_edges, np.uint8)
    out[ROWS] = np.frombuffer(figures.row_edges, np.uint8)
    return out


def scalars_of(figures: Figures) -> Scalars:
    """The scalar figures of one look."""
    return np.array([getattr(figures, name) for name in SCALARS], np.float32)


def size_of(figures: Figures) -> Size:
    """What must be equal for two looks to be compared."""
    return figures.width_px, figures.height_px, figures.reduced_by


class _Packed(msgspec.Struct, frozen=True, array_like=True):
    version: int
    from_s: int
    to_s: int
    looks: int
    renewed_s: int
    size: Size
    doubts: tuple[Kind, ...]
    confirmed_s: int | None
    figures: tuple[str, ...]  # their names, so that a later release with other figures can read it
    first: bytes
    change: bytes  # of the cells since, which is mostly zeros
    scalars: bytes
    seen: bytes
    ticks: bytes


def pack(known: Known) -> bytes:
    """A codec version and the baseline, at most BLOB_BYTES_MAX."""
    scalars = np.concatenate((known.first_centre, known.centre, known.first_spread, known.spread))
    packed = _Packed(
        version=known.version,
        from_s=known.from_s,
        to_s=known.to_s,
        looks=known.looks,
        renewed_s=known.renewed_s,
        size=known.size,
        doubts=known.doubts,
        confirmed_s=known.confirmed_s,
        figures=SCALARS,
        first=known.first.tobytes(),
        change=(known.cells - known.first).tobytes(),  # uint8 wraps round, and back
        scalars=scalars.astype("<f4").tobytes(),
        seen=known.seen,
        ticks=known.ticks,
    )
    blob = bytes([CODEC]) + zlib.compress(msgspec.msgpack.encode(packed), DEFLATE)
    assert len(blob) <= BLOB_BYTES_MAX
    return blob


def unpack(blob: bytes) -> Known | None:
    """The baseline in a blob; None where this release cannot read it, and then it is learnt anew and said so."""
    if blob[:1] != bytes([CODEC]):
        return None
    try:
        opened = zlib.decompressobj().decompress(blob[1:], PACKED_BYTES_MAX)
        p = msgspec.msgpack.decode(opened, type=_Packed)
    except (zlib.error, msgspec.MsgspecError):
        return None
    sizes = {"first": CELLS, "change": CELLS, "seen": MAP_CELLS // 8, "ticks": INK_CELLS // 8}
    whole = all(len(getattr(p, name)) == size for name, size in sizes.items())
    if not whole or p.figures != SCALARS or len(p.scalars) != 4 * 4 * len(SCALARS):
        return None
    first = np.frombuffer(p.first, np.uint8)
    first_centre, centre, first_spread, spread = (
        np.frombuffer(p.scalars, "<f4").reshape(4, -1).astype(np.float32)
    )
    return Known(
        version=p.version,
        from_s=p.from_s,
        to_s=p.to_s,
        looks=p.looks,
        renewed_s=p.renewed_s,
        size=p.size,
        doubts=p.doubts,
        confirmed_s=p.confirmed_s,
        first=first,
        cells=first + np.frombuffer(p.change, np.uint8),
        first_centre=first_centre,
        centre=centre,
        first_spread=first_spread,
        spread=spread,
        seen=p.seen,
        ticks=p.ticks,
    )


Baselines = Mapping[Key, Known]
"""Of one point, by light and rung."""
