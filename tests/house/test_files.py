"""What a picture file tells before it is decoded."""

import os
from pathlib import Path

import pytest

from lenskeeper.base.errors import NotFound
from lenskeeper.house.files import hour_of, pictures_at, why_no_file


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


def test_why_there_is_nothing_to_look_at_is_said(tmp_path: Path) -> None:
    picture, pipe = tmp_path / "a.jpg", tmp_path / "pipe.jpg"
    picture.write_bytes(b"picture")
    os.mkfifo(pipe)  # opening it would wait for a writer for ever
    assert why_no_file(picture) == ""
    assert why_no_file(pipe) == "not a regular file"
    assert why_no_file(tmp_path / "none.jpg") == "no such file"
    assert why_no_file(tmp_path).startswith("a folder")
    assert why_no_file(tmp_path / ("long" * 100)).startswith("cannot be read")


def test_a_reference_is_a_picture_or_a_folder_of_them(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.PNG", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    assert [p.name for p in pictures_at(tmp_path)] == ["a.PNG", "b.jpg"]
    assert pictures_at(tmp_path / "b.jpg") == [tmp_path / "b.jpg"]
    with pytest.raises(NotFound):
        pictures_at(tmp_path / "none.jpg")
    with pytest.raises(NotFound):
        pictures_at(tmp_path / ("long" * 10))
