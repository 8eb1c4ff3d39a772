"""Facts told once when they begin and once when they end, across restarts and changes of the plan."""

from collections.abc import Callable, Iterable

from lenskeeper.base.errors import Invalid
from lenskeeper.base.outcomes import Outcome
from lenskeeper.inventory.points import Watched
from lenskeeper.probing.errands import Errand, Looked
from lenskeeper.probing.fleet import Fleet
from lenskeeper.probing.round_results import Fact, FactKind
from lenskeeper.probing.targets import host_key, parse_target
from lenskeeper.probing.witness import Landmarks


class Telling:
    """Which facts stand, and whom to tell of a change."""

    def __init__(self, on_fact: Callable[[Fact], None], standing: Iterable[tuple[FactKind, str]]) -> None:
        """standing: facts that had begun before a restart, so that they are not told again."""
        self._on_fact = on_fact
        self._standing = set(standing)

    def tell(self, fact: Fact) -> None:
        """Once when it begins and once when it ends."""
        key = (fact.kind, fact.subject)
        if fact.began is (key in self._standing):
            return
        if fact.began:
            self._standing.add(key)
        else:
            self._standing.discard(key)
        self._on_fact(fact)

    def subjects(self, kind: FactKind) -> set[str]:
        """What a kind of fact stands of."""
        return {subject for other, subject in self._standing if other is kind}

    def note_account(self, errand: Errand, looked: Looked, slot_s: int) -> None:
        """An account that was refused is a fact of its host, however many channels stand behind it."""
        is_refused = looked.outcome is Outcome.AUTH_REFUSED
        if not is_refused and not (looked.has_picture and self._standing):
            return
        subject = _account(errand.watched, errand.url)
        if not subject:
            return
        detail: dict[str, str | int] = {
            "host": subject.rpartition("#")[0],
            "point": errand.watched.name,
            "cure": "it is not tried again by itself; correct the password in the register",
        }
        self.tell(Fact(FactKind.ACCOUNT_REFUSED, subject, slot_s, is_refused, detail))

    def end_what_is_gone(self, fleet: Fleet, landmarks: Landmarks, slot_s: int) -> None:
        """End facts whose zone, site, point or account the plan has no more: nobody else ever would."""
        if not self._standing:
            return
        zones = {zone.name for zone in fleet.zones}
        there = {
            FactKind.BLIND_ZONE: zones,
            FactKind.WITNESS_DOUBT: {zone for zone in zones if landmarks.witnesses.get(zone)},
            FactKind.SITE_FAULT: set(fleet.sites),
            FactKind.BUDGET_SPENT: {
                str(w.point_id)
                for w, budget in zip(fleet.watched, fleet.budget_bytes, strict=True)
                if budget > 0
            },
        }
        if self.subjects(FactKind.ACCOUNT_REFUSED):
            there[FactKind.ACCOUNT_REFUSED] = {
                _account(w, url) for w in fleet.watched for url in (w.url, w.still_url) if url
            }
        for kind, subjects in there.items():
            for subject in sorted(self.subjects(kind) - subjects):
                detail = {"cure": "the register or the settings name it no more"}
                self.tell(Fact(kind, subject, slot_s, began=False, detail=detail))


def _account(watched: Watched, url: str) -> str:
    """host#credential; empty where there is neither."""
    if watched.credential_id is None:
        return ""
    try:
        return f"{host_key(parse_target(url).host)}#{watched.credential_id}"
    except Invalid:
        return ""
