"""What can be wrong with a sheet, in the words of the people who must mend it: the reason and the cure.

Error workbooks go to departments that read Chinese, lines of a terminal to an operator who may not: both are here,
and what is kept (`Why` and a detail) is neither.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

LANGUAGES: Final = ("en", "zh")
SHOWN_CHARS_MAX: Final = 80  # of a faulty value: what a cell of a table shows


class Why(StrEnum):
    """Each way in which a value, a row or a header can be wrong or strange."""

    # a value is wrong
    EXCEL_ERROR = "excel_error"
    ROUNDED = "rounded"
    TOO_LONG = "too_long"
    CONTROL = "control"
    KLASS = "klass"
    IPV4 = "ipv4"
    IPV6 = "ipv6"
    MAC = "mac"
    CHOICE = "choice"
    NUMBER = "number"
    RANGE = "range"
    DATE = "date"
    DATE_PARTIAL = "date_partial"
    DATE_AMBIGUOUS = "date_ambiguous"
    HOURS = "hours"
    METRES = "metres"
    URL_SCHEME = "url_scheme"
    URL_HOST = "url_host"
    URL_ACCOUNT = "url_account"
    COORDINATE = "coordinate"
    CRS = "crs"
    CONTACT_PRIVATE = "contact_private"
    FORBIDDEN_PLACE = "forbidden_place"
    UNIT_PATH = "unit_path"
    UNIT_UNKNOWN = "unit_unknown"
    CREDENTIAL_UNKNOWN = "credential_unknown"
    # a row is wrong in itself, or beside other rows
    NO_NAME = "no_name"
    NO_KEY = "no_key"
    NO_UNIT = "no_unit"
    COORDINATE_ALONE = "coordinate_alone"
    COORDINATE_SWAPPED = "coordinate_swapped"
    COORDINATE_RANGE = "coordinate_range"
    COORDINATE_ZONE = "coordinate_zone"
    COORDINATE_ZERO = "coordinate_zero"
    SERVICE_ORDER = "service_order"
    PLACE_UNCLEAR = "place_unclear"
    TWICE = "twice"
    TWICE_POINT = "twice_point"
    # strange, and let in
    CODE_NOT_DIGITS = "code_not_digits"
    CODE_LENGTH = "code_length"
    CODE_FACTORY_DEFAULT = "code_factory_default"
    CODE_DIVISION_UNKNOWN = "code_division_unknown"
    CODE_OTHER_DIVISION = "code_other_division"
    CODE_NO_FRONT_END = "code_no_front_end"
    CODE_NO_CAMERA = "code_no_camera"
    CIVIL_UNKNOWN = "civil_unknown"
    AS_WRITTEN = "as_written"
    KLASS_OTHER = "klass_other"
    UNDECLARED = "undeclared"
    SHARED = "shared"
    TWO_POINTS = "two_points"
    PLACE_NAMED = "place_named"
    UNIT_NEW = "unit_new"
    # a header is wrong
    COLUMN_UNKNOWN = "column_unknown"
    COLUMN_TWICE = "column_twice"
    COLUMN_MISSING = "column_missing"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one value. detail: what the words below have in their gap, such as the admitted values.

    shown: the value as it may be shown, where that is not the value itself: an account in an address is dots.
    """

    why: Why
    detail: str = ""
    shown: str | None = None


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong, or strange, at one place of a sheet.

    row: as the spreadsheet numbers it, from 1. column: the header as the sheet has it. value: as it may be shown.
    """

    row: int
    column: str
    value: str
    why: Why
    detail: str = ""

    @property
    def reason(self) -> str:
        """Why the value cannot be taken, in English."""
        return said(self.why, self.detail)[0]

    @property
    def cure(self) -> str:
        """What to do about it, in English."""
        return said(self.why, self.detail)[1]


class Words(NamedTuple):
    """Reason and cure in both languages; {} stands for the detail."""

    en: str
    en_cure: str
    zh: str
    zh_cure: str


def said(why: Why, detail: str = "", language: str = "en") -> tuple[str, str]:
    """Reason and cure in one of LANGUAGES."""
    words = WORDS[why]
    reason, cure = (words.zh, words.zh_cure) if language == "zh" else (words.en, words.en_cure)
    return reason.replace("{}", detail), cure.replace("{}", detail)


WORDS: Final[dict[Why, Words]] = {
    Why.EXCEL_ERROR: Words(
        "the formula in this cell failed", "write the value itself",
        "单元格公式出错", "请直接填写数值",
    ),
    Why.ROUNDED: Words(
        "the spreadsheet has rounded a long number", "format the column as text and enter the number again",
        "长数字被表格软件四舍五入", "请将该列设为“文本”格式后重新填写",
    ),
    Why.TOO_LONG: Words(
        "longer than {} characters", "shorten it",
        "超过 {} 个字符", "请缩短",
    ),
    Why.CONTROL: Words(
        "holds a control character", "enter it again on one line",
        "含有控制字符", "请在一行内重新填写",
    ),
    Why.KLASS: Words(
        "no class of point", "write 1, 2 or 3",
        "不是有效的监控点位类型", "请填写 1、2 或 3（一类、二类、三类点）",
    ),
    Why.IPV4: Words(
        "no IPv4 address of a camera", "write four numbers from 0 to 255 with dots, without a port",
        "不是有效的摄像机 IPv4 地址", "请填写四段 0–255 的数字，用点分隔，不带端口",
    ),
    Why.IPV6: Words(
        "no IPv6 address of a camera", "write it like fd00:12::34, without a port",
        "不是有效的摄像机 IPv6 地址", "请按 fd00:12::34 的形式填写，不带端口",
    ),
    Why.MAC: Words(
        "no MAC address", "write twelve hexadecimal digits: AA-BB-CC-00-11-22",
        "不是有效的 MAC 地址", "请填写 12 位十六进制数：AA-BB-CC-00-11-22",
    ),
    Why.CHOICE: Words(
        "none of the values that this column has", "write one of: {}",
        "不在该列允许的取值范围内", "请填写以下之一：{}",
    ),
    Why.NUMBER: Words(
        "no whole number", "write a whole number, {}",
        "不是整数", "请填写整数（{}）",
    ),
    Why.RANGE: Words(
        "outside the range", "write a number, {}",
        "超出范围", "请填写 {} 范围内的数字",
    ),
    Why.DATE: Words(
        "no date between 1980 and 2100", "write it as 2026-04-30",
        "不是 1980–2100 年间的有效日期", "请按 2026-04-30 的形式填写",
    ),
    Why.DATE_PARTIAL: Words(
        "a date without its day", "write the day too: 2026-04-30",
        "日期缺少“日”", "请补全年月日：2026-04-30",
    ),
    Why.DATE_AMBIGUOUS: Words(
        "may be {}", "write year, month, day: 2026-04-30",
        "日期有歧义：可能是 {}", "请按年-月-日填写：2026-04-30",
    ),
    Why.HOURS: Words(
        "no hours of a day", "write 22:00-05:30; several with a semicolon between",
        "不是有效的时段", "请按 22:00-05:30 填写，多个时段用分号分隔",
    ),
    Why.METRES: Words(
        "no height in metres", "write metres as a number, {}",
        "不是以米为单位的高度", "请以米为单位填写数字（{}）",
    ),
    Why.URL_SCHEME: Words(
        "no address that can be looked at", "begin it with rtsp://, rtsps://, http:// or https://",
        "不是可访问的视频地址", "请以 rtsp://、rtsps://、http:// 或 https:// 开头",
    ),
    Why.URL_HOST: Words(
        "the host or the port of the address is wrong", "write rtsp://HOST:PORT/PATH",
        "地址中的主机或端口有误", "请按 rtsp://主机:端口/路径 填写",
    ),
    Why.URL_ACCOUNT: Words(
        "the address holds an account or a password",
        "take it out, store it as a credential, and name that in the column credential; an @ in a path is written %40",
        "地址中含有账号或密码", "请删除账号密码，改为登记凭据并在“凭据”列填写凭据名称；路径中的 @ 请写作 %40",
    ),
    Why.COORDINATE: Words(
        "no coordinate", "write decimal degrees such as 120.164678, or metres of the declared grid",
        "不是有效的坐标", "请填写十进制度（如 120.164678）或所声明坐标系的米制坐标",
    ),
    Why.CRS: Words(
        "no coordinate system we know", "declare {}",
        "未知的坐标系", "请声明：{}",
    ),
    Why.CONTACT_PRIVATE: Words(
        "looks like a private person's mobile number",
        "give the number of an office or a duty desk: no register of persons is kept here",
        "疑似个人手机号码", "请填写单位办公电话或值班电话；本系统不登记个人信息",
    ),
    Why.FORBIDDEN_PLACE: Words(
        "a place of intimacy: no camera is enrolled there (charter, clause 9)",
        "take the row out; if the place is another, name it in the column place kind",
        "属于私密场所，不得登记（章程第九条）", "请删除该行；如场所填写有误，请在“场所类型”列更正",
    ),
    Why.UNIT_PATH: Words(
        "no path of units", "write the names from the top with / between: City/County/Town",
        "不是有效的组织路径", "请自上而下用 / 分隔：市/县/镇",
    ),
    Why.UNIT_UNKNOWN: Words(
        "no unit of this path{}", "correct the path, or set the unit up first",
        "没有该组织路径{}", "请更正路径，或先建立该组织",
    ),
    Why.CREDENTIAL_UNKNOWN: Words(
        "no credential of this name is stored{}", "store it first, or correct the name; a password never stands here",
        "没有该名称的凭据{}", "请先登记凭据或更正名称；此处不得填写密码",
    ),
    Why.NO_NAME: Words(
        "the camera has no name", "give it one",
        "缺少设备名称", "请填写名称",
    ),
    Why.NO_KEY: Words(
        "neither a code nor an address to look at", "give at least one of the two",
        "设备编码与视频地址均为空", "请至少填写其中之一",
    ),
    Why.NO_UNIT: Words(
        "belongs to no unit, and a new camera must", "name its unit, or give one unit for the whole sheet",
        "未填写组织路径，而新增设备必须归属某一组织", "请填写组织路径，或为整张表指定一个组织",
    ),
    Why.COORDINATE_ALONE: Words(
        "one coordinate without the other", "give both, or neither",
        "经纬度只填了一个", "请同时填写，或都不填",
    ),
    Why.COORDINATE_SWAPPED: Words(
        "longitude and latitude are swapped", "exchange the two columns in this row",
        "经度与纬度颠倒", "请对调该行的两列",
    ),
    Why.COORDINATE_RANGE: Words(
        "no place of the declared system {}", "check the figures and the declared coordinate system",
        "不在所声明坐标系 {} 的范围内", "请检查数值及所声明的坐标系",
    ),
    Why.COORDINATE_ZONE: Words(
        "the easting names another zone than {}", "declare the grid of these figures, or leave the zone digits out",
        "东坐标带号与所声明的 {} 不符", "请声明正确的投影带，或去掉带号",
    ),
    Why.COORDINATE_ZERO: Words(
        "0, 0 lies in the sea off Africa", "leave both empty where the place is not known",
        "坐标 (0, 0) 无效", "位置未知时请留空",
    ),
    Why.SERVICE_ORDER: Words(
        "taken out of service before it began to serve", "correct one of the two dates",
        "停用日期早于启用日期", "请更正其中一个日期",
    ),
    Why.PLACE_UNCLEAR: Words(
        "the words name a place of intimacy ({}), and the row does not say what place it is",
        "where the camera looks at another place, name that in the column place kind; else take the row out",
        "名称涉及私密场所（{}），且未说明场所类型", "如摄像机监控的是其他场所，请在“场所类型”列写明；否则请删除该行",
    ),
    Why.TWICE: Words(
        "the same as in row {}", "correct one of the two rows, or take one out",
        "与第 {} 行重复", "请更正或删除其中一行",
    ),
    Why.TWICE_POINT: Words(
        "row {} is about the same registered point", "correct one of the two rows, or take one out",
        "与第 {} 行对应同一已登记点位", "请更正或删除其中一行",
    ),
    Why.CODE_NOT_DIGITS: Words(
        "an identifier of GB/T 28181 has digits only", "ask the platform for the 20-digit code",
        "国标编码应全部为数字", "请向平台核实 20 位编码",
    ),
    Why.CODE_LENGTH: Words(
        "an identifier of GB/T 28181 has 20 digits", "ask the platform for the 20-digit code",
        "国标编码应为 20 位", "请向平台核实 20 位编码",
    ),
    Why.CODE_FACTORY_DEFAULT: Words(
        "the code that the maker ships", "give the camera a code of its own",
        "疑似出厂默认编码", "请为该设备分配自己的编码",
    ),
    Why.CODE_DIVISION_UNKNOWN: Words(
        "the code begins with a division that is not known", "check its first six digits",
        "编码前六位行政区划未知", "请核对编码前六位",
    ),
    Why.CODE_OTHER_DIVISION: Words(
        "the code begins with another division than the row names", "check both",
        "编码前六位与行政区域不一致", "请核对两列",
    ),
    Why.CODE_NO_FRONT_END: Words(
        "digits 11 to 13 of the code name no front-end device", "check that this is a camera",
        "编码第 11–13 位不是前端设备类型", "请确认该设备是摄像机",
    ),
    Why.CODE_NO_CAMERA: Words(
        "digits 11 to 13 of the code name another device than a camera", "check that this is a camera",
        "编码第 11–13 位不是摄像机类型", "请确认该设备是摄像机",
    ),
    Why.CIVIL_UNKNOWN: Words(
        "no division of this code is known", "check it, or load a newer list of divisions",
        "未知的行政区划代码", "请核对，或导入较新的行政区划表",
    ),
    Why.AS_WRITTEN: Words(
        "none of the values of the standard; kept as written", "better write one of: {}",
        "不是标准取值，按原文保留", "建议填写以下之一：{}",
    ),
    Why.KLASS_OTHER: Words(
        "class 9 (other) is looked at as class 3", "write 1, 2 or 3 if it is one",
        "类型 9（其他）按三类点巡检", "如属一、二、三类点，请填写 1、2 或 3",
    ),
    Why.UNDECLARED: Words(
        "cannot be viewed until declared: {}", "fill the columns in, or declare them for many cameras at once",
        "声明补全前不能查看画面：{}", "请填写这些列，或按批次统一声明",
    ),
    Why.SHARED: Words(
        "also in row {}", "right only where two cameras share one device: then give their channels",
        "与第 {} 行相同", "仅当两路共用一台设备时正确，此时请填写通道号",
    ),
    Why.TWO_POINTS: Words(
        "another registered point has this value than has the row's {}", "check which camera this row means",
        "该值与本行的{}分别对应两个已登记点位", "请核对该行指的是哪台设备",
    ),
    Why.PLACE_NAMED: Words(
        "the words name a place of intimacy ({}), and the row declares another", "check that the camera does not see it",
        "名称涉及私密场所（{}），但声明为其他场所", "请确认摄像机拍摄不到该私密场所",
    ),
    Why.UNIT_NEW: Words(
        "a unit that does not exist yet", "it is set up with the import; correct the path if it is a slip",
        "尚未建立的组织", "导入时将自动建立；如系笔误请更正",
    ),
    Why.COLUMN_UNKNOWN: Words(
        "no column of this name is known{}", "rename it, or map it; map it to nothing to leave it out",
        "未知的列名{}", "请改名或建立列映射；映射为空表示不导入",
    ),
    Why.COLUMN_TWICE: Words(
        "the column {} means the same", "take one of the two out",
        "与“{}”列含义相同", "请删除其中一列",
    ),
    Why.COLUMN_MISSING: Words(
        "no column for {}", "add it, or map one of yours to it",
        "缺少“{}”列", "请补充该列或建立列映射",
    ),
}  # fmt: skip


def shown(value: object) -> str:
    """A value of a cell as it may stand in a line."""
    text = "" if value is None else str(value)
    return text if len(text) <= SHOWN_CHARS_MAX else text[: SHOWN_CHARS_MAX - 1] + "…"
