"""Everything that is found out about one item from its bytes alone: its documents, how they conform, what a scanner must see.

This is what runs in the bounded process: hostile bytes are taken apart here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec

from pipelines.documents.bounded_process import Answer
from pipelines.documents.conformance import Conformance
from pipelines.documents.conformity import Conformity
from pipelines.documents.document import Fault, IncomingDocument, Reason, RefusedDocumentError
from pipelines.documents.pieces import Piece, pieces_of
from pipelines.documents.reader import read_documents
from pipelines.platform.errors import FinalError

# Stands on the way between two processes for content that is the whole item, which both have.
_WHOLE = b""


@dataclass(frozen=True, slots=True)
class Examined:
    """The documents of an item, at least one, and the pieces packed in it beside their contents, to be scanned by themselves."""

    documents: list[IncomingDocument]
    pieces: list[Piece]


class Examination:
    """Examines items for a feed."""

    def __init__(self, conformance: Conformance) -> None:
        self.conformity = Conformity(conformance)

    def examine(self, data: bytes) -> Examined:
        """Find out everything about one item.

        Raises: MemoryError; FinalError where a rule set of the feed cannot be used; nothing else.
        """
        documents = read_documents(data)
        try:
            documents = [self.conformity.judge(document) for document in documents]
            pieces = pieces_of(data)
        except RefusedDocumentError as error:
            return Examined([_with(document, error.fault) for document in documents], [])
        except (MemoryError, FinalError):
            raise
        except Exception as error:  # as in `read_documents`
            fault = Fault(Reason.OTHER, f"a fault of ours while examining it: {type(error).__name__}")
            return Examined([_with(document, fault) for document in documents], [])
        # A list, since to compare is cheaper than to hash: most differ in length.
        contents = [document.content for document in documents if document.content is not None]
        return Examined(documents, [piece for piece in pieces if piece.content not in contents])


def _with(document: IncomingDocument, fault: Fault) -> IncomingDocument:
    return replace(document, faults=(fault, *document.faults))


def in_process(given: bytes) -> Answer:
    """Make ready what answers items in the bounded process; `given` is a feed's `Conformance`. Raises: FinalError."""
    examination = Examination(Conformance.model_validate_json(given))
    encode = msgspec.msgpack.Encoder().encode

    def answer(data: bytes) -> bytes:
        examined = examination.examine(data)
        documents = [replace(document, content=_WHOLE) if document.content is data else document for document in examined.documents]
        return encode(Examined(documents, examined.pieces))

    return answer


_DECODER = msgspec.msgpack.Decoder(Examined)


def from_process(said: memoryview, data: bytes) -> Examined:
    """Return what the bounded process answered to an item. Raises: msgspec.DecodeError where that is no answer."""
    examined = _DECODER.decode(said)
    documents = [replace(document, content=data) if document.content == _WHOLE else document for document in examined.documents]
    return Examined(documents, examined.pieces)
