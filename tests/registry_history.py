"""Months of deliveries in which everything happens that may: the same end whatever portions, workers, digests or kills."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pipelines.registry.contract import DeliveryKind
from tests.registry_builder import Person, invent
from tests.registry_state import matricule_of

MOTHER, FATHER, AUNT = invent(1), invent(2, sex="M"), invent(3)
CHILD = invent(4, birth_date="20120501", representative_1=MOTHER.matricule, representative_2=FATHER.matricule)
BABY = invent(5, birth_date="20211203", representative_1=MOTHER.matricule).but(matricule="8212345678905", matricule_kind="NNP")
BABY_NIA = BABY.but(matricule=matricule_of("8211275056005"), matricule_kind="NIA", former_matricule=BABY.matricule)
MOVED = invent(6, affiliated_since=date(2015, 1, 1), representative_1=AUNT.matricule)
MOVED_ON = MOVED.but(email="msa@courriel.example", affiliated_since=date(2021, 12, 1), representative_1=None)
LEAVER, STRANGER, DEAD, WARD = invent(7), invent(8), invent(9), invent(10)
CORRECTED = invent(11)
ALIKE = invent(12)
STAYING = [invent(number) for number in range(20, 26)]
PARIS_TO_LYON = STAYING[0].but(postcode="69003", town="LYON", address_4="3 rue Rabelais")
LATE = [invent(number, postcode="13001", town="MARSEILLE") for number in range(30, 36)]


@dataclass(frozen=True)
class Delivery:
    """One delivery of the history."""

    body: str
    kind: DeliveryKind
    on: date
    people: tuple[Person, ...]


FIRST = Delivery(
    "CPAM", DeliveryKind.FULL, date(2022, 1, 3),
    (CHILD, *STAYING[:3], MOTHER, MOVED, LEAVER, STRANGER.but(sex="X"), DEAD, *STAYING[3:], WARD, CORRECTED, ALIKE, STAYING[4], FATHER),
)  # fmt: skip
LAST = Delivery(
    "CPAM", DeliveryKind.FULL, date(2022, 1, 24),
    (
        ALIKE.but(matricule=invent(13).matricule), WARD.but(protection="TUTELLE", representative_1=MOTHER.matricule), *STAYING[3:],
        CHILD.but(representative_2=AUNT.matricule), LATE[0], BABY_NIA, PARIS_TO_LYON, STRANGER, BABY, *LATE[1:3],
        invent(11, sex="M").but(former_matricule=CORRECTED.matricule), FATHER.but(former_matricule=MOTHER.matricule),
        *STAYING[1:3], DEAD.but(died_on=date(2022, 1, 20)), STAYING[4].but(protection="AUTRE"), *LATE[3:], ALIKE.but(birth_date="19820315"),
        AUNT.but(former_matricule=invent(14).matricule), MOTHER,
    ),
)  # fmt: skip
HISTORY = (
    FIRST,
    Delivery("MSA", DeliveryKind.FULL, date(2022, 1, 3), (MOVED_ON, AUNT, LEAVER.but(affiliated_since=date(2005, 1, 1)), STRANGER)),
    Delivery("CPAM", DeliveryKind.DELTA, date(2022, 1, 10), (BABY, STAYING[5].but(email="delta@courriel.example"), LATE[5])),
    Delivery(
        "CPAM", DeliveryKind.DELTA, date(2022, 1, 17), (WARD.but(email=None), invent(15), FATHER.but(former_matricule=MOTHER.matricule))
    ),
    LAST,
    Delivery("MSA", DeliveryKind.FULL, date(2022, 1, 31), (AUNT, STRANGER.but(email="stranger@courriel.example"), LEAVER)),
)
