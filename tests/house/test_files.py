"""What a picture file tells before it is decoded."""

from pathlib import Path

import pytest

from lenskeeper.base.codecs import Codec
from lenskeeper.house.files import FILE_BYTES_MAX, hour_of, read_picture
from lenskeeper.pictures.encoded import Encoded


@pytest.mark.parametrize(
    ("name", "hour"),
    [
        ("2020-02-01-08-15.jpg", 8),
        ("TL-405333_2016-08-10T10-09-01.182Z.jpg", 10),
        ("cam1_20231105_235959.jpg", 23),
        ("bridge.jpg", None),
        ("20231105.jpg", None),
        ("IMG_2345678901.jpg", None),
        ("2020-02-01-29-15.jpg", None),
    ],
)
def test_the_hour_is_read_from_names_as_recorders_write_them(name: str, hour: int | None) -> None:
    assert hour_of(Path("folder") / name) == hour


def test_a_file_is_read_or_the_reason_is_said(tmp_path: Path) -> None:
    jpeg, other, large = tmp_path / "a.jpg", tmp_path / "b.jpg", tmp_path / "c.png"
    jpeg.write_bytes(b"\xff\xd8\xff\xe0picture")
    other.write_bytes(b"\x89PNG")
    large.write_bytes(bytes(FILE_BYTES_MAX + 1))
    assert read_picture(jpeg) == Encoded(Codec.JPEG, b"\xff\xd8\xff\xe0picture")
    assert read_picture(other) == Encoded(Codec.STILL, b"\x89PNG")
    assert read_picture(large) == "more than 4 MB: export it smaller"
    assert read_picture(tmp_path / "none.jpg") == "no such file"
    assert read_picture(tmp_path) == "cannot be read: Is a directory"
