"""A composed letter says what the template says, to the right person, however it was made."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import unicodedata
from collections import Counter
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pypdf
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.notices.code_format import grouped
from pipelines.notices.kind import NoticeKind
from pipelines.notices.letters.checks import check_lot, read_symbol
from pipelines.notices.letters.datamatrix import SIDE, masks
from pipelines.notices.letters.fields import filled_fields
from pipelines.notices.letters.fonts import FILES, PLAIN, UNIT, FontCase
from pipelines.notices.letters.layout import LetterLayout
from pipelines.notices.letters.letter import Composition, Concerned, Days, Letter, Placed, Refusal, Variant, field_texts, own_texts
from pipelines.notices.letters.page_content import PagePainter, smaller_sizes
from pipelines.notices.letters.press import LetterPress
from pipelines.notices.templates import BadTemplateError
from pipelines.platform.errors import RuleError
from tests.notices.conftest import DAYS, NAMES, SENDER, TEMPLATES, WORDINGS, letter, letter_in, wording_id
from tests.notices.letters.drawn_text import drawn_texts

BOLD = FontCase(TEMPLATES / "letter" / "fonts").face(("Notice Sans",), 700)


def compose(press: LetterPress, *letters: Letter) -> Composition:
    return press.compose(letters, DAYS)


def page_texts(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(BytesIO(pdf)).pages]


def code_of(one: Letter) -> str:
    return grouped(str(one.people[0].code))


def words(text: str) -> Counter[str]:
    return Counter(text.split())


def placed_words(pdf: bytes, page: int, wanted: set[str]) -> dict[str, tuple[int, int]]:
    """Return where, to the half point, each wanted text starts on a page."""
    found: dict[str, tuple[int, int]] = {}

    def note(text: str, cm: list[float], tm: list[float], font: object, size: float) -> None:
        if text.strip() in wanted:
            x, y = tm[4] * cm[0] + tm[5] * cm[2] + cm[4], tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
            found.setdefault(text.strip(), (round(2 * x), round(2 * y)))

    pypdf.PdfReader(BytesIO(pdf)).pages[page].extract_text(visitor_text=note)
    return found


def test_each_of_200_letters_holds_its_own_address_name_code_and_reference(press: LetterPress) -> None:
    letters = [letter(number) for number in range(100, 300)]
    composition = compose(press, *letters)
    pages = drawn_texts(composition.pdf)
    assert (composition.slow, composition.refused, composition.pages, len(pages)) == (0, (), 400, 400)
    forms = {kind: f"/V{number}" for number, kind in enumerate(dict.fromkeys(one.variant.kind for one in letters))}
    for sequence, (one, placed) in enumerate(zip(letters, composition.placed, strict=True), start=1):
        form = forms[one.variant.kind]
        expected = [
            f"{form}P0",
            "31 janvier 2022",
            one.reference,
            "14 mars 2022",
            f"{sequence:05d}",
            *filter(None, [one.people[0].name]),
            code_of(one),
            *one.address,
        ]
        assert placed == Placed(one.reference, placed.first_page, 2)
        assert pages[placed.first_page - 1] == expected
        assert pages[placed.first_page] == [f"{form}P1", f"{sequence:05d}"]


@pytest.mark.parametrize(("name", "kind"), [(name, list(NoticeKind)[number % 3]) for number, name in enumerate(NAMES)])
def test_drawn_page_has_the_text_and_places_of_the_page_laid_out_whole(
    press: LetterPress, templates: Path, name: str, kind: NoticeKind
) -> None:
    one = dataclasses.replace(letter(4, name, kind), address=(name, "12 RUE DE L EGLISE", "33000 BORDEAUX"))
    texts = field_texts(one, DAYS, 1)
    whole = LetterLayout(templates).one_letter(one.variant, filled_fields(texts, {}), 2)
    drawn = compose(press, one)
    assert drawn.slow == 0
    assert [words(page) for page in page_texts(drawn.pdf)] == [words(page) for page in page_texts(whole)]
    wanted = {one.address[1], code_of(one), one.reference, "14 mars 2022"}
    assert placed_words(drawn.pdf, 0, wanted) == placed_words(whole, 0, wanted)
    assert set(placed_words(drawn.pdf, 0, wanted)) == wanted


@settings(max_examples=30, deadline=None)
@given(name=st.text(st.sampled_from(sorted(BOLD.alphabet)), min_size=1, max_size=20))
def test_any_latin_name_is_drawn_as_written(press: LetterPress, name: str) -> None:
    one = letter(1, name, NoticeKind.REPRESENTATIVE_MINOR)
    composition = compose(press, one)
    assert field_texts(one, DAYS, 1)["name_1"] in drawn_texts(composition.pdf)[0]
    assert (composition.slow, composition.refused) == (0, ())


def test_same_letters_give_the_same_bytes(press: LetterPress, templates: Path) -> None:
    letters = [letter(number) for number in range(7)]
    letters.append(letter(8, "Ольга", NoticeKind.REPRESENTATIVE_MINOR))
    assert compose(press, *letters).pdf == compose(LetterPress(templates), *letters).pdf


AGAIN = """
from pipelines.notices.letters.press import LetterPress
from tests.notices.conftest import DAYS, TEMPLATES
from tests.notices.letters.test_press import of_every_making
print(LetterPress(TEMPLATES).compose(of_every_making(), DAYS).sha256)
"""


def of_every_making() -> list[Letter]:
    """Return letters made quickly, with care and laid out alone, of one sheet and of several."""
    wordings = [Variant(NoticeKind.ADULT, SENDER), Variant(NoticeKind.REPRESENTATIVE_MINOR, SENDER, 9), WORDINGS[-6]]
    rare = [letter(1, "Łukasz"), letter(2, "Ольга"), dataclasses.replace(letter(3), address=("W" * 27, "33000 BORDEAUX"))]
    return [letter_in(variant, number) for variant in wordings for number in (1, 8)] + rare


@pytest.mark.parametrize("seed", ["1", "2"])
def test_letters_made_again_by_another_process_are_the_same_to_the_byte(press: LetterPress, seed: str) -> None:
    made = compose(press, *of_every_making())
    again = subprocess.run(
        [sys.executable, "-c", AGAIN],
        cwd=TEMPLATES.parent,
        env={**os.environ, "PYTHONHASHSEED": seed, "TZ": "Pacific/Auckland", "LC_ALL": "C"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert made.slow == 1 and 0 < len(made.with_care) < len(made.placed)
    assert again.stdout.strip() == made.sha256


def test_decomposed_accents_are_drawn_composed(press: LetterPress) -> None:
    composition = compose(press, letter(1, "Zoe\u0308 NGUYE\u0302\u0303N", NoticeKind.REPRESENTATIVE_MINOR))
    assert composition.slow == 0
    assert "Zoë NGUYỄN" in drawn_texts(composition.pdf)[0]


def test_text_outside_the_subset_is_laid_out_alone_and_counted(press: LetterPress) -> None:
    letters = [letter(1), letter(2, "Ольга Иванова", NoticeKind.REPRESENTATIVE_MINOR), letter(3)]
    composition = compose(press, *letters)
    pages = page_texts(composition.pdf)
    assert (composition.slow, composition.pages, [placed.first_page for placed in composition.placed]) == (1, 6, [1, 3, 5])
    assert "Ольга Иванова" in pages[2] and code_of(letters[1]) in pages[2] and code_of(letters[2]) in pages[4]


def test_line_too_wide_for_its_slot_is_set_smaller_as_in_the_page_laid_out_whole(press: LetterPress, templates: Path) -> None:
    wide = dataclasses.replace(letter(0), address=("MADAME MARGUERITE WAMBERGUE WILLEMOWSKY", "33000 BORDEAUX"))
    drawn = compose(press, wide)
    texts = field_texts(wide, DAYS, 1)
    layout = LetterLayout(templates)
    slots = layout.skeleton(wide.variant).slots
    sizes = smaller_sizes(slots, texts)
    assert not isinstance(sizes, Refusal) and list(sizes) == ["address_1"] and 7.5 <= sizes["address_1"] < 10
    first = next(slot for slot in slots if slot.field == "address_1")
    assert first.width - 0.2 < first.face.width(wide.address[0], sizes["address_1"]) <= first.width
    whole = layout.one_letter(wide.variant, filled_fields(texts, sizes), 2)
    assert (drawn.slow, drawn.refused) == (0, ())
    assert wide.address[0] in drawn_texts(drawn.pdf)[0]
    assert words(page_texts(drawn.pdf)[0]) == words(page_texts(whole)[0])
    wanted = {*wide.address, code_of(wide), "14 mars 2022"}
    assert placed_words(drawn.pdf, 0, wanted) == placed_words(whole, 0, wanted)
    assert set(placed_words(drawn.pdf, 0, wanted)) == wanted


@pytest.mark.parametrize("number", range(1, 7))
def test_quick_way_draws_what_the_careful_way_draws(press: LetterPress, number: int) -> None:
    lines = ("MADAME Zoë L'HOSTIS", "APPARTEMENT 12", "RESIDENCE LES TILLEULS", f"{number} RUE DE L EGLISE", "BP 40012", "33000 BORDEAUX")
    one = dataclasses.replace(letter(number, "Zoë"), address=lines[-number:])
    skeleton, symbol = press.skeleton(one.variant), masks([one.reference])[0]
    painter = PagePainter("V0", skeleton)
    quick = painter.paint_quickly(own_texts(one, DAYS, 7), symbol)
    assert quick is not None and quick == painter.paint(field_texts(one, DAYS, 7), {}, symbol)


def test_letter_that_might_not_fit_takes_the_careful_way(press: LetterPress) -> None:
    for line in ("W" * 26, "Łukasz", "A (B)", "back\\slash", "no\u00a0break", "soft\u00adhyphen", "two\nlines", "a\x85b", "†"):
        one = dataclasses.replace(letter(0), address=(line, "33000 BORDEAUX"))
        painter = PagePainter("V0", press.skeleton(one.variant))
        assert painter.paint_quickly(own_texts(one, DAYS, 1), masks([one.reference])[0]) is None


def test_quick_way_knows_only_characters_that_are_embedded_and_their_widths() -> None:
    case = FontCase(TEMPLATES / "letter" / "fonts")
    for family, weight in FILES:
        face = case.face((family,), weight)
        assert face.alphabet >= PLAIN
        for character in PLAIN:
            assert unicodedata.normalize("NFC", character) == character
            assert 0 <= UNIT * face.units[ord(character)] - face.advances[character] < UNIT


@pytest.mark.parametrize("variant", WORDINGS, ids=wording_id)
def test_letter_drawn_is_the_letter_laid_out_whole(press: LetterPress, layout: LetterLayout, variant: Variant) -> None:
    """Same words, the same ink to a pixel at 100 dpi (PDFium rounds the place of a letter here and there); the symbol is read."""
    one, skeleton = letter_in(variant), press.skeleton(variant)
    made = compose(press, one)
    assert (made.slow, made.refused, made.pages) == (0, (), skeleton.pages)
    whole = layout.one_letter(variant, filled_fields(field_texts(one, DAYS, 1), {}), skeleton.pages)
    assert [words(page) for page in page_texts(made.pdf)] == [words(page) for page in page_texts(whole)]
    drawn, theirs = pypdfium2.PdfDocument(made.pdf), pypdfium2.PdfDocument(whole)
    assert [read_symbol(pages[0], skeleton.symbol) for pages in (drawn, theirs)] == [one.reference] * 2
    for ours, other in zip(drawn, theirs, strict=True):
        assert ink_elsewhere(ours, other, skeleton.symbol) + ink_elsewhere(other, ours, skeleton.symbol) < 5


def ink_elsewhere(page: pypdfium2.PdfPage, other: pypdfium2.PdfPage, symbol: tuple[float, float]) -> int:
    """Return how many dark pixels of a page have no ink of the other within a pixel, where the symbol lies apart."""
    dark, ink = grey(page, symbol) < 96, np.pad(grey(other, symbol) < 224, 1)
    height, width = dark.shape
    near = np.logical_or.reduce([ink[down : down + height, right : right + width] for down in range(3) for right in range(3)])
    return int((dark & ~near).sum())


def grey(page: pypdfium2.PdfPage, symbol: tuple[float, float]) -> npt.NDArray[np.int64]:
    """Return the pixels of a page, white where the symbol lies on the first."""
    scale = 100 / 72
    pixels: npt.NDArray[np.int64] = page.render(scale=scale, grayscale=True).to_numpy().squeeze().astype(np.int64)
    left, top = int(symbol[0] * scale) - 1, int((page.get_height() - symbol[1] - SIDE) * scale) - 1
    pixels[top : top + 46, left : left + 46] = 255
    return pixels


@pytest.mark.parametrize("variant", WORDINGS, ids=wording_id)
def test_every_page_of_a_letter_reads_as_meant(press: LetterPress, variant: Variant) -> None:
    letters = [letter_in(variant, number) for number in (1, 2, 3)]
    made = compose(press, *letters)
    check_lot(1, made, letters, DAYS, press.skeleton, whole=True)
    texts = page_texts(made.pdf)
    for sequence, (one, placed) in enumerate(zip(letters, made.placed, strict=True), start=1):
        pages = texts[placed.first_page - 1 : placed.first_page - 1 + placed.pages]
        assert all(f"{sequence:05d}" in page.split() for page in pages)
        marks = [f"{number}/{placed.pages}" for number in range(1, placed.pages + 1)]
        assert [mark in page.split() for mark, page in zip(marks, pages, strict=True)] == [placed.pages > 2] * placed.pages
        said = "\n".join(pages)
        for name, code in one.people:
            assert (name or "") in said and (code is None or said.count(grouped(code)) == 1)


def test_letter_that_cannot_be_shown_is_left_out_and_named_while_the_others_are_made(press: LetterPress) -> None:
    endless = dataclasses.replace(letter(1), address=("W" * 60, "33000 BORDEAUX"))
    foreign = letter(2, "محمد", NoticeKind.REPRESENTATIVE_MINOR)
    composition = compose(press, endless, foreign, letter(3))
    assert composition.refused == ((endless.reference, Refusal.TOO_LONG), (foreign.reference, Refusal.NO_GLYPH))
    assert composition.placed == (Placed(letter(3).reference, 1, 2),)


@pytest.mark.parametrize("left_out", [0, 1, 2], ids=["first", "between", "last"])
def test_letter_that_is_left_out_leaves_no_trace_in_the_file(press: LetterPress, left_out: int) -> None:
    others = [letter(3), letter(4, "Ольга", NoticeKind.REPRESENTATIVE_MINOR)]
    foreign = letter(5, "محمد", NoticeKind.REPRESENTATIVE_PROTECTED)
    assert compose(press, *others[:left_out], foreign, *others[left_out:]).pdf == compose(press, *others).pdf


def test_every_font_is_embedded(press: LetterPress) -> None:
    composition = compose(press, letter(1), letter(2, "Ольга", NoticeKind.REPRESENTATIVE_MINOR))
    reader = pypdf.PdfReader(BytesIO(composition.pdf))
    resources = reader.pages[0]["/Resources"]
    fonts = [font for form in resources["/XObject"].values() for font in form.get_object()["/Resources"].get("/Font", {}).values()]
    fonts += resources["/Font"].values()
    assert len(fonts) > 6
    for font in fonts:
        described = font.get_object().get("/DescendantFonts", [font])[0].get_object()
        assert "/FontFile2" in described["/FontDescriptor"]


def test_letters_of_two_bodies_keep_their_own_sender(press: LetterPress) -> None:
    other = dataclasses.replace(SENDER, code="MSA-33", name="Mutualité sociale agricole de la Gironde", signatory="Paul Béarnais")
    composition = compose(press, letter(3), dataclasses.replace(letter(6), variant=Variant(NoticeKind.ADULT, other)))
    pages = page_texts(composition.pdf)
    assert "Mutualité sociale" not in pages[0] + pages[1] and "Claire Duverneuil-Lafargue" in pages[1]
    assert "Mutualité sociale" in pages[2] and "Paul Béarnais" in pages[3] and "Caisse primaire" not in pages[2] + pages[3]


def test_letter_refuses_an_addressee_without_the_person_concerned() -> None:
    with pytest.raises(RuleError, match="do not agree"):
        Letter("ES1", ("A", "B"), Variant(NoticeKind.REPRESENTATIVE_MINOR, SENDER), (Concerned(None, "0" * 12),))
    with pytest.raises(RuleError, match="do not agree"):
        Letter("ES1", ("A", "B"), Variant(NoticeKind.ADULT, SENDER), (Concerned("Someone", "0" * 12),))


@pytest.mark.parametrize("address", [(), ("A",) * 7, ("A", " ", "B")])
def test_letter_refuses_an_address_that_cannot_be_posted(address: tuple[str, ...]) -> None:
    with pytest.raises(RuleError, match="one to 6 lines"):
        Letter("ES1", address, Variant(NoticeKind.ADULT, SENDER), (Concerned(None, "0" * 12),))


def test_last_day_before_the_letter_is_refused() -> None:
    with pytest.raises(RuleError, match="cannot promise"):
        Days(DAYS.dated, DAYS.dated)


@pytest.mark.parametrize("kind", NoticeKind)
def test_body_with_long_names_still_fits_one_sheet(press: LetterPress, kind: NoticeKind) -> None:
    wordy = dataclasses.replace(
        SENDER,
        code="LONG",
        name="Caisse d'assurance maladie des industries électriques et gazières",
        service="Direction de la relation avec les assurés et les employeurs",
        address=("Service de la relation avec les assurés", "11 rue de Rosny", "TSA 10001", "93108 MONTREUIL CEDEX"),
        capacity="Directrice de la relation avec les assurés et les employeurs, par délégation",
    )
    assert press.skeleton(Variant(kind, wordy)).pages == 2


def test_body_that_does_not_fit_one_sheet_is_refused(press: LetterPress) -> None:
    endless = dataclasses.replace(SENDER, code="X", name="Caisse " * 400)
    with pytest.raises(BadTemplateError, match="pages, more than 2"):
        compose(press, dataclasses.replace(letter(0), variant=Variant(NoticeKind.ADULT, endless)))
