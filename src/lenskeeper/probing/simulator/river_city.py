"""A fictitious city on a river: who looks after which cameras, where they hang, and the sheet in which they are handed over.

Neither the city nor its districts, streets, offices or numbers exist; its division codes are of no province. It lies in
a mountain valley of nowhere in particular, and no boundary of a real place is drawn.
"""

import csv
import json
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Final

from lenskeeper.probing.simulator.fleet import FleetPlan, Ports, account, city
from lenskeeper.probing.simulator.logins import Login

CITY: Final = "澜川市"
DIVISION: Final = "990200"  # no such province
ZONES: Final = ("视频专网", "铁路专网")
CAMERAS_TO_A_POLE: Final = 3
POLES_TO_A_FEEDER: Final = 4
POLES_TO_A_SWITCH: Final = 4
POLES_TO_A_LINE: Final = 8
METERED_MB: Final = (18, 24, 60)  # of cameras on a mobile line, in a month: some run out before it ends
METERED_PERIOD_MIN: Final = 120
EARTH_DEG_M: Final = 111_320.0
RIVER: Final = "澜江"
RIVER_STEPS, RIVER_HALF_M = 120, 120.0
MAKERS: Final = (("海川", "HC-2T12"), ("大景", "DJ-4M20"), ("宇观", "YG-B3"), ("天目", "TM-S8"))
OLDEST: Final = date(2022, 4, 1)
BEARINGS: Final = (1, 6, 4, 8, 2, 7, 3, 5)  # GB/T 28181: E NE N NW W SW S SE


@dataclass(frozen=True, slots=True)
class Office:
    """A unit that has cameras.

    path:   below the city. share: of all cameras. centre: longitude and latitude, or None: along the river or the rails.
    """

    path: str
    share: float
    klass: int
    place: str
    purpose: str
    streets: tuple[str, ...]
    centre: tuple[float, float] | None = None
    along: str = ""
    zone: str = ZONES[0]

    @property
    def department(self) -> str:
        """The second name of its path."""
        return self.path.split("/")[0]


TRAFFIC, ORDER, WATER = "交通运行监测", "市容巡查", "防汛监测"
OFFICES: Final = (
    Office("东浦区/望江街道", 0.09, 2, "道路", TRAFFIC, ("望江大道", "桥东路", "榆钱街"), (110.492, 32.062)),
    Office("东浦区/石榴街道", 0.08, 2, "道路", TRAFFIC, ("石榴路", "晴川街", "二号渡路"), (110.512, 32.070)),
    Office("东浦区/新市街道", 0.07, 3, "广场", ORDER, ("新市路", "文庙街", "果园路"), (110.506, 32.050)),
    Office("西屏区/老城街道", 0.09, 2, "广场", ORDER, ("十字街", "钟楼巷", "西屏路"), (110.418, 32.083)),
    Office("西屏区/竹溪街道", 0.07, 3, "道路", TRAFFIC, ("竹溪路", "缫丝厂路", "双井巷"), (110.398, 32.090)),
    Office("西屏区/云台镇", 0.04, 3, "道路", TRAFFIC, ("云台路", "集镇街"), (110.372, 32.101)),
    Office("南渡区/渡口街道", 0.08, 2, "道路", TRAFFIC, ("渡口路", "滨河南路", "盐店街"), (110.456, 32.036)),
    Office("南渡区/新塘街道", 0.07, 3, "道路", TRAFFIC, ("新塘路", "工业一路", "工业二路"), (110.470, 32.024)),
    Office("南渡区/桑园镇", 0.04, 3, "道路", TRAFFIC, ("桑园路", "南干渠路"), (110.449, 32.008)),
    Office("北湾县/北湾镇", 0.06, 3, "道路", TRAFFIC, ("北湾路", "县前街"), (110.556, 32.112)),
    Office("北湾县/柳林镇", 0.04, 3, "道路", TRAFFIC, ("柳林路", "粮站街"), (110.583, 32.128)),
    Office("交通运输局/澜江大桥", 0.03, 1, "桥梁", TRAFFIC, ("澜江大桥",), (110.468, 32.050)),
    Office("交通运输局/环城路", 0.06, 1, "道路", TRAFFIC, ("环城东路", "环城西路", "环城南路"), None, "ring"),
    Office("水务局/上游段", 0.03, 2, "河道", WATER, ("澜江堤上游",), None, "river:0.02:0.34"),
    Office("水务局/城区段", 0.05, 1, "河道", WATER, ("澜江堤城区",), None, "river:0.34:0.70"),
    Office("水务局/下游段", 0.03, 2, "河道", WATER, ("澜江堤下游",), None, "river:0.70:0.98"),
    Office("铁路办/澜川站", 0.04, 1, "铁路沿线", "线路安全", ("站前广场", "货场路"), (110.484, 32.090), "", ZONES[1]),
    Office("铁路办/澜北线", 0.04, 1, "铁路沿线", "线路安全", ("澜北线",), None, "rails", ZONES[1]),
    Office("文旅局/翠屏山景区", 0.05, 2, "景区", "客流与安全", ("翠屏山路", "索道下站", "望澜阁"), (110.436, 32.108)),
    Office("城市管理局/公园广场", 0.04, 3, "公园", ORDER, ("澜江公园", "市民广场"), (110.478, 32.066)),
)  # fmt: skip
DEPARTMENTS: Final = ("交通运输局", "水务局", "铁路办", "文旅局", "城市管理局")
HEADER: Final = (
    "设备编码", "设备名称", "设备厂商", "设备型号", "行政区域", "监控点位类型", "组织路径", "视频地址", "MAC地址", "序列号",
    "安装地址", "经度", "纬度", "坐标系", "监控方位", "安装时间", "启用时间", "管理单位", "管理单位联系方式", "录像保存天数", "设备状态",
    "所属部门/行业", "立杆编号", "供电回路", "接入交换机", "上联链路", "站点", "接入网络", "凭据", "场所类型", "安装高度", "作业许可",
    "质保到期", "月流量上限MB", "取图间隔分钟",
)  # fmt: skip
WRONG: Final[tuple[tuple[str, str], ...]] = (
    ("经度", "320.5"),
    ("视频地址", "rtsp://admin:12345@127.16.0.9/live"),
    ("监控点位类型", "九类"),
    ("监控方位", "正中"),
    ("启用时间", "2024年13月40日"),
    ("管理单位联系方式", "13800000000"),
    ("场所类型", "宿舍"),
    ("设备名称", ""),
    ("MAC地址", "ZZ-00"),
)


@dataclass(frozen=True, slots=True)
class Hung:
    """One camera as the script and the register know it. number: its place in the fleet."""

    number: int
    office: int
    klass: int
    pole: str
    feeder: str
    line: str
    zone: str
    is_metered: bool


@dataclass(frozen=True)
class RiverCity:
    """A city of so many cameras. One seed, one city."""

    cameras: int
    seed: int = 1

    @cached_property
    def fleet(self) -> FleetPlan:
        """The cameras as the simulator has them, all of them well; every second one asks for the login."""
        return city(self.cameras, seed=self.seed, login=account())

    @cached_property
    def login(self) -> Login:
        """The one account of its cameras; there is no secret in it."""
        return account()

    @cached_property
    def hung(self) -> tuple[Hung, ...]:
        """Where each camera hangs: office after office, pole after pole."""
        out: list[Hung] = []
        for k, count in enumerate(_counts(self.cameras)):
            for n in range(count):
                pole, office = n // CAMERAS_TO_A_POLE, OFFICES[k]
                out.append(
                    Hung(
                        len(out),
                        k,
                        office.klass,
                        f"G{k + 1:02}-{pole + 1:03}",
                        f"L{k + 1:02}-{pole // POLES_TO_A_FEEDER + 1:02}",
                        f"XL{k + 1:02}-{pole // POLES_TO_A_LINE + 1:02}",
                        office.zone,
                        office.department == "水务局" and n % 4 == 3,
                    )
                )
        return tuple(out)

    def rows(self, ports: Ports, *, credential: str) -> Iterator[dict[str, str]]:
        """A row of the sheet for each camera, all of them right."""
        targets = self.fleet.targets(ports)
        for one in self.hung:
            camera = self.fleet.cameras[one.number]
            yield self._row(one, targets[one.number], credential if camera.login is not None else "")

    @property
    def newcomers(self) -> int:
        """How many of them, the last ones, are put up later than the others, in one batch."""
        return self.cameras // 50

    def write_sheet(self, path: Path, ports: Ports, *, credential: str, of: range) -> None:
        """Write the rows of some cameras as CSV in UTF-8. Of the first sheet nine rows more are wrong, each in its own way."""
        every = list(self.rows(ports, credential=credential))
        right = every[of.start : of.stop]
        wrong = (
            []
            if of.start
            else [
                {**right[0], "设备编码": f"{DIVISION}0000132{9_000_000 + n:07}", column: value}
                for n, (column, value) in enumerate(WRONG)
            ]
        )
        write_rows(path, [*right, *wrong])

    def code(self, number: int) -> str:
        """The 20 digits of a camera."""
        return f"{_division(OFFICES[self.hung[number].office])}0000132{number:07}"

    def _row(self, one: Hung, url: str, credential: str) -> dict[str, str]:
        chance = random.Random(f"{self.seed} {one.number}")  # noqa: S311  a sheet that can be made again
        office = OFFICES[one.office]
        make, model = MAKERS[chance.randrange(len(MAKERS))]
        pole = int(one.pole.split("-")[1]) - 1
        street = office.streets[pole % len(office.streets)]
        lon, lat = self.place(one)
        put_up = OLDEST + timedelta(days=chance.randrange(1_100))
        k = one.office + 1
        return {
            "设备编码": self.code(one.number),
            "设备名称": f"{street}{pole // len(office.streets) + 1}号杆{'东南西北'[one.number % 4]}向{'球机' if one.number % 5 == 0 else '枪机'}{one.number + 1:04}",
            "设备厂商": make,
            "设备型号": model,
            "行政区域": _division(office),
            "监控点位类型": "一二三"[one.klass - 1] + "类",
            "组织路径": f"{CITY}/{office.path}",
            "视频地址": url,
            "MAC地址": "02-" + "-".join(f"{one.number >> shift & 255:02X}" for shift in (32, 24, 16, 8, 0)),
            "序列号": f"{model}-{chance.randrange(10**8):08}",
            "安装地址": f"{CITY}{office.department}{street}{pole // len(office.streets) + 1}号杆",
            "经度": f"{lon:.6f}",
            "纬度": f"{lat:.6f}",
            "坐标系": "wgs84",
            "监控方位": str(BEARINGS[one.number % len(BEARINGS)]),
            "安装时间": put_up.isoformat(),
            "启用时间": (put_up + timedelta(days=14)).isoformat(),
            "管理单位": office.department,
            "管理单位联系方式": f"0000-8{k:06}",
            "录像保存天数": "30" if chance.random() < 0.9 else "15",
            "设备状态": "1",
            "所属部门/行业": office.department,
            "立杆编号": one.pole,
            "供电回路": one.feeder,
            "接入交换机": f"SW{k:02}-{pole // POLES_TO_A_SWITCH + 1:02}",
            "上联链路": one.line,
            "站点": f"{street}{pole // len(office.streets) + 1}号杆",
            "接入网络": one.zone,
            "凭据": credential,
            "场所类型": office.place,
            "安装高度": str(chance.choice((3.5, 4.5, 6.0, 6.5, 8.0))),
            "作业许可": "天窗" if office.zone == ZONES[1] else "占道" if one.klass == 1 else "无",
            "质保到期": (put_up + timedelta(days=3 * 365)).isoformat(),
            "月流量上限MB": str(METERED_MB[one.number % len(METERED_MB)]) if one.is_metered else "",
            "取图间隔分钟": str(METERED_PERIOD_MIN) if one.is_metered else "",
        }

    def place(self, one: Hung) -> tuple[float, float]:
        """Longitude and latitude of a camera's pole, WGS-84."""
        office, pole = OFFICES[one.office], int(one.pole.split("-")[1]) - 1
        poles = -(-_counts(self.cameras)[one.office] // CAMERAS_TO_A_POLE)
        chance = random.Random(f"{self.seed} {one.pole}")  # noqa: S311  the same
        share = (pole + 0.5) / max(poles, 1)
        if office.along.startswith("river"):
            a, b = (float(part) for part in office.along.split(":")[1:])
            lon, lat = river(a + (b - a) * share)
            return lon, lat + chance.choice((-1, 1)) * 140 / EARTH_DEG_M
        if office.along == "rails":
            return 110.484 + 0.09 * share, 32.090 + 0.045 * share + 0.004 * math.sin(6 * share)
        if office.along == "ring":
            angle = 2 * math.pi * share
            return 110.463 + 0.072 * math.cos(angle), 32.062 + 0.040 * math.sin(angle)
        assert office.centre is not None
        return _on_a_grid(office.centre, pole, poles, chance)


def river(share: float) -> tuple[float, float]:
    """A place in the middle of the river: 0 where it comes into the city, 1 where it leaves it."""
    lon = 110.330 + 0.290 * share
    lat = 32.070 - 0.030 * math.sin(math.pi * share) + 0.010 * math.sin(5 * math.pi * share) + 0.020 * share
    return lon, lat


def water() -> bytes:
    """The river as areas to be loaded over the map: GeoJSON, WGS-84."""
    places = [river(n / RIVER_STEPS) for n in range(RIVER_STEPS + 1)]
    banks = [[(lon, lat + side * RIVER_HALF_M / EARTH_DEG_M) for lon, lat in places] for side in (1, -1)]
    ring = [*banks[0], *reversed(banks[1]), banks[0][0]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "properties": {"name": RIVER}, "geometry": shape}],
        }
    ).encode()


def write_rows(path: Path, rows: Sequence[dict[str, str]]) -> None:
    """Rows of the sheet as CSV in UTF-8 with its mark."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.DictWriter(file, HEADER)
        out.writeheader()
        out.writerows(rows)


def _on_a_grid(
    centre: tuple[float, float], pole: int, poles: int, chance: random.Random
) -> tuple[float, float]:
    """Crossings of streets some 220 m apart around a centre, askew, none quite where it was planned."""
    side = max(math.ceil(math.sqrt(poles)), 1)
    x = (pole % side - (side - 1) / 2) * 220 + chance.gauss(0, 25)
    y = (pole // side - (side - 1) / 2) * 200 + chance.gauss(0, 25)
    turn = math.radians(17)
    east = x * math.cos(turn) - y * math.sin(turn)
    north = x * math.sin(turn) + y * math.cos(turn)
    lon = centre[0] + east / (EARTH_DEG_M * math.cos(math.radians(centre[1])))
    return lon, centre[1] + north / EARTH_DEG_M


def _division(office: Office) -> str:
    districts = ("东浦区", "西屏区", "南渡区", "北湾县")
    number = districts.index(office.department) + 1 if office.department in districts else 0
    return f"{int(DIVISION) + number}"


def _counts(cameras: int) -> list[int]:
    """How many cameras each office has; all of them together are `cameras`."""
    whole = sum(office.share for office in OFFICES)
    edges = [0.0]
    for office in OFFICES:
        edges.append(edges[-1] + office.share / whole)
    marks = [round(edge * cameras) for edge in edges]
    return [b - a for a, b in pairwise(marks)]
