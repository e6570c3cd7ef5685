"""One person as three bodies and three numbers tell it."""

from __future__ import annotations

from datetime import date

from tests.registry_builder import invent
from tests.registry_state import matricule_of

DAYS = [date(2022, 1, day) for day in (3, 10, 17, 24, 31)]
FIRST, SECOND, THIRD, FOURTH, FIFTH = DAYS
MOTHER, FATHER, AUNT = invent(11), invent(12, sex="M"), invent(13)
ADULT = invent(1)
# What three bodies say of one person. MSA and MGEN have the newest affiliation: the code breaks the tie, and MSA speaks.
AT_CPAM = ADULT.but(
    email="ancienne@courriel.example", affiliated_since=date(2015, 1, 1), used_name="DURAND", representative_1=MOTHER.matricule
)
AT_MGEN = ADULT.but(email="mgen@courriel.example", affiliated_since=date(2021, 12, 1), postcode="69003", town="LYON")
AT_MSA = ADULT.but(
    email=None, affiliated_since=date(2021, 12, 1), birth_name="QUENEHERVE-AAB", representative_1=AUNT.matricule,
    representative_2=MOTHER.matricule, protection="CURATELLE",
)  # fmt: skip
# One number after the other of a child: provisional, waiting, for life.
BORN = "20211201"
CHILD = invent(2, birth_date=BORN, representative_1=MOTHER.matricule, email=None)
NNP = CHILD.but(matricule="8212345678901", matricule_kind="NNP")
NIA = CHILD.but(matricule=matricule_of("8211275056002"), matricule_kind="NIA", former_matricule=NNP.matricule)
NIR = CHILD.but(former_matricule=NIA.matricule)
