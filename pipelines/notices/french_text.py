"""French as it is printed: dates in words, curved apostrophes, spaces that do not break where French forbids it.

Communicators type ordinary spaces and apostrophes; the templates' fixed text is corrected when it is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

NO_BREAK = "\u00a0"
NARROW_NO_BREAK = "\u202f"
MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre")

_STREET = "(?:allée|avenue|boulevard|chemin|cours|impasse|place|quai|route|rue|square)"
_RULES = (
    (re.compile(r" ([;?!])(?=[\s<]|$)"), NARROW_NO_BREAK + r"\1"),
    (re.compile(r" ([:»])"), NO_BREAK + r"\1"),
    (re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])"), "’"),
    (re.compile(r"« "), "«" + NO_BREAK),
    (re.compile(r"(\barticles?) (?=[LRD]\.)"), r"\1" + NO_BREAK),
    (re.compile(r"(?<=\b[LRD]\.) (?=\d)"), NO_BREAK),
    (re.compile(r"(?<=\d) (?=(?:ans?|mois|semaines?|enfants?|h)\b|\d)"), NO_BREAK),
    (re.compile(r"(?<=\d\u00a0h) (?=\d)"), NO_BREAK),
    # Letters that are listed: "O, I, L ni U".
    (re.compile(r"(?<=\b[A-Z],) (?=[A-Z]\b)"), NO_BREAK),
    (re.compile(r"(?<=\b[A-Z]) (?=ni [A-Z]\b)"), NO_BREAK),
    (re.compile(r"(?<=\b[A-Z]\u00a0ni) (?=[A-Z]\b)"), NO_BREAK),
    # An address: number and street, box and its number, postcode and town, what distributes the mail of large receivers.
    (re.compile(rf"(?<=\d) (?={_STREET}\b)"), NO_BREAK),
    (re.compile(r"(\b(?:BP|CS|TSA|[Cc]edex|CEDEX)) (?=\d)"), r"\1" + NO_BREAK),
    (re.compile(r"(?<=\b\d{5}) (?=[^\W\d_])"), NO_BREAK),
)
_MARKUP = re.compile(r"(<style\b.*?</style>|<[^>]*(?:>|$))", re.DOTALL)


def french_date(day: date) -> str:
    """Return a day in words: `1er mars 2022`, `14 mars 2022`, held together by no-break spaces."""
    number = "1er" if day.day == 1 else str(day.day)
    return NO_BREAK.join((number, MONTHS[day.month - 1], str(day.year)))


def spaced(text: str) -> str:
    """Return a text with the apostrophes, and the no-break spaces around punctuation and figures, that French typography wants."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


class FrenchSpacing(Extension):
    """Apply `spaced` to the fixed text of a template; never to its code, its markup or style sheet, nor to a value."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Yield the tokens of a template with its text corrected."""
        for token in stream:
            yield Token(token.lineno, token.type, _spaced_between_tags(token.value)) if token.type == "data" else token


def _spaced_between_tags(fragment: str) -> str:
    return "".join(part if _MARKUP.fullmatch(part) else spaced(part) for part in _MARKUP.split(fragment))


def page_environment(templates_dir: Path) -> Environment:
    """Return what renders pages that are HTML throughout: every value escaped, every name known, French spaces set."""
    return Environment(
        loader=FileSystemLoader(templates_dir),
        extensions=[FrenchSpacing],
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
