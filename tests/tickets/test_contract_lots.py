"""Contracts in the database: their lots across departments, who sees them, and that a fault has one contractor."""

from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, select
from tests.register_kit import DAY, NOON, TZ, camera, city

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.base.days import day_span
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.inventory import rows_points
from lenskeeper.inventory.ids import PointId
from lenskeeper.store.database import Store
from lenskeeper.tickets import rows_contracts as lots
from lenskeeper.tickets.contracts import Clock, Contract, ContractId, Terms
from lenskeeper.tickets.schema import contract as contract_table
from lenskeeper.units import rows as units

UNITS = ("City/North", "City/North/Town", "City/South")
BEGIN = day_span(DAY, TZ)[0]
WHO: dict[str, Any] = {"actor": LOCAL_OPERATOR, "now_s": NOON}


def day_s(days: int) -> int:
    """Midnight, so many days after the contracts begin."""
    return day_span(DAY + days, TZ)[0]


def fleet(connection: Connection) -> list[PointId]:
    """Two cameras in the north, two in its town, two in the south."""
    city(connection, *UNITS)
    return [
        rows_points.add(connection, camera(n, UNITS[n // 2]), actor=LOCAL_OPERATOR, now_s=BEGIN)
        for n in range(6)
    ]


def signed(connection: Connection, name: str = "Lot 1", **how: Any) -> Contract:
    values: dict[str, Any] = {
        "name": name,
        "contractor": "Bright Eyes Ltd.",
        "document": "No. 7 (2024)",
        "from_day": DAY,
        "to_day": DAY + 365,
        "tz": TZ,
        "terms": Terms(),
        **WHO,
    }
    return lots.set_up(connection, **{**values, **how})


def of_unit(connection: Connection, path: str) -> Scope:
    return Scope(frozenset({units.find(connection, Scope.ALL, path)}))


def of_lot(one: Contract) -> Scope:
    return Scope(frozenset(), lots=frozenset({one.contract_id}))


def test_a_contract_comes_back_as_it_was_signed(store: Store) -> None:
    def work(connection: Connection) -> None:
        terms = Terms(clocks={1: Clock(600, 7_200)}, tickets_per_day_max=9, answer_s=1_800)
        made = signed(connection, terms=terms)
        assert lots.contract(connection, Scope.ALL, made.contract_id) == made
        assert lots.named(connection, Scope.ALL, "Lot 1").terms == terms
        assert made.terms.clock(3) == Terms().clock(3)
        later = signed(connection, "Lot 0", from_day=DAY + 10)
        assert lots.contracts(connection, Scope.ALL) == [later, made]
        assert lots.contracts(connection, Scope.ALL, day_s(10)) == [later, made]
        assert lots.contracts(connection, Scope.ALL, day_s(10) - 1) == [made]
        assert lots.contracts(connection, Scope.ALL, day_s(365) - 1) == [later, made]
        assert lots.contracts(connection, Scope.ALL, day_s(365)) == []

    store.write(work)


@pytest.mark.parametrize(
    ("how", "error", "names"),
    [({"name": " "}, Invalid, "name"), ({"contractor": ""}, Invalid, "contractor"),
     ({"document": "x" * 101}, Invalid, "document"), ({"to_day": DAY}, Invalid, "end after it begins"),
     ({"tz": "Moon"}, Invalid, "no time zone"), ({"calendar": "office"}, NotFound, "no calendar 'office'"),
     ({"name": "Lot 1"}, Conflict, "already")],
)  # fmt: skip
def test_a_wrong_contract_is_refused_and_names_the_cure(
    store: Store, how: dict[str, Any], error: type[Exception], names: str
) -> None:
    def work(connection: Connection) -> None:
        signed(connection)
        with pytest.raises(error, match=names):
            signed(connection, **{"name": "Lot 2", **how})

    store.write(work)


def test_a_point_is_kept_by_a_contract_from_when_it_is_in_the_lot_until_the_contract_ends(
    store: Store,
) -> None:
    def work(connection: Connection) -> None:
        points = fleet(connection)
        one = signed(connection, to_day=DAY + 30)
        assert lots.take_in(connection, one.contract_id, points[1:5], day_s(5), **WHO) == 4
        assert lots.take_out(connection, one.contract_id, [points[2]], day_s(10), **WHO) == 1
        kept = dict.fromkeys(points[1:5], one.contract_id)
        less = {p: c for p, c in kept.items() if p != points[2]}
        for at_s, expected in (
            (day_s(5) - 1, {}), (day_s(5), kept), (day_s(10) - 1, kept), (day_s(10), less),
            (day_s(30) - 1, less), (day_s(30), {}),
        ):  # fmt: skip
            assert lots.contract_of(connection, Scope.ALL, points, at_s) == expected
            assert {p.point_id for p in lots.points_of(connection, Scope.ALL, one.contract_id, at_s)} == set(
                expected
            )
        first = lots.points_of(connection, Scope.ALL, one.contract_id, day_s(5))[0]
        assert (first.name, first.code) == ("crossing 1", camera(1).code)
        assert (first.from_s, first.to_s) == (day_s(5), day_s(30))

    store.write(work)


def test_a_point_is_never_in_two_lots_at_once_and_the_refusal_names_both(store: Store) -> None:
    def work(connection: Connection) -> None:
        points = fleet(connection)
        one, two = signed(connection, to_day=DAY + 30), signed(connection, "Lot 2")
        lots.take_in(connection, one.contract_id, points[:2], day_s(5), **WHO)
        for from_s in (day_s(0), day_s(5), day_s(29)):
            with pytest.raises(Conflict, match=r"crossing 0 .* of Lot 2: .* of Lot 1 \(Bright Eyes"):
                lots.take_in(connection, two.contract_id, points, from_s, **WHO)
        assert (
            lots.take_in(connection, two.contract_id, points[:1], day_s(30), **WHO) == 1
        )  # the first has ended
        lots.take_in(connection, two.contract_id, points[5:], day_s(40), **WHO)
        assert (
            lots.take_in(connection, one.contract_id, points[5:], day_s(3), **WHO) == 1
        )  # it ends before that
        lots.take_out(connection, one.contract_id, points[1:2], day_s(20), **WHO)
        assert lots.take_in(connection, two.contract_id, points[1:2], day_s(20), **WHO) == 1
        with pytest.raises(Conflict, match=r"crossing 0 .* of Lot 1: .* of Lot 2"):
            lots.amend(connection, one.contract_id, document="No. 8", to_day=DAY + 31, **WHO)

    store.write(work)


def test_taking_in_twice_changes_nothing_and_out_and_in_again_leaves_a_gap(store: Store) -> None:
    def work(connection: Connection) -> None:
        points = fleet(connection)
        one = signed(connection)
        taken = [lots.take_in(connection, one.contract_id, points[:1], day_s(d), **WHO) for d in (5, 5, 9, 2)]
        assert taken == [1, 0, 0, 1]
        lots.take_out(connection, one.contract_id, points[:1], day_s(10), **WHO)
        lots.take_in(connection, one.contract_id, points[:1], day_s(12), **WHO)
        inside = [d for d in range(15) if lots.contract_of(connection, Scope.ALL, points[:1], day_s(d))]
        assert inside == [*range(2, 10), *range(12, 15)]
        lots.take_out(connection, one.contract_id, points[:1], day_s(1), **WHO)  # it never was in it
        assert not any(lots.contract_of(connection, Scope.ALL, points[:1], day_s(d)) for d in range(15))
        with pytest.raises(NotFound, match="crossing 0 is not in this lot"):
            lots.take_out(connection, one.contract_id, points[:1], day_s(1), **WHO)
        with pytest.raises(NotFound, match="no point 999"):
            lots.take_in(connection, one.contract_id, [PointId(999)], day_s(1), **WHO)
        with pytest.raises(Invalid, match="choose a day in it"):
            lots.take_in(connection, one.contract_id, points, day_s(365), **WHO)

    store.write(work)


def test_a_contractor_sees_his_lot_across_departments_and_nothing_of_another(store: Store) -> None:
    def work(connection: Connection) -> None:
        points = fleet(connection)
        one, two = signed(connection), signed(connection, "Lot 2")
        lots.take_in(connection, one.contract_id, [points[0], points[4]], BEGIN, **WHO)
        lots.take_in(connection, two.contract_id, [points[1], points[5]], BEGIN, **WHO)
        mine = of_lot(one)
        assert lots.contracts(connection, mine) == [one]
        assert {p.name for p in lots.points_of(connection, mine, one.contract_id, NOON)} == {
            "crossing 0",
            "crossing 4",
        }
        assert set(lots.contract_of(connection, mine, points, NOON)) == {points[0], points[4]}
        with pytest.raises(NotFound):
            lots.contract(connection, mine, two.contract_id)
        with pytest.raises(NotFound):
            lots.named(connection, mine, "Lot 2")
        with pytest.raises(NotFound):
            lots.points_of(connection, mine, two.contract_id, NOON)
        codes = [camera(n).code for n in range(6)]
        assert set(rows_points.find(connection, mine, codes, NOON)) == {codes[0], codes[4]}

    store.write(work)


def test_a_unit_sees_the_contracts_of_its_points_and_of_their_lots_its_own_points_alone(store: Store) -> None:
    def work(connection: Connection) -> None:
        points = fleet(connection)
        one, two = signed(connection), signed(connection, "Lot 2")
        empty = signed(connection, "Lot 3")
        lots.take_in(connection, one.contract_id, [points[2], points[4]], BEGIN, **WHO)
        lots.take_in(connection, two.contract_id, [points[5]], BEGIN, **WHO)
        north, south = of_unit(connection, "City/North"), of_unit(connection, "City/South")
        assert lots.contracts(connection, north) == [one]
        assert lots.contracts(connection, south) == [one, two]
        assert lots.contracts(connection, Scope.ALL) == [one, two, empty]
        assert lots.contracts(connection, Scope(frozenset())) == []
        assert [p.point_id for p in lots.points_of(connection, north, one.contract_id, NOON)] == [points[2]]
        assert set(lots.contract_of(connection, north, points, NOON)) == {points[2]}
        both = Scope(north.units, lots=frozenset({two.contract_id}))
        assert lots.contracts(connection, both) == [one, two]
        assert set(lots.contract_of(connection, both, points, NOON)) == {points[2], points[5]}

    store.write(work)


def test_a_unit_that_gets_a_camera_after_it_left_the_lot_does_not_see_the_contract(store: Store) -> None:
    def work(connection: Connection) -> None:
        points = fleet(connection)
        one, over = signed(connection), signed(connection, "Lot 2", to_day=DAY + 5)
        lots.take_in(connection, one.contract_id, points[:1], BEGIN, **WHO)
        lots.take_out(connection, one.contract_id, points[:1], day_s(5), **WHO)
        lots.take_in(connection, over.contract_id, points[1:2], BEGIN, **WHO)
        for point_id in points[:2]:
            south = units.find(connection, Scope.ALL, "City/South")
            rows_points.move(connection, point_id, south, from_day=DAY + 20, **WHO)
        assert lots.contracts(connection, of_unit(connection, "City/South")) == []
        assert lots.contracts(connection, of_unit(connection, "City/North")) == [one, over]

    store.write(work)


def test_an_amendment_leaves_what_stood_before_in_the_audit_log(store: Store) -> None:
    def work(connection: Connection) -> None:
        points = fleet(connection)
        one = signed(connection)
        lots.take_in(connection, one.contract_id, points[:2], BEGIN, **WHO)
        terms = Terms(tickets_per_day_max=7)
        after = lots.amend(
            connection, one.contract_id, document="No. 8", terms=terms, to_day=DAY + 400, **WHO
        )
        assert (after.terms, after.to_day, after.contractor) == (terms, DAY + 400, one.contractor)
        assert lots.contract_of(connection, Scope.ALL, points, day_s(399)) == dict.fromkeys(
            points[:2], one.contract_id
        )
        subject = f"contract:{one.contract_id}"
        entries = audit.entries(connection, Scope.ALL, subject=subject)
        assert [e.act for e in entries] == ["contract.set_up", "contract.take_in", "contract.amend"]
        before = msgspec.json.decode(entries[-1].detail)["before"]
        assert msgspec.convert(before["terms"], Terms, strict=False) == one.terms
        assert (before["document"], before["to_day"]) == ("No. 7 (2024)", DAY + 365)
        with pytest.raises(NotFound):
            lots.amend(connection, ContractId(99), document="No. 9", **WHO)
        wrong: list[tuple[dict[str, Any], str]] = [
            ({"document": ""}, "document"), ({"to_day": DAY}, "to"), ({"contractor": ""}, "contractor")
        ]  # fmt: skip
        for how, field in wrong:
            values = {"document": "No. 9", **how, **WHO}
            with pytest.raises(Invalid) as refused:
                lots.amend(connection, one.contract_id, **values)
            assert refused.value.field == field
        assert len(connection.execute(select(contract_table)).all()) == 1

    store.write(work)
