"""The project's pages in Airflow's own screens: for whoever may decide on a wave, and for nobody else."""

from __future__ import annotations

import httpx
import pytest

from pipelines.platform.embedded.instance import Instance

PAGES = ("/campaign/", "/campaign/waves/1", "/campaign/runs/notice_planning/any", "/quarantine/")


@pytest.fixture
def signed_in(played: Instance) -> httpx.Client:
    """A browser in which a person of operations is signed in."""
    given = {"username": "chief", "password": played.secrets.airflow_people["chief"]}
    token = httpx.post(f"{played.airflow_address}/auth/token", json=given).json()["access_token"]
    return httpx.Client(base_url=played.airflow_address, headers={"Authorization": f"Bearer {token}"}, timeout=60)


@pytest.mark.parametrize("page", PAGES)
def test_nobody_sees_a_page_without_signing_in(played: Instance, page: str) -> None:
    assert httpx.get(f"{played.airflow_address}{page}").status_code == 401


def test_waves_and_what_they_hold_are_shown(signed_in: httpx.Client) -> None:
    with signed_in:
        listed, shown = signed_in.get("/campaign/"), signed_in.get("/campaign/waves/1")
    assert (listed.status_code, shown.status_code) == (200, 200)
    assert "APPROVED" in listed.text and "what would leave" in shown.text
    assert shown.headers["cache-control"] == "no-store" and "default-src 'none'" in shown.headers["content-security-policy"]


def test_a_planning_run_shows_its_wave_and_another_run_says_that_it_has_none(signed_in: httpx.Client) -> None:
    with signed_in:
        runs = signed_in.get("/api/v2/dags/notice_planning/dagRuns").json()["dag_runs"]
        planned = signed_in.get(f"/campaign/runs/notice_planning/{runs[0]['dag_run_id']}")
        other = signed_in.get("/campaign/runs/registry_intake/any")
    assert "what would leave" in planned.text and "proposed no wave" in other.text


def test_a_wave_that_does_not_exist_is_told_in_plain_words(signed_in: httpx.Client) -> None:
    with signed_in:
        answer = signed_in.get("/campaign/waves/999")
    assert (answer.status_code, answer.text) == (409, "there is no wave 999\n")


def test_airflow_shows_the_tab_and_the_page(signed_in: httpx.Client) -> None:
    with signed_in:
        plugins = signed_in.get("/api/v2/plugins").json()["plugins"]
    views = [view["name"] for plugin in plugins for view in plugin["external_views"]]
    assert sorted(views) == ["Quarantine", "Waves", "What would leave"]
