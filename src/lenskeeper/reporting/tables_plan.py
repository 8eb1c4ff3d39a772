"""The probe plan as tables, for the guardians of a network: whom they must let through, how much comes, how to stop it."""

import re
from collections.abc import Sequence
from typing import Final

from lenskeeper.base.languages import Language, Words
from lenskeeper.probing.probe_plan import ProbePlan
from lenskeeper.reporting.tables import Heading, Kind, Sheet

TEXT: Final = {
    "plan": Words("探测计划", "Probe plan"),
    "what": Words("项目", "what"),
    "value": Words("内容", "value"),
    "sources": Words("探测源地址", "we look from"),
    "own": Words("由系统在摄像机中自行选取", "chosen among the cameras"),
    "points": Words("摄像机数", "cameras"),
    "doors": Words("主机与端口数", "hosts and ports"),
    "greetings": Words("可达性探测（次/分）", "greetings a minute"),
    "pictures": Words("取图（次/分）", "pictures a minute"),
    "mb_day": Words("接收流量（MB/日）", "MB received a day"),
    "homeless": Words("无地址的摄像机", "Cameras without an address"),
    "destinations": Words("目的网段", "Destinations"),
    "network": Words("网段", "network"),
    "ports": Words("端口", "ports"),
    "peak": Words("新建连接峰值（次/秒）", "most new connections a second"),
    "hours": Words("取图时段（当地时间）", "hours of pictures (local)"),
    "metered": Words("按月限流量的台数", "with a monthly budget"),
    "passive": Words("不取图的台数", "never asked for a picture"),
    "addresses": Words("主机与端口", "Hosts and ports"),
    "host": Words("主机", "host"),
    "port": Words("端口", "port"),
    "greeted": Words(
        "每个时隙每个主机与端口只有一次：TCP 连接，一次 OPTIONS 或 HEAD。",
        "Each host and port is greeted once a slot: a TCP connection, one OPTIONS or HEAD.",
    ),
    "witnesses": Words("见证点与网关", "Witnesses and gateways"),
    "witnesses_rule": Words(
        "每个时隙询问一次，以判断我方是否看得见该网络；看不见时记为未知，不记为离线。",
        "Asked once a slot whether we can see into a network; if not, its cameras are unknown and not down.",
    ),
    "ramp": Words("逐日加载", "Ramp by day"),
    "day": Words("第几天", "day"),
    "date": Words("日期（UTC）", "date (UTC)"),
    "share": Words("取图摄像机的比例", "share asked for pictures"),
    "ramp_rule": Words(
        "普查期间取图逐日增加；可达性探测从第一分钟起覆盖全部。",
        "In a survey pictures grow day by day; whether anybody answers is asked of all from the first minute.",
    ),
    "stop": Words("停止开关", "Stop switch"),
    "command": Words("命令", "command"),
    "effect": Words("效果", "what it does"),
    "stop_rule": Words(
        "未探测的时间记为未知，不记为离线。用 --lift 恢复。",
        "What is not looked at is unknown in the books, never down. --lift goes on again.",
    ),
    "more": Words(" 等，另有 {n} 个", " and {n} more"),
    "different": Words("{n} 种，按摄像机各自设定", "{n} different, by camera"),
}  # fmt: skip

STOPS: Final = (
    ("lenskeeper stop --everything", Words("2 秒内停止向任何摄像机发送", "within 2 s nothing is sent to any camera")),
    ("lenskeeper stop --pictures", Words("不再取图，可达性探测继续", "no picture is asked for; reachability goes on")),
    ("lenskeeper stop --zone ZONE", Words("不再向该网络发送", "nothing is sent into this network")),
    ("lenskeeper stop --site SITE", Words("不再向该站点发送", "nothing is sent to this site")),
    ("SIGTERM", Words("serve 进程在 5 秒内结束", "serve ends within 5 s")),
)  # fmt: skip


def plan_sheets(plan: ProbePlan, language: Language) -> tuple[Sheet, ...]:
    """All that is sent into a network, the whole first, each host and port, and how to stop it."""
    return (
        _overview(plan, language),
        _destinations(plan, language),
        _addresses("addresses", plan.addresses, _word("greeted", language), language),
        _addresses("witnesses", plan.witnesses, _witness_note(plan, language), language),
        _ramp(plan, language),
        _stop(language),
        _list("homeless", "points", plan.without_address, language),
    )


def _overview(plan: ProbePlan, language: Language) -> Sheet:
    totals = plan.totals()
    rows = (
        (_word("sources", language), ", ".join(plan.sources)),
        (_word("points", language), f"{totals['points']:,}"),
        (_word("doors", language), f"{totals['doors']:,}"),
        (_word("greetings", language), f"{totals['greetings_minute']:,g}"),
        (_word("pictures", language), f"{totals['pictures_minute']:,g}"),
        (_word("mb_day", language), f"{totals['bytes_day'] / 1e6:,.0f}"),
        (_word("homeless", language), f"{len(plan.without_address):,}"),
    )
    headings = (Heading(_word("what", language)), Heading(_word("value", language), wide=True))
    return Sheet("plan", _word("plan", language), headings, rows)


def _destinations(plan: ProbePlan, language: Language) -> Sheet:
    rows = tuple(
        (
            row.network,
            _ports(row.ports, language),
            row.points,
            row.doors,
            row.greetings_minute,
            row.pictures_minute,
            row.peak_connects_s,
            row.bytes_day / 1e6,
            _hours(row.hours, language),
            row.metered,
            row.passive,
        )
        for row in plan.destinations
    )
    numbers = ("greetings", "pictures", "peak", "mb_day")
    headings = (
        Heading(_word("network", language)),
        Heading(_word("ports", language)),
        *(Heading(_word(key, language), Kind.WHOLE) for key in ("points", "doors")),
        *(Heading(_word(key, language), Kind.HOURS) for key in numbers),  # one digit after the point
        Heading(_word("hours", language)),
        *(Heading(_word(key, language), Kind.WHOLE) for key in ("metered", "passive")),
    )
    return Sheet("destinations", _word("destinations", language), headings, rows)


def _addresses(key: str, addresses: Sequence[str], note: str, language: Language) -> Sheet:
    # a port is no quantity: as text it is never written 8,554
    rows = tuple((host, port) for host, _, port in (address.rpartition(":") for address in addresses))
    headings = (Heading(_word("host", language)), Heading(_word("port", language)))
    return Sheet(key, _word(key, language), headings, rows, note)


def _witness_note(plan: ProbePlan, language: Language) -> str:
    own = "" if plan.witnesses else _word("own", language)
    return " ".join((own, _word("witnesses_rule", language))).strip()


def _ramp(plan: ProbePlan, language: Language) -> Sheet:
    rows = tuple(
        (day.day, day.date, f"{day.share:.0%}", day.pictures_minute, day.bytes_day / 1e6) for day in plan.ramp
    )
    headings = (
        Heading(_word("day", language), Kind.WHOLE),
        Heading(_word("date", language)),
        Heading(_word("share", language)),
        Heading(_word("pictures", language), Kind.HOURS),
        Heading(_word("mb_day", language), Kind.HOURS),
    )
    return Sheet("ramp", _word("ramp", language), headings, rows, _word("ramp_rule", language))


def _stop(language: Language) -> Sheet:
    headings = (Heading(_word("command", language)), Heading(_word("effect", language), wide=True))
    rows = tuple((command, effect.of(language)) for command, effect in STOPS)
    return Sheet("stop", _word("stop", language), headings, rows, _word("stop_rule", language))


def _list(key: str, heading: str, names: Sequence[str], language: Language) -> Sheet:
    rows = tuple((name,) for name in names)
    return Sheet(key, _word(key, language), (Heading(_word(heading, language), wide=True),), rows)


def _ports(ports: str, language: Language) -> str:
    """The plan writes "554, 8554 and 3 more"; every port stands in the sheet of hosts."""
    return re.sub(r" and (\d+) more$", lambda m: _word("more", language).format(n=m[1]), ports)


def _hours(hours: str, language: Language) -> str:
    """The plan writes "3 different" where cameras of one network have hours of their own."""
    return re.sub(r"^(\d+) different$", lambda m: _word("different", language).format(n=m[1]), hours)


def _word(key: str, language: Language) -> str:
    return TEXT[key].of(language)
