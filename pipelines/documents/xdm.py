"""IHE XDM: a zip with one submission set, of one patient, described by `IHE_XDM/<set>/METADATA.XML`.

The zip is never unpacked to disk; names, counts, sizes and ratios are judged before anything is inflated.
Sources: IHE ITI TF-2 3.32, CI-SIS; the documents, not METADATA.XML, say who the patient is and when they were made.
"""

from __future__ import annotations

import hashlib
import io
import posixpath
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise

from pipelines.documents.cda import ROOT, read_cda
from pipelines.documents.dicom import looks_like_dicom, read_dicom
from pipelines.documents.document import DocumentFormat, Fault, IncomingDocument, Reason, RefusedDocumentError, refused
from pipelines.documents.ins import Ins
from pipelines.documents.limits import (
    DOCUMENT_BYTES,
    DOCUMENTS_A_LOT,
    ENVELOPE_BYTES,
    ZIP_BYTES,
    ZIP_MEMBERS,
    ZIP_RATIO,
    require_few,
    require_size,
)
from pipelines.documents.safe_xml import parse_xml
from pipelines.documents.visibility import hide
from pipelines.documents.xds_entry import Entry, read_entries

_METADATA = re.compile(r"(?:.*/)?metadata\.xml", re.IGNORECASE)
_ZIP_MARK = b"PK\x03\x04"
_ENCRYPTED = 0x1
# What stands before the content of a member, beside its name.
_HEADER_BYTES = 30
# Small members shrink more than any bomb needs: the ratio says something of what is big only.
_RATIO_FROM = 1_000_000


def looks_like_zip(data: bytes) -> bool:
    """Say whether bytes begin as a zip does."""
    return data.startswith((_ZIP_MARK, b"PK\x05\x06"))


def read_xdm(data: bytes, fmt: DocumentFormat = DocumentFormat.XDM) -> list[IncomingDocument]:
    """Return each document of the submission set; one that is missing or wrong gives its reason.

    Raises: RefusedDocumentError where the zip, or its metadata, is refused whole.
    """
    require_size(data, ENVELOPE_BYTES, "the zip")
    with _opened(data) as archive:
        members = _members(archive)
        metadata = _metadata(members)
        folder = posixpath.dirname(metadata.filename)
        entries = read_entries(parse_xml(_content(archive, metadata, "METADATA.XML"), "METADATA.XML"))
        require_few(len(entries), DOCUMENTS_A_LOT, "documents in the set")
        documents = [_document(archive, members, folder, number, entry, fmt) for number, entry in enumerate(entries, start=1)]
        undescribed = _undescribed_faults(archive, members, folder, entries)
    if not documents:
        raise RefusedDocumentError(Reason.NO_DOCUMENT, "METADATA.XML describes no document")
    return list(_of_one_patient([replace(document, faults=(*document.faults, *undescribed)) for document in documents]))


def zip_contents(data: bytes) -> list[bytes]:
    """Return the content of every member of a zip. Raises: RefusedDocumentError (HOSTILE, TOO_BIG, BAD_FORMAT)."""
    with _opened(data) as archive:
        return [_content(archive, member, "a member") for member in _members(archive).values() if not member.is_dir()]


@contextmanager
def _opened(data: bytes) -> Iterator[zipfile.ZipFile]:
    """Open a zip for a block. Raises: RefusedDocumentError (BAD_FORMAT) where what is read in it is damaged."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError):
        raise RefusedDocumentError(Reason.BAD_FORMAT, "the zip is damaged") from None


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the members by folded name, all of them harmless. Raises: RefusedDocumentError (HOSTILE, TOO_BIG)."""
    listed = archive.infolist()
    require_few(len(listed), ZIP_MEMBERS, "members in the zip")
    if sum(member.file_size for member in listed) > ZIP_BYTES:
        raise RefusedDocumentError(Reason.TOO_BIG, f"the zip inflates to more than {ZIP_BYTES:,} bytes")
    if _overlap(listed):
        raise RefusedDocumentError(Reason.HOSTILE, "the zip has members that lie over each other")
    members: dict[str, zipfile.ZipInfo] = {}
    for member in listed:
        fault = _hostile(member)
        name = member.filename.casefold()
        if fault or name in members:
            raise RefusedDocumentError(Reason.HOSTILE, f"the zip has {fault or 'two members of one name'}")
        members[name] = member
    return members


def _overlap(members: list[zipfile.ZipInfo]) -> bool:
    """Say whether two members share bytes, as in a bomb whose every member inflates the same ones."""
    places = sorted((member.header_offset, member.header_offset + _HEADER_BYTES + member.compress_size) for member in members)
    return any(end > begin for (_, end), (begin, _) in pairwise(places))


def _hostile(member: zipfile.ZipInfo) -> str | None:
    """Say why a member is one that no honest sender makes."""
    name = member.filename
    if not name:
        return "a member without a name"
    if name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/"):
        return "a member whose name leads out of it"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "a link"
    if member.flag_bits & _ENCRYPTED:
        return "an encrypted member"
    if member.file_size > max(_RATIO_FROM, ZIP_RATIO * member.compress_size):
        return "a member that inflates too much"
    return "a zip in it" if name.lower().endswith(".zip") else None


def _metadata(members: dict[str, zipfile.ZipInfo]) -> zipfile.ZipInfo:
    found = [member for member in members.values() if _METADATA.fullmatch(member.filename)]
    if not found:
        raise RefusedDocumentError(Reason.NO_DOCUMENT, "the zip has no METADATA.XML")
    if len(found) > 1:
        raise RefusedDocumentError(Reason.BAD_FORMAT, "the zip has several submission sets")
    return found[0]


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo, what: str) -> bytes:
    if member.file_size > DOCUMENT_BYTES:
        raise RefusedDocumentError(Reason.TOO_BIG, f"{what} has more than {DOCUMENT_BYTES:,} bytes")
    with archive.open(member) as stream:
        return stream.read(DOCUMENT_BYTES)


def _document(
    archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], folder: str, number: int, entry: Entry, fmt: DocumentFormat
) -> IncomingDocument:
    """Read the file that an entry describes, and hold the entry against it."""
    what = f"document {number} of the set"
    try:
        member = members.get(_place(folder, entry))
        if member is None or member.is_dir():
            raise RefusedDocumentError(Reason.DOCUMENT_MISSING, f"{what} is not in the zip")
        content = _content(archive, member, what)
        if not content:
            raise RefusedDocumentError(Reason.EMPTY_BODY, f"{what} is an empty file")
        if content.startswith(_ZIP_MARK):
            raise RefusedDocumentError(Reason.HOSTILE, f"{what} is a zip")
        document = read_dicom(content, fmt) if looks_like_dicom(content) else read_cda(content, fmt, what)
    except RefusedDocumentError as error:
        return refused(fmt, error.fault)
    faults = [*document.faults, *_entry_faults(entry, document, content, what)]
    return hide(replace(document, faults=tuple(faults)), entry.confidentiality)


def _place(folder: str, entry: Entry) -> str:
    """Return the folded name of the member that an entry describes."""
    return posixpath.normpath(posixpath.join(folder, entry.uri or "?")).casefold()


def _undescribed_faults(
    archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], folder: str, entries: list[Entry]
) -> tuple[Fault, ...]:
    """Refuse every document of a set whose folder holds a CDA that no entry describes: its sender takes it for sent."""
    described = {_place(folder, entry) for entry in entries}
    within = posixpath.join(folder, "").casefold()
    others = [member for name, member in members.items() if name.startswith(within) and name not in described and not member.is_dir()]
    found = any(_is_document(archive, member) for member in others)
    return (Fault(Reason.METADATA_MISMATCH, "the set holds a CDA that METADATA.XML does not describe"),) if found else ()


def _is_document(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    """Say whether a member is a CDA; the metadata, a signature, a stylesheet are none."""
    try:
        root = parse_xml(_content(archive, member, "a member"), "a member")
    except RefusedDocumentError:
        return False
    return next(root.iter(ROOT), None) is not None


def _entry_faults(entry: Entry, document: IncomingDocument, content: bytes, what: str) -> Iterator[Fault]:
    if entry.size is not None and entry.size != str(len(content)):
        yield Fault(Reason.SIZE_MISMATCH, f"{what} has not the size that METADATA.XML gives")
    # SHA-1 is what XDS prescribes: it finds damage, not malice.
    if entry.sha1 is not None and entry.sha1 != hashlib.sha1(content, usedforsecurity=False).hexdigest():
        yield Fault(Reason.HASH_MISMATCH, f"{what} has not the SHA-1 that METADATA.XML gives")
    if entry.unique_id is not None and entry.unique_id != document.unique_id:
        yield Fault(Reason.METADATA_MISMATCH, f"{what} has not the unique id that METADATA.XML gives")
    if entry.type_code is not None and entry.type_code != document.type_code:
        yield Fault(Reason.METADATA_MISMATCH, f"{what} has not the type that METADATA.XML gives")
    if entry.is_replacement and (document.replaces is None or entry.replaces not in (None, document.replaces)):
        yield Fault(Reason.METADATA_MISMATCH, f"{what} does not replace what METADATA.XML says that it does")
    if entry.ins is not None and document.matricule and entry.ins != Ins(document.matricule, document.matricule_authority or ""):
        yield Fault(Reason.INS_MISMATCH, f"{what} is not of the patient of METADATA.XML")


def _of_one_patient(documents: list[IncomingDocument]) -> Iterator[IncomingDocument]:
    """Refuse every document of a set where they are of several patients: which one is misplaced cannot be known."""
    patients = {(document.matricule_authority, document.matricule) for document in documents if document.matricule}
    for document in documents:
        if len(patients) > 1:
            yield replace(document, faults=(Fault(Reason.MANY_PATIENTS, "the set has documents of several patients"), *document.faults))
        else:
            yield document
