"""Composing letters: each variant laid out once, each person's text drawn on it; who has rare characters is laid out alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipelines.notices.letters.assembly import assemble
from pipelines.notices.letters.layout import FilledField, LetterLayout, Skeleton
from pipelines.notices.letters.letter import Composition, Letter, Placed, Refusal, Variant, field_texts
from pipelines.notices.letters.page_content import PageContent, PagePainter, drawable, form_pages, smaller_sizes
from pipelines.notices.templates import TemplateKind, TemplateVersion, template_version
from pipelines.platform.errors import RuleError

TITLE = "Mon espace santé : avis d'ouverture"


@dataclass
class _Job:
    """What one composition gathers: forms by name, the painter of each variant, the pages so far."""

    forms: dict[str, bytes]
    painters: dict[Variant, PagePainter]
    contents: list[PageContent]
    placed: list[Placed]
    refused: list[tuple[str, Refusal]]
    slow: int = 0


class LetterPress:
    """Composes letters from the templates of a folder; keeps the layouts that it has made.

    Raises: BadTemplateError on load, with file and line, if a template cannot be used.
    """

    def __init__(self, templates_dir: Path) -> None:
        self._layout = LetterLayout(templates_dir)
        self._skeletons: dict[Variant, Skeleton] = {}
        self.version: TemplateVersion = template_version(TemplateKind.LETTER, templates_dir)

    def pages_per_letter(self, variant: Variant) -> int:
        """Return 1, or 2 where the letter of this variant has a back."""
        return self._skeleton(variant).pages

    def compose(self, letters: Sequence[Letter], dated: date, guaranteed_last_day: date) -> Composition:
        """Return the PDF of letters, in their order; the same arguments give the same bytes.

        `dated` is printed on the letter and must not lie after its deposit; `guaranteed_last_day` is the last day to oppose if it is
        deposited that very day. A letter that no font or no slot can show is left out and named in `refused`.
        Raises: RuleError if the last day is not after the letter's date; BadTemplateError.
        """
        if guaranteed_last_day <= dated:
            raise RuleError(f"a letter dated {dated.isoformat()} cannot promise {guaranteed_last_day.isoformat()} as last day")
        job = _Job({}, {}, [], [], [])
        for letter in letters:
            self._add(job, letter, field_texts(letter, dated, guaranteed_last_day))
        faces = {slot.face.name: slot.face for variant in job.painters for slot in self._skeleton(variant).slots}
        pdf, pages = assemble(job.forms, [faces[name] for name in sorted(faces)], job.contents, TITLE)
        return Composition(pdf, pages, job.slow, tuple(job.placed), tuple(job.refused))

    def _skeleton(self, variant: Variant) -> Skeleton:
        if variant not in self._skeletons:
            self._skeletons[variant] = self._layout.skeleton(variant)
        return self._skeletons[variant]

    def _painter(self, job: _Job, variant: Variant) -> PagePainter:
        if variant not in job.painters:
            form = f"V{len(job.painters)}"
            job.forms[form] = self._skeleton(variant).pdf
            job.painters[variant] = PagePainter(form, self._skeleton(variant))
        return job.painters[variant]

    def _add(self, job: _Job, letter: Letter, texts: Mapping[str, str]) -> None:
        skeleton = self._skeleton(letter.variant)
        sizes = smaller_sizes(skeleton.slots, texts)
        if isinstance(sizes, Refusal):
            job.refused.append((letter.reference, sizes))
            return
        if drawable(skeleton.slots, texts):
            pages: Sequence[PageContent] = self._painter(job, letter.variant).paint(texts, sizes)
        else:
            form = f"S{job.slow}"
            fields = {field: FilledField(text, sizes.get(field)) for field, text in texts.items()}
            job.forms[form] = self._layout.one_letter(letter.variant, fields)
            job.slow += 1
            pages = form_pages(form, skeleton.pages)
        job.placed.append(Placed(letter.reference, len(job.contents) + 1, len(pages)))
        job.contents.extend(pages)
