"""What the first week finds of an inherited fleet: each camera in one bucket, each bucket with its cure.

Nothing here opens a ticket. A camera that was dead when it was handed over is not the new keeper's failure.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lenskeeper.base.languages import Words
from lenskeeper.base.outcomes import Outcome
from lenskeeper.diagnosis.kinds import Verdict
from lenskeeper.units.ids import UnitId

LONG_DEAD_S: Final = 3 * 86_400  # a power cut and a weekend pass in less; what is silent longer needs a visit


class Bucket(StrEnum):
    """Where a camera of a survey falls. The order is that of the table: what needs nothing, then by who must act."""

    ANSWERS_WELL = "answers_well"
    PICTURE_FAULTY = "picture_faulty"
    BUSY = "busy"
    PASSWORD_REFUSED = "password_refused"  # noqa: S105  the name of a bucket
    PATH_WRONG = "path_wrong"
    WRONG_ADDRESS = "wrong_address"
    SILENT = "silent"
    LONG_DEAD = "long_dead"
    NOT_OURS = "not_ours"
    NOT_LOOKED_AT = "not_looked_at"


@dataclass(frozen=True, slots=True)
class Looked:
    """All that a survey knows of one camera.

    outcome:      of the last look; None before the first. A knock alone ends with ANSWERS.
    verdict:      on the last picture; None where there was none.
    silent_s:     how long no look has been answered; 0 where the last one was.
    in_networks:  its address lies in a network that the operator declared.
    """

    outcome: Outcome | None
    verdict: Verdict | None = None
    silent_s: int = 0
    in_networks: bool = True


BY_OUTCOME: Final = {
    Outcome.BUSY: Bucket.BUSY,
    Outcome.AUTH_REFUSED: Bucket.PASSWORD_REFUSED,
    Outcome.HELD_BACK: Bucket.PASSWORD_REFUSED,
    Outcome.NOT_FOUND: Bucket.PATH_WRONG,
    Outcome.REJECTED: Bucket.PATH_WRONG,
    Outcome.NOT_SUPPORTED: Bucket.PATH_WRONG,
    Outcome.TLS_REFUSED: Bucket.PATH_WRONG,
    Outcome.REFUSED: Bucket.WRONG_ADDRESS,  # a host is there, and no camera listens on it
    Outcome.GARBLED: Bucket.WRONG_ADDRESS,
    Outcome.REDIRECTED: Bucket.WRONG_ADDRESS,
    Outcome.UNREACHABLE: Bucket.WRONG_ADDRESS,
    Outcome.TIMED_OUT: Bucket.SILENT,
    Outcome.NO_VIDEO: Bucket.PICTURE_FAULTY,
    Outcome.NO_KEYFRAME: Bucket.PICTURE_FAULTY,
    Outcome.UNDECODABLE: Bucket.PICTURE_FAULTY,
    Outcome.CLOSED: Bucket.PICTURE_FAULTY,
    Outcome.OUR_FAULT: Bucket.NOT_LOOKED_AT,
    Outcome.ANSWERS: Bucket.NOT_LOOKED_AT,  # silence is not health: nobody has seen its picture
}
"""Every outcome but PLAYING, where the verdict decides."""

BY_VERDICT: Final = {
    Verdict.FIT: Bucket.ANSWERS_WELL,
    Verdict.LOW_VISIBILITY: Bucket.ANSWERS_WELL,  # weather
    Verdict.FAULT: Bucket.PICTURE_FAULTY,
    Verdict.NOT_CHECKABLE: Bucket.NOT_LOOKED_AT,
}

NAMES: Final = {
    Bucket.ANSWERS_WELL: Words("应答正常", "answers well"),
    Bucket.PICTURE_FAULTY: Words("图像异常", "picture faulty"),
    Bucket.BUSY: Words("设备忙", "busy"),
    Bucket.PASSWORD_REFUSED: Words("密码被拒", "password refused"),
    Bucket.PATH_WRONG: Words("路径或参数不符", "path wrong"),
    Bucket.WRONG_ADDRESS: Words("地址不符", "wrong address"),
    Bucket.SILENT: Words("暂无应答", "silent for now"),
    Bucket.LONG_DEAD: Words("长期离线", "long dead"),
    Bucket.NOT_OURS: Words("非本单位网段", "not ours"),
    Bucket.NOT_LOOKED_AT: Words("尚未判定", "not judged yet"),
}

CURES: Final = {
    Bucket.ANSWERS_WELL: Words("无需处理，可以验收。", "Nothing to do; it can be accepted."),
    Bucket.PICTURE_FAULTY: Words(
        "查看判定结果：清洁、对焦、复位或更换；登记为遗留故障并约定日期。",
        "Read the finding: clean, focus, turn back or replace; book it as inherited, with an agreed date.",
    ),
    Bucket.BUSY: Words(
        "连接数已满：减少其他平台的取流，或为本系统预留一路。",
        "Its sessions are all taken: let other platforms draw fewer streams, or keep one free for us.",
    ),
    Bucket.PASSWORD_REFUSED: Words(
        "向原维护单位索取账号，录入后重新探测；不要试密码。",
        "Ask the former keeper for the login, store it, and look again; never try passwords.",
    ),
    Bucket.PATH_WRONG: Words(
        "核对取流路径、通道号、编码和证书设置，更正档案后重新探测。",
        "Check the path, channel, codec and certificate settings, correct the sheet, and look again.",
    ),
    Bucket.WRONG_ADDRESS: Words(
        "该地址没有摄像机应答：核对 IP、端口和网段，到交换机查 MAC。",
        "No camera answers there: check address, port and network; find the MAC at the switch.",
    ),
    Bucket.SILENT: Words(
        "继续观察；连续三天无应答转为长期离线。",
        "Keep looking; after three days without an answer it counts as long dead.",
    ),
    Bucket.LONG_DEAD: Words(
        "现场查电源、网线和设备；登记为遗留故障并约定日期，或从档案撤出。",
        "Visit it: power, line, device; book it as inherited with an agreed date, or take it out of service.",
    ),
    Bucket.NOT_OURS: Words(
        "地址不在已申报的网段：申报该网段，或从档案撤出。未经申报不探测。",
        "The address lies in no declared network: declare it, or take the camera out. Until then nobody looks.",
    ),
    Bucket.NOT_LOOKED_AT: Words(
        "还没有可判定的图像：等待探测计划走到，或检查计划是否停止。",
        "No picture that could be judged yet: wait for the plan to reach it, or see whether it was stopped.",
    ),
}


def bucket_of(looked: Looked) -> Bucket:
    """The bucket of one camera."""
    if not looked.in_networks:
        return Bucket.NOT_OURS
    if looked.outcome is None:
        return Bucket.NOT_LOOKED_AT
    if looked.outcome is Outcome.PLAYING:
        return Bucket.NOT_LOOKED_AT if looked.verdict is None else BY_VERDICT[looked.verdict]
    found = BY_OUTCOME[looked.outcome]
    silent = found is Bucket.SILENT or looked.outcome is Outcome.UNREACHABLE
    return Bucket.LONG_DEAD if silent and looked.silent_s >= LONG_DEAD_S else found


@dataclass(frozen=True, slots=True)
class UnitBuckets:
    """How many cameras of a unit fell where; in the order of Bucket."""

    unit_id: UnitId
    cameras: int
    counts: tuple[int, ...]

    def count(self, bucket: Bucket) -> int:
        """Of one bucket."""
        return self.counts[list(Bucket).index(bucket)]


def by_unit(found: Iterable[tuple[UnitId, Bucket]]) -> tuple[UnitBuckets, ...]:
    """A row for each unit, by its id."""
    counted: dict[UnitId, Counter[Bucket]] = {}
    for unit_id, bucket in found:
        counted.setdefault(unit_id, Counter())[bucket] += 1
    return tuple(
        UnitBuckets(unit_id, counts.total(), tuple(counts[bucket] for bucket in Bucket))
        for unit_id, counts in sorted(counted.items())
    )
