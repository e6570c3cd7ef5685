"""A person's journey in plain words: no step without its sentence, nothing told that may not be."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pypdf
import pytest
import sqlalchemy as sa

from pipelines.documents.document_types import LOINC
from pipelines.notices.kind import TELLING, Subject
from pipelines.platform.errors import FinalError
from pipelines.reporting.journey import Document, Event, Journey, Person, consult
from pipelines.reporting.journey_pdf import journey_page, journey_pdf, step_of
from pipelines.reporting.journey_sentences import Sentences
from tests.campaign_driver import OPENING, SENT, Campaign, code_in, paris, request
from tests.registry_builder import invent

HOME = Path(__file__).parents[2]
TEMPLATES = HOME / "templates"
SENTENCES = Sentences.read(TEMPLATES)
AS_OF = datetime(2022, 4, 1, 22, 30, tzinfo=UTC)
# What an audit row tells besides, and that means nothing to a person.
INTERNAL = {"campaign", "attempt", "doubt", "kind", "other_person", "agent", "body", "document", "hidden", "account"}
WRITTEN = re.compile(
    r"insert into platform\.audit \((?P<columns>[^)]*)\)\s*(?:select|values \()(?P<values>.*?)(?:\)|\bfrom\b)\s", re.DOTALL
)
TEXTS = {file: file.read_text() for file in sorted((HOME / "sql").rglob("*.sql"))}


DOCUMENTS = """
with work as (
  insert into platform.unit_of_work (step, unit, as_of, actor) values ('x', 'x', '2022-03-01', 'x')
  returning set_config('espace_sante.work_id', work_id::text, true), set_config('espace_sante.as_of', '2022-03-01', true)
),
feed as (insert into documents.feed (name) select 'lab' from work returning feed_id)
insert into documents.document (
  person_id, work_id, created_at, stored_at, account_id, size_bytes, feed_id, sha256, unique_id, type_code, type_system, media_type,
  confidentiality, author_organization, hidden_from_professionals, hidden_from_patient, hidden_from_representatives
)
select
  :person_id, 1, '2022-03-01', '2022-03-01', gen_random_uuid(), 1, f.feed_id, sha256(d.sender::bytea), d.sender, '11502-2', 'x', 'x', 'N',
  d.sender, false, d.sender = 'AWAITS_A_VISIT', d.sender = 'FROM_PARENTS'
from feed as f
cross join (values ('OPEN'), ('FROM_PARENTS'), ('AWAITS_A_VISIT')) as d (sender)
"""


def event(kind: str, why: str | None = None, **detail: object) -> Event:
    return Event(SENT, kind, "", why, "step (pipeline)", True, detail)


def journey(*events: Event, documents: tuple[Document, ...] = (), represented: bool = False) -> Journey:
    return Journey(Person("Ève", "D'Été", "19800229", represented), events, documents)


def told(page: str) -> str:
    """The words of a page, its spaces told once."""
    words = unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL))
    return " ".join(words.replace("\u00a0", " ").split())


def column(owner: sa.Engine, statement: str) -> set[str]:
    with owner.begin() as connection:
        return set(connection.execute(sa.text(statement)).scalars())


def kinds_of(written: re.Match[str]) -> set[str]:
    """The subject and the outcomes that a statement writes into the trail, where it names them."""
    columns = [name.strip() for name in written["columns"].split(",")]
    values = [value.strip() for value in re.sub(r"\([^()]*\)", "", written["values"]).split(",")]
    told = dict(zip(columns, values, strict=False))
    outcomes = re.findall(r"'([A-Z_]+)'", told["after"])
    return {f"{told['subject'].strip(chr(39))}.{outcome}" for outcome in outcomes}


def test_every_status_of_a_journey_and_of_a_space_has_its_sentence(owner: sa.Engine) -> None:
    moves = column(owner, "select distinct after::text from campaign.journey_move")
    states = column(owner, "select distinct after::text from accounts.account_move") | {"OPEN"}
    documents = column(owner, "select unnest(enum_range(null::documents.document_status))::text")
    kinds = {f"journey.{status}" for status in moves} | {f"account.{status}" for status in states}
    assert kinds | {f"document.{status}" for status in documents} <= set(SENTENCES.events)


def test_every_fact_of_the_registry_has_its_sentence(owner: sa.Engine) -> None:
    check = column(owner, "select pg_get_constraintdef(oid) from pg_constraint where conname = 'fact_kind_check' and conparentid = 0")
    facts = {f"fact.{kind}" for kind in re.findall(r"'([A-Z_]+)'", "".join(check))}
    assert len(facts) > 10 and facts <= set(SENTENCES.events)


def test_every_message_has_its_sentence() -> None:
    assert {f"message.{subject}" for subject in Subject if subject not in TELLING} <= set(SENTENCES.events)


def test_every_other_thing_that_the_trail_records_has_its_sentence() -> None:
    written = {kind for text in TEXTS.values() for found in WRITTEN.finditer(text) for kind in kinds_of(found)}
    decided = {f"{subject}.{answer}" for subject in ("identity", "death report") for answer in ("SAME", "DIFFERENT")}
    assert {"code.LOCKED", "death.REVERSED", "letter.RETURNED", "person.CONSULTED", "manager.PERSON"} <= written
    assert written | decided <= set(SENTENCES.events)


def test_every_reason_of_a_journey_has_its_words() -> None:
    texts = [text for file, text in TEXTS.items() if file.parent.name in ("campaign", "notices", "oppositions", "accounts", "lifecycle")]
    reasons = {found for text in texts for found in re.findall(r"\breason = (?:case .*? else )?'([A-Z_]+)'", text)}
    cases = [found for text in texts for found in re.findall(r"case((?:(?!\bcase\b).)*?)end as (?:reason|exclusion)", text, re.DOTALL)]
    reasons |= {found for case in cases for found in re.findall(r"then '([A-Z_]+)'", case)}
    assert {"WAVE_REJECTED", "NO_ADDRESS", "DECEASED"} <= reasons
    assert [reason for reason in sorted(reasons) if SENTENCES.reason(reason) is None] == []


def test_every_detail_of_the_trail_is_told_or_known_to_mean_nothing_to_a_person() -> None:
    texts = [text for text in TEXTS.values() if "insert into platform.audit" in text]
    built = [found for text in texts for found in re.findall(r"jsonb_build_object\((.*?)\)\n", text, re.DOTALL)]
    names = {name for arguments in built for name in re.findall(r"'([a-z_]+)',", arguments)}
    assert {"last_day", "closed_on"} <= names
    assert names - set(SENTENCES.details) - INTERNAL == set()


def test_a_step_says_who_did_it_and_under_which_text() -> None:
    step = step_of(event("journey.NOTIFIED", last_day="2022-03-14", channel="EMAIL", campaign=1), SENTENCES)
    assert (step.by, step.rule.replace("\u00a0", " ")) == ("Traitement automatique", "Code de la santé publique, article R. 1111-28")
    assert step.details == (("Dernier jour pour vous opposer", "14\u00a0mars\u00a02022"), ("Moyen", "courriel"))


def test_who_looked_is_told_with_the_reason_and_by_office() -> None:
    look = Event(SENT, "person.CONSULTED", "", "appel de la personne", "consult_person (marie)", False, {})
    page = told(journey_page(journey(look), TEMPLATES, AS_OF))
    assert "Motif : appel de la personne" in page and "Un agent habilité" in page and "marie" not in page


def test_what_agents_typed_of_other_steps_is_not_handed_over() -> None:
    assert step_of(event("identity.DIFFERENT", why="le dossier de son frère"), SENTENCES).details == ()


def test_hours_are_those_of_paris() -> None:
    assert "Établi le 2 avril 2022 à 0 h 30" in told(journey_page(journey(), TEMPLATES, AS_OF))


def test_a_representative_is_told_whose_journey_it_is() -> None:
    sentence = "« vous » y désigne la personne nommée ci-dessus"
    assert sentence in told(journey_page(journey(represented=True), TEMPLATES, AS_OF))
    assert sentence not in told(journey_page(journey(), TEMPLATES, AS_OF))


def test_documents_are_told_by_sender_and_day() -> None:
    stored = Document(datetime(2022, 3, 31, 22, 30, tzinfo=UTC), "750000001", "CURRENT", "11502-2", LOINC)
    page = journey_page(journey(event("document.CURRENT"), documents=(stored,)), TEMPLATES, AS_OF)
    assert "1er avril 2022 750000001 Compte rendu d'examens biologiques en vigueur" in told(page)
    assert "Rien n’a été enregistré" in told(page)


@pytest.mark.parametrize(("born", "seen"), [("19800229", ["OPEN", "FROM_PARENTS"]), ("20120229", ["OPEN"])])
def test_what_may_not_be_seen_yet_is_not_handed_over(campaign: Campaign, born: str, seen: list[str]) -> None:
    """What waits for an announcement visit (CSP R1111-53), and for whoever represents a minor what is hidden from them."""
    person = invent(1, birth_date=born)
    campaign.register(person)
    with campaign.owner.begin() as connection:
        connection.execute(sa.text(DOCUMENTS), {"person_id": campaign.person_id(person)})
    handed = consult(campaign.home.desk_db, TEMPLATES, person.matricule, "marie", "appel", paris(2022, 4, 3))
    assert [document.sender for document in handed.documents] == seen


def test_nobody_is_handed_half_a_journey() -> None:
    with pytest.raises(FinalError, match=r"no sentence for moon\.FULL"):
        journey_page(journey(event("moon.FULL")), TEMPLATES, AS_OF)


def test_the_file_is_tagged_for_those_who_do_not_see() -> None:
    document = pypdf.PdfReader(io.BytesIO(journey_pdf(journey(event("journey.NOTIFIED")), TEMPLATES, AS_OF))).trailer["/Root"]
    assert document["/MarkInfo"]["/Marked"] and document["/Lang"] == "fr"


def test_a_life_is_told_whole_from_the_notice_to_the_closing(campaign: Campaign) -> None:
    person = invent(1)
    campaign.register(person)
    campaign.notify()
    campaign.open()
    campaign.oppose(request(person, code_in(campaign.mails_to(person)[0]), paris(2022, 4, 1)), at=paris(2022, 4, 1))
    campaign.close(paris(2022, 4, 2, 0, 30))
    lived = consult(campaign.home.desk_db, TEMPLATES, person.matricule, "marie", "appel", paris(2022, 4, 3))
    assert [event.kind for event in lived.events if not event.kind.startswith("fact.")] == [
        "journey.PLANNED", "journey.NOTIFIED", "journey.OPENED", "account.OPEN", "account.CLOSED", "person.CONSULTED",
    ]  # fmt: skip
    page = told(journey_page(lived, TEMPLATES, AS_OF))
    for words in (str(person.birth_name), "Dernier jour pour vous opposer : 14 mars 2022", "Archivé jusqu’au : 2 avril 2032"):
        assert words in page
    assert person.matricule[:13] not in page


def test_an_opposition_says_by_which_way_and_when_it_came(campaign: Campaign) -> None:
    person = invent(1)
    campaign.register(person)
    campaign.notify()
    code = code_in(campaign.mails_to(person)[0])
    campaign.oppose(request(person, code, paris(2022, 2, 3)), at=paris(2022, 2, 4), channel="PHONE_3422")
    lived = consult(campaign.home.desk_db, TEMPLATES, person.matricule, "marie", "appel", OPENING)
    page = told(journey_page(lived, TEMPLATES, AS_OF))
    assert "Moyen : téléphone, 3422" in page and "Demande reçue le : 3 février 2022" in page and "Numéro de récépissé : OPP-" in page
