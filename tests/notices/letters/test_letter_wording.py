"""What each letter must say, and must not: mandatory content of the notice (CSP R1111-28, R1111-40), what a receipt owes (CRPA L111-2)."""

from __future__ import annotations

import dataclasses
import re
from io import BytesIO

import pypdf
import pytest

from pipelines.notices.addressee import sender_of
from pipelines.notices.kind import NoticeKind, Subject
from pipelines.notices.letters.fields import filled_fields
from pipelines.notices.letters.layout import LetterLayout
from pipelines.notices.letters.letter import MOST_PEOPLE, Composition, Concerned, Event, Letter, Variant, field_texts
from pipelines.notices.letters.press import LetterPress
from pipelines.platform.errors import RuleError
from pipelines.registry.bodies import insurance_bodies
from tests.notices.conftest import DAYS, EVENTS, SENDER, TEMPLATES, WORDINGS, letter_in, wording_id

MINOR, ADULT, PROTECTED = NoticeKind.REPRESENTATIVE_MINOR, NoticeKind.ADULT, NoticeKind.REPRESENTATIVE_PROTECTED
OF_EVERY_LETTER = (
    "Caisse primaire d’assurance maladie de la Gironde", "33085 BORDEAUX CEDEX", "Bordeaux, le 31 janvier 2022", "Objet :",
    "Référence à rappeler :",
    "Claire Duverneuil-Lafargue Directrice générale Service des relations avec les assurés", "3422", "de 8 h 30 à 17 h 30",
    "service gratuit + prix appel", "droit d’accès", "droit de rectification", "Délégué à la protection des données", "CNIL",
    "conjointement responsables", "la CNAM est seule responsable du DMP", "confiées à un hébergeur certifié pour les données de santé",
    "numéro de sécurité sociale, vos coordonnées bancaires ou un mot de passe",
)  # fmt: skip
OF_A_LETTER_WITH_A_CODE = (
    "dossier médical partagé (DMP)", "monespacesante.fr", "Ne rien faire", "Vous opposer", "Il ne contient jamais les lettres O, I, L ni U",
    "à tout moment et sans motif", "archivées pendant 10 ans", "trois mois au plus", "Le médecin traitant", "L. 1111-13-1",
)  # fmt: skip
OF_A_NOTICE = (
    "Activer dès maintenant", "est créé en même temps que", "Vous avez au moins jusqu’à la fin du : 14 mars 2022",
    "six semaines à compter de l’envoi de ce courrier, c’est-à-dire de sa remise à La Poste",
    "Si elle a lieu après la date du courrier, il finit plus tard, jamais plus tôt",
)  # fmt: skip
OF_ONE_LETTER = {
    Subject.NOTICE: (),
    Subject.NEW_CODE: ("remplace", "qui vous avait été adressé", "valable"),
    Subject.MAJORITY: ("Vous avez 18 ans", "ne vous engage plus"),
    Subject.MAJORITY_OPENED: (
        "Vous avez 18 ans", "reste ouvert, avec ses documents, sauf si vous vous y opposez", "À tout moment",
        "vous-même depuis le 1er mars 2022", "archivées pendant 10 ans", "trois mois au plus",
    ),
    Subject.RECORD_UPDATED: ("a été mis à jour", "R. 1111-53", "Un mois au plus après son dépôt", "monespacesante.fr"),
    Subject.OPENING_IMPOSSIBLE: (
        "vous avait été adressé", "raison technique", "R. 1111-28", "Rien ne change pour les soins", "Vous opposer à l’ouverture",
    ),
    Subject.OPPOSITION_RECEIPT: (
        "Opposition reçue le 10 mars 2022", "numéro OPP-812-1", "Nous gardons la preuve de votre opposition", "Si vous changez d’avis",
        "ne vient pas de vous",
    ),
    Subject.CLOSING_RECEIPT: (
        "Espace fermé le 12 septembre 2022", "numéro OPP-812-2", "archivées jusqu’au 12 septembre 2032", "trois mois au plus",
        "transférées", "Si vous changez d’avis", "ne vient pas de vous",
    ),
    Subject.ARCHIVE: ("R. 1111-36", "archivées jusqu’au 12 septembre 2032", "transférées", "trois mois au plus", "définitive"),
    Subject.PURGE: ("R. 1111-36", "détruites le 13 septembre 2032", "définitive", "aucune des données détruites"),
}  # fmt: skip


def said_by(press: LetterPress, layout: LetterLayout, one: Letter) -> str:
    """Return the words of a letter laid out whole, in the order in which one reads, without the marks of pages and lists.

    Drawn letters have the same words (test_press).
    """
    whole = layout.one_letter(one.variant, filled_fields(field_texts(one, DAYS, 1), {}), press.skeleton(one.variant).pages)
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(whole)).pages)
    words = " ".join(text.translate({0xA0: " ", 0x202F: " "}).split())
    return re.sub(r"Suite au verso |00001 (?:\d/\d )?|• ", "", words)


@pytest.mark.parametrize("variant", WORDINGS, ids=wording_id)
def test_letter_says_all_that_it_must(press: LetterPress, layout: LetterLayout, variant: Variant) -> None:
    needed = OF_EVERY_LETTER + OF_ONE_LETTER[variant.subject]
    if variant.subject.has_code:
        needed += OF_A_LETTER_WITH_A_CODE + OF_A_NOTICE
    if variant.kind is MINOR:
        needed += ("enfant",)
    if variant.kind is PROTECTED:
        needed += ("personne",)
    said = said_by(press, layout, letter_in(variant))
    assert [words for words in needed if words not in said] == []


@pytest.mark.parametrize("variant", WORDINGS, ids=wording_id)
def test_letter_never_shows_a_matricule_and_a_code_only_where_one_is_needed(
    press: LetterPress, layout: LetterLayout, variant: Variant
) -> None:
    said = said_by(press, layout, letter_in(variant))
    assert len(re.findall(r"\b(?:[0-9A-Z]{4}-){2}[0-9A-Z]{4}\b", said)) == (variant.people if variant.subject.has_code else 0)
    assert not re.search(r"(?<!\d)[12]\d{12}(\d{2})?(?!\d)", said)


CODE_OF = {ADULT: "Votre code personnel", MINOR: "Le code de l’enfant", PROTECTED: "Le code de la personne protégée"}


@pytest.mark.parametrize("kind", NoticeKind)
def test_code_is_said_to_be_whose_it_is(press: LetterPress, layout: LetterLayout, kind: NoticeKind) -> None:
    said = said_by(press, layout, letter_in(Variant(kind, SENDER)))
    assert [whose for whose, title in CODE_OF.items() if title in said] == [kind]


@pytest.mark.parametrize("subject", [Subject.NOTICE, Subject.NEW_CODE])
def test_several_children_are_not_spoken_of_as_one(press: LetterPress, layout: LetterLayout, subject: Subject) -> None:
    said = said_by(press, layout, letter_in(Variant(MINOR, SENDER, 2, subject=subject)))
    of_one = (
        "cet enfant",
        "un enfant",
        "l’enfant que",
        "l’enfant désigné",
        "soignent l’enfant",
        "l’enfant est",
        "l’enfant sera",
        "l’espace est",
    )
    assert "Le code de chaque enfant" in said and [words for words in of_one if words in said] == []


@pytest.mark.parametrize("variant", WORDINGS, ids=wording_id)
def test_letter_promises_nothing_that_is_not_sure(press: LetterPress, layout: LetterLayout, variant: Variant) -> None:
    """That something was received, where data are hosted, which of two causes a destruction has, that a child's code is one's own."""
    said = said_by(press, layout, letter_in(variant))
    unsure = ("vous avez reçu", "en France,", "ou parce que", *(() if variant.kind is ADULT else ("Votre code",)))
    assert [words for words in unsure if words in said] == []


def test_person_is_spoken_to_and_the_represented_one_is_spoken_of(press: LetterPress, layout: LetterLayout) -> None:
    to_adult, of_minor, of_protected = (said_by(press, layout, letter_in(Variant(kind, SENDER))) for kind in (ADULT, MINOR, PROTECTED))
    assert "à votre nom" in to_adult and "représent" not in to_adult
    assert "L’opposition d’un seul titulaire de l’autorité parentale suffit" in of_minor and "À sa majorité" in of_minor
    assert "mesure de protection juridique" in of_protected and "l’associer à cette décision" in of_protected


def test_titles_are_those_of_the_letters(press: LetterPress) -> None:
    def title(*letters: Letter) -> str:
        return str(pypdf.PdfReader(BytesIO(press.compose(letters, DAYS).pdf)).metadata["/Title"])  # type: ignore[index]

    assert title(letter_in(Variant(MINOR, SENDER, 2))) == "Ouverture de «\xa0Mon espace santé\xa0» pour les 2 enfants que vous représentez"
    purge = "«\xa0Mon espace santé\xa0»\xa0: les données archivées ont été détruites"
    assert title(letter_in(Variant(ADULT, SENDER, subject=Subject.PURGE))) == purge


def test_pdf_is_in_french_and_letters_in_large_print_have_nothing_smaller_than_16_points_but_machines_marks_and_the_address(
    press: LetterPress,
) -> None:
    skeleton = press.skeleton(Variant(MINOR, SENDER, 9, large_print=True))
    assert {slot.field for slot in skeleton.slots if slot.size < 16} == {"sequence", *(f"address_{line}" for line in range(1, 7))}
    sizes: set[float] = set()

    def note(text: str, cm: list[float], tm: list[float], font: object, size: float) -> None:
        if text.strip() and not re.fullmatch(r"\d/\d", text.strip()):
            sizes.add(round(size * abs(tm[3] * cm[3]), 2))

    for page in pypdf.PdfReader(BytesIO(skeleton.pdf)).pages:
        page.extract_text(visitor_text=note)
    assert min(sizes) >= 16
    assert "/Lang(fr)" in press.compose([letter_in(Variant(ADULT, SENDER))], DAYS).pdf.decode("latin-1")


@pytest.mark.parametrize("large_print", [False, True])
@pytest.mark.parametrize("body", insurance_bodies())
@pytest.mark.parametrize("kind", NoticeKind)
def test_notice_of_every_body_of_the_registry_can_be_posted(press: LetterPress, body: str, kind: NoticeKind, large_print: bool) -> None:
    """Nothing but the address is in the window (`fit.check_fit`), and one sheet is enough, two in large print."""
    assert press.skeleton(Variant(kind, sender_of(body), large_print=large_print)).pages == (4 if large_print else 2)


@pytest.mark.parametrize("large_print", [False, True])
@pytest.mark.parametrize("kind", NoticeKind)
def test_longest_sender_that_there_may_be_stays_out_of_the_window(press: LetterPress, kind: NoticeKind, large_print: bool) -> None:
    name = "Caisse autonome nationale de prévoyance et d'assurance maladie des gens de mer, des pêcheurs et des marins du commerce"
    lines = ("Direction de la relation avec assurés", "Pôle des notifications du littoral", "1234 boulevard des Armateurs", "TSA 12345")
    longest = dataclasses.replace(SENDER, code="LONGEST", name=name, address=(*lines, "17021 LA ROCHELLE CEDEX 1"), phone="05 00 00 00 04")
    assert 115 < len(name) <= 120
    assert press.skeleton(Variant(kind, longest, large_print=large_print)).pages <= (6 if large_print else 2)


@pytest.mark.parametrize("people", [2, 9, MOST_PEOPLE])
def test_household_has_every_child_with_its_own_code_on_the_first_page(press: LetterPress, people: int) -> None:
    one = letter_in(Variant(MINOR, SENDER, people))
    made: Composition = press.compose([one], DAYS)
    front = pypdf.PdfReader(BytesIO(made.pdf)).pages[0].extract_text()
    assert made.refused == () and [code for _, code in one.people if str(code)[8:] in front] == [code for _, code in one.people]
    assert front.count("7KQM-4WZ1-") == people and "14 mars 2022" in front


@pytest.mark.parametrize("people", [5, 8, MOST_PEOPLE])
def test_name_of_a_child_and_its_code_are_never_on_two_pages(press: LetterPress, people: int) -> None:
    page_of = {slot.field: slot.page for slot in press.skeleton(Variant(MINOR, SENDER, people, large_print=True)).slots}
    children = range(1, people + 1)
    assert [page_of[f"name_{child}"] for child in children] == [page_of[f"code_{child}"] for child in children]


@pytest.mark.parametrize("large_print", [False, True])
@pytest.mark.parametrize("people", [1, 3, 5, 8, MOST_PEOPLE])
def test_last_page_has_a_paragraph_before_the_farewell(press: LetterPress, people: int, large_print: bool) -> None:
    skeleton = press.skeleton(Variant(MINOR, SENDER, people, large_print))
    before, farewell, _ = pypdf.PdfReader(BytesIO(skeleton.pdf)).pages[-1].extract_text().partition("Veuillez agréer")
    assert farewell and len(before) > 200


@pytest.mark.parametrize("variant", WORDINGS, ids=wording_id)
def test_front_tells_what_its_back_holds(press: LetterPress, variant: Variant) -> None:
    front, back, *_ = (page.extract_text() for page in pypdf.PdfReader(BytesIO(press.skeleton(variant).pdf)).pages)
    assert "Au verso" in front or "Suite au verso" in front
    if "Au verso : vos droits" in front.replace("\xa0", " "):
        assert back.strip().startswith("Vos droits et la protection des données")


TABLE = re.compile(r"^\| ((?:`\w+`(?:, )?)+) \| (\d+)(?: to (\d+))? \| (\d) \| (\d) \|$", re.MULTILINE)
SHEETS = TABLE.findall((TEMPLATES.parent / "docs" / "letters.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("letters", "fewest", "most", "ordinary", "large"), SHEETS)
def test_pages_are_those_that_the_page_on_letters_tells(
    press: LetterPress, letters: str, fewest: str, most: str, ordinary: str, large: str
) -> None:
    longest, counts = sender_of("CPAM"), sorted({int(fewest), int(most or fewest)})
    found = {
        large_print: max(
            press.skeleton(Variant(subject.addressees[-1] if count == 1 else MINOR, longest, count, large_print, subject)).pages
            for subject in map(Subject, re.findall(r"\w+", letters))
            for count in counts
        )
        for large_print in (False, True)
    }
    assert found == {False: int(ordinary), True: int(large)}


def test_page_on_letters_tells_the_pages_of_every_letter() -> None:
    told = {
        (word, n)
        for letters, low, high, *_ in SHEETS
        for word in re.findall(r"\w+", letters)
        for n in range(int(low), int(high or low) + 1)
    }
    households = {(subject.value, n) for subject in (Subject.NOTICE, Subject.NEW_CODE) for n in range(2, MOST_PEOPLE + 1)}
    assert told == {(subject.value, 1) for subject in Subject} | households


@pytest.mark.parametrize(
    "name", ["Nguyễn Thị Hồng", "Łukasz", "Œdipe", "A" * 60, "Marie-Anne-Joséphine DE LA ROCHEFOUCAULD-MONTMORENCY d'Estissac"]
)
def test_any_child_of_a_household_is_right_or_the_letter_refused_never_cut(press: LetterPress, name: str) -> None:
    one = letter_in(Variant(MINOR, SENDER, 9))
    other = dataclasses.replace(one, people=(*one.people[:8], Concerned(name, one.people[8].code)))
    made = press.compose([other], DAYS)
    if made.refused:
        assert name == "A" * 60 and made.pages == 0
    else:
        assert name in pypdf.PdfReader(BytesIO(made.pdf)).pages[0].extract_text()


@pytest.mark.parametrize(
    ("kind", "people", "subject"),
    [
        (ADULT, 2, Subject.NOTICE),
        (PROTECTED, 2, Subject.NOTICE),
        (MINOR, 0, Subject.NOTICE),
        (MINOR, MOST_PEOPLE + 1, Subject.NOTICE),
        (MINOR, 2, Subject.PURGE),
        (MINOR, 1, Subject.MAJORITY),
    ],
)
def test_letter_that_nobody_may_get_does_not_exist(kind: NoticeKind, people: int, subject: Subject) -> None:
    with pytest.raises(RuleError, match="there is no letter"):
        Variant(kind, SENDER, people, subject=subject)


@pytest.mark.parametrize(
    ("variant", "people", "event"),
    [
        (Variant(MINOR, SENDER, 2), [("Zoé", "0" * 12)], None),
        (Variant(MINOR, SENDER, 2), [("Zoé", "0" * 12), ("Éli", None)], None),
        (Variant(MINOR, SENDER), [(None, "0" * 12)], None),
        (Variant(ADULT, SENDER), [("Zoé", "0" * 12)], None),
        (Variant(ADULT, SENDER), [(None, None)], None),
        (Variant(ADULT, SENDER, subject=Subject.PURGE), [(None, "0" * 12)], EVENTS[Subject.PURGE]),
        (Variant(ADULT, SENDER, subject=Subject.PURGE), [(None, None)], None),
        (Variant(ADULT, SENDER, subject=Subject.PURGE), [(None, None)], EVENTS[Subject.CLOSING_RECEIPT]),
        (Variant(ADULT, SENDER), [(None, "0" * 12)], EVENTS[Subject.PURGE]),
    ],
)
def test_letter_whose_people_or_event_are_not_those_of_its_wording_is_refused_without_naming_them(
    variant: Variant, people: list[tuple[str | None, str | None]], event: Event | None
) -> None:
    with pytest.raises(RuleError, match=r"letter ES1: the wording .* do not agree") as raised:
        Letter("ES1", ("A", "B"), variant, tuple(Concerned(*one) for one in people), event)
    assert not any(told in str(raised.value) for told in ("Zoé", "0" * 12))
