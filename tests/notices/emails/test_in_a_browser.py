"""Messages in a real browser: at phone and desk width, without images, judged by an accessibility checker (axe-core)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from pipelines.notices.emails.message import EmailNotice
from tests.notices.emails.sample_messages import EVERY
from tests.notices.emails.test_notice_message import WRITER

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
every_message = pytest.mark.parametrize("notice", EVERY.values(), ids=EVERY.keys())


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--blink-settings=imagesEnabled=false"])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    yield opened
    opened.close()
    assert [url for url in asked if not url.startswith(("about:", "data:"))] == [], "a message asks for something when it is opened"


@every_message
def test_accessibility_checker_finds_nothing(page: Page, notice: EmailNotice) -> None:
    page.set_content(WRITER.texts(notice).page)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@every_message
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_cut_or_tiny_at_phone_and_desk_width(page: Page, notice: EmailNotice, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.set_content(WRITER.texts(notice._replace(recipient_name="MARIE-ANTOINETTE-" * 5)).page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    sizes = page.evaluate("[...document.querySelectorAll('p,li,h1,h2,h3')].map(e => parseFloat(getComputedStyle(e).fontSize))")
    assert min(sizes) >= 16
    overflowing = "[...document.querySelectorAll('p,li,h1,h2,h3')].filter(e => e.scrollWidth > e.clientWidth).length"
    assert page.evaluate(overflowing) == 0
