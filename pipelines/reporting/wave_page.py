"""The page on which a second person sees what a wave would send: counts, and real letters and e-mails of each wording and sender."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

from pipelines.campaign.waves import Wave
from pipelines.notices.samples import EmailSample, LetterSample
from pipelines.reporting.pages import page_environment


def render_wave(wave: Wave, letters: Sequence[LetterSample], emails: Sequence[EmailSample], templates_dir: Path) -> str:
    """Return the page, which needs nothing else; it shows names and addresses: it is for whoever may decide, and is kept nowhere."""
    environment = page_environment(templates_dir)
    environment.filters["picture"] = _picture
    return environment.get_template("report/wave.html.j2").render(wave=wave, letters=letters, emails=emails)


def render_waves(waves: Sequence[Wave], templates_dir: Path) -> str:
    """Return the list of waves, the last first, each with its link."""
    return page_environment(templates_dir).get_template("report/waves.html.j2").render(waves=waves)


def _picture(content: bytes) -> str:
    return f"data:image/png;base64,{b64encode(content).decode()}"
