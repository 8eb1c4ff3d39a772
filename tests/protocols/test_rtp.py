"""RTP and RTCP: counts, the sender's clock, and order out of disorder."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.protocols import clips
from tests.protocols.packetiser import Picture, h264_payloads, nal_units, rtp, stream

from lenskeeper.protocols.collectors import REORDER_WINDOW_PACKETS, Reordering
from lenskeeper.protocols.keyunits import KeyUnit
from lenskeeper.protocols.nal_units import H264Collector
from lenskeeper.protocols.rtp import ReportReader, SenderReport, Tally, sender_report


def packets() -> list[bytes]:
    return stream(
        [
            Picture(tuple(h264_payloads(nal_units(unit), 1400)), 3600 * i)
            for i, unit in enumerate(clips.h264())
        ]
    )


def fed(behind: Reordering, arriving: list[bytes]) -> list[KeyUnit]:
    return [unit for packet in arriving for unit in behind.packet(packet, 0, len(packet))] + behind.flush()


@given(st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_packets_shuffled_within_the_window_make_the_same_pictures(chance: st.DataObject) -> None:
    straight = packets()
    shuffled = [straight[0]]
    for begin in range(1, len(straight), 16):
        block = straight[begin : begin + 16]
        chance.shuffle(block)  # type: ignore[attr-defined]
        shuffled += block
    behind = Reordering(H264Collector(96))
    found = fed(behind, shuffled)
    assert [unit.data for unit in found] == [
        unit.data for unit in fed(Reordering(H264Collector(96)), straight)
    ]
    assert len(found) == 3
    assert behind.collector.tally.lost == behind.collector.tally.late == 0


def test_a_packet_that_never_comes_is_waited_for_no_longer_than_the_window() -> None:
    straight = packets()
    behind = Reordering(H264Collector(96))
    found = fed(behind, straight[:10] + straight[11:])
    assert [unit.rtp_timestamp for unit in found] == [5 * 3600, 10 * 3600]
    assert behind.collector.tally.lost == 1
    waiting = Reordering(H264Collector(96))
    for packet in straight[:10] + straight[11 : 11 + REORDER_WINDOW_PACKETS]:
        waiting.packet(packet, 0, len(packet))
    assert waiting.collector.tally.packets == 10
    one_more = straight[11 + REORDER_WINDOW_PACKETS]
    waiting.packet(one_more, 0, len(one_more))
    assert waiting.collector.tally.packets == 10 + REORDER_WINDOW_PACKETS + 1


def test_a_sender_that_begins_anew_is_followed() -> None:
    straight = packets()
    anew = [packet[:2] + struct.pack(">H", index) + packet[4:] for index, packet in enumerate(straight)]
    far = [
        packet[:2] + struct.pack(">H", 20_000 + index) + packet[4:] for index, packet in enumerate(straight)
    ]
    behind = Reordering(H264Collector(96))
    assert len(fed(behind, far + anew)) >= 5
    assert behind.collector.tally.lost == 0


def report(seconds: int, fraction: int, timestamp: int) -> bytes:
    return struct.pack(">BBHIIIIII", 0x80, 200, 6, 7, seconds, fraction, timestamp, 1, 1)


@pytest.mark.parametrize(
    ("seconds", "fraction", "ms"),
    [
        (3_913_056_000, 0, 1_704_067_200_000),  # 2024-01-01
        (3_913_056_000, 0x80000000, 1_704_067_200_500),
        (2_208_988_800, 0, 0),  # a camera whose clock was never set
        (1, 0, 2_085_978_497_000),  # the era from 2036 on
    ],
)
def test_a_sender_report_ties_the_cameras_clock_to_its_ticks(seconds: int, fraction: int, ms: int) -> None:
    assert sender_report(report(seconds, fraction, 99)) == SenderReport(7, ms, 99)


def test_a_report_is_found_behind_others_and_zero_is_none() -> None:
    receiver = struct.pack(">BBHI", 0x80, 201, 1, 7)
    reader = ReportReader()
    for data in (receiver + report(3_913_056_000, 0, 5), report(0, 0, 6), b"", receiver, b"\x80\xc8"):
        reader.packet(b"xx" + data, 2, 2 + len(data))
    assert reader.latest == SenderReport(7, 1_704_067_200_000, 5)
    assert reader.n_reports == 1


def test_rates_survive_a_timestamp_that_wraps_around() -> None:
    tally = Tally()
    for index in range(10):
        tally.turn((0xFFFFFFFF - 10_000 + 3600 * index) & 0xFFFFFFFF)
        tally.frames += 1
        tally.bytes += 5_000
    assert tally.frame_rate(90_000) == pytest.approx(25)
    assert tally.bitrate_bps(90_000) == pytest.approx(1_000_000)
    assert tally.key_interval_s(90_000) is None


@given(st.binary(max_size=120))
def test_no_packet_is_too_odd(data: bytes) -> None:
    sender_report(data)
    behind = Reordering(H264Collector(96))
    for packet in (data, b"\x80" + data, b"\xbf\x60" + data, rtp(1, 1, data)):
        behind.packet(packet, 0, len(packet))
