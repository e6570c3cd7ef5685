"""A lot of 5,000 letters, from the registry to what the print house opens: each page says what the database says, each code opposes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

import pypdfium2

from pipelines.notices.letters.checks import read_symbol
from tests.campaign_driver import SENT, Campaign, paris, request
from tests.registry_builder import Person, by_letter

LETTERS = 5_000
NAMES = ("MARTIN", "D'ALMEIDA", "L'HOSTIS", "SAINT-ÉTIENNE", "NGUYỄN", "LE GOFF", "WAMBERGUE-WILLEMOWSKY DE BEAULIEU")
FIRST_NAMES = ("Zoë", "Łukasz", "Œdipe", "Thị Hồng", "Jean-Pierre", "François")
CODE = re.compile(r"\b(?:[0-9A-Z]{4}-){2}[0-9A-Z]{4}\b")
MILLIMETRE = 72 / 25.4
# Of the print house's contract: left and lower edge of the symbol, from the lower left corner of the sheet.
SYMBOL = (181.2 * MILLIMETRE, 841.89 - (13.0 + 10.84) * MILLIMETRE)
# What the database holds of every letter of a lot, children of one letter by their ids.
HELD = """
select a.lot_rank, a.person_id, a.recipient_id, i.matricule, p.birth_date,
  split_part(p.first_names, ' ', 1) || ' ' || coalesce(p.used_name, p.birth_name) as name,
  split_part(r.first_names, ' ', 1) as recipient_first_name, coalesce(r.used_name, r.birth_name) as recipient_name,
  array_remove(array[c.address_2, c.address_3, c.address_4, c.address_5, c.postcode || ' ' || c.town], null) as address
from campaign.attempt as a
join registry.person as p using (person_id)
join registry.identifier as i using (person_id)
join registry.person as r on a.recipient_id = r.person_id
join registry.contact as c on a.recipient_id = c.person_id
where a.lot_id = :lot
order by a.lot_rank, a.person_id
"""


def word(number: int) -> str:
    """Return a second first name that nobody else has: two people with the same traits would be asked about."""
    return "".join("ABCDEFGHIJ"[int(digit)] for digit in f"{number:05d}")


def adult(number: int) -> Person:
    """Return one of 9,000 different adults."""
    return by_letter(
        number % 900 + 1,
        birth_date=f"{1950 + number // 900}0314",
        birth_name=NAMES[number % len(NAMES)],
        first_names=f"{FIRST_NAMES[number % len(FIRST_NAMES)]} {word(number)}",
        address_4=f"{number % 300 + 1} rue de l'Église",
        address_2=f"Appartement {number}" if number % 4 == 0 else None,
        postcode=f"{75001 + number % 20}",
    )


def children(number: int, parent: Person) -> Iterator[Person]:
    """Yield the children of a household: one, two, three, or nine."""
    for place in range(9 if number % 100 == 0 else number % 3 + 1):
        own = number * 9 + place
        yield by_letter(
            own % 900 + 1, birth_date=f"{2010 + own // 900 % 10}{own // 9000 + 1:02d}20", sex="M", birth_name=parent.birth_name,
            first_names=f"{FIRST_NAMES[place % 6]}{'abcdefghi'[place]} {word(own)}", representative_1=parent.matricule,
            address_4=None, postcode=None, town=None,
        )  # fmt: skip


def read_pages(pdf: bytes, index: Sequence[dict[str, str]]) -> Iterator[tuple[list[str], str | None, list[list[str]]]]:
    """Yield of each letter the lines of its first page, its symbol, and the lines of each page that follows."""
    with closing(pypdfium2.PdfDocument(pdf)) as document:
        for row in index:
            first = int(row["first_page"]) - 1
            pages = [document[number] for number in range(first, first + int(row["pages"]))]
            lines = []
            for page in pages:
                with closing(page.get_textpage()) as text:
                    lines.append(text.get_text_bounded().splitlines())
            symbol = read_symbol(pages[0], SYMBOL)
            for page in pages:
                page.close()
            yield lines[0], symbol, lines[1:]


def expected_address(held: dict[str, Any]) -> list[str]:
    """Return the lines in the window: a name too long for 38 characters keeps its first name's initial, never less of the name."""
    name = f"{held['recipient_first_name']} {held['recipient_name']}"
    return [name if len(name) <= 38 else f"{held['recipient_first_name'][0]}. {held['recipient_name']}", *held["address"]]


def by_letter_of(held: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Return what the database holds, by letter."""
    letters: dict[int, list[dict[str, Any]]] = {}
    for row in held:
        letters.setdefault(row["lot_rank"], []).append(row)
    return list(letters.values())


def named_codes(people: Sequence[dict[str, Any]]) -> re.Pattern[str]:
    """Return what finds the name of each of these people followed by a code."""
    return re.compile(f"({'|'.join(re.escape(one['name']) for one in people)}) ({CODE.pattern})")


def test_each_page_of_five_thousand_letters_says_what_the_database_says_and_each_code_opposes(campaign: Campaign) -> None:
    parents = [adult(number) for number in range(LETTERS)]
    campaign.register(*parents, *[child for number in range(LETTERS) for child in children(number, parents[number])])
    whole = campaign.home.policy.model_copy(update={"letters_a_lot": LETTERS})
    campaign.letters_made_by = replace(campaign.letters_made_by, policy=whole)
    (lot,) = [lot for lot in campaign.notify() if campaign.manifest(lot)["kind"] == "representative_minor"]
    pdf, index = campaign.opened(lot)
    letters = by_letter_of(campaign.rows(HELD, lot=lot))
    assert len(index) == len(letters) == LETTERS
    requests = []
    for sequence, (row, people, (front, symbol, others)) in enumerate(zip(index, letters, read_pages(pdf, index), strict=True), 1):
        start = front.index(expected_address(people[0])[0])
        window = expected_address(people[0])
        assert front[start : start + len(window)] == window
        assert symbol == row["reference"] and symbol in front
        assert all(f"{sequence:05d}" in page for page in (front, *others))
        told = named_codes(people).findall(" ".join(front))
        assert [name for name, _ in told] == [one["name"] for one in people] and len(CODE.findall(" ".join(front))) == len(people)
        requests += [
            request(person_of(one), code, paris(2022, 2, 2), request_ref=f"r-{one['person_id']}")
            for one, code in zip(people, [code for _, code in told], strict=True)
        ]
    campaign.deposit([lot], SENT.date(), SENT)
    answers = campaign.oppose(*requests, at=paris(2022, 2, 3))
    assert {answer["result"] for answer in answers} == {"ACCEPTED"} and len(answers) == sum(map(len, letters))


def person_of(held: dict[str, Any]) -> Person:
    """Return who opposes, by what the database holds."""
    return by_letter(1).but(matricule=held["matricule"], birth_date=held["birth_date"])
