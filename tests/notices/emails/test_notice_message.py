"""A notice by e-mail, read back as a mail program reads it."""

from __future__ import annotations

import dataclasses
import email
import html
import re
from datetime import UTC, date, datetime
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.notices.emails.mailbox import UnusableAddressError, envelope_address
from pipelines.notices.emails.message import EmailNotice, NoticeWriter
from pipelines.notices.kind import NoticeKind
from pipelines.notices.templates import BadTemplateError
from pipelines.platform.errors import RuleError
from tests.notices.conftest import NAMES, SENDER, TEMPLATES

WRITER = NoticeWriter(TEMPLATES)
SENT = datetime(2022, 1, 31, 9, 30, tzinfo=UTC)
MESSAGE_ID = "<ES100000000101123456.0123456789abcdef@assurance-maladie.example>"
NOTICE = EmailNotice(
    reference="ES100000000101123456",
    code="7KQM4WZX9R2B",
    kind=NoticeKind.ADULT,
    sender=SENDER,
    recipient="zoe.lhostis@example.org",
    recipient_name="Zoë L'HOSTIS",
    last_day=date(2022, 3, 14),
)
MINOR = dataclasses.replace(NOTICE, kind=NoticeKind.REPRESENTATIVE_MINOR, concerned="Thị Hồng NGUYỄN")
PROTECTED = dataclasses.replace(MINOR, kind=NoticeKind.REPRESENTATIVE_PROTECTED)
EVERY_KIND = pytest.mark.parametrize("notice", [NOTICE, MINOR, PROTECTED], ids=lambda notice: notice.kind.value)


def sent(notice: EmailNotice) -> EmailMessage:
    """Return the message as its recipient's program reads it."""
    received = email.message_from_bytes(WRITER.build(notice, MESSAGE_ID, SENT).as_bytes(), policy=policy.default)
    assert isinstance(received, EmailMessage)
    return received


def part(message: EmailMessage, subtype: str) -> str:
    body = message.get_body((subtype,))
    assert body is not None and not message.defects and not body.defects
    return str(body.get_content())


def shown(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<style.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL)).replace("\xa0", " ").split())


def plain(text: str) -> str:
    return " ".join(text.replace("\xa0", " ").split())


@EVERY_KIND
def test_message_read_back_has_the_headers_and_values_that_were_given(notice: EmailNotice) -> None:
    message = sent(notice)
    assert message["From"].addresses[0].addr_spec == SENDER.email
    assert message["From"].addresses[0].display_name == SENDER.name
    assert [(to.display_name, to.addr_spec) for to in message["To"].addresses] == [(notice.recipient_name, notice.recipient)]
    assert message["Date"].datetime == SENT
    assert message["Message-ID"] == MESSAGE_ID
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "multipart/alternative"
    assert [child.get_content_type() for child in message.iter_parts()] == ["text/plain", "text/html"]
    for text in (plain(part(message, "plain")), shown(part(message, "html"))):
        for value in (notice.recipient_name, "7KQM-4WZX-9R2B", notice.reference, "14 mars 2022", *filter(None, [notice.concerned])):
            assert value in text


@EVERY_KIND
def test_both_parts_say_what_the_law_wants(notice: EmailNotice) -> None:
    message = sent(notice)
    for text in (plain(part(message, "plain")), shown(part(message, "html"))):
        for needed in (
            "dossier médical partagé (DMP)", "Le DMP est créé en même temps", "monespacesante.fr",
            "au 3422, du lundi au vendredi, de 8 h 30 à 17 h 30", "service gratuit + prix appel", "Activer dès maintenant", "Ne rien faire",
            "Vous opposer", "à tout moment et sans motif", "archivées pendant 10 ans", "trois mois au plus", "droit de rectification",
            "médecin traitant", "conjointement responsables", "seule responsable du DMP", "hébergées en France", "CNIL",
            "Délégué à la protection des données", "Répondre à ce message ne vaut pas opposition", SENDER.email,
            "numéro de sécurité sociale, vos coordonnées bancaires ou un mot de passe par e-mail ou SMS", SENDER.signatory, SENDER.capacity,
        ):  # fmt: skip
            assert needed in text, needed


@EVERY_KIND
def test_nothing_tracks_acts_unsubscribes_or_shows_an_identifier(notice: EmailNotice) -> None:
    message = sent(notice)
    page = part(message, "html")
    assert not [name for name in message if name.lower().startswith(("list-", "x-"))]
    assert set(re.findall(r'(?:href|src|action|url)\s*[=(]\s*"?([^">)]+)', page)) == {"https://www.monespacesante.fr/"}
    assert not re.search(r"<(img|form|script|link|iframe|input)\b", page)
    assert not re.search(r"(?<!\d)\d{13,15}(?!\d)", part(message, "plain") + page + str(message["Subject"]))
    assert not {notice.recipient_name, notice.code, notice.reference, notice.concerned} & set(re.split(r"\s+", message["Subject"]))
    assert notice.recipient_name not in message["Subject"]
    assert '<html lang="fr"' in page and page.count("<h1>") == 1


@EVERY_KIND
def test_same_notice_gives_the_same_bytes_in_ascii_and_short_lines(notice: EmailNotice) -> None:
    content = WRITER.build(notice, MESSAGE_ID, SENT).as_bytes()
    assert content == NoticeWriter(TEMPLATES).build(notice, MESSAGE_ID, SENT).as_bytes()
    assert content.isascii() and content.count(b"\n") == content.count(b"\r\n")
    assert max(map(len, content.split(b"\r\n"))) <= 78


@pytest.mark.parametrize("name", [*NAMES, 'A "B" \\ C', "Jean, Paul (fils) <x@y>", "X" * 90, "É" * 60])
def test_any_name_survives_the_headers_and_the_markup(name: str) -> None:
    notice = dataclasses.replace(MINOR, recipient_name=name, concerned=name)
    message = sent(notice)
    header = email.message_from_bytes(WRITER.build(notice, MESSAGE_ID, SENT).as_bytes())["To"].replace("\r\n", "")
    assert str(make_header(decode_header(parseaddr(header)[0]))) == name
    assert f"Destinataire : {name}" in plain(part(message, "plain"))
    assert html.escape(name, quote=False) in part(message, "html").replace("&#34;", '"').replace("&#39;", "'")


@settings(max_examples=60, deadline=None)
@given(name=st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp", "Zs"]), min_size=1, max_size=40))
def test_no_name_can_add_a_header_or_a_recipient(name: str) -> None:
    message = sent(dataclasses.replace(NOTICE, recipient_name=f"{name}\r\nBcc: thief@example.org"))
    assert message["Bcc"] is None
    assert [to.addr_spec for to in message["To"].addresses] == [NOTICE.recipient]


def test_internationalised_domain_is_written_in_ascii() -> None:
    assert envelope_address(" Zoe@Société.Example ") == "Zoe@xn--socit-esab.example"
    message = sent(dataclasses.replace(NOTICE, recipient="zoe@société.example"))
    assert message["To"].addresses[0].addr_spec == "zoe@xn--socit-esab.example"


@pytest.mark.parametrize(
    "address", ["", "a", "a@", "@b.fr", "zoé@example.org", "a b@example.org", "a@b", "a@-b.fr", "a@b..fr", "a@b.fr\r\nDATA", "a..b@c.fr"]
)
def test_unusable_address_is_refused_without_being_repeated(address: str) -> None:
    with pytest.raises(UnusableAddressError) as refusal:
        envelope_address(address)
    assert len(address) < 2 or address not in str(refusal.value)


def test_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        WRITER.build(NOTICE, MESSAGE_ID, datetime(2022, 1, 31))  # noqa: DTZ001


def test_adult_names_nobody_else_and_a_representative_must() -> None:
    with pytest.raises(RuleError, match="do not agree"):
        dataclasses.replace(NOTICE, concerned="Someone")
    with pytest.raises(RuleError, match="do not agree"):
        dataclasses.replace(MINOR, concerned=None)


def test_wrong_placeholder_is_refused_with_file_and_line(tmp_path: Path) -> None:
    for source in TEMPLATES.rglob("*.j2"):
        copy = tmp_path / source.relative_to(TEMPLATES)
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(source.read_text(encoding="utf-8").replace("{{ last_day }}", "{{ last_dya }}"), encoding="utf-8")
    line = (tmp_path / "email/notice.txt.j2").read_text(encoding="utf-8").split("{{ last_dya }}")[0].count("\n") + 1
    with pytest.raises(BadTemplateError, match=rf"^email/notice.txt.j2:{line}: there is no placeholder 'last_dya'"):
        NoticeWriter(tmp_path)
