"""The names that columns have in the sheets of this world, in Chinese and English, and what each is read as."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache, partial
from typing import Final

from lenskeeper.inventory import cells
from lenskeeper.inventory.cells import Reader

NEAR: Final = 0.6  # of difflib's ratio: a slip of one sign in three is still meant


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is read. field: of CameraFile. names: the first is the one that error workbooks and hints use.

    says_none: the column has words for nothing (无补光), which elsewhere mean that a cell is silent.
    """

    field: str
    read: Reader
    names: tuple[str, ...]
    says_none: bool = False


class Left(StrEnum):
    """Why a known column is not read."""

    PERSON = "person"  # only accounts name people (charter 2)
    PICTURE = "picture"  # no originals are kept (charter 3)
    SECRET = "secret"  # noqa: S105 - a word for a kind of column; passwords come in sealed, by the credential commands
    MEASURED = "measured"  # we find these out ourselves
    NOT_KEPT = "not_kept"
    NUMBERING = "numbering"


def _column(field: str, read: Reader, *names: str, says_none: bool = False) -> Column:
    return Column(field, read, names, says_none)


# The 27 columns of "one camera, one file", those of the 73-column city template that say the same, and ours
# (protocols.md section 12). X坐标 and Y坐标 are missing on purpose: surveyors call the northing X, others the longitude.
COLUMNS: Final = (
    _column("code", cells.plain, "设备编码", "国标编码", "国标ID", "国标编号", "设备国标编码", "摄像机编码", "摄像机国标编码", "设备编号", "点位编码",
            "通道编码", "编码", "code", "device id", "device code", "gb code", "gb id", "gbid", "camera code", "camera id",
            "identifier"),
    _column("name", cells.words, "设备名称", "摄像机名称", "点位名称", "监控点名称", "监控点位名称", "通道名称", "相机名称", "名称", "name",
            "device name", "camera name", "point name", "camera"),
    _column("make", cells.words, "设备厂商", "厂商", "设备品牌", "品牌", "生产厂商", "厂家", "设备厂家", "make", "vendor", "manufacturer",
            "maker", "brand"),
    _column("civil_code", cells.plain, "行政区域", "行政区划", "行政区划代码", "行政区域代码", "行政区划编码", "区划代码", "civil code", "civilcode",
            "division", "division code", "administrative division"),
    _column("klass", cells.klass, "监控点位类型", "点位类型", "监控点类型", "点位类别", "点位等级", "点位级别", "重要等级", "point class",
            "point type", "class", "klass", "class of point"),
    _column("model", cells.words, "设备型号", "型号", "规格型号", "摄像机型号", "model", "device model", "camera model"),
    _column("common_name", cells.words, "点位俗称", "俗称", "点位别名", "别名", "common name", "point common name", "alias"),
    _column("ipv4", partial(cells.ip_address, version=4), "IPv4地址", "IPv4", "IP地址", "IP", "设备IP", "摄像机IP", "设备IP地址",
            "摄像机IP地址", "ip address", "ipv4 address", "device ip", "camera ip"),
    _column("ipv6", partial(cells.ip_address, version=6), "IPv6地址", "IPv6", "ipv6 address"),
    _column("mac", cells.mac, "MAC地址", "MAC", "设备MAC", "设备MAC地址", "物理地址", "mac address"),
    _column("camera_type", partial(cells.open_choice, choices=cells.CAMERA_TYPES), "摄像机类型", "设备类型", "相机类型", "摄像机形态",
            "camera type", "ptz type", "ptztype"),
    _column("function_type", cells.plain, "摄像机功能类型", "功能类型", "摄像机功能", "function type", "functions"),
    _column("light", partial(cells.open_choice, choices=cells.LIGHTS), "补光属性", "补光类型", "补光灯", "补光灯属性", "light",
            "supply light", "light type", "supply light type", says_none=True),
    _column("codec", partial(cells.open_choice, choices=cells.CODECS), "摄像机编码格式", "编码格式", "视频编码格式", "视频编码", "codec",
            "encoding", "encode type", "video codec"),
    _column("address", cells.words, "安装地址", "安装位置", "详细地址", "点位地址", "地址", "位置", "address", "install address",
            "location", "installation address", "street address"),
    _column("src_x", cells.coordinate, "经度", "设备经度", "东坐标", "longitude", "lon", "lng", "easting"),
    _column("src_y", cells.coordinate, "纬度", "设备纬度", "北坐标", "latitude", "lat", "northing"),
    _column("src_crs", cells.plain, "坐标系", "坐标系统", "坐标类型", "crs", "coordinate system", "srid"),
    _column("position_type", cells.plain, "摄像机位置类型", "位置类型", "安装位置类型", "position type", "capture position type"),
    _column("direction", cells.direction, "监控方位", "监视方位", "方位", "监控方向", "朝向", "拍摄方向", "direction", "direction type",
            "bearing", "orientation"),
    _column("networked", cells.networked, "联网属性", "是否联网", "联网状态", "networked", "network attribute"),
    _column("police_unit", cells.plain, "所属辖区公安机关", "所属公安机关", "辖区公安机关", "所属派出所", "辖区派出所", "police unit",
            "police unit code", "police station"),
    _column("install_date", cells.calendar_date, "安装时间", "安装日期", "建设时间", "建设日期", "install date", "install time",
            "installed", "installation date", "installed on"),
    _column("managing_unit", cells.words, "管理单位", "管理部门", "使用单位", "managing unit", "management unit", "managed by"),
    _column("contact", cells.contact, "管理单位联系方式", "管理单位电话", "值班电话", "单位联系方式", "联系方式", "联系电话", "contact",
            "contact info", "duty number", "office number"),
    _column("retention_days", partial(cells.whole, low=0, high=3_650), "录像保存天数", "录像存储天数", "存储天数", "保存天数",
            "retention days", "record save days", "recording days", "retention"),
    _column("status", cells.status, "设备状态", "使用状态", "运行状态", "status", "device status"),
    _column("owner_department", cells.words, "所属部门/行业", "所属部门", "所属行业", "部门", "产权单位", "权属单位", "建设单位",
            "owner department", "owner", "department", "owned by", "industry"),
    # ours
    _column("unit", cells.unit_path, "组织路径", "所属组织", "组织机构", "所属机构", "所属区域", "所属单位", "unit", "unit path",
            "organisation", "organization"),
    _column("url", cells.camera_address, "视频地址", "取流地址", "流地址", "RTSP地址", "RTSP", "主码流地址", "子码流地址", "视频流地址", "url",
            "rtsp url", "stream url", "target", "rtsp address"),
    _column("still_url", cells.camera_address, "抓图地址", "截图地址", "still url", "snapshot url", "still"),
    _column("channel", cells.plain, "通道号", "通道", "channel", "channel number", "channel no"),
    _column("credential", cells.words, "凭据", "凭据名称", "凭证", "credential", "credential name"),
    _column("pole", cells.plain, "立杆编号", "杆号", "杆件编号", "立杆", "pole", "pole number", "pole no"),
    _column("switch", cells.plain, "接入交换机", "交换机", "接入设备", "switch", "access switch"),
    _column("mount_height_m", cells.metres, "安装高度", "安装高度米", "架设高度", "挂高", "mount height", "mounting height", "height",
            "installation height", "height m"),
    _column("permit", cells.permit, "作业许可", "施工许可", "许可类型", "permit", "work permit", says_none=True),
    _column("night_only", cells.yes_no, "夜间作业", "仅夜间作业", "仅夜间施工", "night only", "night work"),
    _column("feeder", cells.plain, "供电回路", "取电点", "供电线路", "取电回路", "feeder", "power feeder", "power circuit"),
    _column("uplink", cells.plain, "上联链路", "上联线路", "上联交换机", "接入链路", "uplink", "switch", "access line"),
    _column("site", cells.words, "站点", "场所", "安装场所", "site"),
    _column("zone", cells.words, "接入网络", "网络区域", "所属网络", "zone", "network zone", "access network"),
    _column("serial", cells.plain, "序列号", "设备序列号", "SN", "serial", "serial number", "serial no"),
    _column("warranty_until", cells.calendar_date, "质保到期", "质保截止日期", "保修期至", "质保期至", "保修截止日期", "warranty until",
            "warranty", "warranty end"),
    _column("lease_until", cells.calendar_date, "租赁到期", "租期至", "租赁截止日期", "lease until", "lease end"),
    _column("in_service_from", cells.calendar_date, "启用时间", "启用日期", "投入使用时间", "in service from", "in service",
            "in service since"),
    _column("in_service_to", cells.calendar_date, "报废时间", "停用时间", "停用日期", "报废日期", "in service to", "scrapped",
            "out of service"),
    _column("dark_by_design", cells.hours, "无照明时段", "熄灯时段", "设计无光时段", "dark by design", "dark hours"),
    _column("hours", cells.hours, "巡检时段", "运行时段", "取图时段", "hours", "operating hours", "picture hours"),
    _column("passive_only", cells.yes_no, "仅被动检测", "禁止取图", "passive only"),
    _column("budget_mb_month", partial(cells.whole, low=1, high=1_000_000), "月流量上限MB", "月流量上限", "月流量", "流量上限",
            "budget mb month", "monthly budget mb", "mb a month"),
    _column("picture_period_min", partial(cells.whole, low=1, high=1_440), "取图间隔分钟", "取图间隔", "巡检间隔", "picture period min",
            "picture period", "picture period minutes"),
    _column("place_kind", cells.place_kind, "场所类型", "采集区域类型", "place kind", "place", "kind of place", "area kind"),
    _column("purpose", cells.words, "监控目的", "用途", "使用目的", "purpose"),
    _column("legal_basis", cells.words, "法律依据", "依据", "建设依据", "legal basis"),
)  # fmt: skip

FORBIDDEN_COLUMNS: Final[Mapping[Left, tuple[str, ...]]] = {
    Left.PERSON: (
        "管理员姓名", "管理员电话", "管理员", "负责人", "负责人姓名", "负责人电话", "责任人", "责任人电话", "责任民警", "责任民警电话", "联系人", "联系人姓名",
        "联系人电话", "联系人手机", "姓名", "手机", "手机号", "手机号码", "身份证", "身份证号", "民警姓名", "警号", "运维人员", "运维人员电话", "安装人", "安装人员",
        "录入人", "创建人", "administrator", "administrator name", "administrator telephone", "administrator phone", "person",
        "person in charge", "contact person", "mobile", "mobile number", "phone", "phone number", "officer", "installer",
    ),
    Left.PICTURE: ("实景图片", "实景照片", "现场照片", "现场图片", "安装照片", "照片", "图片", "截图", "photo", "site photo", "picture", "image",
                   "snapshot"),
    Left.SECRET: ("密码", "用户名", "登录名", "登录密码", "用户密码", "设备用户名", "设备密码", "设备账号", "账号", "账户", "口令", "password", "passwd",
                  "pwd", "username", "user name", "user", "account", "login"),
}  # fmt: skip
"""Columns that have no target: dropped with a notice, never kept, not even in an error workbook."""

LEFT_OUT: Final[Mapping[Left, tuple[str, ...]]] = {
    Left.MEASURED: (
        "视频丢失", "色彩失真", "视频模糊", "亮度异常", "视频干扰", "视频卡顿", "视频遮挡", "场景变更", "信令时延", "视频流时延", "关键帧时延", "巡检状态",
        "在线时长", "离线时长", "在线状态", "在线率", "图像完好率",
    ),
    Left.NOT_KEPT: (
        "承建单位", "维护单位", "运维单位", "镜头类型", "安装类型", "安装方式", "高度类型", "周边标志", "端口", "端口号", "连接协议", "存储设备编码",
        "存储设备通道", "存储设备通道号", "存储设备类型", "备注", "说明", "分辨率", "builder", "maintainer", "lens", "lens type", "mounting",
        "height class", "landmark", "port", "protocol", "storage", "storage device", "remark", "remarks", "note", "notes",
        "resolution",
    ),
    Left.NUMBERING: ("序号", "编号序号", "行号", "no", "no.", "number", "index", "#", "#row", "#fault", "#行号", "#错误"),
}  # fmt: skip

IGNORED: Final = ""  # what a mapping says of a column that shall be left out


def plain_header(text: str) -> str:
    """A header as names are compared: full-width made plain, small letters, no blanks, stars, underscores, hyphens."""
    return re.sub(
        r"[\s*_\-:：]|\(必填\)|\(选填\)|\(required\)|\(optional\)",
        "",
        unicodedata.normalize("NFKC", text).lower(),
    )


def _without_remark(text: str) -> str:
    return re.sub(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】", "", text)


@lru_cache(1)
def _known() -> dict[str, Column | Left]:
    known: dict[str, Column | Left] = {}
    for left, names in {**FORBIDDEN_COLUMNS, **LEFT_OUT}.items():
        known |= dict.fromkeys(map(plain_header, names), left)
    for column in COLUMNS:
        for name in (*column.names, column.field):
            known[plain_header(name)] = column
    return known


BY_FIELD: Final[Mapping[str, Column]] = {column.field: column for column in COLUMNS}


def column_of(header: str, mapping: Mapping[str, str] | None = None) -> Column | Left | None:
    """What a header stands for; None where it is unknown.

    mapping: headers as the sheet has them -> a field of CameraFile, a name of ours, or IGNORED to leave it out. It
    wins over the names we know, but it cannot give a forbidden column a target.
    """
    plain = plain_header(header)
    known = _known().get(plain) or _known().get(_without_remark(plain))
    if isinstance(known, Left) and known in FORBIDDEN_COLUMNS:
        return known
    if mapping and header in mapping:
        target = mapping[header].strip()
        return Left.NOT_KEPT if target == IGNORED else _known().get(plain_header(target))
    return known


def nearest(header: str) -> str:
    """The known name that a header was perhaps meant to be; empty where none is near."""
    near = get_close_matches(_without_remark(plain_header(header)), _known(), n=1, cutoff=NEAR)
    if not near:
        return ""
    found = _known()[near[0]]
    return found.names[0] if isinstance(found, Column) else ""
