"""What may stand in the source of a letter: placeholders that exist, persons' texts placed as they are, local files. Read on load."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, nodes

from pipelines.notices.french_text import spaced
from pipelines.notices.kind import Subject
from pipelines.notices.letters.fields import SYMBOL
from pipelines.notices.templates import BadTemplateError, TemplateKind, check_placeholders, entry_of, parsed_files

LEAST_SHARED = 4
SAME_FOR_A_VARIANT = frozenset({"kind", "count", "large_print", "pages", "sender"})
SEVERAL_TEXTS = frozenset({"people", "address"})
_ON_EVERY_LETTER = frozenset({"sender", "people", "address", SYMBOL, "reference", "dated", "sequence"})
_LINK = re.compile(r"""url\(\s*["']?([^"')]*)|\b(?:src|srcset|href|poster)\s*=\s*["']?([^"'>\s]*)|(@import)\b""", re.IGNORECASE)
_TYPED_APART = re.compile(r"(\{\{.*?\}\}|\{%.*?%\})|<[^>]*>")
_COMMENT = re.compile(r"/\*.*?\*/|<!--.*?-->|\{#.*?#\}", re.DOTALL)


def check_sources(source: Environment, templates_dir: Path) -> None:
    """Refuse templates that could not be used for every letter, with file, line and reason.

    Raises: BadTemplateError on a placeholder that is missing or does not exist for the subject, on a person's text that is filtered,
    tested, compared or handed on, on a file that does not lie in the folder of the letters.
    """
    for subject in Subject:
        entry = entry_of(TemplateKind.LETTER, subject)
        due = _ON_EVERY_LETTER | set(subject.event_fields) | ({"guaranteed_last_day"} if subject.has_code else set())
        check_placeholders(source, entry, SAME_FOR_A_VARIANT | due, due)
        for name, tree in parsed_files(source, entry):
            _check_persons_texts(name, tree, due - SAME_FOR_A_VARIANT)
    folder = templates_dir / "letter"
    for file in sorted(path for pattern in ("*.html", "*.j2", "*.css") for path in folder.glob(pattern)):
        _check_links(file, folder)


def line_with(folder: Path, text: str) -> str | None:
    """Return `file:line` of the template that has a placeholder, or most of a laid out text; None if none has any of it."""
    sought = {" ".join(text.split()), " ".join(text.split()[:4])}
    found = {
        f"letter/{file.name}:{number}": max(_shared(typed, one) for typed in _TYPED_APART.split(spaced(line)) for one in sought)
        for file in [*sorted(folder.glob("*.html")), *sorted(folder.glob("*.j2"))]
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
    }
    best = max(found, key=found.__getitem__)
    return best if found[best] else None


def _shared(typed: str | None, text: str) -> int:
    """Return how many characters a part of a line and a text have in common, where one holds the other; a few mean nothing."""
    part = " ".join((typed or "").split())
    shared = min(len(part), len(text)) if part in text or text in part else 0
    return shared if shared >= LEAST_SHARED else 0


def _check_persons_texts(name: str, tree: nodes.Template, texts: frozenset[str]) -> None:
    runs = {loop.target.name for loop in tree.find_all(nodes.For) if isinstance(loop.target, nodes.Name) and _runs_over_texts(loop)}
    for text, parents in _names(tree, ()):
        if text.name in texts | runs and text.ctx == "load" and not _is_placed(text, parents):
            told = "differs for each person: place it as it is, without a filter, a condition or a macro"
            raise BadTemplateError(f"{name}:{text.lineno}: {text.name} {told}")


def _runs_over_texts(loop: nodes.For) -> bool:
    return isinstance(loop.iter, nodes.Name) and loop.iter.name in SEVERAL_TEXTS


def _names(node: nodes.Node, parents: tuple[nodes.Node, ...]) -> Iterator[tuple[nodes.Name, tuple[nodes.Node, ...]]]:
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Name):
            yield child, (*parents, node)
        yield from _names(child, (*parents, node))


def _is_placed(text: nodes.Name, parents: tuple[nodes.Node, ...]) -> bool:
    """Tell whether a text is only printed, or only run over; `people[0].name` is a part of `people`."""
    part: nodes.Node = text
    for parent in reversed(parents):
        if isinstance(parent, nodes.Output):
            return True
        if not (isinstance(parent, nodes.Getattr | nodes.Getitem) and parent.node is part):
            return isinstance(parent, nodes.For) and parent.iter is text and _runs_over_texts(parent)
        part = parent
    return False


def _check_links(file: Path, folder: Path) -> None:
    content = _COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), file.read_text(encoding="utf-8"))
    for number, line in enumerate(content.splitlines(), start=1):
        for link in _LINK.finditer(line):
            target = link[1] or link[2] or link[3] or ""
            path = (folder / target).resolve()
            if not target.startswith("data:") and not (path.is_file() and folder.resolve() in path.parents):
                raise BadTemplateError(
                    f"letter/{file.name}:{number}: {target!r} is not a file of templates/letter: nothing else is embedded"
                )
