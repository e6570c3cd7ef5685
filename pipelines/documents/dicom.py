"""DICOM, header only: key object selections (KOS) of DRIM-M, and images. Pixels are never decoded.

A DICOM file has no place for the birthplace: the four other traits are asked. Sources: DICOM PS3.3, DRIM-M.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator

import pydicom
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from pipelines.documents.body import sha256
from pipelines.documents.dicom_structure import require_whole
from pipelines.documents.document import DocumentFormat, Fault, IncomingDocument, Reason, RefusedDocumentError, Traits
from pipelines.documents.document_types import TRE_A05
from pipelines.documents.ins import choose_ins, judge_ins
from pipelines.documents.limits import NESTING
from pipelines.documents.timestamps import birth_date, hl7_time

KEY_OBJECT_SELECTION = "1.2.840.10008.5.1.4.1.1.88.59"
DICOM_UIDS = "1.2.840.10008.2.6.1"
MEDIA_TYPE = "application/dicom"

_MARK, _MARK_AT = b"DICM", 128
# A file of this transfer syntax is compressed whole, without a bound that could be read beforehand.
_DEFLATED = b"1.2.840.10008.1.2.1.99"
# What the 128 bytes before the mark have been misused for (CVE-2019-11687): programs of Windows and Linux, scripts, zips, PDF, HTML.
_PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"PK\x03\x04", b"%PDF-", b"<")
_SEXES = {"M": "M", "F": "F", "O": "U"}
_EVIDENCE = "CurrentRequestedProcedureEvidenceSequence"
_READ = [
    "SpecificCharacterSet",
    "SOPClassUID",
    "SOPInstanceUID",
    "ContentDate",
    "ContentTime",
    "InstanceCreationDate",
    "InstanceCreationTime",
    "SeriesDate",
    "SeriesTime",
    "StudyDate",
    "StudyTime",
    "TimezoneOffsetFromUTC",
    "PatientName",
    "PatientBirthName",
    "PatientID",
    "IssuerOfPatientID",
    "IssuerOfPatientIDQualifiersSequence",
    "OtherPatientIDsSequence",
    "PatientBirthDate",
    "PatientSex",
    _EVIDENCE,
]


def looks_like_dicom(data: bytes) -> bool:
    """Say whether bytes are a DICOM file: 128 bytes of anything, then the mark."""
    return data[_MARK_AT : _MARK_AT + len(_MARK)] == _MARK


def read_dicom(data: bytes, fmt: DocumentFormat = DocumentFormat.DICOM) -> IncomingDocument:
    """Read the header of a DICOM file. Raises: RefusedDocumentError (BAD_FORMAT, HOSTILE) where it cannot be read."""
    header = _header(data)
    unique_id, kind = _text(header, "SOPInstanceUID"), _text(header, "SOPClassUID")
    if unique_id is None or kind is None:
        raise RefusedDocumentError(Reason.BAD_FORMAT, "the DICOM file has no SOP class or instance")
    faults: list[Fault] = []
    ins, several = choose_ins(_identifiers(header))
    traits = _traits(header, faults)
    wrong, notes = judge_ins(ins, traits, "the DICOM header", without=frozenset({"birthplace"}))
    if kind == KEY_OBJECT_SELECTION and not header.get(_EVIDENCE):
        notes.append("the key object selection refers to no image")
    return IncomingDocument(
        format=fmt,
        unique_id=unique_id,
        type_code="IMG-KOS" if kind == KEY_OBJECT_SELECTION else kind,
        type_system=TRE_A05 if kind == KEY_OBJECT_SELECTION else DICOM_UIDS,
        created=_created(header, faults),
        matricule=ins.matricule if ins else None,
        matricule_authority=ins.authority if ins else None,
        traits=traits,
        media_type=MEDIA_TYPE,
        body_sha256=sha256(data),
        faults=(*faults, *several, *wrong),
        notes=tuple(notes),
        content=data,
    )


def _header(data: bytes) -> Dataset:
    """Return the elements that are asked for, their values read now rather than when they are looked at."""
    if data.startswith(_PROGRAMS):
        raise RefusedDocumentError(Reason.HOSTILE, "the DICOM file begins as another file does, which its first 128 bytes are no place for")
    if _DEFLATED in data:
        raise RefusedDocumentError(Reason.HOSTILE, "the DICOM file is compressed whole (deflated transfer syntax)")
    require_whole(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header = pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True, specific_tags=list(_READ))
            header.walk(lambda _dataset, _element: None)
    except MemoryError:
        raise
    except Exception:  # the library raises whatever a malformed value makes Python raise
        raise RefusedDocumentError(Reason.BAD_FORMAT, "the DICOM header is damaged") from None
    return header


def _text(header: Dataset, name: str) -> str | None:
    value = header.get(name)
    return str(value).strip() or None if value is not None else None


def _items(header: Dataset, name: str) -> Sequence:
    """Return the items of a sequence. Raises: RefusedDocumentError (BAD_FORMAT) where the file writes it as something else."""
    value = header.get(name) or Sequence()
    if not isinstance(value, Sequence):
        raise RefusedDocumentError(Reason.BAD_FORMAT, "a sequence of the DICOM file is written as something else")
    return value


def _identifiers(header: Dataset, depth: int = 0) -> Iterator[tuple[str | None, str | None]]:
    """Give (OID, value) of the patient's identifiers: the main one, then the others."""
    yield _text(header, "IssuerOfPatientID"), _text(header, "PatientID")
    for qualifiers in _items(header, "IssuerOfPatientIDQualifiersSequence"):
        yield _text(qualifiers, "UniversalEntityID"), _text(header, "PatientID")
    if depth < NESTING:
        for other in _items(header, "OtherPatientIDsSequence"):
            yield from _identifiers(other, depth + 1)


def _traits(header: Dataset, faults: list[Fault]) -> Traits:
    """Return the traits; `PatientName` is `family^first^other first`, or the birth name where it stands apart."""
    name = (_text(header, "PatientName") or "").split("=")[0].split("^")
    born = (_text(header, "PatientBirthName") or "").split("=")[0].split("^")
    first_names = [part.strip() for part in (name[1:3] if any(name[1:3]) else born[1:3]) if part.strip()]
    return Traits(
        birth_name=born[0].strip() or name[0].strip() or None,
        first_names=" ".join(first_names) or None,
        sex=_SEXES.get(_text(header, "PatientSex") or ""),
        birth_date=_time(birth_date, _text(header, "PatientBirthDate"), "its patient's birth date", faults),
    )


def _created(header: Dataset, faults: list[Fault]) -> str | None:
    """Return when the content was made, else the instance, the series, the study."""
    for kind in ("Content", "InstanceCreation", "Series", "Study"):
        day = _text(header, f"{kind}Date")
        if day:
            time = (_text(header, f"{kind}Time") or "").split(".")[0]
            offset = _text(header, "TimezoneOffsetFromUTC") or ""
            return _time(hl7_time, f"{day}{time}{offset if time else ''}", "its date", faults)
    faults.append(Fault(Reason.BAD_DATE, "the DICOM header has no date"))
    return None


def _time(read: Callable[[str, str], str], value: str | None, where: str, faults: list[Fault]) -> str | None:
    if value is None:
        return None
    try:
        return read(value, f"the DICOM header: {where}")
    except RefusedDocumentError as error:
        faults.append(error.fault)
        return None
