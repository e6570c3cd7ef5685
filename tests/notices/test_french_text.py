"""French as it is printed."""

from __future__ import annotations

from datetime import date

import pytest
from jinja2 import DictLoader

from pipelines.notices.code_format import grouped
from pipelines.notices.french_text import french_date, spaced
from pipelines.notices.templates import environment
from tests.notices.conftest import TEMPLATES


def test_date_is_written_in_words_that_hold_together() -> None:
    assert french_date(date(2022, 3, 1)) == "1er\u00a0mars\u00a02022"
    assert french_date(date(2022, 8, 14)) == "14\u00a0août\u00a02022"


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Comment ?", "Comment\u202f?"),
        ("« Mon espace » : oui ; non !", "«\u00a0Mon espace\u00a0»\u00a0: oui\u202f; non\u202f!"),
        ("de 8 h 30 à 17 h 30", "de 8\u00a0h\u00a030 à 17\u00a0h\u00a030"),
        ("pendant 10 ans", "pendant 10\u00a0ans"),
        ("articles L. 1111-13-1 et R. 1111-26", "articles\u00a0L.\u00a01111-13-1 et R.\u00a01111-26"),
        ("pour les 2 enfants", "pour les 2\u00a0enfants"),
        ("au 04 00 00 00 03", "au 04\u00a000\u00a000\u00a000\u00a003"),
        (
            "50 avenue du Soleil, TSA 80715, 75334 Paris Cedex 07",
            "50\u00a0avenue du Soleil, TSA\u00a080715, 75334\u00a0Paris Cedex\u00a007",
        ),
        ("les lettres O, I, L ni U", "les lettres O,\u00a0I,\u00a0L\u00a0ni\u00a0U"),
        ("l'espace d'un 'mot'", "l’espace d’un 'mot'"),
    ],
)
def test_spaces_and_apostrophes_follow_french_typography(typed: str, printed: str) -> None:
    assert spaced(typed) == printed


def test_markup_style_and_values_are_left_as_they_are() -> None:
    source = environment(TEMPLATES)
    source.loader = DictLoader({"a.html": "<style>p { margin: 0 0 100px; }</style><p title='a : b'>l'avis : {{ value }}</p>"})
    page = source.get_template("a.html").render(value="N'GUYEN : 2")
    assert page == "<style>p { margin: 0 0 100px; }</style><p title='a : b'>l’avis\u00a0: N&#39;GUYEN : 2</p>"


def test_code_is_shown_in_three_groups_of_four() -> None:
    assert grouped("7KQM4WZX9R2B") == "7KQM-4WZX-9R2B"
    with pytest.raises(ValueError, match="twelve") as refusal:
        grouped("SECRET")
    assert "SECRET" not in str(refusal.value)
