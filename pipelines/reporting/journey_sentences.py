"""What is told of each thing that can happen to a person: in English to operations, in French to the person (`templates/journey`)."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from pipelines.platform.errors import FinalError
from pipelines.platform.toml_file import read_toml

FILE = "journey/sentences.toml"


class Sentence(BaseModel):
    """One event: to operations, to the person, by which text; `by` says who did it where the step does not."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    console: str
    text: str
    rule: str
    by: str = ""


class Sentences(BaseModel):
    """The sentences by event (`journey.NOTIFIED`), the names of what is told beside them, and the words of the codes in both."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    events: dict[str, Sentence]
    details: dict[str, str]
    words: dict[str, str]
    reasons: dict[str, str]

    @classmethod
    def read(cls, templates_dir: Path) -> Sentences:
        """Read the file of a folder of templates. Raises: FinalError, naming what is wrong in it."""
        return read_toml(cls, templates_dir / FILE)

    def console(self, kind: str) -> str:
        """Return what operations read of an event; the event itself where nobody wrote a sentence yet."""
        return self.events[kind].console if kind in self.events else kind.lower()

    def of(self, kind: str) -> Sentence:
        """Return what the person reads of an event. Raises: FinalError where nobody wrote it: a person is not handed half a journey."""
        if kind not in self.events:
            raise FinalError(f"{FILE} has no sentence for {kind}: write it, then ask again")
        return self.events[kind]

    def reason(self, code: str) -> str | None:
        """Return the words of a reason, or of its first part (`BOUNCE 5.1.1`); None for one that is not told."""
        return self.reasons.get(code) or self.reasons.get(code.partition(" ")[0])
