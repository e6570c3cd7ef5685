"""What a communicator may get wrong in a letter's template is refused with file, line and reason, before any letter is made."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.notices.kind import NoticeKind, Subject
from pipelines.notices.letters.letter import Variant
from pipelines.notices.letters.press import LetterPress
from pipelines.notices.templates import BadTemplateError, TemplateKind, template_version
from tests.notices.conftest import SENDER

Edit = Callable[[str, str, str], Path]
ADULT = Variant(NoticeKind.ADULT, SENDER)


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
        ("letter/layout.html", "{{ reference }}", "{{ referense }}"),
        ("letter/notice.html", "{{ text.opening(kind, count) }}", "{{ text.opening(kind, count) "),
        ("letter/wording.j2", "{{ sender.name }}", "{{ organisme.name }}"),
        ("letter/purge_body.html", "{{ happened_on }}", "{{ kept_until }}"),
        ("letter/archive_body.html", "{{ happened_on }}", "{{ guaranteed_last_day }}"),
    ],
)
def test_unknown_placeholder_is_refused_on_load_with_file_and_line(edit: Edit, file: str, old: str, new: str) -> None:
    folder = edit(file, old, new)
    with pytest.raises(BadTemplateError, match=rf"^{re.escape(file)}:{line_of(folder, file, new)}: "):
        LetterPress(folder)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("letter/layout.html", "{{ sender.phone }}", "{{ sender.fone }}"),
        ("letter/layout.html", "{{ text.greeting }}", "{{ text.greting }}"),
        ("letter/notice.html", "{{ people[0].code }}", "{{ people[0].kode }}"),
    ],
)
def test_unknown_part_of_a_placeholder_is_refused_with_file_and_line(edit: Edit, file: str, old: str, new: str) -> None:
    folder = edit(file, old, new)
    with pytest.raises(BadTemplateError, match=rf"^{re.escape(file)}:{line_of(folder, file, new)}: "):
        LetterPress(folder).skeleton(ADULT)


@pytest.mark.parametrize(
    ("subject", "file", "field"),
    [
        ("notice", "notice", "guaranteed_last_day"),
        ("opposition_receipt", "opposition_receipt_body", "receipt"),
        ("closing_receipt", "closing_receipt_body", "kept_until"),
        ("purge", "purge_body", "happened_on"),
        ("notice", "layout", "dated"),
        ("notice", "layout", "symbol"),
    ],
)
def test_missing_placeholder_is_refused_on_load(edit: Edit, subject: str, file: str, field: str) -> None:
    with pytest.raises(BadTemplateError, match=rf"^letter/{subject}.html:1: .*does not use {field}"):
        LetterPress(edit(f"letter/{file}.html", f"{{{{ {field} }}}}", ""))


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("notice", "{{ people[0].code }}", "{{ people[0].code | lower }}"),
        ("notice", "{{ people[0].code }}", '{{ people[0].code ~ "." }}'),
        ("notice", "{{ people[0].code }}", "{{ people[0].code[:4] }}{{ people[0].code.upper() }}"),
        ("notice", "{{ person.name }}", "{% if person.name %}{{ person.name }}{% endif %}"),
        ("notice", "{{ person.name }}", '{% if person.name == "Zoé" %}{% endif %}{{ person.name }}'),
        ("notice", "{% for person in people %}", "{% for person in people | reverse %}"),
        ("notice", "{{ guaranteed_last_day }}", "{{ text.closing(guaranteed_last_day) }}"),
        ("layout", "{{ dated }}", "{% set day = dated %}{{ day }}"),
        ("layout", "{% for line in address %}", '{% for line in address if line != "" %}'),
        ("layout", "{{ symbol }}", "{% if symbol %}{{ symbol }}{% endif %}"),
    ],
)
def test_text_of_a_person_is_placed_as_it_is_never_filtered_tested_nor_handed_on(edit: Edit, file: str, old: str, new: str) -> None:
    folder = edit(f"letter/{file}.html", old, new)
    line = line_of(folder, f"letter/{file}.html", new)
    with pytest.raises(BadTemplateError, match=rf"^letter/{file}.html:{line}: \w+ differs for each person"):
        LetterPress(folder)


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("layout.html", '<p class="logo">', '<img src="https://example.org/logo.png"><p class="logo">', "https://example.org/logo.png"),
        ("layout.html", '<p class="logo">', '<img src="logo.png"><p class="logo">', "logo.png"),
        ("layout.html", '<p class="logo">', '<img src="../report/words.j2"><p class="logo">', "../report/words.j2"),
        ("layout.html", '<p class="logo">', '<img src="file:///etc/hostname"><p class="logo">', "file:///etc/hostname"),
        ("layout.html", '<p class="logo">', '<img src="{{ sender.name }}"><p class="logo">', "{{"),
        ("layout.html", 'href="letter.css"', 'href="other.css"', "other.css"),
        ("letter.css", "fonts/LiberationSans-Bold.ttf", "fonts/Marianne-Bold.ttf", "fonts/Marianne-Bold.ttf"),
        ("letter.css", "aside {", "aside { background: url(https://example.org/paper.png);", "https://example.org/paper.png"),
        ("letter.css", "@page {", '@import "https://example.org/brand.css";\n@page {', "@import"),
    ],
)
def test_file_that_is_not_beside_the_letter_is_refused_on_load(edit: Edit, file: str, old: str, new: str, told: str) -> None:
    folder = edit(f"letter/{file}", old, new)
    where = f"letter/{file}:{line_of(folder, f'letter/{file}', new.splitlines()[0])}"
    with pytest.raises(BadTemplateError, match=re.escape(f"{where}: {told!r} is not a file of templates/letter")):
        LetterPress(folder)


def test_font_that_is_missing_is_refused_on_load(edit: Edit) -> None:
    folder = edit("letter/letter.css", "A4", "A4")
    (folder / "letter" / "fonts" / "LiberationMono-Bold.ttf").unlink()
    with pytest.raises(BadTemplateError, match="LiberationMono-Bold"):
        LetterPress(folder)


@pytest.mark.parametrize(
    ("file", "old", "new", "where", "told"),
    [
        # Another font, which this machine may have and the next has not.
        ("letter.css", '1.5 "Notice Mono"', "1.5 Arial", "letter.css", "variable text uses 'Arial' 700"),
        ("letter.css", ".turn { position: running(turn);", ".turn { font-family: Arial;", "layout.html", "a font that is not shipped"),
        ("letter.css", ".turn { position: running(turn);", ".turn { font-weight: 300;", "layout.html", "'Notice Sans' 300, a font"),
        ("layout.html", "Au verso : vos droits", "Au verso 健康 : vos droits", "layout.html", "a character that its font has not: '健'"),
        # Something over its box, another text, or the edge of the sheet.
        ("layout.html", "Téléphone : ", "N" * 60, "layout.html", "wider than the box"),
        ("layout.html", "Référence à rappeler :", "Référence à rappeler :" + "<br>de nouveau" * 30, "layout.html", "below the box"),
        ("letter.css", ".address { position: absolute; left: 87mm", ".address { position: absolute; left: 60mm", "", "over each other"),
        ("letter.css", "margin-top: 1mm; padding: 2mm", "margin-left: -20mm; padding: 2mm", "", "less than 5 mm from the edge"),
        (
            "letter.css",
            ".symbol { position: absolute; right: -1.35mm",
            ".symbol { position: absolute; right: -14mm",
            "",
            "symbol lies less",
        ),
        # Too little room for the longest line or code that there may be.
        ("letter.css", "width: 85mm; font-size: 10pt", "width: 85mm; font-size: 11pt", "layout.html", "address_1 has 241 points"),
        ("letter.css", "700 1.875rem/1.5", "700 3rem/1.5", "notice.html", "code_1 has .* may need"),
        ("letter.css", ".dated { margin-top: 4mm", ".dated { width: 40mm", "layout.html", "dated has .* may need"),
        # What the window of the envelope shows: the address whole, nothing else.
        ("letter.css", "top: 24mm; width: 71mm", "top: 24mm; width: 76mm", "layout.html", "'dated' may be seen in the window"),
        (
            "letter.css",
            ".logo { width: 130mm; margin-top: 1mm",
            ".logo { position: relative; top: 20mm; left: 80mm; width: 60mm",
            "",
            "maladie de la Gironde' may be seen in the window",
        ),
        (
            "letter.css",
            ".address p { height",
            ".address p { border-bottom: 1pt solid; box-sizing: border-box; height",
            "",
            "'a p with a border or a picture' may",
        ),
        ("letter.css", "left: 87mm; top: 38mm", "left: 87mm; top: 30mm", "layout.html", "address_1 may be hidden"),
        ("letter.css", "left: 87mm; top: 38mm", "left: 87mm; top: 41mm", "layout.html", "address_6 may be hidden"),
        # What the machines of the print house read.
        ("layout.html", "{{ symbol }}", "{{ symbol }}{{ symbol }}", "notice.html", "place the symbol once, on the front"),
        (
            "notice.html",
            '<section class="rights',
            '{{ symbol }}<section class="rights',
            "notice.html",
            "place the symbol once, on the front",
        ),
        ("letter.css", "position: running(mark)", "position: static", "notice.html", "place the sequence on each page"),
        # A letter of more sheets than its postage.
        ("notice.html", "{{ text.how_title }}", "Bla " * 500, "notice.html", "the letter takes 3 pages, more than 2"),
    ],
)
def test_what_cannot_be_printed_is_refused_before_any_letter(edit: Edit, file: str, old: str, new: str, where: str, told: str) -> None:
    press = LetterPress(edit(f"letter/{file}", old, new))
    with pytest.raises(BadTemplateError, match=rf"^letter/{where or r'[a-z0-9.]+'}:\d+: .*{told}"):
        press.skeleton(ADULT)


def test_refusal_names_the_line_of_the_text_that_does_not_fit(edit: Edit) -> None:
    folder = edit("letter/layout.html", "Téléphone : ", "N" * 60)
    with pytest.raises(BadTemplateError, match=rf"^letter/layout.html:{line_of(folder, 'letter/layout.html', 'N' * 60)}: "):
        LetterPress(folder).skeleton(ADULT)


@pytest.mark.parametrize(
    ("file", "old"), [("notice.html", "Délai"), ("layout.html", "Objet"), ("wording.j2", "gratuit"), ("letter.css", "A4")]
)
def test_version_changes_with_every_file_that_the_letter_uses(edit: Edit, templates: Path, file: str, old: str) -> None:
    before = template_version(TemplateKind.LETTER, templates)
    after = template_version(TemplateKind.LETTER, edit(f"letter/{file}", old, old + " "))
    assert re.fullmatch("[0-9a-f]{64}", before.sha256) and before.sha256 != after.sha256


def test_version_changes_with_the_software_that_lays_the_letter_out(templates: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = [template_version(kind, templates).sha256 for kind in TemplateKind]
    monkeypatch.setattr("pipelines.notices.templates.version", lambda name: "99" if name == "weasyprint" else "1")
    after = [template_version(kind, templates).sha256 for kind in TemplateKind]
    assert [one != other for one, other in zip(before, after, strict=True)] == [kind is TemplateKind.LETTER for kind in TemplateKind]


def test_each_letter_has_a_version_of_its_own(press: LetterPress, edit: Edit) -> None:
    assert [press.versions[subject].name for subject in Subject] == [f"letter/{subject.value}" for subject in Subject]
    assert press.version == press.versions[Subject.NOTICE]
    edited = LetterPress(edit("letter/purge_body.html", "définitive", "irréversible")).versions
    assert [subject for subject in Subject if edited[subject] != press.versions[subject]] == [Subject.PURGE]


@pytest.mark.parametrize("subject", Subject)
def test_version_must_be_stated(edit: Edit, subject: Subject) -> None:
    with pytest.raises(BadTemplateError, match=rf"^letter/{subject.value}.html:1: state the version"):
        LetterPress(edit(f"letter/{subject.value}.html", "{#- version", "{#- note"))
