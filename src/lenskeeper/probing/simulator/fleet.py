"""A plan for a whole fleet: who stands where, who is ill, drawn from a seed."""

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from lenskeeper.base.codecs import Codec
from lenskeeper.base.errors import Invalid
from lenskeeper.base.secret import Secret
from lenskeeper.probing.simulator.cameras import Route, SimulatedCamera, Truth
from lenskeeper.probing.simulator.clips import ClipSpec
from lenskeeper.probing.simulator.faults import PictureFault
from lenskeeper.probing.simulator.films import Film
from lenskeeper.probing.simulator.logins import Login, Scheme
from lenskeeper.probing.simulator.places import Place
from lenskeeper.probing.simulator.troubles import Trouble

FIRST_NET: Final = 16  # 127.16.0.1 is the first camera; 127.0.0.x is left to other servers of the machine
CAMERAS_MAX: Final = 200 * 256 * 254
# Different films among the healthy cameras of a codec: more would cost encoding time and show nothing new.
VIEWS: Final = {Codec.H264: 6, Codec.H265: 2, Codec.JPEG: 2}
# Which codec a camera has, in the order of their shares; about 60 % H.264, 30 % H.265, 10 % MJPEG.
CODECS: Final = (
    Codec.H264,
    Codec.H265,
    Codec.H264,
    Codec.H264,
    Codec.JPEG,
    Codec.H264,
    Codec.H265,
    Codec.H264,
    Codec.H265,
    Codec.H264,
)

Illness = PictureFault | Trouble
# What a faulty camera of a plan has, in this order and then again: first what a city sees most.
ILLNESSES: Final[tuple[tuple[Illness, float], ...]] = (
    (Trouble.DOWN, 1.0),
    (PictureFault.BLUR, 0.7),
    (PictureFault.SIGNAL_CARD, 1.0),
    (PictureFault.OCCLUDED, 0.7),
    (PictureFault.BLACK, 1.0),
    (Trouble.WRONG_PASSWORD, 1.0),
    (PictureFault.OVEREXPOSED, 0.95),
    (Trouble.NO_KEYFRAME, 1.0),
    (PictureFault.COLOUR_CAST, 0.8),
    (PictureFault.NOISE, 0.7),
    (PictureFault.MOSAIC, 0.7),
    (PictureFault.FOG, 0.75),
    (Trouble.BUSY, 1.0),
    (Trouble.NOT_FOUND, 1.0),
    (PictureFault.DARK, 0.9),
    (PictureFault.LOW_CONTRAST, 0.85),
    (Trouble.HALF_OPEN, 1.0),
    (Trouble.NO_VIDEO, 1.0),
    (Trouble.REDIRECT, 1.0),
    (Trouble.GARBAGE, 1.0),
    (PictureFault.FROZEN, 1.0),
    (PictureFault.MOVED, 1.0),
    (Trouble.HANGS_UP, 1.0),
    (Trouble.UNDECODABLE, 1.0),
)


@dataclass(frozen=True, slots=True)
class Ports:
    """Where a running fleet listens. `down` is held and does not listen, so that it refuses."""

    rtsp: int = 8554
    down: int = 8555
    rtsps: int = 8556
    http: int = 8557
    https: int = 8558

    def of(self, camera: SimulatedCamera) -> int:
        """The port in a camera's URL."""
        return self.down if camera.always_down else int(getattr(self, camera.route.value))


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """All cameras of a fleet."""

    cameras: tuple[SimulatedCamera, ...]

    def targets(self, ports: Ports) -> list[str]:
        """The URL of each camera, in order, without credentials."""
        return [f"{c.route.value}://{c.address}:{ports.of(c)}{c.path}" for c in self.cameras]

    def truths(self, ports: Ports) -> dict[str, Truth]:
        """What each target really is."""
        return dict(zip(self.targets(ports), (c.truth() for c in self.cameras), strict=True))

    def credentials(self) -> dict[str, Login]:
        """The right account of each address that wants one."""
        return {c.address: c.login for c in self.cameras if c.login is not None}

    def healthy(self) -> "FleetPlan":
        """The same fleet with nothing wrong: what its references are taken from."""
        return FleetPlan(tuple(c.well() for c in self.cameras))


# Every JPEG is a key frame in one piece, and its noise is a picture: these troubles need another codec.
H26X_ONLY: Final = frozenset(
    {Trouble.SEVERAL_SLICES, Trouble.NO_KEYFRAME, Trouble.LONG_GOP, Trouble.UNDECODABLE}
)


def address_of(index: int) -> str:
    """The loopback address of camera number `index` of a fleet, from 127.16.0.1 on."""
    if not 0 <= index < CAMERAS_MAX:
        raise Invalid(f"a fleet has at most {CAMERAS_MAX} cameras", field="cameras")
    net, host = divmod(index, 254)
    return f"127.{FIRST_NET + net // 256}.{net % 256}.{host + 1}"


def ill(camera: SimulatedCamera, illness: Illness, strength: float = 1.0) -> SimulatedCamera:
    """The camera with a trouble or a fault of the picture."""
    if isinstance(illness, Trouble):
        slices = 4 if illness is Trouble.SEVERAL_SLICES else camera.clip.slices
        codec = camera.clip.codec
        if illness is Trouble.SEVERAL_SLICES or (illness in H26X_ONLY and codec is Codec.JPEG):
            codec = codec if camera.route in (Route.HTTP, Route.HTTPS) else Codec.H264
        login = camera.login or (account() if illness is Trouble.STALE_ONCE else None)
        return replace(
            camera, trouble=illness, login=login, clip=replace(camera.clip, slices=slices, codec=codec)
        )
    film = replace(camera.clip.film, fault=illness, strength=strength)
    return replace(camera, clip=replace(camera.clip, film=film))


def city(
    cameras: int,
    *,
    faulty: int = 0,
    seed: int = 0,
    size: tuple[int, int] = (640, 360),
    codecs: Iterable[Codec] = CODECS,
    illnesses: Iterable[tuple[Illness, float]] = ILLNESSES,
    login: Login | None = None,
    views: dict[Codec, int] | None = None,
    well_for_s: float = 0.0,
) -> FleetPlan:
    """A city of `cameras`, of which exactly `faulty` have something, evenly over `illnesses`.

    One seed gives one plan. With a `login`, every second camera wants it (Digest). Invalid for counts that do not fit.
    """
    if not 0 <= faulty <= cameras:
        raise Invalid(f"{faulty} faulty of {cameras} cameras cannot be", field="faulty")
    chance = random.Random(seed)  # noqa: S311 - a plan that can be drawn again, no secret
    kinds, sick = tuple(codecs), tuple(illnesses)
    who = sorted(chance.sample(range(cameras), faulty))
    order = list(range(faulty))
    chance.shuffle(order)
    illness_of = {index: sick[order[n] % len(sick)] for n, index in enumerate(who)}
    places = list(Place)
    count: Counter[Codec] = Counter()
    out = []
    for i in range(cameras):
        codec = kinds[i % len(kinds)]
        view = count[codec] % (views or VIEWS)[codec]
        count[codec] += 1
        film = Film(
            place=places[view % len(places)],
            seed=seed * 31 + view,
            size=size,
            name=f"CAM {view + 1:02} {places[view % len(places)].name.replace('_', ' ')}",
        )
        camera = SimulatedCamera(
            address=address_of(i), clip=ClipSpec(film=film, codec=codec), login=login if i % 2 else None
        )
        if i in illness_of:
            camera = replace(ill(camera, *illness_of[i]), well_for_s=well_for_s)
        out.append(camera)
    return FleetPlan(tuple(out))


def account(scheme: Scheme = Scheme.MD5_PLAIN) -> Login:
    """The account that simulated cameras know; there is no secret in it."""
    return Login("operator", Secret("harbour-lamp-7"), scheme)


def stills(plan: FleetPlan) -> FleetPlan:
    """The same cameras by their HTTP pictures."""
    return FleetPlan(
        tuple(
            replace(c, route=Route.HTTP, path="/still.jpg", clip=replace(c.clip, codec=Codec.JPEG))
            for c in plan.cameras
        )
    )
