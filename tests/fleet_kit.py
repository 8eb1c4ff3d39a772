"""A large fleet written straight into the register and the books, for tests and benches of screens: it was looked at just now."""

from random import Random

from sqlalchemy import Connection

from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.schema import look, round_cover, standing
from lenskeeper.base.access import LOCAL_OPERATOR
from lenskeeper.inventory.schema import device, installation, membership, point
from lenskeeper.units import rows as units

TZ = "Asia/Shanghai"
ROADS = ("人民路", "中山路", "解放路", "滨江大道", "重庆路", "建设街", "长江桥", "公园路")
DISTRICTS, TOWNS = 20, 10
DOWN_ONE_IN = 30
SHARD = "all"
ADDRESS_NUMBERS = 256


def fleet(connection: Connection, cameras: int, *, now_s: int, top: str) -> None:
    """So many cameras in 20 districts of 10 towns, each town in its own part of the map; one in thirty does not answer."""
    paths = [f"{top}/区{d}/镇{t}" for d in range(DISTRICTS) for t in range(TOWNS)]
    towns = list(units.ensure(connection, paths, tz=TZ, actor=LOCAL_OPERATOR, now_s=0).values())[
        -len(paths) :
    ]
    chance = Random(1)
    numbers = range(1, cameras + 1)
    connection.execute(point.insert(), [_point(n, n % len(towns), chance) for n in numbers])
    connection.execute(
        membership.insert(), [{"point_id": n, "from_s": 0, "unit_id": towns[n % len(towns)]} for n in numbers]
    )
    connection.execute(device.insert(), [{"id": n, "serial": f"DS{n:07d}"} for n in numbers])
    connection.execute(installation.insert(), [_installation(n) for n in numbers])
    connection.execute(
        look.insert(),
        [{"id": 1, "reason": "", "prober": "p"}, {"id": 2, "reason": "timed_out", "prober": "p"}],
    )
    cover = {"shard": SHARD, "lane": int(Lane.REACHABLE), "a": now_s - 86_400, "b": now_s + 3_600}
    connection.execute(round_cover.insert(), cover)
    connection.execute(standing.insert(), [_standing(n, now_s) for n in numbers])


def _point(n: int, town: int, chance: Random) -> dict[str, object]:
    district, part = divmod(town, TOWNS)
    lon = 119.6 + district % 5 * 0.3 + part % 5 * 0.05 + chance.gauss(0, 0.015)
    lat = 29.8 + district // 5 * 0.25 + part // 5 * 0.1 + chance.gauss(0, 0.015)
    name = f"{chance.choice(ROADS)}与{chance.choice(ROADS)}口{n}号"
    return {
        "id": n, "name": name, "code": f"{n:020d}", "klass": 1 + n % 3, "lon": lon, "lat": lat, "tz": TZ,
        "in_service_from_s": 0, "revision": 1,
    }  # fmt: skip


def _installation(n: int) -> dict[str, object]:
    high, low = divmod(n, ADDRESS_NUMBERS)
    address = f"10.{high // ADDRESS_NUMBERS}.{high % ADDRESS_NUMBERS}.{low}"
    return {"point_id": n, "from_s": 0, "device_id": n, "url": f"rtsp://{address}/", "ipv4": address}


def _standing(n: int, now_s: int) -> dict[str, object]:
    down = n % DOWN_ONE_IN == 0
    begun = {"since_s": now_s - 9_000, "held_s": now_s - 9_000, "told_s": now_s - 9_000}
    which = 2 if down else 1
    return {
        "point_id": n, "lane": int(Lane.REACHABLE), "shard": SHARD,
        "state": int(State.DOWN if down else State.UP), "look": which, "last_look": which, **begun,
    }  # fmt: skip


def turn_over(connection: Connection, points: list[int], *, down: bool) -> None:
    """Cameras cease to answer, or answer again; the caller announces it."""
    which = 2 if down else 1
    connection.execute(
        standing.update()
        .where(standing.c.point_id.in_(points), standing.c.lane == int(Lane.REACHABLE))
        .values(state=int(State.DOWN if down else State.UP), look=which, last_look=which)
    )
