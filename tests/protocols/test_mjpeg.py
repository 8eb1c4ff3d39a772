"""Motion JPEG over RTP (RFC 2435): taken apart, sent, put together, decoded."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.protocols.packetiser import JpegParts, Picture, jpeg_parts, jpeg_payloads, rtp, stream

from lenskeeper.base.codecs import Codec
from lenskeeper.protocols.keyunits import KeyUnit
from lenskeeper.protocols.mjpeg import JpegCollector


def jpeg(
    quality: int = 80, *, restart: int = 0, sampling: int = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420
) -> bytes:
    across = np.linspace(0, 255, 320, dtype=np.float32)
    picture = np.stack(
        [np.tile(across, (240, 1)), np.tile(across[::-1], (240, 1)), np.full((240, 320), 90)], axis=2
    )
    cv2.circle(picture, (160, 120), 60, (20, 220, 40), -1)
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_RST_INTERVAL, restart]
    ok, coded = cv2.imencode(".jpg", picture, [*options, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling])
    assert ok
    return coded.tobytes()


def fed(behind: JpegCollector, packets: list[bytes]) -> list[KeyUnit]:
    found = (behind.packet(packet, 0, len(packet)) for packet in packets)
    return [unit for unit in found if unit is not None]


def decoded(data: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture.astype(np.uint8)


def sent(parts: JpegParts, mtu: int = 1400, *, quality: int = 255, n: int = 2) -> list[bytes]:
    payloads = tuple(jpeg_payloads(parts, mtu, quality=quality))
    return stream([Picture(payloads, 3600 * index) for index in range(n)], payload_type=26)


@pytest.mark.parametrize("mtu", [64, 1400, 60_000])
@pytest.mark.parametrize("restart", [0, 4])
@pytest.mark.parametrize(
    "sampling", [cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422]
)
def test_the_picture_is_the_same_to_the_last_pixel_with_its_own_tables(
    mtu: int, restart: int, sampling: int
) -> None:
    original = jpeg(restart=restart, sampling=sampling)
    behind = JpegCollector(26)
    found = fed(behind, sent(jpeg_parts(original), mtu))
    assert len(found) == 2
    assert np.array_equal(decoded(found[0].data), decoded(original))
    assert (found[0].codec, found[0].rtp_timestamp) == (Codec.JPEG, 0)
    assert found[0].fingerprint == found[1].fingerprint
    assert behind.tally.frames == behind.tally.key_units == 2


@pytest.mark.parametrize("quality", [1, 10, 49, 50, 75, 99])
def test_the_tables_of_a_quality_below_100_are_those_of_the_rfc(quality: int) -> None:
    original = jpeg(quality)  # libjpeg scales the same tables by the same rule
    found = fed(JpegCollector(26), sent(jpeg_parts(original), quality=quality))
    assert np.array_equal(decoded(found[0].data), decoded(original))


def test_tables_sent_once_serve_the_pictures_that_follow() -> None:
    parts = jpeg_parts(jpeg())
    first = Picture(tuple(jpeg_payloads(parts, 1400, quality=200)), 0)
    later = Picture(tuple(jpeg_payloads(parts, 1400, quality=200, send_tables=False)), 3600)
    found = fed(JpegCollector(26), stream([first, later], payload_type=26))
    assert found[0].data == found[1].data
    assert fed(JpegCollector(26), stream([later], payload_type=26)) == []


def test_a_side_too_long_for_the_packet_is_taken_from_the_sdp() -> None:
    parts = jpeg_parts(jpeg())
    zero = JpegParts(0, 0, parts.kind, parts.tables, parts.interval, parts.scan)
    assert decoded(fed(JpegCollector(26, 320, 240), sent(zero))[0].data).shape == (240, 320, 3)
    assert fed(JpegCollector(26), sent(zero)) == []


def test_a_lost_packet_drops_one_picture_and_a_whole_file_in_the_packets_is_passed_on() -> None:
    original = jpeg()
    parts = jpeg_parts(original)
    packets = sent(parts, 300, n=3)
    n_each = len(packets) // 3
    for lost in (0, 1, n_each - 1):
        found = fed(JpegCollector(26), packets[:lost] + packets[lost + 1 :])
        assert [unit.rtp_timestamp for unit in found] == [3600, 7200]
    whole = JpegParts(parts.width, parts.height, parts.kind, parts.tables, 0, original)
    assert fed(JpegCollector(26), sent(whole))[0].data == original


def test_a_fragment_that_does_not_join_drops_the_picture_even_where_the_numbers_do() -> None:
    parts = jpeg_parts(jpeg())
    payloads = jpeg_payloads(parts, 300)
    gappy = Picture(tuple(payloads[:3] + payloads[4:]), 0)
    found = fed(JpegCollector(26), stream([gappy, Picture(tuple(payloads), 3600)], payload_type=26))
    assert [unit.rtp_timestamp for unit in found] == [3600]


def test_without_markers_the_next_timestamp_ends_the_picture() -> None:
    packets = [bytes([p[0], p[1] & 0x7F]) + p[2:] for p in sent(jpeg_parts(jpeg()), n=3)]
    assert len(fed(JpegCollector(26), packets)) == 2


@given(st.lists(st.binary(max_size=60), max_size=6))
@settings(deadline=None)
def test_nonsense_payloads_end_nowhere(payloads: list[bytes]) -> None:
    behind = JpegCollector(26)
    fed(
        behind,
        [rtp(index, 7, payload, payload_type=26, marker=True) for index, payload in enumerate(payloads)],
    )
