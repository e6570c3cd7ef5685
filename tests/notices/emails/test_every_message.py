"""What holds for every message by e-mail: the notice, the others that letters have too, the alert of a new document."""

from __future__ import annotations

import itertools
import re
from datetime import date

import pytest

from pipelines.benchmarks.emails import SENT, by_the_library, parts
from pipelines.notices.emails.message import Alert, EmailNotice
from pipelines.notices.kind import NoticeKind, Subject
from pipelines.platform.errors import RuleError
from tests.notices.emails.sample_messages import EVERY, sample
from tests.notices.emails.test_notice_message import WRITER, plain, shown

every_message = pytest.mark.parametrize("notice", EVERY.values(), ids=EVERY.keys())


@every_message
def test_every_part_is_what_the_library_makes_of_the_same_texts(notice: EmailNotice) -> None:
    assert parts(WRITER.build(notice, SENT)) == parts(by_the_library(WRITER, notice))


@every_message
def test_both_parts_say_the_same_words(notice: EmailNotice) -> None:
    texts = WRITER.texts(notice)
    page = shown(re.sub(r"<title>.*?</title>", "", texts.page)).casefold()
    words = re.sub(r"^- ", "", plain(texts.text.replace(" (https://www.monespacesante.fr/)", "").replace("\n- ", "\n"))).casefold()
    assert re.sub(r"\s+([.,])", r"\1", page) == words


@every_message
def test_nothing_tracks_acts_unsubscribes_or_shows_an_identifier(notice: EmailNotice) -> None:
    texts = WRITER.texts(notice)
    assert set(re.findall(r'(?:href|src|action|url)\s*[=(]\s*"?([^">)]+)', texts.page)) == {"https://www.monespacesante.fr/"}
    assert not re.search(r"<(img|form|script|link|iframe|input|button)\b", texts.page)
    assert not re.search(r"(?<!\d)\d{13,15}(?!\d)", "\n".join(texts))
    assert not re.search(r"désabonn|désinscri", "\n".join(texts), re.IGNORECASE)


@every_message
def test_the_subject_is_nobodys(notice: EmailNotice) -> None:
    subject = WRITER.texts(notice).subject
    personal = (notice.recipient_name, notice.concerned or notice.recipient_name, notice.reference, "7KQM")
    assert "Mon espace santé" in plain(subject) and not any(word in subject for word in personal)


@every_message
def test_it_has_a_language_one_title_and_headings_in_order(notice: EmailNotice) -> None:
    page = WRITER.texts(notice).page
    levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
    assert '<html lang="fr"' in page and levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


@every_message
def test_it_says_how_to_know_that_it_is_genuine(notice: EmailNotice) -> None:
    text = plain(WRITER.texts(notice).text)
    assert "CE MESSAGE EST-IL AUTHENTIQUE" in text and notice.sender.email in text and "appelez le 3422" in text
    assert "Nous ne vous demanderons jamais votre numéro de sécurité sociale" in text


@every_message
def test_only_what_needs_a_code_shows_one(notice: EmailNotice) -> None:
    with_code = notice.message in (Subject.NOTICE, Subject.NEW_CODE, Subject.MAJORITY)
    assert (len(re.findall(r"\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){2}\b", WRITER.texts(notice).text)) == 1) is with_code


@pytest.mark.parametrize("subject", [Subject.OPPOSITION_RECEIPT, Subject.CLOSING_RECEIPT, Subject.ARCHIVE, Subject.PURGE])
def test_a_receipt_tells_what_happened(subject: Subject) -> None:
    text = plain(WRITER.texts(sample(subject, NoticeKind.ADULT)).text)
    told = {"happened_on": "31 janvier 2022", "receipt": "R-2022-000042", "kept_until": "31 janvier 2032"}
    assert all(told[field] in text for field in subject.event_fields)


def test_a_new_document_is_told_without_a_word_about_it() -> None:
    text = plain(WRITER.texts(sample(Alert.NEW_DOCUMENT, NoticeKind.ADULT)).text).casefold()
    assert "un nouveau document est disponible" in text
    assert not any(word in text for word in ("ordonnance", "analyse", "compte rendu", "hôpital", "laboratoire", "docteur"))


@pytest.mark.parametrize(
    "notice",
    [
        sample(Subject.PURGE, NoticeKind.ADULT)._replace(code="7KQM4WZX9R2B"),
        sample(Subject.NOTICE, NoticeKind.ADULT)._replace(code=""),
        sample(Subject.NOTICE, NoticeKind.ADULT)._replace(last_day=None),
        sample(Subject.PURGE, NoticeKind.ADULT)._replace(event=None),
        sample(Subject.PURGE, NoticeKind.ADULT)._replace(last_day=date(2022, 3, 14)),
        sample(Alert.NEW_DOCUMENT, NoticeKind.ADULT)._replace(concerned="Somebody"),
        sample(Subject.MAJORITY, NoticeKind.ADULT)._replace(kind=NoticeKind.REPRESENTATIVE_MINOR, concerned="A child"),
    ],
    ids=["code too much", "no code", "no last day", "no event", "day too much", "somebody else", "not at eighteen"],
)
def test_a_message_that_could_not_say_all_it_must_or_says_too_much_is_refused(notice: EmailNotice) -> None:
    with pytest.raises(RuleError, match="do not agree") as refusal:
        WRITER.build(notice, SENT)
    assert notice.recipient_name not in str(refusal.value)
