"""What a second person looks at before a wave leaves: real letters and e-mails of each wording, and which cannot be printed."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path

from PIL import Image

from pipelines.notices.proofs import Look
from pipelines.notices.samples import email_samples, letter_samples
from pipelines.reporting.wave_page import render_wave, render_waves
from tests.campaign_driver import SENT, Campaign
from tests.registry_builder import by_letter, invent

LOOK = Look("chief", "before a decision", SENT)
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
CHILD, PARENT = invent(1, birth_date="20150101", email=None), invent(2)


def test_every_wording_body_and_size_of_print_has_its_letter(campaign: Campaign) -> None:
    campaign.register(by_letter(1), by_letter(2, large_print=True))
    campaign.register(by_letter(3), body="MSA")
    samples = letter_samples(campaign.letters_made_by, campaign.plan().wave_id, LOOK)
    assert [(one.body, one.kind, one.large_print, one.refusals) for one in samples] == [
        ("CPAM", "adult", False, ()), ("CPAM", "adult", True, ()), ("MSA", "adult", False, ())
    ]  # fmt: skip


def test_a_letter_is_shown_page_by_page(campaign: Campaign) -> None:
    campaign.register(by_letter(1))
    (sample,) = letter_samples(campaign.letters_made_by, campaign.plan().wave_id, LOOK)
    sizes = [Image.open(BytesIO(page)).size for page in sample.pages]
    assert len(sizes) >= 2 and all(abs(height / width - 2**0.5) < 0.01 for width, height in sizes)


def test_a_letter_that_cannot_be_printed_is_told_of_and_another_is_shown(campaign: Campaign) -> None:
    campaign.register(by_letter(1, birth_name="W" * 70), by_letter(2))
    (sample,) = letter_samples(campaign.letters_made_by, campaign.plan().wave_id, LOOK)
    assert (sample.refusals, len(sample.pages) > 1) == (("a line is too long to be legible",), True)


def test_an_e_mail_is_shown_as_a_mail_program_reads_it(campaign: Campaign) -> None:
    campaign.register(invent(1, birth_name="ŒDIPE"))
    (sample,) = email_samples(campaign.letters_made_by, campaign.emails_written_by, campaign.plan().wave_id, LOOK)
    assert "ŒDIPE" in sample.page and "ŒDIPE" in sample.text and "Mon espace santé" in sample.subject


def test_the_page_shows_letters_messages_and_counts_and_loads_nothing(campaign: Campaign) -> None:
    campaign.register(by_letter(1), invent(2), invent(3, died_on=date(2021, 1, 1)))
    wave = campaign.plan()
    letters = letter_samples(campaign.letters_made_by, wave.wave_id, LOOK)
    emails = email_samples(campaign.letters_made_by, campaign.emails_written_by, wave.wave_id, LOOK)
    page = render_wave(wave, letters, emails, TEMPLATES)
    assert page.count('<img src="data:image/png;base64,') == len(letters[0].pages)
    assert page.count("<iframe sandbox") == 1 and "deceased (décès)" in page and wave.content[:8] in page
    assert 'src="http' not in page and "<script" not in page


def test_what_somebody_wrote_into_a_name_stays_text_on_the_page(campaign: Campaign) -> None:
    campaign.register(invent(1, birth_name='"><SCRIPT>ALERT(1)</SCRIPT>'))
    wave = campaign.plan()
    emails = email_samples(campaign.letters_made_by, campaign.emails_written_by, wave.wave_id, LOOK)
    assert "<SCRIPT" not in render_wave(wave, [], emails, TEMPLATES)


def test_waves_are_listed_with_who_proposed_and_decided(campaign: Campaign) -> None:
    campaign.register(invent(1))
    wave = campaign.plan(by="ops")
    campaign.decide(wave, by="chief")
    from pipelines.campaign.waves import last_waves

    page = render_waves(last_waves(campaign.home.db, 10), TEMPLATES)
    assert f'href="waves/{wave.wave_id}"' in page and "APPROVED" in page and "ops" in page and "chief" in page
