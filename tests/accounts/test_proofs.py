"""Passwords, second factors, one-time codes and tries: what is taken, and what is not."""

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenskeeper.accounts import factors, passwords, rows_codes, rows_tries
from lenskeeper.accounts.factors import SealingKey
from lenskeeper.accounts.ids import AccountId
from lenskeeper.accounts.secrets import ALPHABET, hashed_code, new_code
from lenskeeper.accounts.throttle import FORGOTTEN_S, PATIENCE, Counted, TooSoon, wait_s
from lenskeeper.base.access import LOCAL_OPERATOR
from lenskeeper.base.errors import Conflict, Invalid
from lenskeeper.base.secret import Secret
from lenskeeper.store.database import Store

NOW = 1_800_000_000
ANNA = AccountId(7)


@pytest.mark.parametrize(
    "text",
    [
        "short", "password", "password1234", "P@ssw0rd2024!", "p455w0rd!!!!!", "qwertyuiop12", "1qaz2wsx3edc", "asdfghjkl;12",
        "123456789012", "aaaaaaaaaaaa", "abcabcabcabc", "woaini5201314", "WoAiNi520520!", "zhangwei19880808", "nihao123456789",
        "beijing20081234", "mimamima2024", "13812345678901", "1988080819900101", "lenskeeper2026", "lenskeeper!!", "jiankong123456",
        "administrator1", "annali123456", "anna.li.2026", "  anna li 1 ", "监控监控监控监控", "密码2026020202", "shexiangtou88", "abcdefghijkl",
        "pinganchengshi", "hikvision12345", "1314520131452",
    ],
)  # fmt: skip
def test_what_anybody_tries_first_is_no_password(text: str) -> None:
    with pytest.raises(Invalid) as told:
        passwords.admit(Secret(text), known=("anna.li", "Anna Li"))
    assert told.value.field == "password"
    assert len(text) < passwords.CHARS_MIN or text not in str(told.value)


@pytest.mark.parametrize(
    "text",
    [
        "four blue herons by the weir",
        "七只白鹭站在堤坝的左边啊",
        "kY7-mmQ2-wpz4",
        "wet lanterns over stone",
        "tram 12 to the old mill",
    ],
)
def test_some_words_of_ones_own_are_one(text: str) -> None:
    passwords.admit(Secret(text), known=("anna.li", "Anna Li"))


def test_the_list_is_as_long_as_the_manual_says() -> None:
    assert 700 <= len(passwords.common()) <= 2_000
    assert {"password", "woaini", "zhangwei", "密码"} <= passwords.common()


def test_a_password_is_kept_as_argon2id_at_its_costs_and_fits_itself_alone() -> None:
    kept = passwords.hash_of(Secret("four blue herons by the weir"))
    assert kept.startswith("$argon2id$v=19$m=47104,t=2,p=1$")
    assert passwords.fits(kept, Secret("four blue herons by the weir"))
    assert not passwords.fits(kept, Secret("four blue herons by the wei"))
    assert not passwords.fits(None, Secret("four blue herons by the weir"))
    assert not passwords.is_old(kept)
    assert passwords.is_old(kept.replace("m=47104", "m=19456"))
    # composed and decomposed letters are one password
    assert passwords.fits(
        passwords.hash_of(Secret("caf\u00e9 by the old weir")), Secret("cafe\u0301 by the old weir")
    )


def test_a_code_works_in_its_half_minute_and_the_neighbours_once_and_never_after_a_later_one() -> None:
    secret = factors.new_factor()
    generator = pyotp.TOTP(secret.reveal())
    here = NOW // factors.STEP_S
    for near in (-1, 0, 1):
        assert factors.step_of(secret, generator.generate_otp(here + near), NOW, after=None) == here + near
    for far in (-3, -2, 2, 3):
        assert factors.step_of(secret, generator.generate_otp(here + far), NOW, after=None) is None
    code = generator.generate_otp(here)
    assert factors.step_of(secret, f" {code[:3]} {code[3:]} ", NOW, after=here - 1) == here
    assert factors.step_of(secret, code, NOW, after=here) is None
    assert factors.step_of(secret, generator.generate_otp(here - 1), NOW, after=here) is None
    assert factors.step_of(secret, "八八八八八八", NOW, after=None) is None


def test_a_factor_names_no_host_and_draws_itself() -> None:
    uri = factors.uri_of(Secret("A" * 32), login="anna", issuer="lenskeeper Linjiang")
    assert uri == f"otpauth://totp/lenskeeper%20Linjiang:anna?secret={'A' * 32}&issuer=lenskeeper%20Linjiang"
    rows = factors.squares_of(uri)
    assert all(len(row) == len(rows) and set(row) <= {"0", "1"} for row in rows)
    assert rows[0].startswith("1111111")  # the corner that a telephone looks for


def test_a_sealed_factor_opens_for_its_account_and_key_alone() -> None:
    key, other = SealingKey("a", bytes(32)), SealingKey("b", bytes(31) + b"1")
    sealed = key.seal(ANNA, Secret("JBSWY3DP"))
    assert key.unseal(ANNA, sealed) == Secret("JBSWY3DP")
    for opener, whose in ((other, ANNA), (key, AccountId(8))):
        with pytest.raises(Conflict, match="another key"):
            opener.unseal(whose, sealed)
    assert "JBSWY3DP" not in repr(key)


@given(st.sampled_from([20, 15]), st.sampled_from(["-", " ", "", " - "]), st.booleans())
def test_a_code_is_read_however_it_is_typed(chars: int, between: str, low: bool) -> None:
    code = new_code(chars)
    typed = code.replace("-", between)
    assert hashed_code(typed.lower() if low else typed) == hashed_code(code)
    assert set(code) <= {*ALPHABET, "-"}


def test_each_try_beyond_the_free_ones_waits_longer_and_never_for_good() -> None:
    for kind, patience in PATIENCE.items():
        waits = [wait_s(kind, tries) for tries in range(1, 60)]
        assert waits[: patience.free - 1] == [0] * (patience.free - 1)
        assert waits == sorted(waits)
        assert waits[-1] == patience.longest_s
        assert wait_s(kind, 10**9) == patience.longest_s


def test_tries_are_counted_by_name_and_address_and_forgiven_by_a_right_one(store: Store) -> None:
    def tried(name: str, address: str, at_s: int) -> bool:
        what = {Counted.ACCOUNT: name, Counted.ADDRESS: address}
        try:
            store.write(lambda c: rows_tries.count(c, what, actor=LOCAL_OPERATOR, now_s=at_s))
        except TooSoon as told:
            return not 0 < told.retry_s <= 900
        return True

    assert [tried("anna", f"10.0.0.{n}", NOW) for n in range(8)] == [True] * 5 + [False] * 3  # from anywhere
    assert tried("bo", "10.0.0.1", NOW)
    assert tried("anna", "10.0.0.9", NOW + 1)
    assert not tried("anna", "10.0.0.9", NOW + 2)
    assert tried("anna", "10.0.0.9", NOW + 1 + 2)
    store.write(lambda c: rows_tries.forgive(c, {Counted.ACCOUNT: "anna"}, actor=LOCAL_OPERATOR))
    assert [tried("anna", "10.0.0.8", NOW + 4) for _ in range(6)] == [True] * 5 + [False]
    assert [tried(f"name{n}", "10.9.9.9", NOW) for n in range(22)] == [True] * 20 + [
        False
    ] * 2  # whatever name
    later = NOW + FORGOTTEN_S + 1000
    assert all(tried("anna", "10.9.9.9", later) for _ in range(5))


def test_a_one_time_code_works_once_until_its_end_and_the_next_one_voids_it(store: Store) -> None:
    first = store.write(lambda c: rows_codes.make_setup(c, None, actor=LOCAL_OPERATOR, now_s=NOW))
    with store.read() as connection:
        assert rows_codes.setup_of(connection, first.lower().replace("-", ""), NOW + 1) == (None,)
        assert rows_codes.setup_of(connection, first, NOW + rows_codes.FIRST_S) is None
    second = store.write(lambda c: rows_codes.make_setup(c, None, actor=LOCAL_OPERATOR, now_s=NOW))
    with store.read() as connection:
        assert rows_codes.setup_of(connection, first, NOW) is None
    assert store.write(lambda c: rows_codes.spend_setup(c, second, actor=LOCAL_OPERATOR))
    assert not store.write(lambda c: rows_codes.spend_setup(c, second, actor=LOCAL_OPERATOR))
