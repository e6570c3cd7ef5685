"""What invented people type on the site."""

from __future__ import annotations

from pipelines.campaign.opposition_code import derive
from tests.registry_builder import Person, invent


def typed(person: Person, code: str) -> dict[str, str]:
    """Return the fields of the form for one person."""
    born = person.birth_date
    return {"code": code, "matricule": person.matricule, "day": born[6:], "month": born[4:6], "year": born[:4]}


ANNE = typed(invent(1), derive(b"key", 1, 1, 1))
CHILD = typed(invent(2, birth_date="20120514"), derive(b"key", 1, 2, 1))
