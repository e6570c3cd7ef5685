"""What the notices of a wave say beside people: a second person looks at it before the wave leaves, and nothing else may leave."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pipelines.campaign.approved_content import Content
from pipelines.notices.addressee import sender_of
from pipelines.notices.kind import TELLING
from pipelines.notices.templates import TemplateKind, template_versions
from pipelines.registry.bodies import insurance_bodies

DIGITS = 32


def content_of(templates_dir: Path) -> Content:
    """Return what identifies the wording of letters and e-mails in a folder, what lays them out, and all senders.

    Ask after the templates were loaded: one that changes in between is then refused, never sent.
    Raises: BadTemplateError where a template does not state its version.
    """
    digest = hashlib.sha256()
    for kind in TemplateKind:
        for version in template_versions(kind, templates_dir, TELLING).values():
            digest.update(version.sha256.encode())
    for body in sorted(insurance_bodies()):
        digest.update(repr(sender_of(body)).encode())
    return Content(digest.hexdigest()[:DIGITS])
