"""The figures of one camera's picture beside what is usual there, and how complete its file is."""

from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.diagnosis.test_diagnosis_rows import SOFTWARE, life_of
from tests.register_kit import camera
from tests.repair_kit import RepairCity
from tests.web_kit import ClientOf

from lenskeeper.accounts.verbs import Role
from lenskeeper.base.access import ROUNDS, Scope
from lenskeeper.diagnosis.figures import SCALARS
from lenskeeper.diagnosis.learning import LOOKS_MIN
from lenskeeper.diagnosis.rows import save
from lenskeeper.house.home import Home
from lenskeeper.inventory.completeness import required_fields
from lenskeeper.units.rows import tree


@pytest.fixture
def city(home: Home) -> RepairCity:
    """Two cameras of two units; the first was learnt and then blurred."""
    made = RepairCity(home.store, [camera(1, unit="City/North", klass=1), camera(2, unit="City/South")])
    for saving in life_of(made.points[0]):
        home.store.write(lambda c, one=saving: save(c, [one], software=SOFTWARE, actor=ROUNDS))  # type: ignore[misc]
    return made


def asked(client: TestClient, point_id: int) -> Any:
    said = client.get(f"/api/cameras/{point_id}/figures")
    assert said.status_code == 200, said.text
    return said.json()


def test_a_blurred_camera_shows_the_figure_that_left_what_is_usual(
    home: Home, client_of: ClientOf, city: RepairCity
) -> None:
    found = asked(client_of(home), city.points[0])
    assert found["judged_s"] is not None
    (reference,) = found["references"]
    assert reference["looks"] >= LOOKS_MIN
    assert set(reference["usual"]) == set(reference["spread"]) == set(SCALARS)
    opened = next(each for each in found["changes"] if each["what"] == "opened")
    assert (opened["kind"], opened["light"], opened["rung"]) == (
        "blur",
        reference["light"],
        reference["rung"],
    )
    sigmas = (opened["usual"]["crispness"] - opened["figures"]["crispness"]) / opened["spread"]["crispness"]
    assert sigmas > 3


def test_a_camera_that_nobody_looked_at_has_no_figures_and_a_foreign_one_is_not_found(
    home: Home, client_of: ClientOf, city: RepairCity
) -> None:
    found = asked(client_of(home), city.points[1])
    assert (found["judged_s"], found["references"], found["changes"]) == (None, [], [])
    with home.store.read() as connection:
        south = next(int(u.unit_id) for u in tree(connection, Scope.ALL) if u.path == "City/South")
    other = client_of(home, Role.OPERATOR, unit=south)
    assert other.get(f"/api/cameras/{city.points[0]}/figures").status_code == 404


def test_a_file_tells_what_its_class_asks_for_and_it_lacks(
    home: Home, client_of: ClientOf, city: RepairCity
) -> None:
    found = client_of(home).get(f"/api/cameras/{city.points[0]}").json()
    assert found["required"] == len(required_fields(1))
    assert found["lacking"]
    assert set(found["lacking"]) <= set(required_fields(1))
