"""Metadata completeness per class of point."""

from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st

from lenskeeper.inventory.camera_file import CameraFile
from lenskeeper.inventory.completeness import RULES, completeness, required_fields

WHOLE = CameraFile(
    name="a", code="33010600081326000001", make="m", model="n", civil_code="330106", address="s", status=1, klass=1,
    lon=120.0, lat=30.0, contact="0571-1", retention_days=0,
)  # fmt: skip


def without(*names: str, klass: int | None = 1) -> CameraFile:
    values = {f.name: getattr(WHOLE, f.name) for f in fields(CameraFile) if f.name not in names}
    return CameraFile(**{**values, "name": "a", "klass": klass})


def test_class_one_needs_more_than_two_and_two_more_than_three() -> None:
    one, two, three = (set(required_fields(klass)) for klass in (1, 2, 3))
    assert one > two > three
    assert one - two == {"install_date", "contact", "retention_days"}
    assert two - three == {"lon", "lat"}


def test_no_days_of_recording_is_an_answer() -> None:
    assert completeness(WHOLE).missing == ("install_date",)


def test_a_file_without_a_class_lacks_that_and_is_judged_as_the_third() -> None:
    found = completeness(without("lon", "lat", klass=None))
    assert found.missing == ("klass",)
    assert found.required == len(required_fields(3))


@given(
    st.sets(st.sampled_from([r.field for r in RULES if r.field not in {"name", "klass"}])),
    st.sampled_from([1, 2, 3]),
)
def test_what_is_missing_is_what_is_required_and_empty(gone: set[str], klass: int) -> None:
    found = completeness(without(*gone, klass=klass))
    assert set(found.missing) == (gone | {"install_date"}) & set(required_fields(klass))
    assert found.filled + len(found.missing) == found.required
    assert found.is_complete == (not found.missing)
