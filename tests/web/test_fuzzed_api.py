"""Every route is asked odd things by machine: it answers as it is described, and never with a fault of ours."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import positive_data_acceptance
from tests.web_kit import ClientOf

from lenskeeper.accounts.verbs import Role
from lenskeeper.house.home import Home
from lenskeeper.web.asking import COOKIE

EXAMPLES = 3  # for each route
ROUTES_MIN = 20  # a description that lost its routes would pass


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(st.data())
def ask_oddly(
    operation: APIOperation[Any, Any, Any, Any], headers: dict[str, str], data: st.DataObject
) -> None:
    data.draw(operation.as_strategy()).call_and_validate(
        headers=headers, excluded_checks=[positive_data_acceptance]
    )  # a rule may refuse what the schema admits


def test_every_route_answers_as_it_is_described(home: Home, client_of: ClientOf) -> None:
    def signed_in() -> dict[str, str]:
        return {
            "cookie": f"{COOKIE}={client_of(home, Role.ADMINISTRATOR).cookies[COOKIE]}",
            "host": "localhost",
        }

    client, headers = client_of(home), signed_in()
    description = schemathesis.openapi.from_asgi(
        "/api/openapi.json", client.app, headers={"host": "localhost"}
    )
    faults: list[str] = []
    asked = 0
    for found in description.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        asked += 1
        whose = headers if operation.method == "get" else signed_in()  # an act may end the very session

        try:
            ask_oddly(operation, whose)
        except (Exception, BaseExceptionGroup) as wrong:  # noqa: BLE001  all routes are asked, and all that is wrong is told at once
            faults.append(f"{operation.label}: {'; '.join(map(str, getattr(wrong, 'exceptions', [wrong])))}")
    assert asked >= ROUTES_MIN
    assert not faults, "\n\n".join(faults)
