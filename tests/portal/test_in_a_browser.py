"""The site in a real browser, at phone and desk width: without JavaScript, and judged by an accessibility checker (axe-core)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from pipelines.campaign.opposition_code import derive
from pipelines.platform.settings import Settings
from tests.campaign_driver import SENT, Campaign, code_in
from tests.portal.conftest import ACCEPTED, REFUSED, Portal, SetClock, served
from tests.portal.people import ANNE, CHILD, typed
from tests.registry_builder import invent

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
WIDTHS = (360, 1280)
TEXTS = "p, li, label, legend, dt, dd, button, input[type=text]"
LABELS = {"code": "Code de l’avis", "matricule": "Numéro de sécurité sociale", "day": "Jour", "month": "Mois", "year": "Année"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(params=WIDTHS)
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": request.param, "height": 800})
    opened = context.new_page()
    asked: set[str] = set()
    opened.on("request", lambda request: asked.add(urlsplit(request.url).netloc.partition(":")[0]))
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text))
    yield opened
    context.close()
    assert [text for text in complaints if "responded with a status of 4" not in text] == [], "the browser complains of a page"
    assert asked <= {"localhost", ""}, "a page asks another site for something"


@pytest.fixture
def plain_page(browser: Browser) -> Iterator[Page]:
    """A phone that runs no script."""
    context = browser.new_context(viewport={"width": 360, "height": 800}, java_script_enabled=False, accept_downloads=True)
    yield context.new_page()
    context.close()


def fill(page: Page, person: dict[str, str]) -> None:
    for field, label in LABELS.items():
        page.get_by_label(label).fill(person[field])
    page.get_by_role("button", name="Continuer").click()


def oppose(page: Page, origin: str, *people: dict[str, str]) -> None:
    page.goto(f"{origin}/")
    for rank, person in enumerate(people):
        if rank:
            page.get_by_role("button", name="Ajouter").click()
        fill(page, person)
    page.get_by_label("Je m’oppose").check()
    page.get_by_role("button", name="Confirmer").click()


def check(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), f"{page.url} is cut"
    sizes = page.evaluate("e => [...document.querySelectorAll(e)].map(e => parseFloat(getComputedStyle(e).fontSize))", TEXTS)
    assert min(sizes) >= 16
    heights = page.evaluate("[...document.querySelectorAll('button, .button, input:not([type=hidden])')].map(e => e.offsetHeight)")
    assert not heights or min(heights) >= 24


def test_every_page_is_accessible_and_fits(page: Page, portal: Portal) -> None:
    page.goto(f"{portal.origin}/")
    check(page)
    fill(page, ANNE | {"code": "ABCD-EFGH", "month": "13"})
    check(page)
    fill(page, ANNE)
    check(page)
    page.get_by_role("button", name="Confirmer").click()
    check(page)
    page.get_by_role("button", name="Ajouter").click()
    check(page)
    oppose(page, portal.origin, ANNE, CHILD)
    check(page)
    portal.answer(ACCEPTED, REFUSED)
    page.get_by_role("link", name="Actualiser").click()
    check(page)
    for path in ("suivi", "code-perdu", "informations", "nothing"):
        page.goto(f"{portal.origin}/{path}")
        check(page)


def test_what_is_wrong_gets_the_focus_and_leads_to_its_field(page: Page, portal: Portal) -> None:
    page.goto(f"{portal.origin}/")
    fill(page, ANNE | {"code": "ABCD-EFGH"})
    assert page.title().startswith("Erreur")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    page.get_by_role("link", name="Le code compte 12").click()
    assert page.evaluate("document.activeElement.id") == "code"
    described = page.evaluate(
        "document.activeElement.getAttribute('aria-describedby').split(' ').map(i => document.getElementById(i) !== null)"
    )
    assert described == [True, True]


def test_the_keyboard_alone_leads_from_the_first_page_to_the_receipt(page: Page, portal: Portal) -> None:
    page.goto(f"{portal.origin}/")
    page.get_by_label(LABELS["code"]).focus()
    for value in ANNE.values():
        page.keyboard.type(value)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_label("Je m’oppose").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/recepisse")
    assert "Nous avons bien reçu" in page.get_by_role("heading", level=1).inner_text()


def test_oppose_receipt_and_a_second_time_refused_with_the_words_of_a_wrong_code(
    plain_page: Page, campaign: Campaign, portal_settings: Settings
) -> None:
    person = invent(1)
    campaign.register(person)
    campaign.notify()
    code = code_in(campaign.mails_to(person)[0])
    wrong = derive(b"another key", 1, 1, 1)
    clock = SetClock(SENT + timedelta(days=10))
    with served(portal_settings, campaign.home.store, clock) as portal:
        answers = []
        for given in (code, code, wrong):
            oppose(plain_page, portal.origin, typed(person, given))
            assert "en cours de vérification" in plain_page.content()
            clock.now += timedelta(minutes=1)
            portal.handing_over.hand_over()
            campaign.take_in_oppositions(clock.now)
            plain_page.get_by_role("link", name="Actualiser").click()
            answers.append(plain_page.locator("main .person > *:not(dl)").all_inner_texts())
        with plain_page.expect_download() as download:
            plain_page.get_by_role("link", name="Télécharger").click()
    assert answers[0][0] == "Opposition enregistrée" and answers[1] == answers[2] and answers[1][0] == "Non enregistrée"
    assert campaign.status(person) == "OPPOSED"
    assert download.value.suggested_filename == "recepisse.pdf"
