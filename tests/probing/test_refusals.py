"""One refusal is enough, and a new credential meets three hosts before the rest."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lenskeeper.base.outcomes import Outcome
from lenskeeper.base.secret import Secret
from lenskeeper.probing.admission import Admission
from lenskeeper.probing.refusals import UNPROVEN_HOSTS_MAX, Refusals
from lenskeeper.probing.targets import host_key
from lenskeeper.protocols.auth import Credential

CREDENTIAL = Credential("admin", Secret("wrong"))
HANGS_UP = 0
SILENT_FOR_EVER = -1  # until its visit is called off


async def test_one_refusal_on_a_recorder_holds_back_its_other_channels() -> None:
    refusals = Refusals()
    assert await refusals.may_try("recorder", CREDENTIAL)
    await refusals.was_refused("recorder", CREDENTIAL)
    assert not await refusals.may_try("recorder", CREDENTIAL)
    assert await refusals.may_try("recorder", Credential("admin", Secret("right")))


async def test_a_credential_that_worked_once_may_go_everywhere() -> None:
    refusals = Refusals()
    assert await refusals.may_try("a", CREDENTIAL)
    await refusals.worked("a", CREDENTIAL)
    assert all([await refusals.may_try(str(n), CREDENTIAL) for n in range(20)])


async def test_a_visit_that_broke_off_leaves_its_host_to_be_asked_again_and_no_fourth_host_sees_the_account() -> (
    None
):
    refusals = Refusals()
    for n in range(2 * UNPROVEN_HOSTS_MAX):
        assert await refusals.may_try(str(n % UNPROVEN_HOSTS_MAX), CREDENTIAL)
        await refusals.let_go(str(n % UNPROVEN_HOSTS_MAX), CREDENTIAL)
    assert not await asyncio.wait_for(refusals.may_try("fourth", CREDENTIAL), 1)
    assert await refusals.may_try("0", CREDENTIAL)
    await refusals.worked("0", CREDENTIAL)
    assert await refusals.may_try("fourth", CREDENTIAL)


async def test_the_first_login_at_a_host_goes_alone_even_where_the_account_has_proved_itself() -> None:
    refusals = Refusals()
    await refusals.worked("elsewhere", CREDENTIAL)
    assert await refusals.may_try("recorder", CREDENTIAL)
    second = asyncio.create_task(refusals.may_try("recorder", CREDENTIAL))
    await asyncio.sleep(0)
    assert not second.done()
    await refusals.was_refused("recorder", CREDENTIAL)
    assert not await second


@pytest.mark.parametrize(
    ("status", "proves", "holds_back"),
    [(200, True, False), (401, False, True), (403, False, True)]
    + [(status, False, False) for status in (302, 404, 453, 454, 500, 503)],
)
async def test_what_a_status_after_a_login_tells(status: int, proves: bool, holds_back: bool) -> None:
    refusals = Refusals()
    one = Admission("recorder", CREDENTIAL, refusals)
    assert await one.ask() is None
    await one.judge(status, authenticated=True)
    next_one = await asyncio.wait_for(Admission("recorder", CREDENTIAL, refusals).ask(), 1)
    assert (next_one is not None and next_one.outcome is Outcome.HELD_BACK) is holds_back
    assert refusals.refused_before("recorder", CREDENTIAL) is holds_back
    others = [Admission(str(n), CREDENTIAL, refusals) for n in range(UNPROVEN_HOSTS_MAX)]
    for other in others[:-1]:
        assert await other.ask() is None
        await other.let_go()
    assert (await asyncio.wait_for(_asked_after_letting_go(others[-1], refusals), 1) is None) is proves


async def _asked_after_letting_go(last: Admission, refusals: Refusals) -> object:
    await refusals.let_go("recorder", CREDENTIAL)
    return await last.ask()


async def test_a_reply_to_a_request_without_login_tells_nothing() -> None:
    refusals = Refusals()
    await Admission("h", CREDENTIAL, refusals).judge(403, authenticated=False)
    assert not refusals.refused_before("h", CREDENTIAL)


async def test_two_silences_over_a_login_are_a_refusal_and_one_is_not() -> None:
    refusals = Refusals()
    for doubts in range(2):
        assert not refusals.refused_before("h", CREDENTIAL), doubts
        visit = Admission("h", CREDENTIAL, refusals)
        assert await visit.ask() is None
        await visit.doubt()
        await visit.doubt()  # one login, one doubt
        await visit.let_go()
    assert refusals.refused_before("h", CREDENTIAL)


async def test_a_host_that_let_us_in_and_hangs_up_later_has_not_refused_us() -> None:
    refusals = Refusals()
    for status in (200, None, None, None):
        visit = Admission("h", CREDENTIAL, refusals)
        assert await visit.ask() is None
        await (visit.doubt() if status is None else visit.judge(status, authenticated=True))
    assert await Admission("h", CREDENTIAL, refusals).ask() is None


async def test_a_visit_that_ends_late_does_not_give_away_the_place_of_the_next() -> None:
    refusals = Refusals()
    first, second, third = (Admission("h", CREDENTIAL, refusals) for _ in range(3))
    assert await first.ask() is None
    await first.judge(404, authenticated=True)
    assert await second.ask() is None
    await first.let_go()
    waits = asyncio.create_task(third.ask())
    await asyncio.sleep(0)
    assert not waits.done()
    await second.judge(200, authenticated=True)
    assert await waits is None


async def test_a_name_and_its_address_are_one_device_once_the_address_answers() -> None:
    refusals = Refusals()
    by_name, by_address = (Admission(h, CREDENTIAL, refusals) for h in ("recorder.city", "10.0.0.9"))
    by_name.reached("10.0.0.9")
    by_address.reached("")  # it hung up before it could be asked
    assert await by_name.ask() is None
    await by_name.judge(401, authenticated=True)
    held_back = await by_address.ask()
    assert held_back is not None
    assert "refused before" in held_back.remark


def test_what_a_peer_says_does_not_show_a_password() -> None:
    visit = Admission("h", CREDENTIAL, Refusals())
    moved = visit.rejection(302, "", location="rtsp://admin:hunter2@10.0.0.1/x", authenticated=False)
    assert (moved.outcome, "10.0.0.1/x" in moved.remark) == (Outcome.REDIRECTED, True)
    said = visit.rejection(404, "404 no /user=admin&password=hunter2", location="", authenticated=True)
    assert "hunter2" not in moved.remark + said.remark


def test_who_offers_only_a_password_in_clear_is_told_apart() -> None:
    visit = Admission("h", CREDENTIAL, Refusals())
    failure = visit.rejection(401, "", location="", authenticated=False, wants_basic=True)
    assert failure.outcome is Outcome.AUTH_REFUSED
    assert "name this host in --credentials to allow it" in failure.remark
    assert "no way to log in" in visit.rejection(401, "", location="", authenticated=False).remark


# -- a whole estate, against the rule said plainly

ANSWERS = st.sampled_from([200, 200, 401, 403, 404, 453, 503, HANGS_UP, SILENT_FOR_EVER])


@dataclass(slots=True)
class Estate:
    """What the hosts saw, by the address that they have."""

    refusals: Refusals = field(default_factory=Refusals)
    let_in: set[str] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)
    refused_before_yes: Counter[str] = field(default_factory=Counter)
    at_once: Counter[str] = field(default_factory=Counter)
    silences: Counter[str] = field(default_factory=Counter)
    shown_unproven: set[str] = field(default_factory=set)

    async def visit(self, typed: str, answer: int, steps: int) -> None:
        admission, device = Admission(typed, CREDENTIAL, self.refusals), host_key(typed)
        try:
            async with asyncio.timeout(0.02 if answer == SILENT_FOR_EVER else None):
                if await admission.ask() is None:
                    await self.log_in(admission, device, answer, steps)
        except TimeoutError:
            pass
        finally:
            await admission.let_go()

    async def log_in(self, admission: Admission, device: str, answer: int, steps: int) -> None:
        """One login, judged by what this device has seen so far. The first at a device goes alone."""
        assert not self.refused[device], "a login after a refusal"
        assert self.silences[device] < 2 or device in self.let_in, "a third login into silence"
        if device not in self.let_in:
            assert not self.at_once[device], "two first logins at once"
        if not self.let_in:
            self.shown_unproven.add(device)
        self.at_once[device] += 1
        try:
            for _ in range(steps):
                await asyncio.sleep(0)
            if answer == SILENT_FOR_EVER:
                await asyncio.Event().wait()
        finally:
            self.at_once[device] -= 1
        if answer == HANGS_UP:
            self.silences[device] += 1
            await admission.doubt()
            return
        if answer == 200:
            self.let_in.add(device)
        elif answer in (401, 403):
            self.refused[device] += 1
            self.refused_before_yes[device] += device not in self.let_in
        await admission.judge(answer, authenticated=True)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 9), st.sampled_from(["127.0.0.{}", "127.{}", "::ffff:127.0.0.{}"]), ANSWERS,
            st.integers(0, 4),
        ),
        max_size=40,
    )
)  # fmt: skip
def test_an_estate_sees_no_second_refusal_and_three_hosts_an_account_that_works_nowhere(
    visits: list[tuple[int, str, int, int]],
) -> None:
    async def run() -> Estate:
        estate = Estate()
        async with asyncio.timeout(10):
            await asyncio.gather(
                *(estate.visit(form.format(host), answer, n) for host, form, answer, n in visits)
            )
        return estate

    estate = asyncio.run(run())
    assert all(n <= 1 for n in estate.refused_before_yes.values())
    assert len(estate.shown_unproven) <= UNPROVEN_HOSTS_MAX
