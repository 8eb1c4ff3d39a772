"""One camera, one file (一机一档): a row of the sheet that a city keeps of each camera, made regular."""

from dataclasses import dataclass
from datetime import date

from lenskeeper.base.spans import Span


@dataclass(frozen=True, slots=True)
class CameraFile:
    """What a sheet says of one camera, after reading: each value is right in itself, or it is left out.

    Empty text, None and () mean that the sheet says nothing; nothing but the name, and a code or a url, is required.
    Where a standard has codes for a value, the code is kept (GB/T 28181-2022; protocols.md sections 4 and 12), and
    the words as written where they are no code.

    The 27 columns:
    code:             GB/T 28181 identifier, 20 digits where makers keep to it; otherwise as written.
    make:             设备厂商, as written.
    civil_code:       GB/T 2260 division, 2, 4, 6 or 8 digits, with further digits of town and village to 12.
    klass:            监控点位类型: 1, 2 or 3 (一类 二类 三类点). None: not told, or "other" (9 in the standard).
    ipv4, ipv6:       in the shortest form of the standard library.
    mac:              XX-XX-XX-XX-XX-XX, upper case.
    camera_type:      PTZType: 1 dome, 2 half-dome, 3 fixed bullet, 4 remote bullet, 5 remote half-dome, 6 panorama,
                      7 split.
    function_type:    FunctionType of the equipment, several joined by "/"; kept for the public register only.
    light:            SupplyLightType: 1 none, 2 infrared, 3 white, 4 laser, 9 other.
    codec:            摄像机编码格式, as written in capitals: H.264, H.265, SVAC, MPEG4, MJPEG.
    lon, lat:         degrees, WGS-84, both or neither.
    src_crs, src_x, src_y: as delivered: src_crs is a name of geodesy.CRS_NAMES, src_x the longitude or the easting
                      with its zone digits, src_y the latitude or the northing in metres. Empty and None with lon.
    position_type:    CapturePositionType of Annex O, 7 digits, or as written.
    direction:        监控方位: 1 E, 2 W, 3 S, 4 N, 5 SE, 6 NE, 7 SW, 8 NW.
    networked:        联网属性: the sheet's 0 is True, its 1 is False.
    police_unit:      GA/T 380 code of the police unit of the district, 12 digits, or as written.
    install_date, warranty_until, lease_until: local calendar dates.
    managing_unit:    管理单位, by name.
    contact:          an office's duty number; never a private person's.
    retention_days:   录像保存天数.
    status:           设备状态: 1 in use, 2 repair, 3 removed.
    owner_department: 所属部门/行业: the owner of charter clause 6.

    Our own:
    unit:             path in the organisation tree, names joined by "/", from the top.
    url, still_url:   canonical (cells.camera_address): lower-case scheme and host, no account in it.
    channel:          name behind a recorder; empty for a camera of its own.
    credential:       name of a stored credential; never a password.
    in_service_from:  first local day it counts; in_service_to: first local day it counts no more.
    dark_by_design, hours: seconds of the local day, sorted and disjoint; 22:00-05:30 is two spans.
    passive_only:     never asked for a picture.
    budget_mb_month:  megabytes (10^6 bytes) in a calendar month.
    picture_period_min: minutes between pictures, where not that of its class.
    mount_height_m:   安装高度, of the camera above the ground; of a range in the sheet the upper end.
    permit:           what the work there needs: none, lane (占道), possession of a railway line (天窗). Empty: not told.
    night_only:       夜间作业: it may be worked on at night only.
    place_kind, purpose, legal_basis: declared (charter clauses 6 and 9).
    """

    name: str
    code: str = ""
    make: str = ""
    civil_code: str = ""
    klass: int | None = None
    model: str = ""
    common_name: str = ""
    ipv4: str = ""
    ipv6: str = ""
    mac: str = ""
    camera_type: str = ""
    function_type: str = ""
    light: str = ""
    codec: str = ""
    address: str = ""
    lon: float | None = None
    lat: float | None = None
    src_crs: str = ""
    src_x: float | None = None
    src_y: float | None = None
    position_type: str = ""
    direction: int | None = None
    networked: bool | None = None
    police_unit: str = ""
    install_date: date | None = None
    managing_unit: str = ""
    contact: str = ""
    retention_days: int | None = None
    status: int | None = None
    owner_department: str = ""
    # ours
    unit: str = ""
    url: str = ""
    still_url: str = ""
    channel: str = ""
    credential: str = ""
    pole: str = ""
    feeder: str = ""
    switch: str = ""
    mount_height_m: float | None = None
    permit: str = ""
    night_only: bool = False
    uplink: str = ""
    site: str = ""
    zone: str = ""
    serial: str = ""
    warranty_until: date | None = None
    lease_until: date | None = None
    in_service_from: date | None = None
    in_service_to: date | None = None
    dark_by_design: tuple[Span, ...] = ()
    hours: tuple[Span, ...] = ()
    passive_only: bool = False
    budget_mb_month: int | None = None
    picture_period_min: int | None = None
    place_kind: str = ""
    purpose: str = ""
    legal_basis: str = ""
