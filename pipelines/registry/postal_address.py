"""French postal addresses: AFNOR NF Z10-011 lines for a letter, and the department that a postcode belongs to."""

from __future__ import annotations

import re
import unicodedata
from enum import IntFlag
from functools import lru_cache
from typing import NamedTuple

LINE_WIDTH = 38
TOWN_WIDTH = 32  # line 6 is a postcode of 5 characters, a space and the town

_LIGATURES = {"Œ": "OE", "œ": "OE", "Æ": "AE", "æ": "AE", "ß": "SS", "ẞ": "SS", "Ø": "O", "ø": "O", "Ł": "L", "ł": "L", "Đ": "D", "đ": "D"}
_LIGATURES |= {"\u0131": "I", "İ": "I", "Þ": "TH", "þ": "TH", "Ð": "D", "ð": "D", "ĸ": "K", "Ŋ": "N", "ŋ": "N"}

# Source: AFNOR abbreviations of ways and titles.
_ABBREVIATIONS = {
    "ALLEE": "ALL", "ALLEES": "ALL", "AVENUE": "AV", "BOULEVARD": "BD", "CHEMIN": "CHE", "COURS": "CRS", "FAUBOURG": "FG",
    "IMPASSE": "IMP", "LOTISSEMENT": "LOT", "PASSAGE": "PAS", "PLACE": "PL", "QUARTIER": "QUA", "ROUTE": "RTE", "SQUARE": "SQ",
    "APPARTEMENT": "APT", "BATIMENT": "BAT", "ESCALIER": "ESC", "ETAGE": "ETG", "IMMEUBLE": "IMM", "RESIDENCE": "RES",
    "CAPITAINE": "CNE", "COLONEL": "CNL", "COMMANDANT": "CDT", "DOCTEUR": "DR", "GENERAL": "GAL", "LIEUTENANT": "LT",
    "MARECHAL": "MAL", "PRESIDENT": "PDT", "PROFESSEUR": "PR", "SAINT": "ST", "SAINTE": "STE",
}  # fmt: skip


class AddressFlag(IntFlag):
    """What is missing from an address, is wrong with it or was done to it; 0 is a whole address left in its own words."""

    NO_ADDRESS = 1
    NO_STREET = 2
    NO_POSTCODE = 4
    NO_TOWN = 8
    ABBREVIATED = 16
    CUT = 32
    INCOHERENT = 64
    REFUSED_POSTCODE = 128
    ABROAD = 256
    CUT_PLACE = 512


_LEFT = AddressFlag(0)
# No letter can be sent. One whose complement (lines 2 and 3) was cut can: the flag is there for who looks into a letter that came back.
# A street, a place or a town that was cut may be another one. A postcode that was refused leaves the address without one.
UNUSABLE = (
    AddressFlag.NO_ADDRESS
    | AddressFlag.NO_STREET
    | AddressFlag.NO_POSTCODE
    | AddressFlag.NO_TOWN
    | AddressFlag.INCOHERENT
    | AddressFlag.ABROAD
    | AddressFlag.CUT_PLACE
)

# Where most people who are insured in France and live abroad do; a town that ends so is no French one, whatever its postcode looks like.
# Suisse alone is a commune of the Moselle; Monaco is served as a French department.
_COUNTRIES = (
    "ALGERIE|ALLEMAGNE|ANDORRE|AUTRICHE|BELGIQUE|CANADA|CROATIE|DANEMARK|ESPAGNE|ETATS UNIS|GRECE|IRLANDE|ISRAEL|ITALIE|LUXEMBOURG|MALI|"
    "MAROC|PAYS BAS|POLOGNE|PORTUGAL|ROUMANIE|ROYAUME UNI|SENEGAL|SUEDE|TUNISIE|TURQUIE"
)
FOREIGN_TOWN = rf"(?:^| )(?:{_COUNTRIES})$| SUISSE$"


class PostalAddress(NamedTuple):
    """Lines 2 to 5 of an envelope, postcode and town, as a body gives them; the name (line 1) is not part of it."""

    line_2: str | None = None
    line_3: str | None = None
    line_4: str | None = None
    line_5: str | None = None
    postcode: str | None = None
    town: str | None = None


class NormalisedAddress(NamedTuple):
    """`address` with its lines normalised, and what there is to know about it."""

    address: PostalAddress
    flags: AddressFlag

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines below the name, blank ones removed, the last one being postcode and town."""
        given = self.address
        last = " ".join(part for part in (given.postcode, given.town) if part)
        return tuple(line for line in (given.line_2, given.line_3, given.line_4, given.line_5, last) if line)

    @property
    def usable(self) -> bool:
        """Whether a letter can be sent there."""
        return not self.flags & UNUSABLE


class _FoldTable(dict[int, str | int]):
    """A `str.translate` table filled as characters are met: upper case, no accent, no ligature, no punctuation."""

    def __missing__(self, code: int) -> str | int:
        letter = chr(code)
        parts = unicodedata.normalize("NFKD", _LIGATURES.get(letter, letter))
        # A second lookup folds what NFKD only reveals, such as Ǿ = Ø with an accent.
        plain = "".join(_LIGATURES.get(part, part).upper() for part in parts if not unicodedata.combining(part))
        self[code] = "".join(c if c.isascii() and c.isalnum() else " " for c in plain)
        return self[code]


_FOLD = _FoldTable()


def fold_line(text: str) -> str:
    """Return a line as line 4 and below must be: A-Z, 0-9 and single spaces (AFNOR NF Z10-011)."""
    return " ".join(text.translate(_FOLD).split())


def tidy_line(text: str) -> str:
    """Return a line as lines 2 and 3 may be: NFC, single spaces, accents and case kept."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def fit_line(line: str, width: int = LINE_WIDTH, cut: AddressFlag = AddressFlag.CUT) -> tuple[str, AddressFlag]:
    """Shorten a line that is too long: AFNOR abbreviations first, then a cut at a word, which the flags tell by `cut`."""
    if len(line) <= width:
        return line, _LEFT
    short = " ".join(map(_abbreviated, line.split()))
    if len(short) <= width:
        return short, AddressFlag.ABBREVIATED
    start = short[: width + 1].rpartition(" ")[0] or short[:width]
    return start, cut if short == line else cut | AddressFlag.ABBREVIATED


@lru_cache(maxsize=65_536)
def _abbreviated(word: str) -> str:
    return _ABBREVIATIONS.get(word) or _ABBREVIATIONS.get(word.upper() if word.isascii() else fold_line(word), word)


def normalise_address(address: PostalAddress) -> NormalisedAddress:
    """Normalise one address; nothing is cut without a flag, `CUT` for a complement, `CUT_PLACE` where it says to which door.

    A postcode is kept only where its shape is right (`department_of`).
    """
    lines: list[str | None] = []
    flags = AddressFlag(0)
    for text, shape, width, cut in (
        (address.line_2, tidy_line, LINE_WIDTH, AddressFlag.CUT),
        (address.line_3, tidy_line, LINE_WIDTH, AddressFlag.CUT),
        (address.line_4, fold_line, LINE_WIDTH, AddressFlag.CUT_PLACE),
        (address.line_5, fold_line, LINE_WIDTH, AddressFlag.CUT_PLACE),
        (address.town, fold_line, TOWN_WIDTH, AddressFlag.CUT_PLACE),
    ):
        line, done = fit_line(shape(text or ""), width, cut)
        flags |= done
        lines.append(line or None)
    postcode = (address.postcode or "").strip()
    kept = postcode if department_of(postcode) else None
    if postcode and not kept:
        flags |= AddressFlag.REFUSED_POSTCODE
    if lines[4]:
        flags |= flags_of_last_line(kept, lines[4])
    return NormalisedAddress(PostalAddress(lines[0], lines[1], lines[2], lines[3], kept, lines[4]), flags | _missing(lines, kept))


def _missing(lines: list[str | None], postcode: str | None) -> AddressFlag:
    """Return the flags of what a letter needs and is not there."""
    if not postcode and not any(lines):
        return AddressFlag.NO_ADDRESS
    flags = AddressFlag(0)
    if not (lines[2] or lines[3]):
        flags |= AddressFlag.NO_STREET
    if not postcode:
        flags |= AddressFlag.NO_POSTCODE
    if not lines[4]:
        flags |= AddressFlag.NO_TOWN
    return flags


def flags_of_last_line(postcode: str | None, town: str) -> AddressFlag:
    """Return what is wrong with a postcode and a town (A-Z, 0-9 and spaces) as the last line of a French address."""
    incoherent = _LEFT if is_coherent(postcode, town) else AddressFlag.INCOHERENT
    return incoherent | AddressFlag.ABROAD if re.search(FOREIGN_TOWN, town) else incoherent


def is_coherent(postcode: str | None, town: str) -> bool:
    """Say whether a postcode and a town can make the last line of an address.

    They cannot where the town names no place (no letter, or nothing but CEDEX and its number), where it holds another postcode,
    or where one is of the armed forces (SP, 00xxx ARMEES) and the other is not. Other lines are right or left alone: 98000 MONACO,
    33000 BORDEAUX CEDEX and 29240 BREST ARMEES are delivered.
    """
    words = town.split()
    place = [word for word in words if word != "CEDEX" and not word.isdigit()]
    if not place or any(len(word) == 5 and word.isdigit() and word != postcode for word in words):
        return False
    if (postcode or "").startswith(MILITARY):
        return "ARMEES" in place and "CEDEX" not in words
    return postcode is None or place != ["ARMEES"]


def department_of(postcode: str) -> str | None:
    """Return the department of a postcode, None where no postcode has this shape.

    20000-20199 is 2A and 20200-20299, 20600-20699 is 2B, besides CEDEX codes that bear another number (20700 AJACCIO CEDEX 9,
    97744 SAINT DENIS CEDEX 9); 97x and 98x have three characters; 00 is the armed forces (SP 00xxx ARMEES). A postcode says where
    mail is sorted: a few villages are served from the neighbouring department.
    """
    if len(postcode) != 5 or not (postcode.isascii() and postcode.isdigit()):
        return None
    two, three = postcode[:2], postcode[:3]
    if two == "20":
        return _CORSICA.get(three)
    if two in ("97", "98"):
        return _OVERSEAS.get(three)
    return None if two in ("96", "99") else two


MILITARY = "00"
_CORSICA = {"200": "2A", "201": "2A", "202": "2B", "204": "2B", "206": "2B", "207": "2A"}
# Saint-Barthélemy (97133) and Saint-Martin (97150) are sorted with Guadeloupe; 977 and 978 are CEDEX codes of La Réunion.
_OVERSEAS = {code: code for code in ("971", "972", "973", "974", "975", "976", "980", "984", "986", "987", "988")} | {
    "977": "974",
    "978": "974",
}
