"""What an insurance body delivers: the folder, its manifest and its columns (contract "1.0", `docs/contracts/registry.md`)."""

from __future__ import annotations

import codecs
import datetime as dt
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import ErrorDetails

from pipelines.platform.errors import BadFileError

CONTRACT_VERSION: Final = "1.0"
MANIFEST_NAME = "manifest.json"
LONGEST_MANIFEST = 4 << 20
CSV_SEPARATOR = ";"

_COLUMNS: list[pa.Field[Any]] = [
    pa.field("matricule", pa.string()),
    pa.field("matricule_kind", pa.string()),
    pa.field("former_matricule", pa.string()),
    pa.field("birth_name", pa.string()),
    pa.field("used_name", pa.string()),
    pa.field("first_names", pa.string()),
    pa.field("sex", pa.string()),
    pa.field("birth_date", pa.string()),
    pa.field("birthplace_code", pa.string()),
    pa.field("email", pa.string()),
    pa.field("address_2", pa.string()),
    pa.field("address_3", pa.string()),
    pa.field("address_4", pa.string()),
    pa.field("address_5", pa.string()),
    pa.field("postcode", pa.string()),
    pa.field("town", pa.string()),
    pa.field("office", pa.string()),
    pa.field("affiliated_since", pa.date32()),
    pa.field("representative_1", pa.string()),
    pa.field("representative_2", pa.string()),
    pa.field("protection", pa.string()),
    pa.field("language", pa.string()),
    pa.field("large_print", pa.bool_()),
    pa.field("died_on", pa.date32()),
    pa.field("rights_end_on", pa.date32()),
]
DELIVERY_SCHEMA = pa.schema(_COLUMNS)


class MatriculeKind(StrEnum):
    """Which register gave the number: NIR (for life), NIA (waiting for a NIR), NNP (provisional, 13 characters, no key)."""

    NIR = "NIR"
    NIA = "NIA"
    NNP = "NNP"


class Sex(StrEnum):
    """The sex of civil status, one of the five strict traits of the INS."""

    M = "M"
    F = "F"


class Protection(StrEnum):
    """Legal protection of an adult (Code civil 425 and following); null for everyone else."""

    TUTELLE = "TUTELLE"
    CURATELLE = "CURATELLE"
    HABILITATION = "HABILITATION"
    SAUVEGARDE = "SAUVEGARDE"
    MANDAT = "MANDAT"


class DeliveryKind(StrEnum):
    """`FULL` holds everyone of the body on the reference date; `DELTA` only who is new or changed.

    `CORRECTION` holds corrected rows of one earlier delivery, whose reference date it bears.
    """

    FULL = "full"
    DELTA = "delta"
    CORRECTION = "correction"


class FileFormat(StrEnum):
    """How a data file is written."""

    PARQUET = "parquet"
    CSV = "csv"


class Encoding(StrEnum):
    """The character encodings that a CSV file may declare; Parquet is always UTF-8."""

    UTF_8 = "utf-8"
    ISO_8859_15 = "iso-8859-15"


FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
BodyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{1,15}$")]


class FileEntry(BaseModel):
    """One data file of a delivery, as its manifest announces it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: FileName
    format: FileFormat
    encoding: Encoding = Encoding.UTF_8
    rows: int = Field(ge=0)
    sha256: Sha256

    @model_validator(mode="after")
    def _parquet_is_utf_8(self) -> FileEntry:
        if self.format is FileFormat.PARQUET and self.encoding is not Encoding.UTF_8:
            raise ValueError("a Parquet file is always utf-8")
        return self


class Manifest(BaseModel):
    """`manifest.json`: written last, so that its presence says that the delivery is complete."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    contract: Literal["1.0"]
    body: BodyCode
    kind: DeliveryKind
    reference_date: dt.date
    sequence: int = Field(default=0, ge=0, le=9999)
    files: tuple[FileEntry, ...] = Field(min_length=1, max_length=10_000)

    @model_validator(mode="after")
    def _each_file_once(self) -> Manifest:
        names = [entry.name for entry in self.files]
        if len(set(names)) != len(names) or MANIFEST_NAME in names:
            raise ValueError(f"a file is announced twice, or is called {MANIFEST_NAME}")
        return self

    @model_validator(mode="after")
    def _corrections_are_numbered(self) -> Manifest:
        if (self.kind is DeliveryKind.CORRECTION) != (self.sequence > 0):
            raise ValueError("a correction is numbered from 1, and nothing else is numbered")
        return self

    @property
    def rows(self) -> int:
        """Number of rows announced over all files."""
        return sum(entry.rows for entry in self.files)

    @property
    def folder(self) -> str:
        """Key prefix of the delivery in the object store, without a final slash."""
        return delivery_folder(self.body, self.reference_date, self.kind, self.sequence)


def delivery_folder(body: str, reference_date: dt.date, kind: DeliveryKind, sequence: int = 0) -> str:
    """Return the folder of a delivery: `deliveries/MSA/2026-01-05-full`, or `deliveries/MSA/2026-01-05-correction-1`."""
    numbered = f"-{sequence}" if kind is DeliveryKind.CORRECTION else ""
    return f"deliveries/{body}/{reference_date.isoformat()}-{kind}{numbered}"


def _fault(error: ErrorDetails) -> str:
    """Say what is wrong with which field; one that the contract does not know may be called like a person's data."""
    if error["type"] == "extra_forbidden":
        return "a field that the contract does not know"
    return f"{'.'.join(map(str, error['loc'])) or MANIFEST_NAME}: {error['msg']}"


def read_manifest(content: bytes, folder: str | None = None) -> Manifest:
    """Read and check a manifest; with `folder`, also that it lies where it says.

    Raises: BadFileError, naming the field and never a value of it.
    """
    if len(content) > LONGEST_MANIFEST:
        raise BadFileError(f"{MANIFEST_NAME} is longer than {LONGEST_MANIFEST} bytes: it is taken for a data file")
    try:
        manifest = Manifest.model_validate_json(content.removeprefix(codecs.BOM_UTF8))
    except ValidationError as error:
        faults = "; ".join(sorted(map(_fault, error.errors(include_input=False, include_url=False))))
        raise BadFileError(f"{MANIFEST_NAME} does not follow contract {CONTRACT_VERSION}: {faults}") from None
    if folder is not None and folder.rstrip("/") != manifest.folder:
        raise BadFileError(f"{MANIFEST_NAME} announces {manifest.folder} but lies in {folder}: move the delivery or correct the manifest")
    return manifest
