"""No word of a person's data leaves through logs, errors, results of steps, or the database server's own log."""

from __future__ import annotations

import hashlib
import json
import logging
import traceback
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from pipelines.campaign.waves import describe_wave
from pipelines.notices.bounces import take_in_bounces
from pipelines.notices.emails.relay import Fate, Relay
from pipelines.platform.database import Work
from pipelines.platform.errors import EspaceSanteError
from pipelines.registry.contract import DELIVERY_SCHEMA
from pipelines.reporting.equations import balance
from tests.campaign_driver import LAST_DAY, OPENING, SENT, Campaign, code_in, paris, request
from tests.registry_builder import FILE, Person, by_letter, deliver, invent

PEOPLE = (invent(1), invent(2, email="refusee@courriel.example"), by_letter(3))


def words_of(person: Person) -> list[str]:
    """Return what must not be seen of a person."""
    words = [person.matricule, person.matricule[:13], person.birth_name, person.first_names, person.email, person.address_4]
    return [word for word in words if word]


def seen(text: str, *more: str) -> list[str]:
    """Return the words of the test's people that a text shows."""
    words = [word for person in PEOPLE for word in words_of(person)] + [form for code in more for form in (code, code.replace("-", ""))]
    return [word for word in words if word.lower() in text.lower()]


@pytest.fixture
def server_log(campaign: Campaign) -> Callable[[], str]:
    """What PostgreSQL wrote to its logs since the test began."""
    files = [file for file in (campaign.home.settings.var / "logs").rglob("*") if file.is_file()]
    files += [file for file in (campaign.home.settings.var / "postgres").rglob("*.log") if file.is_file()]
    begun = {file: file.stat().st_size for file in files}
    assert any("postgres" in str(file.relative_to(campaign.home.settings.var)) for file in files)

    def read() -> str:
        return "".join(file.read_bytes()[size:].decode(errors="replace") for file, size in begun.items())

    return read


def test_steps_log_and_return_nothing_personal(
    campaign: Campaign, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], server_log: Callable[[], str]
) -> None:
    caplog.set_level(logging.DEBUG, logger="pipelines")
    caplog.set_level(logging.INFO)
    results: list[Any] = [campaign.register(*PEOPLE, PEOPLE[0].but(matricule=PEOPLE[0].matricule[:13] + "00"))]
    wave = campaign.plan()
    results += [wave, describe_wave(wave), campaign.decide(wave), campaign.send()]
    lots = campaign.print_letters()
    codes = [code_in(message) for message in campaign.mails()] + [letter.code for lot in lots for letter in campaign.letters(lot)]
    results += [lots, campaign.deposit(lots, SENT.date(), SENT), campaign.bounce(campaign.mails_to(PEOPLE[1])[0], paris(2022, 2, 2))]
    results += [campaign.oppose(request(PEOPLE[0], code_in(campaign.mails_to(PEOPLE[0])[0]), SENT), at=paris(2022, 2, 3))]
    results += [campaign.open(OPENING), campaign.close(OPENING), balance(campaign.home.db), LAST_DAY]
    captured = capfd.readouterr()
    assert len(codes) == 3
    assert seen("\n".join([str(results), caplog.text, captured.out, captured.err, server_log()]), *codes) == []


def test_manifests_reports_and_answers_hold_nothing_personal(campaign: Campaign) -> None:
    campaign.register(*PEOPLE, PEOPLE[0].but(matricule=PEOPLE[0].matricule[:13] + "00"))
    lots = campaign.notify()
    campaign.deposit(lots, SENT.date(), SENT)
    code = code_in(campaign.mails_to(PEOPLE[0])[0])
    answer = campaign.oppose(request(PEOPLE[0], code, SENT), at=paris(2022, 2, 3))
    store = campaign.home.store
    out = [key for key in store.keys("exchanges", "") if "/answers/" in key]
    texts = [store.get("exchanges", key).decode() for key in out] + [json.dumps(campaign.manifest(lot)) for lot in lots]
    texts += [store.get("registry", key).decode() for key in store.keys("registry", "") if key.endswith("report.json")]
    keys = [key for bucket in ("registry", "print", "exchanges", "reports") for key in store.keys(bucket, "")]
    assert len(texts) >= 4 and seen("\n".join([*texts, *keys, str(answer)]), code) == []


def test_the_subject_and_the_addresses_of_an_email_hold_no_code_and_no_matricule(campaign: Campaign) -> None:
    campaign.register(PEOPLE[0])
    campaign.notify()
    (message,) = campaign.mails()
    headers = "\n".join(f"{name}: {value}" for name, value in message.items())
    code = code_in(message)
    assert not any(word in headers for word in (code, code.replace("-", ""), PEOPLE[0].matricule[:13]))


STATEMENTS = {
    "unique": "insert into registry.identifier (matricule, person_id, known_since) values (:matricule, 1, :at)",
    "check": "insert into registry.person (person_id, birth_name, first_names, sex, birth_date, birth_precision, birthplace_code) "
    "values (900, :name, :name, :name, '1', 'DAY', '1')",
    "cast": "select cast(:matricule || :name as integer)",
    "trigger": "update campaign.journey set status = 'OPENED', reason = :name",
}


@pytest.mark.parametrize("kind", STATEMENTS)
def test_a_refusal_of_the_database_names_the_rule_and_no_person(campaign: Campaign, server_log: Callable[[], str], kind: str) -> None:
    person = PEOPLE[0]
    campaign.register(person)
    campaign.plan()
    with pytest.raises(EspaceSanteError) as caught, campaign.home.db.transaction() as session:
        session.connection.execute(sa.text(STATEMENTS[kind]), {"matricule": person.matricule, "name": person.birth_name, "at": SENT})
    assert seen("".join(traceback.format_exception(caught.value)) + server_log()) == []


def test_a_bad_delivery_is_refused_without_quoting_a_row(campaign: Campaign) -> None:
    person = PEOPLE[0]
    folder = deliver(campaign.home.store, "CPAM", [person], date(2022, 1, 3))
    values = {"matricule": person.matricule, "birth_name": person.birth_name, "affiliated_since": person.first_names}
    line = ";".join(values.get(name, "") for name in DELIVERY_SCHEMA.names)
    content = f"{';'.join(DELIVERY_SCHEMA.names)}\n{line}\n".encode()
    manifest = json.loads(campaign.home.store.get("registry", f"{folder}/manifest.json"))
    manifest["files"][0] |= {"format": "csv", "sha256": hashlib.sha256(content).hexdigest()}
    campaign.home.store.put("registry", f"{folder}/{FILE}", content)
    campaign.home.store.put("registry", f"{folder}/manifest.json", json.dumps(manifest).encode())
    report = campaign.take_in(folder, SENT)
    assert report.refusal and seen(str(report)) == []


def test_a_header_that_is_really_a_row_is_not_quoted(campaign: Campaign) -> None:
    content = f"{PEOPLE[0].matricule};{PEOPLE[0].birth_name}\n".encode()
    campaign.report_file("deposits", content, SENT)
    campaign.opposition_file(content, SENT)
    found = campaign.rows("select t::text as row from platform.inbound_file as t")
    assert found and seen(str(found)) == []


def test_a_refusal_of_the_relay_repeats_no_address(campaign: Campaign, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Relay(campaign.home.settings.relays[0]) as relay:
        outcome = relay.submit("retour@assurance-maladie.example", f"{PEOPLE[0].email}", b"x" * 33 * 2**20)
    assert outcome.fate is not Fate.ACCEPTED and seen(f"{outcome}{caplog.text}") == []


def test_a_bounce_leaves_no_address_in_what_is_returned_or_kept(campaign: Campaign) -> None:
    campaign.register(*PEOPLE)
    campaign.notify()
    counts = campaign.bounce(campaign.mails_to(PEOPLE[0])[0], paris(2022, 2, 2))
    again = take_in_bounces(campaign.home.db, campaign.home.store, campaign.home.reference_key, 1, paris(2022, 2, 3))
    kept = campaign.rows("select t::text as row from notices.report_line as t union all select t::text from campaign.attempt as t")
    assert seen(f"{counts}{again}{kept}") == []


def test_outside_the_registry_nobody_is_named_in_the_database(campaign: Campaign) -> None:
    campaign.register(*PEOPLE)
    lots = campaign.notify()
    code = code_in(campaign.mails_to(PEOPLE[0])[0])
    campaign.oppose(request(PEOPLE[0], code, SENT), at=paris(2022, 2, 3))
    campaign.deposit(lots, SENT.date(), SENT)
    campaign.open()
    found = [
        str(campaign.rows(f"select t::text as row from {table} as t"))  # noqa: S608 - names come from the catalogue
        for table in campaign.tables
        if not table.startswith("registry.")
    ]
    assert seen("".join(found), code) == []


def test_a_row_that_the_copy_refuses_is_quoted_nowhere(campaign: Campaign, server_log: Callable[[], str]) -> None:
    person = PEOPLE[0]
    row = f"{person.birth_name},{person.matricule}\n".encode()

    def copy(work: Work) -> dict[str, int]:
        work.run("registry/make_staged")
        work.copy_rows('staged ("row", matricule)', iter([memoryview(row)]))
        return {}

    with pytest.raises(EspaceSanteError) as caught:
        campaign.home.db.once("copy", "refused", SENT, copy)
    assert seen("".join(traceback.format_exception(caught.value)) + server_log()) == []
