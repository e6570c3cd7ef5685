"""Proofs of a wave: each wording of each body, as it will be printed; that they were looked at is kept."""

from __future__ import annotations

import stat
from pathlib import Path

import pypdf
import pytest
from typer.testing import CliRunner

from pipelines.notices.commands import letters_app
from pipelines.notices.proofs import LETTERS_A_VARIANT, make_proofs
from pipelines.platform.errors import FinalError
from tests.campaign_driver import SENT, Campaign
from tests.registry_builder import by_letter

WHY = "bon à tirer"


def words(file: Path) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(file).pages)


def test_every_body_has_its_proof_and_everybody_shown_is_told(campaign: Campaign, tmp_path: Path) -> None:
    people = [by_letter(number) for number in range(1, 6)]
    campaign.register(*people)
    others = [by_letter(number) for number in range(6, 8)]
    campaign.register(*others, body="MSA")
    wave = campaign.plan()
    made = make_proofs(campaign.letters_made_by, wave.wave_id, tmp_path / "proofs", "ops", WHY, SENT)
    assert [(one.file.name, one.letters, one.refused) for one in made] == [
        ("CPAM-adult.pdf", LETTERS_A_VARIANT, 0),
        ("MSA-adult.pdf", 2, 0),
    ]
    assert stat.S_IMODE(made[0].file.stat().st_mode) == 0o600 and stat.S_IMODE((tmp_path / "proofs").stat().st_mode) == 0o700
    texts = "".join(words(one.file) for one in made)
    shown = [person for person in (*people, *others) if f"{person.address_4}".upper() in texts.upper()]
    looked_at = campaign.rows("select person_id, reason from platform.audit where after = 'CONSULTED'")
    assert len(shown) == LETTERS_A_VARIANT + 2
    assert {row["person_id"] for row in looked_at} == {campaign.person_id(person) for person in shown}
    assert {row["reason"] for row in looked_at} == {WHY}


def test_a_proof_is_the_letter_that_is_printed(campaign: Campaign, tmp_path: Path) -> None:
    person = by_letter(1)
    campaign.register(person)
    wave = campaign.plan()
    (proof,) = make_proofs(campaign.letters_made_by, wave.wave_id, tmp_path, "ops", WHY, SENT)
    campaign.decide(wave)
    printed = campaign.letter_to(person, campaign.print_letters())
    assert words(proof.file) == printed.text


def test_letters_that_have_left_have_no_proof(campaign: Campaign, tmp_path: Path) -> None:
    campaign.register(by_letter(1))
    wave = campaign.plan()
    campaign.decide(wave)
    campaign.deposit(campaign.print_letters(), SENT.date(), SENT)
    with pytest.raises(FinalError, match="no letter of the wave"):
        make_proofs(campaign.letters_made_by, wave.wave_id, tmp_path, "ops", WHY, SENT)


def test_command_asks_why_and_names_the_files(campaign: Campaign, tmp_path: Path) -> None:
    campaign.register(by_letter(1))
    wave = campaign.plan()
    app, asked = letters_app(lambda: campaign.letters_made_by), ["proof", "--wave", str(wave.wave_id), "--out", str(tmp_path)]
    refused = CliRunner().invoke(app, asked)
    assert isinstance(refused.exception, FinalError) and "--reason" in str(refused.exception)
    told = CliRunner().invoke(app, [*asked, "--reason", WHY])
    assert (told.exit_code, told.output.strip()) == (0, f"{tmp_path / 'CPAM-adult.pdf'}: 1 letters")
