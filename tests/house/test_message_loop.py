"""The loop that sends, over both engines and real sockets: once each, in its hour, and nothing that fails ends it."""

import asyncio
import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from sqlalchemy import update
from tests.house.message_servers import Web, web
from tests.register_kit import NOON
from tests.tickets.test_message_rows import fleet, make_ticket, tell

from lenskeeper.base.errors import NotFound
from lenskeeper.house import messages as house
from lenskeeper.house.home import Home
from lenskeeper.house.message_settings import MessageSettings
from lenskeeper.house.settings import Settings
from lenskeeper.store.database import Store
from lenskeeper.tickets import rows_messages
from lenskeeper.tickets.messages import ChangeKind
from lenskeeper.tickets.schema import ticket


class Clock:
    """It stands until a test moves it; a nap moves it on."""

    def __init__(self) -> None:
        self.now_s, self.naps = NOON, 0

    def now_ms(self) -> int:
        return self.now_s * 1000

    def elapsed_s(self) -> float:
        return float(self.now_s)

    async def sleep(self, length_s: float) -> None:
        self.now_s, self.naps = self.now_s + int(length_s), self.naps + 1
        await asyncio.sleep(0)


@pytest.fixture
def there() -> Iterator[Web]:
    with web() as found:
        yield found


def home_of(store: Store, folder: Path, *to: dict[str, Any], exercise: str = "") -> Home:
    store.write(fleet)
    messages = TypeAdapter(MessageSettings).validate_python({"to": to})
    settings = Settings().model_copy(update={"messages": messages})
    return Home(folder, settings, store, Clock(), exercise)


def webhook(there: Web, name: str = "duty", **more: Any) -> dict[str, Any]:
    return {"name": name, "kind": "webhook", "url": there.url + "/" + name, "key": "k" * 16, **more}


def say(home: Home, *changes: ChangeKind, **more: Any) -> None:
    def work(connection: Any) -> None:
        number = make_ticket(connection, 4, **{"restore_by_s": NOON + 900_000, **more})
        for change in changes or [ChangeKind.OPENED]:
            tell(connection, number, change, home.now_s())

    home.store.write(work)


async def turn(home: Home, at_s: int = NOON) -> list[tuple[str, Exception]]:
    assert isinstance(home.clock, Clock)
    home.clock.now_s = at_s
    failures: list[tuple[str, Exception]] = []
    await house.turn(home, house.ways(home), lambda where, error: failures.append((where, error)))
    return failures


def texts(there: Web) -> list[str]:
    return [json.loads(each.body)["title"] for each in there.came]


async def test_a_switch_with_all_its_cameras_is_one_post_and_stays_one(
    store: Store, tmp_path: Path, there: Web
) -> None:
    home = home_of(store, tmp_path, webhook(there), webhook(there, "power", desks=["power"]))
    say(home)
    for at_s in (NOON, NOON + 5, NOON + 86_400 * 2):
        assert await turn(home, at_s) == []
    [came] = there.came
    assert came.path == "/duty"
    assert json.loads(came.body)["changes"][0]["cameras"] == 4
    assert house.standing(home) == {"duty": (0, 0), "power": (0, 0)}
    assert [(line.recipient, line.outcome) for line in house.tried(home, 10)] == [("duty", "sent")]


async def test_a_ticket_whose_time_is_nearly_over_is_told_of_by_the_loop_itself(
    store: Store, tmp_path: Path, there: Web
) -> None:
    home = home_of(store, tmp_path, webhook(there))
    say(home, restore_by_s=NOON + 8 * 3_600)
    for at_s in (NOON, NOON + 7 * 3_600 - 1, NOON + 7 * 3_600, NOON + 7 * 3_600 + 5):
        assert await turn(home, at_s) == []
    assert texts(there) == ["#1 new", "#1 due soon"]


async def test_what_fails_is_tried_again_together_with_what_came_meanwhile(
    store: Store, tmp_path: Path, there: Web
) -> None:
    home = home_of(store, tmp_path, webhook(there))
    say(home)
    there.status = 503
    await turn(home)
    await turn(home, NOON + 29)
    assert len(there.came) == 1
    say(home)
    there.status = 200
    await turn(home, NOON + 30)
    assert texts(there) == ["#1 new", "tickets: new 2"]
    assert [(line.messages, line.remark) for line in house.tried(home, 9)] == [
        (2, ""),
        (1, "the answer was HTTP 503"),
    ]


async def test_after_its_tries_and_when_it_is_refused_for_good_a_message_is_given_up_and_the_next_goes(
    store: Store, tmp_path: Path, there: Web
) -> None:
    home = home_of(store, tmp_path, webhook(there))
    say(home)
    there.status = 500
    at_s = NOON
    for _ in range(60):
        await turn(home, at_s)
        at_s += 900
    assert len(there.came) == 10
    assert house.standing(home) == {"duty": (0, 1)}
    there.status = 413
    home.clock.now_s = at_s  # type: ignore[attr-defined]
    say(home)
    await turn(home, at_s)
    assert house.standing(home) == {"duty": (0, 2)}
    there.status = 200
    say(home)
    await turn(home, at_s + 7_200)
    assert texts(there)[-1] == "#3 new"


async def test_one_that_falls_over_or_is_missing_does_not_keep_the_others_from_theirs(
    store: Store, tmp_path: Path, there: Web
) -> None:
    home = home_of(store, tmp_path, {"name": "pigeon", "kind": "plugin", "plugin": "pigeon"}, webhook(there))
    say(home)
    assert await turn(home) == []
    assert texts(there) == ["#1 new"]
    assert house.standing(home) == {"pigeon": (1, 0), "duty": (0, 0)}
    remarks = {line.recipient: line.remark for line in house.tried(home, 9)}
    assert "no package has the sender 'pigeon'" in remarks["pigeon"]


class Fallen:
    async def send(self, message: object) -> None:
        raise ValueError("rtsp://sesame")


async def test_what_a_sender_of_others_says_as_it_falls_is_not_kept(
    store: Store, tmp_path: Path, there: Web
) -> None:
    home = home_of(store, tmp_path, webhook(there))
    say(home)
    way = dataclasses.replace(house.ways(home)[0], sender=Fallen())
    await house.turn(home, [way], lambda *_: None)
    assert [line.remark for line in house.tried(home, 9)] == ["the sender fell over (ValueError)"]


async def test_a_fault_of_ours_with_one_recipient_is_counted_and_the_others_are_told(
    store: Store, tmp_path: Path, there: Web
) -> None:
    home = home_of(store, tmp_path, webhook(there, "first"), webhook(there))
    say(home)
    first, second = house.ways(home)
    nowhere = dataclasses.replace(first.recipient, tz="No/Where", quiet=(0, 1))
    failures: list[str] = []
    await house.turn(
        home,
        [dataclasses.replace(first, recipient=nowhere), second],
        lambda where, error: failures.append(f"{where} {type(error).__name__}"),
    )
    assert failures == ["messages Invalid"]
    assert [each.path for each in there.came] == ["/duty"]


async def test_the_loop_outlives_a_database_that_is_gone_and_ends_when_it_is_told(
    store: Store, tmp_path: Path, there: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = home_of(store, tmp_path, webhook(there))
    say(home)
    stopping, failures = asyncio.Event(), list[str]()
    real = rows_messages.spread
    monkeypatch.setattr(rows_messages, "spread", lambda *_, **__: 1 / 0)

    def failed(where: str, error: Exception) -> None:
        failures.append(f"{where} {type(error).__name__}")
        if len(failures) == 3:
            monkeypatch.setattr(rows_messages, "spread", real)

    loop = asyncio.create_task(house.send_on(home, stopping, failed))
    async with asyncio.timeout(20):
        while not there.came:  # noqa: ASYNC110  the server lives in a thread of its own
            await asyncio.sleep(0.01)
    assert failures == ["messages ZeroDivisionError"] * 3
    stopping.set()
    await asyncio.wait_for(loop, 10)


async def test_an_invented_fleet_frightens_nobody(store: Store, tmp_path: Path, there: Web) -> None:
    home = home_of(store, tmp_path, webhook(there, language="zh-CN"), exercise="demo")
    say(home)
    await turn(home)
    assert texts(there) == ["【演练】#1 新建工单"]


async def test_held_tickets_are_told_when_they_are_released(store: Store, tmp_path: Path, there: Web) -> None:
    home = home_of(store, tmp_path, webhook(there))
    say(home, held="budget")
    await turn(home)
    assert not there.came
    store.write(lambda c: c.execute(update(ticket).values(held="")))
    await turn(home, NOON + 60)
    assert texts(there) == ["#1 new"]


async def test_a_trial_says_that_it_is_one(store: Store, tmp_path: Path, there: Web) -> None:
    home = home_of(store, tmp_path, webhook(there))
    assert await house.send_trial(home, "duty") == ""
    assert texts(there) == ["trial"]
    there.status = 404
    assert await house.send_trial(home, "duty") == "the answer was HTTP 404"
    with pytest.raises(NotFound, match="no recipient 'dutty'"):
        await house.send_trial(home, "dutty")
