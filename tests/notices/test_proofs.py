"""Proofs of a wave: each wording of each body, as it will be printed; that they were looked at is kept."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pypdf
import pytest
from typer.testing import CliRunner

from pipelines.notices.code_format import grouped
from pipelines.notices.commands import letters_app
from pipelines.notices.proofs import LETTERS_A_VARIANT, Look, proof_emails, proof_letters, write_proofs
from pipelines.platform.errors import FinalError
from tests.campaign_driver import GROUPED_CODE, SENT, Campaign, code_in
from tests.registry_builder import by_letter, invent

WHY = "bon à tirer"
LOOK = Look("ops", WHY, SENT)


def words(file: Path) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(file).pages)


def test_every_body_has_its_proof_and_everybody_shown_is_told(campaign: Campaign, tmp_path: Path) -> None:
    people = [by_letter(number) for number in range(1, 6)]
    campaign.register(*people)
    others = [by_letter(number) for number in range(6, 8)]
    campaign.register(*others, body="MSA")
    wave = campaign.plan()
    made = write_proofs(campaign.letters_made_by, wave.wave_id, tmp_path / "proofs", LOOK)
    assert [(one.file.name, one.letters, one.refused) for one in made] == [
        ("CPAM-notice-adult.pdf", LETTERS_A_VARIANT, 0),
        ("MSA-notice-adult.pdf", 2, 0),
    ]
    assert stat.S_IMODE(made[0].file.stat().st_mode) == 0o600 and stat.S_IMODE((tmp_path / "proofs").stat().st_mode) == 0o700
    texts = "".join(words(one.file) for one in made)
    shown = [person for person in (*people, *others) if f"{person.address_4}".upper() in texts.upper()]
    looked_at = campaign.rows("select person_id, reason from platform.audit where after = 'CONSULTED'")
    assert len(shown) == LETTERS_A_VARIANT + 2
    assert {row["person_id"] for row in looked_at} == {campaign.person_id(person) for person in shown}
    assert {row["reason"] for row in looked_at} == {WHY}


def test_a_proof_is_the_letter_that_is_printed_but_for_its_code(campaign: Campaign, tmp_path: Path) -> None:
    person = by_letter(1)
    campaign.register(person)
    wave = campaign.plan()
    (proof,) = write_proofs(campaign.letters_made_by, wave.wave_id, tmp_path, LOOK)
    campaign.decide(wave)
    printed = campaign.letter_to(person, campaign.print_letters())
    proved = words(proof.file)
    assert GROUPED_CODE.sub("", proved) == GROUPED_CODE.sub("", printed.text)
    assert not set(GROUPED_CODE.findall(proved)) & set(printed.codes)


def test_the_letters_of_each_body_and_wording_stay_apart(campaign: Campaign) -> None:
    campaign.register(by_letter(1), by_letter(2, large_print=True))
    campaign.register(by_letter(3), by_letter(4, large_print=True), body="MSA")
    letters = proof_letters(campaign.letters_made_by, campaign.plan().wave_id, 1, LOOK)
    assert [(letter.variant.sender.code, letter.variant.large_print, len(letter.people)) for letter in letters] == [
        ("CPAM", False, 1), ("CPAM", True, 1), ("MSA", False, 1), ("MSA", True, 1)
    ]  # fmt: skip


def test_households_stay_apart_and_each_names_its_own_children(campaign: Campaign) -> None:
    parents = [by_letter(number, address_4=f"{number} rue du Four") for number in (1, 2)]
    children = [
        invent(number, birth_date="20120501", first_names=name, representative_1=parents[number % 2].matricule)
        for number, name in [(11, "Anaë"), (12, "Loïs"), (13, "Titouan"), (14, "Maël")]
    ]
    campaign.register(*parents, *children)
    campaign.register(by_letter(3), body="MSA")
    letters = proof_letters(campaign.letters_made_by, campaign.plan().wave_id, LETTERS_A_VARIANT, LOOK)
    named = {tuple(name.split()[0] for name, _ in letter.people if name) for letter in letters}
    assert (len(letters), named) == (5, {(), ("Anaë", "Titouan"), ("Loïs", "Maël")})


def test_a_proof_takes_the_place_of_an_earlier_one_and_follows_no_link(campaign: Campaign, tmp_path: Path) -> None:
    campaign.register(by_letter(1))
    wave, elsewhere = campaign.plan(), tmp_path / "elsewhere"
    (tmp_path / "CPAM-notice-adult.pdf").symlink_to(elsewhere)
    (made,) = write_proofs(campaign.letters_made_by, wave.wave_id, tmp_path, LOOK)
    assert (made.file.is_symlink(), elsewhere.exists(), stat.S_IMODE(made.file.stat().st_mode)) == (False, False, 0o600)


def test_e_mails_of_each_body_are_proved_with_invented_codes_and_told_of(campaign: Campaign) -> None:
    people = [invent(1), invent(2)]
    campaign.register(people[0])
    campaign.register(people[1], body="MSA")
    wave = campaign.plan()
    notices = proof_emails(campaign.letters_made_by, wave.wave_id, 1, LOOK)
    looked_at = campaign.rows("select person_id from platform.audit where after = 'CONSULTED' order by 1")
    campaign.decide(wave)
    campaign.send()
    assert [notice.recipient for notice in notices] == [person.email for person in people]
    assert [row["person_id"] for row in looked_at] == sorted(campaign.person_id(person) for person in people)
    assert not {grouped(notice.code) for notice in notices} & {code_in(message) for message in campaign.mails()}


def test_letters_that_have_left_have_no_proof(campaign: Campaign, tmp_path: Path) -> None:
    campaign.register(by_letter(1))
    wave = campaign.plan()
    campaign.decide(wave)
    campaign.deposit(campaign.print_letters(), SENT.date(), SENT)
    with pytest.raises(FinalError, match="no letter of the wave"):
        write_proofs(campaign.letters_made_by, wave.wave_id, tmp_path, LOOK)


def test_command_asks_why_and_names_the_files(campaign: Campaign, tmp_path: Path) -> None:
    campaign.register(by_letter(1))
    wave = campaign.plan()
    as_the_desk = replace(campaign.letters_made_by, db=campaign.home.desk_db, code_keys={})
    app = letters_app(lambda: campaign.letters_made_by, lambda: as_the_desk)
    asked = ["proof", "--wave", str(wave.wave_id), "--out", str(tmp_path)]
    refused = CliRunner().invoke(app, asked)
    assert isinstance(refused.exception, FinalError) and "--reason" in str(refused.exception)
    told = CliRunner().invoke(app, [*asked, "--reason", WHY])
    assert (told.exit_code, told.output.strip()) == (0, f"{tmp_path / 'CPAM-notice-adult.pdf'}: 1 letters")
