"""A fault of a picture on its way to a ticket: what the last look did not find any more calls nobody, and when it was well."""

from sqlalchemy import Connection
from tests.register_kit import camera
from tests.repair_kit import BEGIN, MINUTE, Planted, RepairCity

from lenskeeper.base.access import LOCAL_OPERATOR, ROUNDS
from lenskeeper.base.outcomes import Outcome
from lenskeeper.diagnosis.holding import hold
from lenskeeper.diagnosis.kinds import Diagnosis, Finding, Kind, Severity, Verdict
from lenskeeper.diagnosis.parts import Rung
from lenskeeper.diagnosis.rows import Saving, save
from lenskeeper.diagnosis.verdict import conclude
from lenskeeper.diagnosis.watch import Memory
from lenskeeper.inventory.ids import PointId
from lenskeeper.store.database import Store
from lenskeeper.tickets import rows_triage
from lenskeeper.tickets.states import Step


class PictureCity(RepairCity):
    """Its looks go through the real hold-down into the real tables."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, [camera(n, klass=2) for n in range(1, 9)])
        self.memories: dict[PointId, Memory] = {}
        store.write(self._trust_all)

    @staticmethod
    def _trust_all(connection: Connection) -> None:
        for kind in Kind:
            rows_triage.set_trust(
                connection, kind, "a test", is_trusted=True, actor=LOCAL_OPERATOR, now_s=BEGIN
            )

    def live(self, minutes: int, planted: Planted | None = None, *, turn_every: int = 5) -> None:
        """With a turn every five minutes."""
        super().live(minutes, planted, turn_every=turn_every)

    def see(
        self,
        point_id: PointId,
        *kinds: Kind,
        severity: Severity = Severity.SEVERE,
        rung: Rung = Rung.SUB,
    ) -> None:
        """One look with these faults; none: it is fit."""
        found = [Finding(kind, severity, 1.0, 0.5, "planted") for kind in kinds]
        self.judge(point_id, conclude(found, []), rung)

    def judge(self, point_id: PointId, diagnosis: Diagnosis, rung: Rung = Rung.SUB) -> None:
        """As a look of the rounds that came to this."""
        before = self.memories.get(point_id, Memory())
        held, _ = hold(before.hold, diagnosis, at_s=self.now_s, rung=rung)
        memory = self.memories[point_id] = Memory(hold=held)
        saving = Saving(point_id, memory, self.now_s)
        self.store.write(lambda c: save(c, [saving], software="test", actor=ROUNDS))
        verdict = Verdict.FAULT if held.held else diagnosis.verdict
        self.look(point_id, Outcome.PLAYING, verdict)

    def found(self, point_id: PointId, *kinds: Kind) -> None:
        """Two looks that agree, as the rounds take them."""
        self.see(point_id, *kinds)
        self.now_s += MINUTE
        self.see(point_id, *kinds)


def test_what_the_next_look_did_not_find_any_more_calls_nobody_though_it_stands_for_hours(
    store: Store,
) -> None:
    city = PictureCity(store)
    city.live(5)
    passing, lasting = city.points[:2]
    city.found(passing, Kind.MOVED)
    city.found(lasting, Kind.MOVED)
    city.live(20)
    city.see(passing)
    city.see(lasting, Kind.MOVED)
    assert city.memories[passing].hold.held, "four looks close it, not one"
    city.live(60)
    assert [t.thing for t in city.tickets(live=None)] == [str(lasting)]


def test_what_shows_again_has_its_ticket_then(store: Store) -> None:
    city = PictureCity(store)
    city.live(5)
    p = city.points[0]
    city.found(p, Kind.BLUR)
    city.live(20)
    city.see(p)
    city.live(20)
    assert city.tickets() == []
    city.see(p, Kind.BLUR)
    city.live(5)
    assert [t.what for t in city.tickets()] == [Kind.BLUR]


def test_of_two_faults_the_one_that_is_sure_has_the_ticket(store: Store) -> None:
    city = PictureCity(store)
    city.live(5)
    p = city.points[0]
    city.found(p, Kind.STRIPES, Kind.OVEREXPOSED)
    city.live(20)
    city.see(p, Kind.OVEREXPOSED, severity=Severity.MODERATE)
    city.live(40)
    assert [t.what for t in city.tickets()] == [Kind.OVEREXPOSED]


def test_while_looks_cannot_see_it_nobody_is_called_and_once_they_can_somebody_is(store: Store) -> None:
    """Fog that was taken for a cover goes on as fog."""
    city = PictureCity(store)
    city.live(5)
    p = city.points[0]
    city.found(p, Kind.OCCLUDED)
    city.live(20)
    city.judge(p, Diagnosis(Verdict.LOW_VISIBILITY, unchecked=((Kind.OCCLUDED, "low visibility"),)))
    city.live(40)
    assert city.tickets() == []
    city.see(p, Kind.OCCLUDED)
    city.live(5)
    assert [t.what for t in city.tickets()] == [Kind.OCCLUDED]


def test_a_fault_of_the_main_stream_is_as_sure_as_its_own_last_look_left_it(store: Store) -> None:
    city = PictureCity(store)
    city.live(5)
    p = city.points[0]
    city.see(p, Kind.BLUR, rung=Rung.MAIN)
    city.now_s += MINUTE
    city.see(p, Kind.BLUR, rung=Rung.MAIN)
    city.live(20)
    city.see(p)
    city.live(20)
    assert [t.what for t in city.tickets()] == [Kind.BLUR]


def test_a_ticket_is_not_closed_by_one_look_that_did_not_find_it(store: Store) -> None:
    city = PictureCity(store)
    city.live(5)
    p = city.points[0]
    city.found(p, Kind.BLUR)
    city.live(40)
    city.see(p)
    city.live(60)
    assert len(city.tickets()) == 1


def test_a_picture_is_well_since_a_look_found_it_so_and_not_since_the_camera_answers(store: Store) -> None:
    city = PictureCity(store)
    city.live(60 * 4)
    p = city.points[0]
    city.found(p, Kind.BLUR)
    began_s = city.now_s
    city.live(60 * 2)
    (ticket,) = city.tickets()
    city.step(ticket.ticket_id, Step.ACCEPT)
    city.step(ticket.ticket_id, Step.ARRIVE)
    for _ in range(4):
        city.live(30)
        city.see(p)
    city.live(35)
    (ticket,) = city.tickets()
    assert ticket.recovered_s is not None
    assert ticket.recovered_s > began_s + 60 * 60, "it was not well before it was faulty"
    city.step(ticket.ticket_id, Step.FINISH)
    city.live(5)
    assert city.tickets() == []
