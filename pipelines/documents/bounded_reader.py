"""Items read in a process that can be killed: whatever is in one, there is a verdict, and the next one is read."""

from __future__ import annotations

from typing import Self

import msgspec

from pipelines.documents.bounded_worker import BoundedWorker, Bounds
from pipelines.documents.conformance import Conformance
from pipelines.documents.document import Fault, Reason, RefusedDocumentError, refused
from pipelines.documents.examination import Examined, from_process
from pipelines.documents.limits import FILE_BYTES, require_size
from pipelines.documents.reader import tell_format

_ENTRY = "pipelines.documents.examination:in_process"


class BoundedReader:
    """Reads items one after the other; for one thread. A context manager, whose process ends with it."""

    def __init__(self, bounds: Bounds | None = None, conformance: Conformance | None = None) -> None:
        given = (conformance or Conformance()).model_dump_json().encode()
        self.worker = BoundedWorker(_ENTRY, given, bounds or Bounds())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.worker.stop()

    def read(self, data: bytes) -> Examined:
        """Return the documents of an item, at least one, with the pieces to scan.

        Raises: FinalError where the schema or a rule set of the feed cannot be used, RetryableError where no process can be started;
        nothing that comes of the item.
        """
        try:
            require_size(data, FILE_BYTES, "the file")
            said = self.worker.answer(data)
            return from_process(said, data)
        except RefusedDocumentError as error:
            fault = error.fault
        except msgspec.DecodeError:
            self.worker.stop()
            fault = Fault(Reason.READER_FAILED, "the process that reads it gives no answer")
        return Examined([refused(tell_format(data), fault)], [])
