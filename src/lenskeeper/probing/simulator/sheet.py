"""The register of a simulated city as its departments would hand it over: one sheet, and some of its rows are wrong.

The city, its offices and its streets are invented. Numbers of offices are of the range that no exchange gives out.
"""

import csv
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from lenskeeper.probing.simulator.fleet import FleetPlan, Ports

CITY: Final = "临江市"
DIVISION: Final = "990100"  # no such province; the exercise is on no real ground
# unit path, class, kind of place, purpose
OFFICES: Final[tuple[tuple[str, int, str, str], ...]] = (
    ("临江市/交通局/东城区", 1, "道路", "交通运行监测"),
    ("临江市/交通局/西城区", 2, "道路", "交通运行监测"),
    ("临江市/水务局/滨江段", 2, "河道", "防汛监测"),
    ("临江市/文旅局/凤鸣山景区", 3, "景区", "客流与安全"),
    ("临江市/铁路局/临江站", 1, "铁路沿线", "线路安全"),
    ("临江市/城管局/老城街道", 3, "广场", "市容巡查"),
)
STREETS: Final = ("滨江路", "解放街", "和平大道", "文昌巷", "望江桥", "东风路", "凤鸣路", "站前街")
MAKERS: Final = (("海川", "HC-2T12"), ("大景", "DJ-4M20"), ("宇观", "YG-B3"), ("天目", "TM-S8"))
HEADER: Final = (
    "设备编码", "设备名称", "设备厂商", "设备型号", "行政区域", "监控点位类型", "组织路径", "视频地址", "MAC地址", "序列号",
    "安装地址", "经度", "纬度", "坐标系", "监控方位", "安装时间", "启用时间", "管理单位", "管理单位联系方式", "录像保存天数", "设备状态",
    "所属部门/行业", "立杆编号", "供电回路", "上联链路", "接入网络", "凭据", "场所类型",
)  # fmt: skip
STANDING: Final = date(2024, 3, 1)  # when the first of them was put up
CAMERAS_TO_A_POLE: Final = 3
POLES_TO_A_FEEDER: Final = 4
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


def rows(plan: FleetPlan, ports: Ports, *, seed: int = 0, credential: str = "") -> Iterator[dict[str, str]]:
    """A row for each camera of a plan, all of them right.

    credential: the name of the stored login, for the cameras that ask for one.
    """
    chance = random.Random(seed)  # noqa: S311  a sheet that can be made again
    for n, (camera, url) in enumerate(zip(plan.cameras, plan.targets(ports), strict=True)):
        unit, klass, place, _ = OFFICES[n % len(OFFICES)]
        make, model = MAKERS[chance.randrange(len(MAKERS))]
        street, pole = STREETS[chance.randrange(len(STREETS))], n // CAMERAS_TO_A_POLE
        put_up = STANDING + timedelta(days=chance.randrange(600))
        yield {
            "设备编码": f"{DIVISION}0000132{n:07}",
            "设备名称": f"{street}{n + 1}号{'球机' if n % 4 == 0 else '枪机'}",
            "设备厂商": make,
            "设备型号": model,
            "行政区域": DIVISION,
            "监控点位类型": "一二三"[klass - 1] + "类",
            "组织路径": unit,
            "视频地址": url,
            "MAC地址": "02-" + "-".join(f"{n >> shift & 255:02X}" for shift in (32, 24, 16, 8, 0)),
            "序列号": f"{model}-{chance.randrange(10**8):08}",
            "安装地址": f"{street}与{STREETS[chance.randrange(len(STREETS))]}交叉口",
            "经度": f"{120.1 + chance.random() / 10:.6f}",
            "纬度": f"{30.2 + chance.random() / 10:.6f}",
            "坐标系": "wgs84",
            "监控方位": str(chance.randrange(1, 9)),
            "安装时间": put_up.isoformat(),
            "启用时间": (put_up + timedelta(days=14)).isoformat(),
            "管理单位": unit.split("/")[1],
            "管理单位联系方式": f"0000-8{n % len(OFFICES):06}",
            "录像保存天数": "30",
            "设备状态": "1",
            "所属部门/行业": unit.split("/")[1],
            "立杆编号": f"G{pole:05}",
            "供电回路": f"L{pole // POLES_TO_A_FEEDER:04}",
            "上联链路": f"SW-{n // 24:03}",
            "接入网络": "视频专网",
            "凭据": credential if camera.login is not None else "",
            "场所类型": place,
        }


def write_sheet(
    path: Path, plan: FleetPlan, ports: Ports, *, wrong: int = 0, seed: int = 0, credential: str = ""
) -> int:
    """Write the sheet as CSV in UTF-8; how many of its rows were made wrong, evenly over the kinds of WRONG."""
    table = list(rows(plan, ports, seed=seed, credential=credential))
    spoilt = random.Random(seed).sample(range(len(table)), min(wrong, len(table)))  # noqa: S311  the same
    for n, row in enumerate(sorted(spoilt)):
        column, value = WRONG[n % len(WRONG)]
        table[row][column] = value
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.DictWriter(file, HEADER)
        out.writeheader()
        out.writerows(table)
    return len(spoilt)
