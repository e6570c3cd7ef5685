"""What a communicator may get wrong in a letter's template is refused on load, with file and line."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path

import pypdf
import pytest

from pipelines.notices.kind import NoticeKind
from pipelines.notices.letters.letter import Days
from pipelines.notices.letters.press import LetterPress
from pipelines.notices.templates import BadTemplateError, TemplateKind, template_version
from tests.notices.conftest import letter

Edit = Callable[[str, str, str], Path]


@pytest.fixture
def edit(templates: Path, tmp_path: Path) -> Edit:
    """Return a function that copies the templates with one text replaced in one file."""

    def edited(file: str, old: str, new: str) -> Path:
        shutil.copytree(templates, tmp_path / "templates")
        path = tmp_path / "templates" / file
        source = path.read_text(encoding="utf-8")
        assert old in source
        path.write_text(source.replace(old, new, 1), encoding="utf-8")
        return tmp_path / "templates"

    return edited


def line_of(folder: Path, file: str, text: str) -> int:
    lines = (folder / file).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("letter/notice.html", "{{ reference }}", "{{ referense }}"),
        ("letter/notice.html", "{{ sender.phone }}", "{{ sender.fone }}"),
        ("letter/notice.html", "{{ text.greeting }}", "{{ text.greting }}"),
        ("letter/notice.html", "{{ text.opening(kind) }}", "{{ text.opening(kind) "),
        ("letter/wording.j2", "{{ sender.name }}", "{{ organisme.name }}"),
    ],
)
def test_wrong_placeholder_is_refused_with_file_and_line(edit: Edit, file: str, old: str, new: str) -> None:
    folder = edit(file, old, new)
    with pytest.raises(BadTemplateError, match=rf"^{re.escape(file)}:{line_of(folder, file, new)}: "):
        LetterPress(folder)


def test_missing_placeholder_is_refused(edit: Edit) -> None:
    with pytest.raises(BadTemplateError, match=r"^letter/notice.html:1: .*guaranteed_last_day"):
        LetterPress(edit("letter/notice.html", "{{ guaranteed_last_day }}", ""))


@pytest.mark.parametrize("new", ["{{ code | lower }}", "{% if code %}{{ code }}{% endif %}"])
def test_text_of_a_person_cannot_be_filtered_nor_tested(edit: Edit, new: str) -> None:
    with pytest.raises(BadTemplateError, match="code differs for each person"):
        LetterPress(edit("letter/notice.html", "{{ code }}", new))


def test_text_of_a_person_in_a_font_that_is_not_shipped_is_refused(edit: Edit) -> None:
    folder = edit("letter/letter.css", '18pt/1.5 "Notice Mono"', "18pt/1.5 Arial")
    with pytest.raises(BadTemplateError, match="variable text uses 'Arial' 700"):
        LetterPress(folder).compose([letter(0)], Days(date(2022, 1, 31), date(2022, 3, 14)))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('<div class="symbol">{{ symbol }}</div>', "", "does not use symbol"),
        ("{{ symbol }}", "{{ symbol }}{{ symbol }}", "place the symbol once, on the front"),
        ('<section class="sheet rights">', '<section class="sheet rights">{{ symbol }}', "place the symbol once, on the front"),
        ('  <p class="sequence">{{ sequence }}</p>\n  <h1>', "  <h1>", "place the sequence on each page"),
        ("{{ symbol }}", "{% if symbol %}{{ symbol }}{% endif %}", "symbol differs for each person"),
    ],
)
def test_what_the_print_house_reads_must_be_in_its_place(edit: Edit, old: str, new: str, told: str) -> None:
    with pytest.raises(BadTemplateError, match=told):
        LetterPress(edit("letter/notice.html", old, new)).compose([letter(0)], Days(date(2022, 1, 31), date(2022, 3, 14)))


def test_symbol_at_the_edge_of_the_sheet_is_refused(edit: Edit) -> None:
    folder = edit("letter/letter.css", ".symbol { right: -1.35mm", ".symbol { right: -14mm")
    with pytest.raises(BadTemplateError, match="the symbol lies less than 5 mm from the edge"):
        LetterPress(folder).compose([letter(0)], Days(date(2022, 1, 31), date(2022, 3, 14)))


@pytest.mark.parametrize(("file", "old"), [("letter/notice.html", "Objet"), ("letter/wording.j2", "gratuit"), ("letter/letter.css", "A4")])
def test_version_changes_with_every_file_that_the_letter_uses(edit: Edit, templates: Path, file: str, old: str) -> None:
    before = template_version(TemplateKind.LETTER, templates)
    after = template_version(TemplateKind.LETTER, edit(file, old, old + " "))
    assert (before.name, before.version) == ("letter/notice", "1.1")
    assert re.fullmatch("[0-9a-f]{64}", before.sha256) and before.sha256 != after.sha256


def test_version_must_be_stated(edit: Edit) -> None:
    with pytest.raises(BadTemplateError, match=r"^letter/notice.html:1: state the version"):
        LetterPress(edit("letter/notice.html", "{#- version 1.1 -#}", ""))


def test_every_kind_of_letter_says_what_the_law_wants(press: LetterPress) -> None:
    days = Days(date(2022, 1, 31), date(2022, 3, 14))
    composition = press.compose([letter(number, kind=kind) for number, kind in enumerate(NoticeKind)], days)
    pages = [page.extract_text() for page in pypdf.PdfReader(BytesIO(composition.pdf)).pages]
    for first in (0, 2, 4):
        said = " ".join((pages[first] + "\n" + pages[first + 1]).replace("\xa0", " ").split())
        for needed in (
            "dossier médical partagé (DMP)", "Le DMP est créé en même temps", "monespacesante.fr", "3422", "de 8 h 30 à 17 h 30",
            "service gratuit + prix appel", "Activer dès maintenant", "Ne rien faire", "Vous opposer", "Six semaines à compter de l’envoi",
            "à tout moment et sans motif", "archivées pendant 10 ans", "trois mois au plus", "droit d’accès", "droit de rectification",
            "Le médecin traitant", "conjointement responsables", "la CNAM est seule responsable du DMP", "hébergées en France",
            "Délégué à la protection des données", "CNIL", "numéro de sécurité sociale, vos coordonnées bancaires ou un mot de passe",
            "Claire Duverneuil-Lafargue Directrice générale Service des relations avec les assurés",
        ):  # fmt: skip
            assert needed in said, needed
        assert not re.search(r"(?<!\d)\d{13}(\d{2})?(?!\d)", said)
