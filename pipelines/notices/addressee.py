"""To whom a notice goes and in whose name: from a row of the registry to what templates ask for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pipelines.notices.kind import NoticeKind, Subject
from pipelines.notices.letters.letter import Event
from pipelines.notices.sender import Sender
from pipelines.registry.bodies import insurance_bodies

LINE_WIDTH = 38


@cache
def sender_of(body: str) -> Sender:
    """Return the sender of the notices of an insurance body. Raises KeyError for a body that the registry refuses anyway."""
    found = insurance_bodies()[body]
    head = found.sender
    return Sender(
        code=found.code,
        name=head.name,
        service=head.service,
        address=head.address,
        place=head.place,
        phone=head.phone,
        signatory=f"{head.signatory.first_name} {head.signatory.last_name}",
        capacity=head.signatory.capacity,
        email=head.email,
    )


def kind_of(row: Mapping[str, Any]) -> NoticeKind:
    """Return the wording for a row that tells `is_represented` and `is_minor`."""
    if not row["is_represented"]:
        return NoticeKind.ADULT
    return NoticeKind.REPRESENTATIVE_MINOR if row["is_minor"] else NoticeKind.REPRESENTATIVE_PROTECTED


def full_name(row: Mapping[str, Any], who: str) -> str:
    """Return first name and name of the `person` or the `recipient` of a row."""
    return f"{row[f'{who}_first_names'].split()[0]} {row[f'{who}_name']}"


def concerned(row: Mapping[str, Any]) -> str | None:
    """Return the name of the represented person, None where the recipient is the person."""
    return full_name(row, "person") if row["is_represented"] else None


def event_of(row: Mapping[str, Any]) -> Event | None:
    """Return what a message tells of its event, None where its subject tells nothing."""
    fields = Subject(row["subject"]).event_fields
    return Event(**{field: row[field] for field in fields}) if fields else None


def address_lines(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the lines of a postal address: name, complements, street, locality; a name too long keeps its first name's initial.

    Source: AFNOR XP Z10-011 (six lines of 38 characters).
    """
    name = full_name(row, "recipient")
    if len(name) > LINE_WIDTH:
        name = f"{name[0]}. {row['recipient_name']}"
    last = " ".join(filter(None, (row["postcode"], row["town"])))
    return tuple(filter(None, (name, row["address_2"], row["address_3"], row["address_4"], row["address_5"], last)))
