"""Which insurance bodies cover invented people, some of them two at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.synthetic.columns import pick
from pipelines.synthetic.households import Integers, People
from pipelines.synthetic.places import MAYOTTE, places

# Orders of magnitude of people covered, in thousands (DSS "Les chiffres clés de la Sécurité sociale", MSA, MGEN and CNMSS
# annual reports): CPAM and local sections, MSA 3.2 M, MGEN 3.3 M, CNMSS 0.85 M, ENIM 0.1 M. CSSM covers who lives in Mayotte.
SHARES = {"CPAM": 58_500, "MSA": 3_200, "MGEN": 3_300, "CNMSS": 850, "ENIM": 100}
_MAYOTTE_BODY = "CSSM"
_OTHER_SHARE = 100
_MOVING = 0.006  # people in the files of two bodies while they pass from one to the other
_BOTH_PARENTS = 0.35  # children attached to both parents, where these have two bodies
_SECOND_PARENT = 0.2


@dataclass(frozen=True)
class Affiliations:
    """Positions in the list of bodies (people,): `body`, and `second`, -1 where there is none."""

    body: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]


def draw_affiliations(rng: np.random.Generator, people: People, department: Integers, bodies: tuple[str, ...]) -> Affiliations:
    """Draw the body of each adult, then children after their parents."""
    shares = body_shares(bodies)
    body = rng.choice(len(bodies), size=len(people), p=shares)
    if _MAYOTTE_BODY in bodies:
        body[department == places().departments.index(MAYOTTE)] = bodies.index(_MAYOTTE_BODY)
    second = np.full(len(people), -1)
    moving = ~people.child & (rng.random(len(people)) < _MOVING)
    second[moving] = rng.choice(len(bodies), size=int(moving.sum()), p=shares)
    draw = rng.random(len(people))
    body[people.child] = body[people.parent_1[people.child]]
    two = people.parent_2 >= 0
    other = np.where(two, body[people.parent_2], -1)
    after_second = two & (draw < _SECOND_PARENT)
    both = two & (draw > 1 - _BOTH_PARENTS)
    second[both] = other[both]
    body[after_second] = other[after_second]
    second[second == body] = -1
    return Affiliations(body, second)


def body_shares(bodies: tuple[str, ...]) -> npt.NDArray[np.float64]:
    """Return the share of each body among people who do not live in Mayotte; they add up to 1."""
    shares = np.array([float(SHARES.get(code, 0 if code == _MAYOTTE_BODY else _OTHER_SHARE)) for code in bodies])
    return shares / shares.sum() if shares.any() else np.full(len(bodies), 1 / len(bodies))


def offices(bodies: tuple[str, ...], body: Integers, department: Integers) -> pa.StringArray:
    """Return the office (caisse) of each person: by department for CPAM and MSA, one a body for the others."""
    departments = places().departments
    by_department = [code if len(code) == 3 else f"{code}1" for code in departments]
    codes: list[str] = []
    for rank, code in enumerate(bodies):
        codes += by_department if code in ("CPAM", "MSA") else [f"{900 + rank}"] * len(departments)
    return pick(pa.array(codes), body * len(departments) + department)
