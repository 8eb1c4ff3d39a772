"""The look that the rounds call: visit, decode in a worker, judge against the camera's own past."""

from typing import Final

from lenskeeper.base.days import local_hour
from lenskeeper.base.errors import Invalid
from lenskeeper.base.outcomes import Outcome
from lenskeeper.diagnosis.kinds import Verdict
from lenskeeper.diagnosis.parts import Rung
from lenskeeper.diagnosis.rows import Saving
from lenskeeper.diagnosis.watch import Judgement, Look, Word, is_by_day, main_look_due, watch
from lenskeeper.house.eyes import Eyes, Seen
from lenskeeper.house.findings import Found
from lenskeeper.house.memories import Memories
from lenskeeper.probing.errands import Errand, Looked, Stream
from lenskeeper.probing.probe import ONE_LOOK, Looks, StreamFacts
from lenskeeper.probing.targets import parse_target

SEVERAL: Final = Looks(3, 2.0)  # seconds apart: what is frozen or shakes cannot be seen in one picture
FACTS: Final = (
    "codec",
    "transport",
    "width_px",
    "height_px",
    "frame_rate_hz",
    "bitrate_kbps",
    "packets_lost",
)


class Watcher:
    """Looks at points for the rounds."""

    def __init__(self, eyes: Eyes, memories: Memories) -> None:
        self._eyes, self._memories = eyes, memories

    async def look(self, errand: Errand) -> Looked:
        """One errand. The world's failures are in the answer; nothing is raised for them."""
        point_id = errand.watched.point_id
        try:
            target = parse_target(errand.url)
        except Invalid as wrong:
            return Looked(Outcome.OUR_FAULT, was_visited=False, findings=Found(None, remark=str(wrong)))
        earlier = _earlier(errand)
        several = bool(earlier and earlier.judgement and earlier.judgement.needs_several)
        seen = await self._eyes.look(target, SEVERAL if several else ONE_LOOK)
        probe, at_s = seen.probe, seen.probe.began_ms // 1000
        memory = await self._memories.of(point_id, at_s)
        look = Look(
            seen.sightings, at_s, local_hour(at_s, errand.watched.tz), _rung(errand), _told(probe.stream)
        )
        judgement, after, records = watch(memory, look)
        if earlier is not None:
            records = (*earlier.records, *records)  # the two looks are handed on as one
        after = self._memories.put(point_id, after)
        may_gather = is_by_day(look) and self._memories.may_gather(point_id)
        return Looked(
            probe.outcome,
            received_bytes=probe.received_bytes,
            has_picture=bool(seen.sightings),
            verdict=judgement.word.value if seen.sightings else "",
            needs_confirmation=bool(judgement.confirm) or judgement.needs_several,
            cost_ms=seen.cost_ms,
            first_frame_ms=probe.first_frame_ms,
            main_due=not errand.is_beside and main_look_due(after, at_s, may_gather=may_gather),
            findings=_found(seen, judgement, Saving(point_id, after, at_s, judgement, records)),
        )


def _earlier(errand: Errand) -> Saving | None:
    """Of a confirming look, what the look before came to."""
    before = errand.after.findings if errand.after else None
    return before.saving if isinstance(before, Found) else None


def _rung(errand: Errand) -> Rung:
    """Which references it is compared with: a look at the main stream beside a cheaper way has its own."""
    if errand.stream is Stream.STILL:
        return Rung.STILL
    return Rung.MAIN if errand.is_beside else Rung.SUB


def _told(stream: StreamFacts) -> dict[str, str | int | float]:
    facts = {name: getattr(stream, name) for name in FACTS}
    return {name: value for name, value in facts.items() if value is not None}


def _found(seen: Seen, judgement: Judgement, saving: Saving) -> Found:
    return Found(
        None if judgement.word is Word.NO_PICTURE else Verdict(judgement.word.value),
        " ".join(h.kind.value for h in judgement.held),
        seen.probe.stream.clock_offset_ms,
        seen.probe.remark or judgement.reason,
        saving,
    )
