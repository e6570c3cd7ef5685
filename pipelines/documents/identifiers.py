"""How documents are identified: an OID or a UUID, alone or with what its owner adds to it (`root^extension`, as XDS writes it)."""

from __future__ import annotations

import re

_ROOT = re.compile(r"(?:[0-2](?:\.(?:0|[1-9]\d*))+|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})", re.ASCII)


def instance_id(root: str | None, extension: str | None) -> str | None:
    """Return `root` or `root^extension`; None where the root is neither an OID nor a UUID, or the extension is no text."""
    if root is None or not _ROOT.fullmatch(root) or not (extension or "").isprintable():
        return None
    return f"{root}^{extension}" if extension else root
