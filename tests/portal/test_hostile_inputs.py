"""Inputs that nobody types, made from the site's own description: no page fails, and none answers in another way than it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from pipelines.installation import Installation
from pipelines.platform.settings import Settings
from pipelines.portal.gate import HEADERS
from pipelines.portal.site import COOKIE
from tests.portal.conftest import Portal, served
from tests.portal.people import ANNE

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
few = settings(max_examples=30, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def open_portal(
    platform_settings: Settings, shared_installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    """A site that lets thousands of requests through."""
    own = {"var": tmp_path_factory.mktemp("hostile"), "portal_requests_a_minute": 10**6, "portal_requests_a_minute_by_network": 10**6}
    with served(platform_settings.model_copy(update=own), shared_installation.store) as running:
        yield running


def described(portal: Portal) -> Iterator[Any]:
    """Return everything that the description says can be asked."""
    schema = schemathesis.openapi.from_dict(portal.application.openapi())
    schema.config.update(base_url=portal.origin)
    return (found.ok() for found in schema.get_all_operations())


def test_no_input_makes_a_page_fail(open_portal: Portal) -> None:
    for operation in described(open_portal):

        @few
        @given(operation.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            answer = case.call_and_validate(checks=CHECKS)
            assert {name: answer.headers[name.lower()][0] for name in HEADERS} == HEADERS

        ask()


def test_no_input_in_a_form_of_ours_makes_a_page_fail(open_portal: Portal) -> None:
    visitor = open_portal.visitor()
    visitor.get("/")
    visitor.post("/personne", **ANNE)
    statuses = set()
    for operation in described(open_portal):

        @few
        @given(operation.as_strategy())
        def send(case: schemathesis.Case) -> None:
            case.headers = {"Origin": open_portal.origin, "Cookie": f'{COOKIE}="{visitor.cookie}"'}
            if isinstance(case.body, dict):
                case.body["draft"] = visitor.draft
            statuses.add(case.call_and_validate(checks=CHECKS).status_code)

        send()
    assert {200, 303, 422} <= statuses
