"""Sheets of a made-up city, as departments send them, and faults planted where a test knows of them."""

import csv
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import xlsxwriter  # type: ignore[import-untyped]  # it ships no types

COUNTIES: Final = (
    ("330106", "西湖区", ("北山街道", "灵隐街道", "转塘街道")),
    ("330105", "拱墅区", ("米市巷街道", "湖墅街道")),
    ("330110", "余杭区", ("五常街道", "闲林街道", "仓前街道")),
)
ROADS: Final = ("文一路", "天目山路", "莫干山路", "余杭塘路", "古墩路", "紫金港路", "石祥路")
MAKES: Final = (("海康威视", "DS-2CD3T47"), ("大华", "DH-IPC-HFW4443"), ("宇视", "IPC-B2A5-IR"))

# The 27 columns, then ours.
HEADER: Final = (
    "设备编码", "设备名称", "设备厂商", "行政区域", "监控点位类型", "设备型号", "点位俗称", "IPv4地址", "IPv6地址", "MAC地址", "摄像机类型",
    "摄像机功能类型", "补光属性", "摄像机编码格式", "安装地址", "经度", "纬度", "摄像机位置类型", "监控方位", "联网属性", "所属辖区公安机关",
    "安装时间", "管理单位", "管理单位联系方式", "录像保存天数", "设备状态", "所属部门/行业",
    "组织路径", "视频地址", "通道号", "立杆编号", "供电回路", "上联链路", "序列号", "质保到期", "启用时间", "月流量上限MB", "场所类型", "用途", "法律依据",
)  # fmt: skip
GROUPS: Final = {"经度": "位置信息", "纬度": "", "IPv4地址": "网络信息", "IPv6地址": "", "MAC地址": ""}
NUMBERS: Final = frozenset({"经度", "纬度", "录像保存天数", "月流量上限MB"})


@dataclass(frozen=True, slots=True)
class Planted:
    """A fault that was put in. row: index into the rows; column: its header."""

    row: int
    column: str
    value: str


def city(count: int, seed: int = 1) -> list[list[str]]:
    """Rows without a fault, by HEADER. Coordinates are WGS-84."""
    chance = random.Random(seed)
    return [_camera(i, chance) for i in range(count)]


def _camera(i: int, chance: random.Random) -> list[str]:
    civil, county, towns = chance.choice(COUNTIES)
    town, road = chance.choice(towns), chance.choice(ROADS)
    make, model = chance.choice(MAKES)
    spot = f"{road}{i % 900 + 1}号"
    ip = f"10.{20 + i // 62_500}.{i // 250 % 250}.{i % 250 + 1}"
    values = {
        "设备编码": f"{civil}00081326{i:06d}",
        "设备名称": f"{county}{spot}{chance.choice('东南西北')}侧",
        "设备厂商": make,
        "行政区域": civil,
        "监控点位类型": chance.choice(("1", "二类", "三类点", "Ⅲ", "2")),
        "设备型号": model,
        "点位俗称": f"{road}路口",
        "IPv4地址": ip,
        "IPv6地址": "",
        "MAC地址": f"A4-14-37-{i >> 16 & 255:02X}-{i >> 8 & 255:02X}-{i & 255:02X}",
        "摄像机类型": chance.choice(("1", "枪机", "半球", "3")),
        "摄像机功能类型": "99",
        "补光属性": chance.choice(("红外", "1", "无")),
        "摄像机编码格式": chance.choice(("H.265", "H264")),
        "安装地址": f"杭州市{county}{town}{spot}",
        "经度": f"{120.0 + chance.random() * 0.3:.6f}",
        "纬度": f"{30.1 + chance.random() * 0.3:.6f}",
        "摄像机位置类型": "0020100",
        "监控方位": chance.choice(("东", "西北", "3", "朝南")),
        "联网属性": "0",
        "所属辖区公安机关": f"{civil}000000",
        "安装时间": chance.choice(("2019-04-03", "2021年6月30日", "20220115", "44927", "2020/9/1")),
        "管理单位": f"{county}城管局",
        "管理单位联系方式": f"0571-8{chance.randrange(10**6):07d}",
        "录像保存天数": chance.choice(("30", "90")),
        "设备状态": chance.choice(("1", "在用")),
        "所属部门/行业": "城市管理",
        "组织路径": f"杭州市/{county}/{town}",
        "视频地址": f"rtsp://{ip}/Streaming/Channels/102",
        "通道号": "",
        "立杆编号": f"LG{i // 3:06d}",
        "供电回路": f"P{i // 40:04d}",
        "上联链路": f"sw-{i // 48:04d}",
        "序列号": f"SN{i:08d}",
        "质保到期": "2027-12-31",
        "启用时间": "2022-03-01",
        "月流量上限MB": "",
        "场所类型": "道路",
        "用途": "道路设施巡查",
        "法律依据": "市政设施管理条例",
    }
    return [values[name] for name in HEADER]


SPOILS: Final[Sequence[tuple[str, str]]] = (
    ("监控点位类型", "四类"), ("IPv4地址", "10.300.1.1"), ("MAC地址", "A4-14-37"), ("安装时间", "2021-02-30"),
    ("安装时间", "03/04/2021"), ("经度", "30.25x"), ("纬度", "130.2"), ("监控方位", "朝上"), ("联网属性", "也许"),
    ("管理单位联系方式", "13812345678"), ("录像保存天数", "很久"), ("设备状态", "报废了"), ("视频地址", "rtsp://admin:12345@10.1.1.1/x"),
    ("视频地址", "10.1.1.1"), ("设备名称", ""), ("质保到期", "2027年12月"), ("场所类型", "更衣室"), ("月流量上限MB", "-5"),
    ("设备编码", "3.40200E+19"), ("启用时间", "去年"),
)  # fmt: skip


def plant(rows: list[list[str]], count: int, seed: int = 2) -> list[Planted]:
    """Put one fault each into `count` rows, in place, of all kinds in turn."""
    chance = random.Random(seed)
    planted = []
    for n, at in enumerate(sorted(chance.sample(range(1, len(rows)), count))):
        column, value = SPOILS[n % len(SPOILS)]
        rows[at][HEADER.index(column)] = value
        planted.append(Planted(at, column, value))
    return planted


def csv_bytes(
    rows: Sequence[Sequence[str]],
    header: Sequence[str] = HEADER,
    *,
    encoding: str = "utf-8",
    delimiter: str = ",",
) -> bytes:
    """A CSV as a spreadsheet writes it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def xlsx_bytes(rows: Sequence[Sequence[str]], *, double_header: bool = False) -> bytes:
    """A workbook with HEADER, or with two header rows, groups merged to the right and the rest downwards."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": not double_header, "strings_to_formulas": False})
    page = book.add_worksheet("摄像机")
    first = 0
    if double_header:
        page.merge_range(0, 0, 0, len(HEADER) - 1, "一机一档采集表")
        for i, name in enumerate(HEADER):
            if name in GROUPS:
                page.write_string(2, i, name)
            else:
                page.merge_range(1, i, 2, i, name)
        page.merge_range(1, HEADER.index("经度"), 1, HEADER.index("纬度"), "位置信息")
        page.merge_range(1, HEADER.index("IPv4地址"), 1, HEADER.index("MAC地址"), "网络信息")
        first = 2
    else:
        page.write_row(0, 0, HEADER)
    for at, row in enumerate(rows, first + 1):
        for i, value in enumerate(row):
            if HEADER[i] in NUMBERS and value.replace(".", "", 1).isdigit():
                page.write_number(at, i, float(value))
            elif value:
                page.write_string(at, i, value)
    book.close()
    return out.getvalue()


def write_city(path: Path, count: int, seed: int = 1) -> None:
    """A sheet without a fault, CSV or XLSX by the file's suffix."""
    rows = city(count, seed)
    path.write_bytes(xlsx_bytes(rows) if path.suffix == ".xlsx" else csv_bytes(rows, encoding="utf-8-sig"))
