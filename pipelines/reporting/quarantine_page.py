"""The pages on which people see what is held of refused documents: causes, files, what one file is about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipelines.documents.quarantine import Cause, Held, Refused
from pipelines.reporting.pages import page_environment


def render_quarantine(causes: Sequence[Cause], files: Sequence[Held], feeds: Sequence[str], templates_dir: Path) -> str:
    """Return the list of causes and of the files that are held longest, with a link to each sender's page; nothing in it is anybody's."""
    return page_environment(templates_dir).get_template("report/quarantine.html.j2").render(causes=causes, files=files, feeds=feeds)


def render_held_file(held: Held, documents: Sequence[Refused], templates_dir: Path) -> str:
    """Return the page of one file: metadata of its documents, and the form that asks why somebody wants to see the content."""
    return page_environment(templates_dir).get_template("report/held_file.html.j2").render(held=held, documents=documents)
