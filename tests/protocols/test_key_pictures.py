"""Whole key pictures out of the packets of H.264 and H.265, however a camera cuts, marks, orders or loses them."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.protocols import clips
from tests.protocols.packetiser import Picture, h264_payloads, h265_payloads, nal_units, rtp, stream

from lenskeeper.base.codecs import Codec
from lenskeeper.protocols import keyunits
from lenskeeper.protocols.collectors import collector
from lenskeeper.protocols.keyunits import KeyFrameCollector, KeyUnit
from lenskeeper.protocols.nal_units import H264Collector, H265Collector
from lenskeeper.protocols.sdp import Track

CLIPS: dict[Codec, Callable[[], tuple[bytes, ...]]] = {Codec.H264: clips.h264, Codec.H265: clips.h265}
SETS: dict[Codec, frozenset[int]] = {Codec.H264: frozenset({7, 8}), Codec.H265: frozenset({32, 33, 34})}


def kind(codec: Codec, unit: bytes) -> int:
    return unit[0] & 0x1F if codec is Codec.H264 else unit[0] >> 1 & 0x3F


def payloads(
    codec: Codec, units: Sequence[bytes], mtu: int = 1400, *, aggregate: bool = False
) -> tuple[bytes, ...]:
    cut = h264_payloads if codec is Codec.H264 else h265_payloads
    return tuple(cut(units, mtu, aggregate=aggregate))


def pictures(codec: Codec, mtu: int = 1400, *, aggregate: bool = False) -> list[Picture]:
    return [
        Picture(payloads(codec, nal_units(unit), mtu, aggregate=aggregate), 1000 + 3600 * index)
        for index, unit in enumerate(CLIPS[codec]())
    ]


def fed(behind: KeyFrameCollector, packets: Sequence[bytes]) -> list[KeyUnit]:
    found = (behind.packet(packet, 0, len(packet)) for packet in packets)
    return [unit for unit in found if unit is not None]


def fresh(codec: Codec, sets: tuple[bytes, ...] = ()) -> KeyFrameCollector:
    made = collector(Track("video", 96, codec, parameter_sets=sets))
    assert made is not None
    return made


def without_sets(codec: Codec, unit: bytes) -> tuple[list[bytes], tuple[bytes, ...]]:
    units = nal_units(unit)
    sets = tuple(nal for nal in units if kind(codec, nal) in SETS[codec])
    return [nal for nal in units if nal not in sets], sets


OPEN_GOP = "open-gop=1:keyint=5:min-keyint=5:bframes=2:repeat-headers=1:scenecut=0:b-adapt=0:sliced-threads=0"

both = pytest.mark.parametrize("codec", [Codec.H264, Codec.H265])


@both
@pytest.mark.parametrize("aggregate", [False, True])
@pytest.mark.parametrize("mtu", [64, 536, 1400, 9000, 60_000])
def test_the_decoder_sees_the_same_picture_whatever_the_packet_size(
    codec: Codec, mtu: int, aggregate: bool
) -> None:
    behind = fresh(codec)
    found = fed(behind, stream(pictures(codec, mtu, aggregate=aggregate)))
    keys = CLIPS[codec]()[::5]
    assert len(found) == 3
    name = "h264" if codec is Codec.H264 else "hevc"
    for unit, original in zip(found, keys, strict=True):
        assert np.array_equal(clips.decoded(name, unit.data), clips.decoded(name, original))
    assert [unit.rtp_timestamp for unit in found] == [1000, 1000 + 5 * 3600, 1000 + 10 * 3600]
    assert behind.tally.frames == 12
    assert behind.tally.key_interval_frames == 5
    assert behind.tally.key_interval_s(90_000) == pytest.approx(0.2)
    assert behind.tally.frame_rate(90_000) == pytest.approx(25)
    assert behind.tally.lost == behind.tally.malformed == behind.tally.key_drops == 0


@both
def test_a_key_picture_is_handed_out_at_its_marker_and_not_later(codec: Codec) -> None:
    first = stream(pictures(codec)[:1])
    assert fed(fresh(codec), first[:-1]) == []
    assert len(fed(fresh(codec), first)) == 1


@both
def test_sets_come_from_the_sdp_only_if_none_came_in_band(codec: Codec) -> None:
    rest, sets = without_sets(codec, CLIPS[codec]()[0])
    stale = tuple(nal + b"\x01" for nal in sets)
    only_sdp = fed(fresh(codec, sets), stream([Picture(payloads(codec, rest), 5)]))
    in_band = fed(fresh(codec, stale), stream([Picture(payloads(codec, [*sets, *rest]), 5)]))
    assert only_sdp[0].parameter_sets == in_band[0].parameter_sets == sets
    assert only_sdp[0].data == in_band[0].data
    assert clips.decoded("h264" if codec is Codec.H264 else "hevc", only_sdp[0].data).shape == (240, 320)


@both
def test_sets_under_a_timestamp_of_their_own_still_serve(codec: Codec) -> None:
    rest, sets = without_sets(codec, CLIPS[codec]()[0])
    early = [Picture(payloads(codec, sets), 1), Picture(payloads(codec, rest), 5)]
    assert fed(fresh(codec), stream(early))[0].parameter_sets == sets


@both
def test_a_picture_waits_for_the_set_that_comes_behind_it(codec: Codec) -> None:
    rest, sets = without_sets(codec, CLIPS[codec]()[0])
    pps = sets[-1]
    before = stream([Picture(payloads(codec, [*sets[:-1], *rest]), 5)], first_sequence=0)
    behind = fresh(codec)
    assert fed(behind, before) == []
    found = fed(behind, [rtp(len(before), 5, pps, marker=True)])
    assert len(found) == 1
    assert found[0].parameter_sets == sets
    assert behind.tally.key_units == 1


@both
def test_without_any_marker_the_next_timestamp_ends_the_picture(codec: Codec) -> None:
    unmarked = [bytes([packet[0], packet[1] & 0x7F]) + packet[2:] for packet in stream(pictures(codec))]
    found = fed(fresh(codec), unmarked)
    assert [unit.data for unit in found] == [unit.data for unit in fed(fresh(codec), stream(pictures(codec)))]


@both
def test_with_a_marker_on_every_packet_the_picture_is_still_whole(codec: Codec) -> None:
    marked = [bytes([packet[0], packet[1] | 0x80]) + packet[2:] for packet in stream(pictures(codec))]
    behind = fresh(codec)
    assert [unit.data for unit in fed(behind, marked)] == [
        unit.data for unit in fed(fresh(codec), stream(pictures(codec)))
    ]
    assert behind.tally.marker_lies


@both
def test_timestamps_that_stand_still_do_not_hide_the_key_picture(codec: Codec) -> None:
    still = [Picture(picture.payloads, 77) for picture in pictures(codec)]
    behind = fresh(codec)
    assert len(fed(behind, stream(still))) == 3
    assert not behind.tally.marker_lies
    assert behind.tally.frame_rate(90_000) is None


@both
def test_a_gap_where_timestamps_stand_still_costs_no_more_than_the_picture(codec: Codec) -> None:
    still = [Picture(picture.payloads, 77) for picture in pictures(codec)]
    n_first = len(still[0].payloads)
    packets = stream(still)
    assert len(fed(fresh(codec), packets[:n_first] + packets[n_first + 1 :])) == 3


@both
def test_a_gap_drops_the_picture_and_not_the_check(codec: Codec) -> None:
    packets = stream(pictures(codec))
    n_first = len(pictures(codec)[0].payloads)
    for lost in (n_first - 20, n_first - 2, n_first - 1):
        behind = fresh(codec)
        found = fed(behind, packets[:lost] + packets[lost + 1 :])
        assert [unit.rtp_timestamp for unit in found] == [1000 + 5 * 3600, 1000 + 10 * 3600]
        assert behind.tally.lost == behind.tally.key_drops == 1


@both
def test_a_lost_set_is_replaced_by_the_one_of_the_sdp(codec: Codec) -> None:
    _, sets = without_sets(codec, CLIPS[codec]()[0])
    packets = stream(pictures(codec))
    found = fed(fresh(codec, sets), packets[:1] + packets[2:])
    assert len(found) == 3
    assert found[0].parameter_sets == sets


@both
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_whatever_is_lost_no_broken_picture_comes_out(codec: Codec, data: st.DataObject) -> None:
    packets = stream(pictures(codec))
    lost = data.draw(st.sets(st.integers(0, len(packets) - 1), max_size=40))
    whole = {unit.rtp_timestamp: unit.data for unit in fed(fresh(codec), packets)}
    _, sets = without_sets(codec, CLIPS[codec]()[0])
    behind = fresh(codec, sets)
    for unit in fed(behind, [packet for index, packet in enumerate(packets) if index not in lost]):
        assert unit.data[unit.coded_at :].endswith(whole[unit.rtp_timestamp][-200:])
        assert unit.fingerprint == _fingerprint(fed(fresh(codec), packets), unit.rtp_timestamp)


def _fingerprint(units: list[KeyUnit], timestamp: int) -> bytes:
    return next(unit.fingerprint for unit in units if unit.rtp_timestamp == timestamp)


@both
def test_packets_doubled_or_late_change_nothing(codec: Codec) -> None:
    packets = stream(pictures(codec))
    doubled = [packet for pair in zip(packets, packets, strict=True) for packet in pair]
    behind = fresh(codec)
    assert len(fed(behind, doubled)) == 3
    assert behind.tally.late == len(packets)
    assert behind.tally.lost == 0


@both
def test_padding_csrc_and_extension_are_no_picture(codec: Codec) -> None:
    dressed = []
    for packet in stream(pictures(codec)):
        sequence, timestamp = int.from_bytes(packet[2:4], "big"), int.from_bytes(packet[4:8], "big")
        marker = bool(packet[1] & 0x80)
        dressed.append(
            rtp(sequence, timestamp, packet[12:], marker=marker, csrcs=(1, 2), extension=bytes(12), padding=5)
        )
    assert [unit.data for unit in fed(fresh(codec), dressed)] == [
        unit.data for unit in fed(fresh(codec), stream(pictures(codec)))
    ]


@both
def test_other_packets_between_the_fragments_do_no_harm(codec: Codec) -> None:
    packets = stream(pictures(codec))
    audio = [rtp(7, 160 * index, b"\xd5" * 160, payload_type=8) for index in range(len(packets))]
    rtcp = b"\x80\xc8\x00\x06" + bytes(24)
    mixed = [packet for pair in zip(packets, audio, strict=True) for packet in (*pair, rtcp)]
    assert len(fed(fresh(codec), mixed)) == 3

    sei = b"\x06\x05\x02ab\x80" if codec is Codec.H264 else b"\x50\x01\x05\x02ab\x80"
    first = pictures(codec)[0]
    parted = Picture((*first.payloads[:-3], sei, *first.payloads[-3:]), first.timestamp)
    whole, between = (fed(fresh(codec), stream([picture]))[0] for picture in (first, parted))
    assert between.data == whole.data


@both
def test_a_stream_joined_amid_a_picture_waits_for_the_next_key(codec: Codec) -> None:
    packets = stream(pictures(codec))
    found = fed(fresh(codec), packets[20:])
    assert [unit.rtp_timestamp for unit in found] == [1000 + 5 * 3600, 1000 + 10 * 3600]


@both
def test_a_picture_beyond_the_cap_is_dropped_and_nothing_is_kept(
    codec: Codec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyunits, "PICTURE_BYTES_MAX", 20_000)
    behind = fresh(codec)
    assert fed(behind, stream(pictures(codec))) == []
    assert behind.tally.key_drops == 3


@both
def test_a_payload_type_that_the_sdp_did_not_announce_is_believed_when_nothing_else_comes(
    codec: Codec,
) -> None:
    behind = fresh(codec)
    assert len(fed(behind, stream(pictures(codec), payload_type=98))) == 2
    assert behind.tally.foreign == keyunits.FOREIGN_BEFORE_ADOPTING


@both
def test_the_fingerprint_knows_the_coded_picture_and_not_its_trimmings(codec: Codec) -> None:
    rest, sets = without_sets(codec, CLIPS[codec]()[0])
    sei = b"\x06\x05\x02ab\x80" if codec is Codec.H264 else b"\x4e\x01\x05\x02ab\x80"
    one = fed(fresh(codec, sets), stream([Picture(payloads(codec, rest), 5)]))[0]
    two = fed(fresh(codec), stream([Picture(payloads(codec, [*sets, sei, *rest]), 9)]))[0]
    other = fed(fresh(codec), stream(pictures(codec)))[1]
    assert one.fingerprint == two.fingerprint != other.fingerprint
    assert len(one.fingerprint) == 16


def test_several_slices_of_one_key_picture_stay_together() -> None:
    units = clips.h264(clips.X264 + ":slices=4")
    sliced = [
        Picture(payloads(Codec.H264, nal_units(unit), 65_000), 3600 * i) for i, unit in enumerate(units)
    ]
    assert len([nal for nal in nal_units(units[5]) if nal[0] & 0x1F == 5]) == 4
    for packets in (stream(sliced), [bytes([p[0], p[1] | 0x80]) + p[2:] for p in stream(sliced)]):
        found = fed(fresh(Codec.H264), packets)
        assert [
            np.array_equal(clips.decoded("h264", u.data), clips.decoded("h264", o))
            for u, o in zip(found, units[::5], strict=False)
        ] == [True] * len(found)
        assert len(found) >= 2


def test_a_key_picture_whose_first_slice_is_lost_is_none() -> None:
    units = nal_units(clips.h264(clips.X264 + ":slices=4")[0])
    first = next(index for index, nal in enumerate(units) if nal[0] & 0x1F == 5)
    packets = stream([Picture(tuple(units), 5)])
    behind = fresh(Codec.H264)
    assert fed(behind, packets[:first] + packets[first + 1 :]) == []
    assert behind.tally.key_drops == 1


def test_an_i_picture_without_recovery_point_is_no_key_picture() -> None:
    units = clips.h264(OPEN_GOP)
    bare = [[nal for nal in nal_units(unit) if nal[0] & 0x1F != 6] for unit in units]
    packets = stream([Picture(payloads(Codec.H264, unit), 3600 * i) for i, unit in enumerate(bare)][1:])
    assert fed(fresh(Codec.H264), packets) == []


def test_an_encoder_that_never_sends_idr_is_read_at_its_recovery_points() -> None:
    units = clips.h264(OPEN_GOP)
    opening = [
        index for index, unit in enumerate(units) if any(nal[0] & 0x1F == 7 for nal in nal_units(unit))
    ]
    later = opening[1]
    assert all(nal[0] & 0x1F != 5 for nal in nal_units(units[later]))
    packets = stream(
        [Picture(payloads(Codec.H264, nal_units(unit)), 3600 * i) for i, unit in enumerate(units)][1:]
    )
    found = fed(fresh(Codec.H264), packets)
    assert found[0].rtp_timestamp == 3600 * later
    assert clips.decoded("h264", found[0].data).shape == (240, 320)


def test_the_second_field_of_an_interlaced_key_picture_belongs_to_it() -> None:
    units = nal_units(clips.h264()[0])
    second = b"\x41\x9a" + bytes(40)  # a P slice whose first macroblock is 0
    found = fed(fresh(Codec.H264), stream([Picture(payloads(Codec.H264, [*units, second]), 5)]))
    assert found[0].data.endswith(second)


def test_intra_refresh_without_i_pictures_is_no_key_picture() -> None:
    units = clips.h264("intra-refresh=1:keyint=5:repeat-headers=1:bframes=0:scenecut=0:sliced-threads=0")
    packets = stream(
        [Picture(payloads(Codec.H264, nal_units(unit)), 3600 * i) for i, unit in enumerate(units)][1:]
    )
    behind = fresh(Codec.H264)
    assert fed(behind, packets) == []
    assert behind.tally.frames >= 9


def test_h265_open_gop_is_read_at_cra_pictures() -> None:
    units = clips.h265(clips.X265.replace("bframes=0", "bframes=2") + ":open-gop=1")
    kinds = [{nal[0] >> 1 & 0x3F for nal in nal_units(unit)} for unit in units]
    first_cra = next(index for index, present in enumerate(kinds) if 21 in present)
    packets = stream(
        [Picture(payloads(Codec.H265, nal_units(unit)), 3600 * i) for i, unit in enumerate(units)][1:]
    )
    found = fed(fresh(Codec.H265), packets)
    assert found[0].rtp_timestamp == 3600 * first_cra
    assert clips.decoded("hevc", found[0].data).shape == (240, 320)


@pytest.mark.parametrize("mtu", [100, 1400, 60_000])
@pytest.mark.parametrize("aggregate", [False, True])
def test_decoding_order_numbers_are_no_part_of_the_picture(mtu: int, aggregate: bool) -> None:
    units = clips.h265()
    ordered = [
        Picture(tuple(h265_payloads(nal_units(unit), mtu, aggregate=aggregate, order=True)), 3600 * i)
        for i, unit in enumerate(units)
    ]
    plain = fed(
        H265Collector(96),
        stream([Picture(payloads(Codec.H265, nal_units(u)), 3600 * i) for i, u in enumerate(units)]),
    )
    assert [unit.data for unit in fed(H265Collector(96, (), 2), stream(ordered))] == [
        unit.data for unit in plain
    ]


def test_rare_packets_are_read_or_passed_over() -> None:
    rest, sets = without_sets(Codec.H264, clips.h264()[0])
    stap_b = b"\x79\x00\x07" + b"".join(len(nal).to_bytes(2, "big") + nal for nal in sets)
    fu_b, *more = h264_payloads(rest[-1:], 1400)
    fu_b = bytes([fu_b[0] & 0xE0 | 29]) + fu_b[1:2] + b"\x00\x07" + fu_b[2:]
    mtap = b"\x7a\x00\x07\x00\x05\x00\x00\x00\x09\x10"
    behind = H264Collector(96)
    found = fed(behind, stream([Picture((stap_b, mtap, fu_b, *more), 5)]))
    assert clips.decoded("h264", found[0].data).shape == (240, 320)
    assert behind.tally.unusual == 1
    paci = H265Collector(96)
    assert fed(paci, stream([Picture((b"\x64\x01\x00\x00\x00",), 5)])) == []
    assert paci.tally.unusual == 1


@both
@given(data=st.binary(max_size=80))
@settings(max_examples=200, deadline=None)
def test_nonsense_payloads_end_nowhere(codec: Codec, data: bytes) -> None:
    behind = fresh(codec)
    fed(behind, [rtp(0, 1, data), data, rtp(1, 2, data, marker=True)])
