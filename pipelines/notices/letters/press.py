"""Composing letters: each variant laid out once, each person's text drawn on it; who has rare characters is laid out alone."""

from __future__ import annotations

import gc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from pipelines.notices.kind import Subject
from pipelines.notices.letters.datamatrix import masks
from pipelines.notices.letters.fields import filled_fields
from pipelines.notices.letters.fonts import Face
from pipelines.notices.letters.layout import LetterLayout
from pipelines.notices.letters.letter import Composition, Days, Letter, Placed, Refusal, Variant, field_texts, own_texts
from pipelines.notices.letters.page_content import PagePainter, drawable, form_pages, smaller_sizes
from pipelines.notices.letters.pdf_file import write_pdf
from pipelines.notices.letters.shared_objects import SharedObjects, shared_objects
from pipelines.notices.letters.skeleton import Skeleton
from pipelines.notices.templates import TemplateKind, TemplateVersion, template_versions

KEPT_OBJECTS = 16


@dataclass
class _Job:
    """What one composition gathers: forms by name, the painter of each variant, the pages so far."""

    forms: dict[str, bytes] = field(default_factory=dict)
    painters: dict[Variant, PagePainter] = field(default_factory=dict)
    contents: list[bytes] = field(default_factory=list)
    placed: list[Placed] = field(default_factory=list)
    refused: list[tuple[str, Refusal]] = field(default_factory=list)
    with_care: list[int] = field(default_factory=list)
    slow: int = 0


class LetterPress:
    """Composes letters from the templates of a folder; keeps the layouts that it has made.

    Raises: BadTemplateError on load, with file and line, if a template cannot be used.
    """

    def __init__(self, templates_dir: Path) -> None:
        self._layout = LetterLayout(templates_dir)
        self._skeletons: dict[Variant, Skeleton] = {}
        self._shared = lru_cache(KEPT_OBJECTS)(_shared)
        self.versions: Mapping[Subject, TemplateVersion] = template_versions(TemplateKind.LETTER, templates_dir, Subject)
        self.version = self.versions[Subject.NOTICE]
        # A press lives as long as its process: without this the collector would walk all that it loaded again for every few lots.
        gc.collect()
        gc.freeze()

    def skeleton(self, variant: Variant) -> Skeleton:
        """Return the layout of a variant, made on first use."""
        if variant not in self._skeletons:
            self._skeletons[variant] = self._layout.skeleton(variant)
        return self._skeletons[variant]

    def compose(self, letters: Sequence[Letter], days: Days) -> Composition:
        """Return the PDF of letters, in their order; the same arguments give the same bytes.

        A letter that no font or no slot can show is left out and named in `refused`; the file is as if it had not been given.
        Raises: BadTemplateError.
        """
        job, variant = _Job(), None
        for letter, symbol in zip(letters, masks([letter.reference for letter in letters]), strict=True):
            if letter.variant is not variant:
                variant, painter = letter.variant, self._painter(job, letter.variant)
            sequence = len(job.placed) + 1
            pages = painter.paint_quickly(own_texts(letter, days, sequence), symbol)
            drawn = pages or self._with_care(job, painter, letter, days, symbol)
            if isinstance(drawn, Refusal):
                job.refused.append((letter.reference, drawn))
                continue
            if variant not in job.painters:
                job.painters[variant], job.forms[painter.form] = painter, self.skeleton(variant).pdf
            if pages is None:
                job.with_care.append(sequence)
            job.placed.append(Placed(letter.reference, len(job.contents) + 1, len(drawn)))
            job.contents += drawn
        faces = {slot.face.name: slot.face for variant in job.painters for slot in self.skeleton(variant).slots}
        shared = self._shared(tuple(job.forms.items()), tuple(faces[name] for name in sorted(faces)))
        titles = dict.fromkeys(self.skeleton(variant).title for variant in job.painters)
        pdf, sha256 = write_pdf(shared, job.contents, " ; ".join(titles))
        with_care, placed, refused = tuple(job.with_care), tuple(job.placed), tuple(job.refused)
        return Composition(pdf, sha256, len(job.contents), job.slow, with_care, placed, refused)

    def _painter(self, job: _Job, variant: Variant) -> PagePainter:
        """Return what draws a variant; the file has its form once a letter of it is placed."""
        return job.painters.get(variant) or PagePainter(f"V{len(job.painters)}", self.skeleton(variant))

    def _with_care(self, job: _Job, painter: PagePainter, letter: Letter, days: Days, symbol: str) -> list[bytes] | Refusal:
        """Return the pages of a letter whose texts are rare or wide: drawn, laid out alone, or refused."""
        skeleton, texts = self.skeleton(letter.variant), field_texts(letter, days, len(job.placed) + 1)
        sizes = smaller_sizes(skeleton.slots, texts)
        if isinstance(sizes, Refusal):
            return sizes
        if drawable(skeleton.slots, texts):
            return painter.paint(texts, sizes, symbol)
        form = f"S{job.slow}"
        job.forms[form] = self._layout.one_letter(letter.variant, filled_fields(texts, sizes), skeleton.pages)
        job.slow += 1
        return form_pages(form, skeleton.pages)


def _shared(forms: Sequence[tuple[str, bytes]], faces: Sequence[Face]) -> SharedObjects:
    return shared_objects(dict(forms), faces)
