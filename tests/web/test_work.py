"""Tickets on screen: listed, taken through their steps, and seen by nobody whose they are not."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, update
from starlette.testclient import TestClient
from tests.probing.rounds_kit import VirtualClock
from tests.register_kit import NOON, camera
from tests.repair_kit import RepairCity, always, silent
from tests.tickets.test_day_plan_rows import _lot, dirty, fleet, opened
from tests.web_kit import ClientOf

from lenskeeper.accounts.verbs import Role
from lenskeeper.diagnosis.kinds import Kind
from lenskeeper.house.home import Home
from lenskeeper.house.settings import Settings
from lenskeeper.inventory.ids import PointId
from lenskeeper.store.database import Store
from lenskeeper.tickets.schema import review_case, ticket
from lenskeeper.tickets.states import NEXT, Stage, Step
from lenskeeper.tickets.triage import Case


@dataclass
class Work:
    """Four cameras of two lots (0, 1: the first; 2, 3: the second), a ticket on each, a picture to be cleaned."""

    home: Home
    clock: VirtualClock
    points: list[PointId]
    lots: list[int]
    tickets: list[int]


@pytest.fixture
def work(store: Store, tmp_path: Path) -> Work:
    def write(c: Connection) -> tuple[list[PointId], list[int], list[int]]:
        points = fleet(c)
        lots = [_lot(c, "Lot 1", points[:2]), _lot(c, "Lot 2", points[2:])]
        tickets = [opened(c, p, contract_id=lots[n // 2], klass=1 + n % 3) for n, p in enumerate(points)]
        dirty(c, points[0])
        return points, [*map(int, lots)], [*map(int, tickets)]

    points, lots, tickets = store.write(write)
    clock = VirtualClock(NOON)
    return Work(Home(tmp_path, Settings(), store, clock, ""), clock, points, lots, tickets)


def step(client: TestClient, number: int, what: Step, **more: object) -> tuple[int, dict[str, Any]]:
    answer = client.post(f"/api/tickets/{number}/steps", json={"step": what, **more})
    return answer.status_code, answer.json()


def ids(client: TestClient, query: str = "") -> list[int]:
    answer = client.get(f"/api/tickets{query}")
    assert answer.status_code == 200, answer.text
    return [row["ticket_id"] for row in answer.json()["rows"]]


def test_a_ticket_goes_from_assigned_to_done_in_the_hands_of_a_crew(work: Work, client_of: ClientOf) -> None:
    crew = client_of(work.home, Role.CREW, lot=work.lots[0])
    number = work.tickets[0]
    for what, stage in ((Step.ACCEPT, "accepted"), (Step.ARRIVE, "on_site"), (Step.FINISH, "done")):
        code, body = step(crew, number, what, remark="cable plugged in" if what is Step.FINISH else "")
        assert (code, body["ticket"]["stage"]) == (200, stage)
    file = crew.get(f"/api/tickets/{number}").json()
    assert [event["act"] for event in file["events"]] == ["accept", "arrive", "finish"]
    assert file["events"][-1]["remark"] == "cable plugged in"
    assert file["ticket"]["contract"] == "Lot 1"
    assert file["cameras"][0]["address"] == "0 Lake Road"


def test_every_step_that_the_table_lacks_is_a_conflict_and_says_what_is_possible(
    work: Work, client_of: ClientOf
) -> None:
    operator = client_of(work.home)
    number = work.tickets[0]
    way = {
        Stage.ASSIGNED: None,
        Stage.ACCEPTED: Step.ACCEPT,
        Stage.ON_SITE: Step.ARRIVE,
        Stage.DONE: Step.FINISH,
    }
    for stage, leads in way.items():
        if leads is not None:
            assert step(operator, number, leads)[0] == 200
        offered = set(operator.get(f"/api/tickets/{number}").json()["steps"])
        for what in (Step.ACCEPT, Step.ARRIVE, Step.LEAVE, Step.FINISH):
            assert (what.value in offered) is ((stage, what) in NEXT)
            if (stage, what) not in NEXT:
                code, body = step(operator, number, what)
                assert (code, body["code"]) == (409, "conflict")
                assert "possible here" in str(body["detail"])


def test_a_step_of_the_looks_is_taken_by_nobody(work: Work, client_of: ClientOf) -> None:
    assert step(client_of(work.home), work.tickets[0], Step.VERIFY)[0] == 403


def test_a_crew_sees_and_touches_the_work_of_its_lot_only(work: Work, client_of: ClientOf) -> None:
    crew = client_of(work.home, Role.CREW, lot=work.lots[0])
    assert sorted(ids(crew)) == work.tickets[:2]
    assert crew.get("/api/tickets/counts").json()["total"] == 2
    other = work.tickets[2]
    assert ids(crew, f"?text={other}") == []
    assert ids(crew, "?text=crossing 2") == []
    assert crew.get(f"/api/tickets/{other}").status_code == 404
    assert step(crew, other, Step.ACCEPT)[0] == 404
    for path, body in (
        ("remarks", {"remark": "x"}),
        ("ask", {"desk": "us", "reason": "x"}),
        ("swap", {}),
        ("view", {"remark": "x"}),
    ):
        assert crew.post(f"/api/tickets/{other}/{path}", json=body).status_code == 404
    assert [row["point_id"] for row in crew.get("/api/cleaning").json()["rows"]] == [work.points[0]]
    assert client_of(work.home, Role.CREW, lot=work.lots[1]).get("/api/cleaning").json()["rows"] == []


def test_a_crew_neither_cancels_nor_pauses_nor_assigns_and_is_not_offered_it(
    work: Work, client_of: ClientOf
) -> None:
    crew = client_of(work.home, Role.CREW, lot=work.lots[0])
    number = work.tickets[0]
    file = crew.get(f"/api/tickets/{number}").json()
    assert set(file["steps"]) == {"accept", "arrive", "finish"}
    assert set(file["acts"]) == {"say", "ask", "swap", "view"}
    for path, body in (
        (f"{number}/cancel", {"remark": "no work"}),
        (f"{number}/pause", {"reason": "no permit"}),
        ("assign", {"ticket_ids": [number]}),
    ):
        assert crew.post(f"/api/tickets/{path}", json=body).status_code == 403


def test_the_filters_narrow_and_the_counts_follow(work: Work, client_of: ClientOf) -> None:
    client = client_of(work.home)
    assert ids(client, "?klass=1&klass=2") == [work.tickets[0], work.tickets[1], work.tickets[3]]
    assert ids(client, f"?contract={work.lots[1]}") == work.tickets[2:]
    assert ids(client, "?text=crossing 3") == [work.tickets[3]]
    assert ids(client, f"?text=%23{work.tickets[1]}") == [work.tickets[1]]
    assert ids(client, "?text=100%25") == []
    assert ids(client, "?desk=power") == []
    assert ids(client, "?late=true") == []
    assert ids(client, f"?point={work.points[2]}") == [work.tickets[2]]
    work.clock.wall_s = NOON + 3_601
    assert len(ids(client, "?late=true")) == 4
    found = client.get("/api/tickets/counts?klass=1").json()
    assert found["total"] == found["late"] == found["by_class"]["1"] == 2
    assert found["by_stage"] == {"assigned": 2}
    assert client.get("/api/overview").json()["tickets_late"] == 4
    in_time = update(ticket).where(ticket.c.id == work.tickets[2]).values(recovered_s=NOON + 3_000)
    work.home.store.write(lambda c: c.execute(in_time))
    assert work.tickets[2] not in ids(client, "?late=true")
    assert client.get("/api/tickets/counts").json()["late"] == 3
    assert client.get("/api/overview").json()["tickets_late"] == 3


def test_a_list_is_read_on_from_where_it_ended(work: Work, client_of: ClientOf) -> None:
    client = client_of(work.home)
    for order in ("due", "newest", "cameras"):
        seen: list[int] = []
        query = f"?order={order}&limit=3"
        while True:
            page = client.get(f"/api/tickets{query}").json()
            assert page["total"] == 4
            seen += [row["ticket_id"] for row in page["rows"]]
            if page["next"] is None:
                break
            query = f"?order={order}&limit=3&cursor={page['next']}"
        assert sorted(seen) == work.tickets
        assert len(seen) == 4


def test_many_are_assigned_each_for_itself_and_who_was_quicker_is_told(
    work: Work, client_of: ClientOf
) -> None:
    first, second = client_of(work.home), client_of(work.home)
    assert step(first, work.tickets[0], Step.ARRIVE)[0] == 200
    body = {"ticket_ids": [work.tickets[0], work.tickets[1], 9_999], "desk": "power", "because": "the feeder"}
    answer = second.post("/api/tickets/assign", json=body)
    assert answer.status_code == 200
    found = answer.json()
    assert [(row["ticket_id"], row["desk"], row["payer"]) for row in found["done"]] == [
        (work.tickets[1], "power", "power")
    ]
    late, unknown = found["refused"]
    assert (late["code"], late["stage"]) == ("conflict", "on_site")
    assert late["by"].endswith(first.login)  # type: ignore[attr-defined]
    assert late["at_s"] == NOON
    assert (unknown["code"], unknown["stage"]) == ("not_found", None)
    assert (
        second.post("/api/tickets/assign", json={"ticket_ids": [work.tickets[2]], "desk": "us"}).json()[
            "refused"
        ][0]["code"]
        == "invalid"
    )


def test_clocks_are_paused_with_a_reason_and_run_on(work: Work, client_of: ClientOf) -> None:
    client = client_of(work.home)
    number = work.tickets[0]
    before = client.get(f"/api/tickets/{number}").json()["ticket"]["restore_by_s"]
    assert client.post(f"/api/tickets/{number}/pause", json={"reason": ""}).status_code == 422
    paused = client.post(
        f"/api/tickets/{number}/pause", json={"reason": "no lane permit", "until_s": NOON + 7_200}
    ).json()
    assert paused["ticket"]["is_paused"]
    assert paused["ticket"]["restore_by_s"] > before
    assert "resume" in paused["acts"]
    assert "pause" not in paused["acts"]
    assert ids(client, "?paused=true") == [number]
    work.clock.wall_s = NOON + 60
    running = client.post(f"/api/tickets/{number}/resume").json()
    assert not running["ticket"]["is_paused"]
    assert client.post(f"/api/tickets/{number}/resume").status_code == 409


def test_a_remark_that_seems_to_hold_a_telephone_number_is_asked_about_first(
    work: Work, client_of: ClientOf
) -> None:
    client = client_of(work.home)
    path = f"/api/tickets/{work.tickets[0]}/remarks"
    words = {"remark": "ask the guard, 13812345678"}
    assert client.post("/api/remarks/doubts", json=words).json() == {"telephone": True, "numberplate": False}
    refused = client.post(path, json=words)
    assert (refused.status_code, refused.json()["field"]) == (422, "remark")
    assert client.get(f"/api/tickets/{work.tickets[0]}").json()["events"] == []
    assert client.post(path, json={**words, "is_sure": True}).status_code == 200
    assert step(client, work.tickets[0], Step.ACCEPT, remark="浙A12345 stands there")[0] == 422


def test_another_desk_is_asked_and_answers(work: Work, client_of: ClientOf) -> None:
    crew, operator = client_of(work.home, Role.CREW, lot=work.lots[0]), client_of(work.home)
    number = work.tickets[0]
    asked = crew.post(f"/api/tickets/{number}/ask", json={"desk": "carrier", "reason": "their fibre"}).json()
    assert asked["handings"][0]["answer"] is None
    assert "answer" not in asked["acts"]
    assert (
        operator.post("/api/tickets/assign", json={"ticket_ids": [number]}).json()["refused"][0]["code"]
        == "conflict"
    )
    taken = operator.post(f"/api/tickets/{number}/answer", json={"is_taken": True}).json()
    assert (taken["ticket"]["desk"], taken["ticket"]["payer"]) == ("carrier", "carrier")
    assert taken["handings"][0]["answer"] == "taken"


def test_a_new_view_needs_two_persons(work: Work, client_of: ClientOf) -> None:
    first, second = client_of(work.home), client_of(work.home)
    path = f"/api/tickets/{work.tickets[0]}/view"
    asked = first.post(path, json={"remark": "turned to the new gate"}).json()
    assert asked["view_asked"]["may_approve"] is False
    assert first.post(f"{path}/approval").status_code == 403
    seen = second.get(f"/api/tickets/{work.tickets[0]}").json()
    assert seen["view_asked"]["may_approve"]
    assert "approve_view" in seen["acts"]
    assert second.post(f"{path}/approval").json()["view_asked"] is None
    assert second.post(f"{path}/approval").status_code == 409


def test_a_device_is_swapped_and_the_payer_named_from_the_ticket(work: Work, client_of: ClientOf) -> None:
    client = client_of(work.home)
    number = work.tickets[0]
    swapped = client.post(f"/api/tickets/{number}/swap", json={"make": "Acme", "model": "M9", "serial": "N1"})
    assert swapped.status_code == 200, swapped.text
    assert swapped.json()["events"][-1]["detail"]["serial"] == "N1"
    assert (
        client.post(f"/api/tickets/{number}/payer", json={"payer": "third_party", "remark": ""}).status_code
        == 422
    )
    paid = client.post(f"/api/tickets/{number}/payer", json={"payer": "third_party", "remark": "a digger"})
    assert paid.json()["ticket"]["payer"] == "third_party"


def test_the_square_of_a_ticket_leads_to_its_page(work: Work, client_of: ClientOf) -> None:
    client = client_of(work.home)
    lines = client.get(f"/api/tickets/{work.tickets[0]}/square").json()
    assert len(lines) == len(lines[0]) >= 21
    assert set("".join(lines)) == {"0", "1"}
    assert client.get("/api/tickets/9999/square").status_code == 404


def test_a_case_is_judged_once_and_by_whoever_may_see_the_camera(work: Work, client_of: ClientOf) -> None:
    case = Case(work.points[0], Kind.MOVED, NOON - 60)
    work.home.store.write(
        lambda c: c.execute(
            insert(review_case).values(
                point_id=case.point_id, kind=case.kind, since_s=case.since_s, found_s=NOON
            )
        )
    )
    other = client_of(work.home, Role.CONTRACT_MANAGER, lot=work.lots[1])
    assert other.get("/api/review").json()["rows"] == []
    path = f"/api/review/{work.points[0]}/moved"
    assert other.post(path, json={"is_right": True}).status_code == 404
    mine = client_of(work.home)
    assert [row["kind"] for row in mine.get("/api/review").json()["rows"]] == ["moved"]
    assert mine.post(path, json={"is_right": True}).json()["right"] == 1
    assert mine.post(path, json={"is_right": True}).status_code == 404


def test_storms_and_trust_are_for_whoever_dispatches_everywhere(work: Work, client_of: ClientOf) -> None:
    lot = client_of(work.home, Role.OPERATOR, lot=work.lots[0])
    assert lot.post("/api/storm", json={"why": "typhoon"}).status_code == 403
    assert lot.put("/api/trust/moved", json={"is_trusted": True, "because": "x"}).status_code == 403
    all_ = client_of(work.home)
    assert all_.get("/api/storm").json() is None
    assert all_.post("/api/storm", json={"why": "typhoon"}).json()["why"] == "typhoon"
    assert all_.post("/api/storm", json={"why": "again"}).status_code == 409
    assert lot.get("/api/storm").json()["why"] == "typhoon"
    assert all_.delete("/api/storm").status_code == 204
    trusted = all_.put("/api/trust/moved", json={"is_trusted": True, "because": "seen enough"}).json()
    assert next(row for row in trusted if row["kind"] == "moved")["is_trusted"]


def test_forty_eight_cameras_behind_one_switch_are_one_ticket_on_screen(
    store: Store, tmp_path: Path, client_of: ClientOf
) -> None:
    city = RepairCity(store, [camera(n, klass=2, switch="SW-7" if n <= 48 else "") for n in range(1, 53)])
    city.live(3)
    city.live(40, always(silent(*city.points[:48])), turn_every=5)
    client = client_of(Home(tmp_path, Settings(), store, VirtualClock(city.now_s), ""))
    page = client.get("/api/tickets?live=true&order=cameras").json()
    assert [(row["kind"], row["thing"], row["cameras"]) for row in page["rows"]] == [("switch", "SW-7", 48)]
    assert page["total"] == 1
    assert len(client.get(f"/api/tickets/{page['rows'][0]['ticket_id']}").json()["cameras"]) == 48
