"""Commands on documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pipelines.documents.document import IncomingDocument


def inspect_document(files: Annotated[list[str], typer.Argument(help="Files, each in any of the national formats.")]) -> None:
    """Tell what documents are: one JSON line for each document found, with the verdict that needs no registry.

    The lines hold the patient's traits: they are for the eyes of whoever may see the document. Nothing is kept, run or fetched.
    A document that is refused is an answer, not an error; the exit code is 1 where a file cannot be opened.
    """
    from pipelines.documents.document import DocumentFormat, Fault, Reason, refused
    from pipelines.documents.limits import FILE_BYTES
    from pipelines.documents.reader import read_documents

    unopened = False
    for name in files:
        try:
            found = read_documents(_content(Path(name), FILE_BYTES))
        except OSError as error:
            unopened = True
            found = [
                refused(DocumentFormat.UNKNOWN, Fault(Reason.NO_DOCUMENT, f"the file cannot be opened: {error.strerror or 'no file'}"))
            ]
        except OverflowError:
            found = [refused(DocumentFormat.UNKNOWN, Fault(Reason.TOO_BIG, f"the file has more than {FILE_BYTES:,} bytes"))]
        for document in found:
            typer.echo(json.dumps(_line(name, document)))
    if unopened:
        raise typer.Exit(1)


def _content(path: Path, most: int) -> bytes:
    """Return the bytes of a regular file. Raises: OSError; OverflowError where there are more than `most`."""
    if path.exists() and not path.is_file():
        raise OSError(0, "not a regular file")
    with path.open("rb") as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise OverflowError
    return data


def _line(name: str, document: IncomingDocument) -> dict[str, object]:
    traits = document.traits
    return {
        "file": name,
        "format": document.format,
        "unique_id": document.unique_id,
        "series_id": document.series_id,
        "version": document.version,
        "type_code": document.type_code,
        "type_system": document.type_system,
        "created": document.created,
        "author_organization": document.author_organization,
        "matricule": document.matricule,
        "matricule_authority": document.matricule_authority,
        "traits": {
            "birth_name": traits.birth_name,
            "first_names": traits.first_names,
            "sex": traits.sex,
            "birth_date": traits.birth_date,
            "birthplace": traits.birthplace,
        },
        "confidentiality": " ".join(document.confidentiality) or None,
        "replaces": document.replaces,
        "media_type": document.media_type,
        "body_sha256": document.body_sha256,
        "verdict": document.verdict,
        "detail": document.detail,
    }
