"""A feed is a file: what is wrong with one is told with the file, the key and the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.documents.feed import BadFeedError, declarations, load_feed

EXAMPLES = Path(__file__).parents[3] / "pipelines" / "synthetic" / "data" / "feeds"
GOOD = """
envelopes = ["hl7v2"]
acknowledgements = ["HL7V2", "ZAM"]
schedule = "*/10 * * * *"

[sender]
finess = "2A0000014"
name = "Hôpital d'Ajaccio"
kind = "HOSPITAL"
contact = "dsi@hopital.example"

[route]
kind = "SFTP"
directory = "/srv/feeds/ajaccio"
"""
BAD = [
    ('finess = "2A0000014"', 'finess = "2A0000015"', "sender.finess", "no FINESS number"),
    ('kind = "HOSPITAL"', 'kind = "PHARMACY"', "sender.kind", "HOSPITAL"),
    ('contact = "dsi@hopital.example"', 'contact = "the IT people"', "sender.contact", "pattern"),
    ('kind = "SFTP"', 'kind = "FAX"', "route", "FAX"),
    ('envelopes = ["hl7v2"]', 'envelopes = ["fax"]', "envelopes", "fhir"),
    ('envelopes = ["hl7v2"]', 'envelopes = ["cda"]', "the feed", "answers hl7v2 only"),
    ('schedule = "*/10 * * * *"', 'schedule = "now and then"', "schedule", "no calendar"),
    ("[sender]", "speed = 5\n[sender]", "speed", "Extra inputs"),
    ("[sender]", "[limits]\nfiles_a_batch = 0\n[sender]", "limits.files_a_batch", "greater than"),
    ("[sender]", "[sender", "it cannot be read as TOML", "line 6"),
]


def declared(folder: Path, text: str, name: str = "ajaccio") -> Path:
    file = folder / f"{name}.toml"
    file.write_text(text)
    return file


def test_a_feed_is_called_as_its_file_and_makes_a_dag_of_that_name(tmp_path: Path) -> None:
    feed = load_feed(declared(tmp_path, GOOD))
    assert (feed.name, feed.dag_id) == ("ajaccio", "document_feed_ajaccio")
    assert feed.sender.organizations == {"2A0000014"}


@pytest.mark.parametrize(("right", "wrong", "key", "reason"), BAD, ids=[key for *_, key, _ in BAD])
def test_a_bad_feed_is_told_with_its_file_the_key_and_the_reason(tmp_path: Path, right: str, wrong: str, key: str, reason: str) -> None:
    with pytest.raises(BadFeedError) as told:
        load_feed(declared(tmp_path, GOOD.replace(right, wrong, 1)))
    said = str(told.value)
    assert said.startswith("ajaccio.toml: ") and key in said and reason in said


def test_a_name_that_no_dag_can_bear_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFeedError, match="is named by"):
        load_feed(declared(tmp_path, GOOD, name="Hôpital 1"))


def test_every_example_is_a_feed_and_each_route_and_form_has_one() -> None:
    feeds = [load_feed(file) for file in declarations(EXAMPLES)]
    assert {feed.route.kind for feed in feeds} == {"BUCKET", "SFTP", "MAILDIR"}
    assert {str(form) for feed in feeds for form in feed.acknowledgements} == {"HL7V2", "ZAM", "XDS", "FHIR", "MAIL", "CSV"}
