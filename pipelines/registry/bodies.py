"""The insurance bodies that deliver people, and in whose name their notices are signed (`bodies.toml`)."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from pipelines.platform.errors import FinalError
from pipelines.registry.contract import BodyCode
from pipelines.registry.postal_address import LINE_WIDTH

DEFAULT_FILE = Path(__file__).with_name("bodies.toml")

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
AddressLine = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LINE_WIDTH)]


class Signatory(BaseModel):
    """Who signs: a letter must show first name, name and capacity (CRPA L111-2)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first_name: Text
    last_name: Text
    capacity: Text


class Sender(BaseModel):
    """The head of a letter or an e-mail."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Text
    service: Text
    place: Text
    address: tuple[AddressLine, ...] = Field(min_length=2, max_length=6)
    phone: Annotated[str, StringConstraints(pattern=r"^[0-9 +]{4,20}$")]
    email: Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+@[a-z0-9.-]+$")]
    signatory: Signatory


class InsuranceBody(BaseModel):
    """An insurance body ("organisme de rattachement", CSP R1111-28)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: BodyCode
    name: Text
    sender: Sender


class _BodyList(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    bodies: tuple[InsuranceBody, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_code_once(self) -> _BodyList:
        codes = [body.code for body in self.bodies]
        if len(set(codes)) != len(codes):
            raise ValueError("a code is used twice")
        return self


def read_bodies(file: Path) -> dict[str, InsuranceBody]:
    """Return the bodies of a file by code, in its order.

    Raises: FinalError that names the file and the field at fault.
    """
    try:
        listed = _BodyList.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise FinalError(f"{file.name} is not TOML: {error}") from None
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False))
        raise FinalError(f"{file.name} cannot be used: {faults}") from None
    return {body.code: body for body in listed.bodies}


@cache
def insurance_bodies() -> dict[str, InsuranceBody]:
    """Return the bodies known to this installation, by code."""
    return read_bodies(DEFAULT_FILE)
