"""Accounts, grants, sessions and tokens in the database, on both engines."""

import pytest
from sqlalchemy import Connection
from tests.register_kit import city

from lenskeeper.accounts import rows_accounts, rows_codes, rows_grants, rows_sessions, rows_tokens
from lenskeeper.accounts.grants import PURPOSES_MAX, Wanted
from lenskeeper.accounts.ids import AccountId, GrantId, actor_of
from lenskeeper.accounts.rows_accounts import NewPerson
from lenskeeper.accounts.rows_tokens import NewToken
from lenskeeper.accounts.verbs import SESSION_S, Role, Verb
from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.base.errors import Conflict, Invalid, NotAllowed, NotFound
from lenskeeper.store.database import Store
from lenskeeper.units.ids import UnitId

NOW = 1_800_000_000
HERE = {"address": "10.0.0.1", "client": "a browser"}


def anna(connection: Connection, login: str = "anna", unit_id: UnitId | None = None) -> AccountId:
    return rows_accounts.add(
        connection, NewPerson(login, "Anna Li", unit_id=unit_id), actor=LOCAL_OPERATOR, now_s=NOW
    )


def test_who_is_added_stays_and_a_login_name_is_never_given_again(store: Store) -> None:
    def work(connection: Connection) -> None:
        number = anna(connection, " Anna ")
        person = rows_accounts.named(connection, Scope.ALL, "ANNA")
        assert (person.account_id, person.login, person.actor) == (number, "anna", "account:anna")
        rows_accounts.leave(connection, person, "moved", actor=LOCAL_OPERATOR, now_s=NOW)
        with pytest.raises(Conflict, match="never given"):
            anna(connection)
        assert [p.login for p in rows_accounts.staff(connection, Scope.ALL)] == ["anna"]
        assert not rows_accounts.person_of(connection, Scope.ALL, number).is_here(NOW)

    store.write(work)


@pytest.mark.parametrize("login", ["", "a", "local", "rounds", "a b", "á", "-a", "a" * 33, "a/b"])
def test_names_that_cannot_be_a_login(store: Store, login: str) -> None:
    with pytest.raises(Invalid) as told:
        store.write(lambda c: anna(c, login))
    assert told.value.field == "login"


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (Wanted(Role.VIEWER, UnitId(1), 1, because="x"), "contract_id"),
        (Wanted(Role.REGISTRAR, contract_id=1, because="x"), "role"),
        (Wanted(Role.ADMINISTRATOR, contract_id=1, because="x"), "role"),
        (Wanted(Role.VIEWER, purposes=frozenset({"flood"}), because="x"), "unit_id"),
        (Wanted(Role.VIEWER, UnitId(1), purposes=frozenset({" "}), because="x"), "purposes"),
        (
            Wanted(
                Role.VIEWER, UnitId(1), purposes=frozenset(map(str, range(PURPOSES_MAX + 1))), because="x"
            ),
            "purposes",
        ),
        (Wanted(Role.VIEWER, UnitId(1), from_s=5, to_s=5, because="x"), "to_s"),
        (Wanted(Role.VIEWER, UnitId(1)), "because"),
    ],
)
def test_grants_that_cannot_be(store: Store, wanted: Wanted, field: str) -> None:
    with pytest.raises(Invalid) as told:
        store.write(lambda c: rows_grants.give(c, anna(c), wanted, actor=LOCAL_OPERATOR, now_s=NOW))
    assert told.value.field == field


def test_a_grant_holds_in_its_time_and_until_it_is_ended(store: Store) -> None:
    def work(connection: Connection) -> None:
        number = anna(connection)
        unit_id = city(connection, "City/North")["City/North"]
        wanted = Wanted(
            Role.CREW, unit_id, purposes=frozenset({"flood"}), from_s=NOW + 10, to_s=NOW + 20, because="x"
        )
        given = rows_grants.give(connection, number, wanted, actor=LOCAL_OPERATOR, now_s=NOW)
        for at_s, holds in ((NOW, False), (NOW + 10, True), (NOW + 19, True), (NOW + 20, False)):
            assert bool(rows_grants.holding(connection, number, at_s)) is given.holds(at_s) is holds
        rows_grants.end(connection, given.grant_id, "y", actor=LOCAL_OPERATOR, now_s=NOW + 15)
        assert rows_grants.holding(connection, number, NOW + 14) != ()
        assert rows_grants.holding(connection, number, NOW + 15) == ()
        with pytest.raises(Conflict):
            rows_grants.end(connection, given.grant_id, "y", actor=LOCAL_OPERATOR, now_s=NOW + 16)
        with pytest.raises(NotFound):
            rows_grants.end(connection, GrantId(99), "y", actor=LOCAL_OPERATOR, now_s=NOW)
        with pytest.raises(NotAllowed):
            rows_grants.give(connection, number, wanted, actor=actor_of("anna"), now_s=NOW)

    store.write(work)


def test_grants_and_accounts_of_another_unit_are_not_there(store: Store) -> None:
    def work(connection: Connection) -> None:
        places = city(connection, "City/North", "City/South")
        north, south = places["City/North"], places["City/South"]
        mine, theirs = anna(connection, "mine", north), anna(connection, "theirs", south)
        given = [
            rows_grants.give(
                connection, who, Wanted(Role.VIEWER, unit_id, because="x"), actor=LOCAL_OPERATOR, now_s=NOW
            )
            for who, unit_id in ((mine, north), (theirs, south), (mine, None))
        ]
        scope = Scope(frozenset({north}))
        assert [p.account_id for p in rows_accounts.staff(connection, scope)] == [mine]
        assert [g.grant_id for g in rows_grants.grants(connection, scope)] == [given[0].grant_id]
        assert len(rows_grants.grants(connection, Scope.ALL)) == 3
        for number in (theirs, AccountId(99)):
            with pytest.raises(NotFound):
                rows_accounts.person_of(connection, scope, number)
        with pytest.raises(NotFound):
            rows_grants.grant_of(connection, scope, given[1].grant_id)

    store.write(work)


def test_a_session_is_half_then_whole_then_over(store: Store) -> None:
    def work(connection: Connection) -> None:
        number = anna(connection)
        half = rows_sessions.begin(connection, number, is_half=True, now_s=NOW, **HERE)
        assert rows_sessions.signed(connection, half, NOW, "") is None
        found = rows_sessions.half(connection, half, NOW + rows_sessions.HALF_S - 1)
        assert found is not None
        assert rows_sessions.half(connection, half, NOW + rows_sessions.HALF_S) is None
        whole = rows_sessions.step_up(connection, found[0], now_s=NOW)
        assert rows_sessions.half(connection, half, NOW) is rows_sessions.half(connection, whole, NOW) is None
        who = rows_sessions.signed(connection, whole, NOW + 1, "")
        assert who is not None
        assert (who.login, who.has_factor, who.last_visit_s, who.is_stale) == ("anna", True, None, False)
        rows_sessions.note_use(connection, number, found[0], now_s=NOW + 70)
        again = rows_sessions.begin(connection, number, is_half=False, now_s=NOW + 900, **HERE)
        later = rows_sessions.signed(connection, again, NOW + 901, "")
        assert later is not None
        assert (later.last_visit_s, later.has_factor) == (NOW + 70, False)
        rows_sessions.end(connection, number, found[0], actor=LOCAL_OPERATOR, now_s=NOW + 902)
        assert rows_sessions.signed(connection, whole, NOW + 903, "") is None
        assert rows_sessions.signed(connection, again, NOW + 900 + SESSION_S, "") is None
        assert [s.is_open for s in rows_sessions.sessions(connection, number, NOW + 903)] == [True, False]
        assert rows_sessions.end_all(connection, number, actor=LOCAL_OPERATOR, now_s=NOW + 904) == 1

    store.write(work)


def test_a_token_is_read_back_with_its_limits(store: Store) -> None:
    def work(connection: Connection) -> None:
        places = city(connection, "City/North", "City/South")
        number = anna(connection)
        wanted = Wanted(
            Role.OPERATOR, places["City/North"], purposes=frozenset({"flood", "fence"}), because="x"
        )
        rows_grants.give(connection, number, wanted, actor=LOCAL_OPERATOR, now_s=NOW)
        secret = rows_sessions.begin(connection, number, is_half=False, now_s=NOW, **HERE)
        owner = rows_sessions.signed(connection, secret, NOW, "")
        assert owner is not None
        new = NewToken("wall", frozenset({Verb.SEE}), 5, None)
        _, text = rows_tokens.make(connection, owner, new, now_s=NOW)
        who = rows_tokens.borne(connection, text, NOW + 1, "10.0.0.1")
        assert who is not None
        assert who.verbs == frozenset({Verb.SEE})
        assert who.grants[0].purposes == {"flood", "fence"}
        narrow = NewToken(
            "wall", frozenset({Verb.SEE}), 5, places["City/North"], frozenset({"flood", "traffic"})
        )
        _, text = rows_tokens.make(connection, owner, narrow, now_s=NOW)
        who = rows_tokens.borne(connection, text, NOW + 1, "10.0.0.1")
        assert who is not None
        assert [g.purposes for g in who.grants] == [{"flood"}]
        south = NewToken("wall", frozenset({Verb.SEE}), 5, places["City/South"])
        with pytest.raises(NotFound):
            rows_tokens.make(connection, owner, south, now_s=NOW)
        assert rows_tokens.borne(connection, text, NOW + 5 * 86_400, "10.0.0.1") is None

    store.write(work)


def test_a_step_and_a_recovery_code_are_spent_once(store: Store) -> None:
    def work(connection: Connection) -> None:
        number = anna(connection)
        spent = [rows_accounts.use_step(connection, number, n, actor=LOCAL_OPERATOR) for n in (7, 7, 6, 8)]
        assert spent == [True, False, False, True]
        codes = rows_codes.make_recovery(connection, number, actor=LOCAL_OPERATOR, now_s=NOW)
        assert len(set(codes)) == rows_codes.RECOVERY_CODES
        other = anna(connection, "other")
        assert not rows_codes.spend_recovery(connection, other, codes[0], actor=LOCAL_OPERATOR, now_s=NOW)
        assert [
            rows_codes.spend_recovery(connection, number, codes[0], actor=LOCAL_OPERATOR, now_s=NOW)
            for _ in range(2)
        ] == [
            True,
            False,
        ]
        assert rows_codes.recovery_left(connection, number) == 9
        rows_codes.make_recovery(connection, number, actor=LOCAL_OPERATOR, now_s=NOW)
        assert not rows_codes.spend_recovery(connection, number, codes[1], actor=LOCAL_OPERATOR, now_s=NOW)

    store.write(work)
