"""A notice by e-mail, read back as a mail program reads it."""

from __future__ import annotations

import email
import html
import re
from datetime import date, datetime
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.benchmarks.emails import SENT, by_the_library
from pipelines.notices.emails.mailbox import UnusableAddressError, envelope_address
from pipelines.notices.emails.message import EmailNotice, NoticeWriter
from pipelines.notices.kind import NoticeKind
from pipelines.notices.templates import BadTemplateError
from pipelines.platform.errors import RuleError
from tests.notices.conftest import NAMES, SENDER, TEMPLATES

WRITER = NoticeWriter(TEMPLATES)
TAG = "ES100000000101123456.0123456789abcdef"
MESSAGE_ID = f"<{TAG}@assurance-maladie.example>"
NOTICE = EmailNotice(
    tag=TAG,
    code="7KQM4WZX9R2B",
    kind=NoticeKind.ADULT,
    sender=SENDER,
    recipient="zoe.lhostis@example.org",
    recipient_name="Zoë L'HOSTIS",
    last_day=date(2022, 3, 14),
)
MINOR = NOTICE._replace(kind=NoticeKind.REPRESENTATIVE_MINOR, concerned="Thị Hồng NGUYỄN")
PROTECTED = MINOR._replace(kind=NoticeKind.REPRESENTATIVE_PROTECTED)
EVERY_KIND = pytest.mark.parametrize("notice", [NOTICE, MINOR, PROTECTED], ids=lambda notice: notice.kind.value)


def sent(notice: EmailNotice) -> EmailMessage:
    """Return the message as its recipient's program reads it."""
    return read(WRITER.build(notice, SENT))


def read(content: bytes) -> EmailMessage:
    received = email.message_from_bytes(content, policy=policy.default)
    assert isinstance(received, EmailMessage)
    return received


def header_as_shown(content: bytes, name: str) -> str:
    """A header as RFC 2047 decodes it: `EmailMessage`, reading, puts a space between two encoded words of one name."""
    raw = " ".join(email.message_from_bytes(content)[name].split())
    shown, address = parseaddr(raw)
    return (
        f"{make_header(decode_header(shown))} <{address}>" if "@" in raw and name != "Message-ID" else str(make_header(decode_header(raw)))
    )


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
            "médecin traitant", "conjointement responsables", "seule responsable du DMP", "confiées à un hébergeur certifié", "CNIL",
            "Délégué à la protection des données", "Y répondre ne vaut ni opposition, ni demande", SENDER.email, SENDER.signatory,
            "numéro de sécurité sociale, vos coordonnées bancaires ou un mot de passe par courriel ou SMS", SENDER.capacity,
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
    content = WRITER.build(notice, SENT)
    assert content == NoticeWriter(TEMPLATES).build(notice, SENT)
    assert content.isascii() and content.count(b"\n") == content.count(b"\r\n") and content.endswith(b"--\r\n")
    head, body = content.split(b"\r\n\r\n", 1)
    assert max(map(len, head.split(b"\r\n"))) <= 78 and max(map(len, body.split(b"\r\n"))) <= 76


@pytest.mark.parametrize("name", [*NAMES, 'A "B" \\ C', "Jean, Paul (fils) <x@y>", "X" * 90, "É" * 60, "=?utf-8?q?x?="])
def test_any_name_survives_the_headers_and_the_markup(name: str) -> None:
    notice = MINOR._replace(recipient_name=name, concerned=name)
    message = sent(notice)
    assert header_as_shown(WRITER.build(notice, SENT), "To") == f"{name} <{notice.recipient}>"
    assert f"Destinataire : {name}" in plain(part(message, "plain"))
    assert html.escape(name, quote=False) in part(message, "html").replace("&#34;", '"').replace("&#39;", "'")


@settings(max_examples=60, deadline=None)
@given(name=st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_no_name_can_add_a_header_a_recipient_or_a_part(name: str) -> None:
    message = sent(MINOR._replace(recipient_name=f"{name}\r\nBcc: thief@example.org", concerned=f"{name}\r\n--=_espace-sante--\r\n"))
    assert message["Bcc"] is None and len(list(message.iter_parts())) == 2
    assert [to.addr_spec for to in message["To"].addresses] == [NOTICE.recipient]


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cf", "Co", "Zl", "Zp", "Zs"]), min_size=1, max_size=30)
ANY_NAME = st.one_of(
    st.sampled_from([*NAMES, "É" * 60, "X" * 90, "Zoë 👩‍⚕️", "a=b", ".", "..", "From x", "100 % <b>&\"'", "%b %s"]),
    st.lists(WORDS, min_size=1, max_size=4).map(" ".join),
)


@settings(max_examples=60, deadline=None)
@given(name=ANY_NAME, concerned=ANY_NAME)
def test_every_part_is_what_the_library_makes_of_the_same_texts(name: str, concerned: str) -> None:
    notice = MINOR._replace(recipient_name=name, concerned=concerned)
    ours = WRITER.build(notice, SENT)
    require_equal(ours, by_the_library(WRITER, notice))
    assert header_as_shown(ours, "To") == f"{' '.join(name.split())} <{notice.recipient}>"
    assert header_as_shown(ours, "Subject") == WRITER.texts(notice).subject


@EVERY_KIND
def test_every_wording_is_what_the_library_makes_of_it(notice: EmailNotice) -> None:
    require_equal(WRITER.build(notice, SENT), by_the_library(WRITER, notice))


def require_equal(ours: bytes, theirs: bytes) -> None:
    """Aside: what the library folds, losing spaces between encoded words, and the boundary, which it draws."""
    one, other = read(ours), read(theirs)
    aside = {"To", "Subject", "Content-Type"}
    assert {name: header_as_shown(ours, name) for name in {*one} - aside} == {
        name: header_as_shown(theirs, name) for name in {*other} - aside
    }
    assert [(part.get_content_type(), part.get_content()) for part in one.iter_parts()] == [
        (part.get_content_type(), part.get_content()) for part in other.iter_parts()
    ]
    assert not one.defects and not [part.defects for part in one.iter_parts() if part.defects]


def test_messages_made_together_are_those_made_alone() -> None:
    notices = [NOTICE, MINOR, PROTECTED, NOTICE._replace(recipient_name="JEAN DUPONT")]
    assert WRITER.build_all(notices, SENT) == [WRITER.build(notice, SENT) for notice in notices]


def test_internationalised_domain_is_written_in_ascii() -> None:
    assert envelope_address(" Zoe@Société.Example ") == "Zoe@xn--socit-esab.example"
    assert envelope_address("zoé@société.example") == "zoé@xn--socit-esab.example"
    message = sent(NOTICE._replace(recipient="zoe@société.example"))
    assert message["To"].addresses[0].addr_spec == "zoe@xn--socit-esab.example"


@pytest.mark.parametrize(
    "address",
    ["", "a", "a@", "@b.fr", "a\u202eb@example.org", "a b@example.org", "a@b", "a@-b.fr", "a@b..fr", "a@b.fr\r\nDATA", "a..b@c.fr"],
)
def test_unusable_address_is_refused_without_being_repeated(address: str) -> None:
    with pytest.raises(UnusableAddressError) as refusal:
        envelope_address(address)
    assert len(address) < 2 or address not in str(refusal.value)


def test_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        WRITER.build(NOTICE, datetime(2022, 1, 31))  # noqa: DTZ001


def test_adult_names_nobody_else_and_a_representative_must() -> None:
    with pytest.raises(RuleError, match="do not agree"):
        WRITER.build(NOTICE._replace(concerned="Someone"), SENT)
    with pytest.raises(RuleError, match="do not agree"):
        WRITER.build(MINOR._replace(concerned=None), SENT)


def test_wrong_placeholder_is_refused_with_file_and_line(tmp_path: Path) -> None:
    changed(tmp_path, "{{ last_day }}", "{{ last_dya }}")
    line = (tmp_path / "email/notice.html.j2").read_text(encoding="utf-8").split("{{ last_dya }}")[0].count("\n") + 1
    with pytest.raises(BadTemplateError, match=rf"^email/notice.html.j2:{line}: there is no placeholder 'last_dya'"):
        NoticeWriter(tmp_path)


def changed(folder: Path, old: str, new: str) -> Path:
    for source in [*TEMPLATES.rglob("*.j2"), *TEMPLATES.rglob("*.html")]:
        copy = folder / source.relative_to(TEMPLATES)
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(source.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "misuse",
    ["{{ recipient_name | upper }}", "{{ recipient_name[:10] }}", "{{ recipient_name if recipient_name else 'vous' }}",
     "{% if recipient_name == 'A' %}x{% endif %}{{ recipient_name }}", "{{ recipient_name | truncate(20) }}"],
)  # fmt: skip
def test_template_that_changes_or_tests_what_is_personal_is_refused(tmp_path: Path, misuse: str) -> None:
    with pytest.raises(BadTemplateError, match="differ"):
        NoticeWriter(changed(tmp_path, "{{ recipient_name }}", misuse))
