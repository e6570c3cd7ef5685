"""A quarantine with two rows at fault, exported and replayed as whoever works it would."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from pipelines.registry.corrections import Correction, replay
from tests.campaign_driver import Campaign, paris
from tests.registry_builder import Person, invent

DAY = date(2022, 1, 3)
LATER = paris(2022, 1, 4)
FOLDER = "deliveries/CPAM/2022-01-03-delta"
WRONG_KEY = invent(1).but(matricule=invent(1).matricule[:13] + "00")
TWO_FAULTS = invent(2).but(sex="X", protection="AUTRE", birth_name='LE "GOFF"; ÉTIENNE')
WHY = "asked by the body"


def replayed(campaign: Campaign, rows: list[dict[str, str]], file: Path, folder: str = FOLDER, **form: str) -> Correction:
    """Write rows as whoever corrects them would, and replay them."""
    with file.open("w", newline="", encoding=form.get("encoding", "utf-8")) as stream:
        writer = csv.DictWriter(stream, list(rows[0]), delimiter=";", lineterminator=form.get("line_end", "\n"))
        writer.writeheader()
        writer.writerows(rows)
    home = campaign.home
    return replay(home.db, home.store, home.settings, folder, file, "ops", LATER)


def corrected(row: dict[str, str], **changes: str) -> dict[str, str]:
    """Return an exported row with something put right."""
    return row | changes


def known(campaign: Campaign, *people: Person) -> list[bool]:
    """Say of each person whether the registry knows them."""
    numbers = {row["matricule"] for row in campaign.rows("select matricule from registry.identifier")}
    return [person.matricule in numbers for person in people]
