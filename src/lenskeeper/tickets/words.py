"""The words for what is broken, what it shows and who is sent: in messages, on paper and in reports the same."""

from collections.abc import Mapping
from typing import Final

from lenskeeper.base.languages import Language, Words
from lenskeeper.base.outcomes import Outcome
from lenskeeper.diagnosis.kinds import Kind
from lenskeeper.tickets.causes import CauseKind
from lenskeeper.tickets.routing import Desk

CAUSES: Final[Mapping[str, Words]] = {
    CauseKind.CAMERA: Words("摄像机", "camera"),
    CauseKind.ACCOUNT: Words("登录账号", "login"),
    CauseKind.RECORDER: Words("录像机", "recorder"),
    CauseKind.POLE: Words("立杆", "pole"),
    CauseKind.SWITCH: Words("交换机", "switch"),
    CauseKind.SITE: Words("站点", "site"),
    CauseKind.FEEDER: Words("供电回路", "power feeder"),
    CauseKind.UPLINK: Words("上联线路", "uplink"),
    CauseKind.SUBNET: Words("网段", "network"),
}

OUTCOMES: Final[Mapping[str, Words]] = {
    Outcome.PLAYING: Words("有图像", "a picture came"),
    Outcome.ANSWERS: Words("应答正常", "it answers"),
    Outcome.UNREACHABLE: Words("网络不可达", "no route"),
    Outcome.TIMED_OUT: Words("无应答", "no answer"),
    Outcome.REFUSED: Words("端口未开放", "port closed"),
    Outcome.TLS_REFUSED: Words("证书或握手不符", "TLS refused"),
    Outcome.AUTH_REFUSED: Words("密码被拒", "password refused"),
    Outcome.HELD_BACK: Words("密码曾被拒，暂缓", "held back after a refused password"),
    Outcome.NOT_FOUND: Words("路径不存在", "no such path"),
    Outcome.REDIRECTED: Words("被转向他处", "sent elsewhere"),
    Outcome.BUSY: Words("设备忙", "busy"),
    Outcome.NOT_SUPPORTED: Words("格式不支持", "not supported"),
    Outcome.GARBLED: Words("应答不合协议", "does not speak the protocol"),
    Outcome.REJECTED: Words("设备报错", "answered with an error"),
    Outcome.CLOSED: Words("中途断开", "hung up"),
    Outcome.NO_VIDEO: Words("无视频流", "no video"),
    Outcome.NO_KEYFRAME: Words("无关键帧", "no key frame"),
    Outcome.OUR_FAULT: Words("我方故障", "our own fault"),
    Outcome.UNDECODABLE: Words("无法解码", "cannot be decoded"),
}

FAULTS: Final[Mapping[str, Words]] = {
    Kind.BLACK: Words("黑屏", "black picture"),
    Kind.DARK: Words("过暗", "dark"),
    Kind.OVEREXPOSED: Words("过曝", "overexposed"),
    Kind.BLUR: Words("模糊", "blurred"),
    Kind.LOW_CONTRAST: Words("对比度低", "low contrast"),
    Kind.COLOUR_CAST: Words("偏色", "colour cast"),
    Kind.NOISE: Words("噪声", "noise"),
    Kind.OCCLUDED: Words("遮挡", "covered"),
    Kind.MOVED: Words("移位", "moved"),
    Kind.FROZEN: Words("画面冻结", "frozen"),
    Kind.SIGNAL_CARD: Words("信号丢失画面", "signal card"),
    Kind.MOSAIC: Words("花屏", "mosaic"),
    Kind.LOW_VISIBILITY: Words("低能见度", "low visibility"),
    Kind.LENS_DIRTY: Words("镜头脏污", "dirty lens"),
    Kind.STRIPES: Words("条纹", "stripes"),
    Kind.SHAKING: Words("抖动", "shaking"),
}

DESKS: Final[Mapping[str, Words]] = {
    Desk.POWER: Words("供电", "power"),
    Desk.CARRIER: Words("运营商", "carrier"),
    Desk.CONTRACTOR: Words("维保单位", "contractor"),
    Desk.PARKS: Words("园林", "parks"),
    Desk.OWNER_IT: Words("业主信息部门", "owner's IT"),
    Desk.US: Words("本单位", "our own desk"),
}

SHOWN: Final[Mapping[str, Words]] = {**OUTCOMES, **FAULTS}
"""All that a trouble may show."""


def said(table: Mapping[str, Words], key: str, language: Language) -> str:
    """In words; empty where the table does not know it."""
    words = table.get(key)
    return "" if words is None else words.of(language)


def cause_words(kind: str, language: Language) -> str:
    """A kind of cause in words; another one as it is written."""
    return said(CAUSES, kind, language) or kind


def what_words(what: str, language: Language) -> str:
    """An outcome or a kind of fault in words; another reason as it is written."""
    return said(SHOWN, what, language) or what


def desk_words(desk: str, language: Language) -> str:
    """A desk in words; another one as it is written."""
    return said(DESKS, desk, language) or desk
