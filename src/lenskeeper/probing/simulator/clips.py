"""Films made into coded video: some seconds of access units that a simulated camera plays over and over."""

import hashlib
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from av.video.frame import PictureType

from lenskeeper.base.codecs import Codec
from lenskeeper.probing.simulator import packets
from lenskeeper.probing.simulator.faults import PictureFault
from lenskeeper.probing.simulator.films import SCENES_KEPT, Film, pictures, scene

CLIPS_IN_MEMORY: Final = 24  # for fleets that come and go in one process, as tests have them
CACHE_BYTES_MAX: Final = 300_000_000
# x265 comes without its assembly in the wheel of PyAV 18.1: 11 ms a picture of 640 x 360 at "ultrafast", and 5 ms with
# small blocks, which cost nothing in size.
PRESETS: Final = {Codec.H264: "superfast", Codec.H265: "ultrafast"}
X265_HASTE: Final = "ctu=16:max-merge=1:early-skip=1:aq-mode=0:signhide=0:weightp=0:wpp=0"
# Where the fault sets the quality: a scene that is nearly all skipped blocks; noise that would be coded at 7 Mbit/s.
CRF_OF: Final = {PictureFault.STATIC_LOW_BITRATE: 36, PictureFault.NOISE: 36}
ENCODERS: Final = max(os.cpu_count() or 1, 1)


@dataclass(frozen=True, slots=True)
class ClipSpec:
    """A film and how it is coded.

    gop:         pictures from key frame to key frame.
    gops:        how many of them before the clip begins anew. 13 of 0.96 s make 12.48 s, so that two looks 5, 10,
                 15, 20, 30 or 60 s apart never meet the same key frame; looks 12 to 13 s apart may.
    bitrate_kbps, crf: one of them steers the encoder; crf where bitrate_kbps is None.
    preset:      of x264 or x265; None: PRESETS.
    slices:      slices of each picture (H.264 only).
    """

    film: Film = field(default_factory=Film)
    codec: Codec = Codec.H264
    fps: float = 12.5
    gop: int = 12
    gops: int = 13
    bitrate_kbps: int | None = None
    crf: int = 28
    preset: str | None = None
    slices: int = 1

    @property
    def frames(self) -> int:
        """Pictures in one round of the clip. A frozen source is one GOP for ever: byte-identical key frames."""
        return self.gop if self.film.fault is PictureFault.FROZEN else self.gop * self.gops


@dataclass(frozen=True, slots=True)
class Unit:
    """One picture, coded: NAL units without start codes, or one JPEG file."""

    parts: tuple[bytes, ...] = field(repr=False)
    key: bool


@dataclass(frozen=True, slots=True)
class Clip:
    """A coded film. `sets` are the parameter sets (VPS, SPS, PPS), which each key unit carries as well."""

    spec: ClipSpec
    units: tuple[Unit, ...] = field(repr=False)
    sets: tuple[bytes, ...] = field(repr=False)

    @property
    def mean_kbps(self) -> float:
        """The bitrate over the whole clip."""
        bits = 8 * sum(len(p) for u in self.units for p in u.parts)
        return bits * self.spec.fps / len(self.units) / 1000

    @property
    def key_bytes(self) -> float:
        """The mean size of a key unit."""
        sizes = [sum(map(len, u.parts)) for u in self.units if u.key]
        return sum(sizes) / len(sizes)


def is_set(nal: bytes, codec: Codec) -> bool:
    """Whether a NAL unit is a parameter set."""
    if codec is Codec.H264:
        return nal[0] & 0x1F in (7, 8)
    return nal[0] >> 1 & 0x3F in (32, 33, 34)


def _is_sei(nal: bytes, codec: Codec) -> bool:
    """Supplemental information; x264 advertises itself there, which no camera does."""
    return nal[0] & 0x1F == 6 if codec is Codec.H264 else nal[0] >> 1 & 0x3F in (39, 40)


def _encoder(spec: ClipSpec) -> av.VideoCodecContext:
    name = "libx264" if spec.codec is Codec.H264 else "libx265"
    context = av.CodecContext.create(name, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height = spec.film.size
    context.pix_fmt = "yuv420p"
    rate = Fraction(spec.fps).limit_denominator(1000)
    context.framerate = rate
    context.time_base = 1 / rate
    context.gop_size = spec.gop
    context.max_b_frames = 0
    context.thread_count = 1
    common = f"keyint={spec.gop}:min-keyint={spec.gop}:scenecut=0:repeat-headers=1:bframes=0"
    options = {"preset": spec.preset or PRESETS[spec.codec]}
    if spec.codec is Codec.H264:
        options["x264-params"] = (
            f"{common}:sliced-threads=0:slices={spec.slices}:rc-lookahead=0:sync-lookahead=0:threads=1"
        )
        options["profile"] = "high"
    else:
        options["x265-params"] = (
            f"{common}:{X265_HASTE}:open-gop=0:rc-lookahead=1:log-level=none:frame-threads=1:pools=none:info=0"
        )
    if spec.bitrate_kbps is None:
        options["crf"] = str(spec.crf if spec.film.fault is None else CRF_OF.get(spec.film.fault, spec.crf))
    else:
        context.bit_rate = spec.bitrate_kbps * 1000
    context.options = options
    return context


RECODED: Final = (PictureFault.FROZEN_CLOCK, PictureFault.FROZEN_SENSOR)


def _coded(spec: ClipSpec) -> Iterator[bytes]:
    """Access units in Annex B form, or JPEG files."""
    shots = pictures(spec.film, count=spec.frames, fps=spec.fps)
    if spec.codec is Codec.JPEG:
        for picture in shots:
            ok, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 78])
            assert ok
            yield data.tobytes()
        return
    encoder = _encoder(spec)
    # A rate control's first key frame has a fifth of the usual size, and whoever codes one picture time and again
    # has found its quality long ago.
    early = spec.gop if spec.bitrate_kbps or spec.film.fault in RECODED else 0
    rehearsal = pictures(spec.film, count=early, fps=spec.fps)
    out = 0
    for i, picture in enumerate(chain(rehearsal, shots)):
        planes = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420)
        frame = av.VideoFrame.from_ndarray(np.asarray(planes, np.uint8), format="yuv420p")
        frame.pts = i
        frame.pict_type = PictureType.I if i % spec.gop == 0 else PictureType.NONE
        for packet in encoder.encode(frame):
            out += 1
            if out > early:
                yield bytes(packet)
    for packet in encoder.encode(None):
        out += 1
        if out > early:
            yield bytes(packet)


def clip_of(spec: ClipSpec, coded: list[bytes]) -> Clip:
    """A clip from its access units in Annex B form (or its JPEG files)."""
    if spec.codec is Codec.JPEG:
        return Clip(spec, tuple(Unit((data,), key=True) for data in coded), ())
    units = []
    sets: tuple[bytes, ...] = ()
    for i, data in enumerate(coded):
        nals = tuple(n for n in packets.nal_units(data) if not _is_sei(n, spec.codec))
        key = i % spec.gop == 0
        if key and not sets:
            sets = tuple(n for n in nals if is_set(n, spec.codec))
        units.append(Unit(nals, key))
    return Clip(spec, tuple(units), sets)


@lru_cache(maxsize=CLIPS_IN_MEMORY)
def encode(spec: ClipSpec) -> Clip:
    """Render and code a clip, unless this process has just done so. 640 x 360, 156 pictures: about half a second of one core in H.264."""
    return clip_of(spec, list(_coded(spec)))


# ---------------------------------------------------------------- kept from run to run


@cache
def _recipe() -> bytes:
    """The bytes of the code that makes a clip: a change in them is another clip."""
    here = Path(__file__).parent
    names = ("brushes", "sprites", "scenes", "faults", "films", "clips")
    return b"".join((here / f"{name}.py").read_bytes() for name in names) + av.__version__.encode()


def cache_folder() -> Path:
    """Where coded clips are kept between runs: `$XDG_CACHE_HOME/lenskeeper/clips`."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "lenskeeper" / "clips"


def _kept_as(spec: ClipSpec, folder: Path) -> Path:
    return folder / f"{hashlib.sha256(_recipe() + repr(spec).encode()).hexdigest()[:32]}.clip"


def _read(spec: ClipSpec, path: Path) -> Clip | None:
    """The clip as it was kept, or None when it was not, or not whole."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    head, _, body = data.partition(b"\n")
    try:
        sizes = json.loads(head)
    except ValueError:
        return None
    if not isinstance(sizes, list) or sum(sizes) != len(body) or len(sizes) != spec.frames:
        return None
    at, coded = 0, []
    for size in sizes:
        coded.append(body[at : at + size])
        at += size
    return clip_of(spec, coded)


def _write(coded: list[bytes], path: Path) -> None:
    """Keep a clip; a full disk or a read-only home is no reason to stop."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(f".{os.getpid()}.part")
        half.write_bytes(json.dumps([len(d) for d in coded]).encode() + b"\n" + b"".join(coded))
        half.replace(path)
        old = sorted(path.parent.glob("*.clip"), key=lambda p: p.stat().st_mtime, reverse=True)
        room = CACHE_BYTES_MAX
        for kept in old:
            room -= kept.stat().st_size
            if room < 0:
                kept.unlink(missing_ok=True)
    except OSError:
        return


def clip(spec: ClipSpec, folder: Path | None = None) -> Clip:
    """The clip, from `folder` where it was kept there before, else coded now and kept. No folder, no keeping."""
    if folder is None:
        return encode(spec)
    path = _kept_as(spec, folder)
    kept = _read(spec, path)
    if kept is not None:
        return kept
    coded = list(_coded(spec))
    _write(coded, path)
    return clip_of(spec, coded)


def clips(specs: list[ClipSpec], folder: Path | None = None) -> dict[ClipSpec, Clip]:
    """All clips of a fleet, coded side by side: first every scene is painted, then the slowest clips come first."""
    wanted = sorted(dict.fromkeys(specs), key=lambda s: (s.codec is not Codec.H265, s.film.fault is None))
    missing = [s for s in wanted if folder is None or not _kept_as(s, folder).exists()]
    views = {(s.film.place, s.film.seed, s.film.size, s.film.light): None for s in missing}
    with ThreadPoolExecutor(ENCODERS) as pool:
        if len(views) <= SCENES_KEPT:
            list(pool.map(lambda view: scene(*view), views))
        return dict(zip(wanted, pool.map(lambda s: clip(s, folder), wanted), strict=True))
