"""The templates of a notice, checked when they are loaded: a wrong placeholder is refused with its file and line, before any effect."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from traceback import extract_tb
from typing import TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError, UndefinedError, meta, nodes

from pipelines.notices.french_text import FrenchSpacing
from pipelines.notices.kind import Subject
from pipelines.platform.errors import FinalError

PARSED = 32
AnySubject = TypeVar("AnySubject", bound=StrEnum)
_VERSION = re.compile(r"\{#-?\s*version\s+(\S+)\s*-?#\}")


class BadTemplateError(FinalError):
    """A template cannot be used; the message starts with `file:line`."""


class TemplateKind(StrEnum):
    """The two families of templates of a notice."""

    LETTER = "letter"
    EMAIL = "email"


SUFFIX: Mapping[TemplateKind, str] = {TemplateKind.LETTER: "html", TemplateKind.EMAIL: "html.j2"}
ASSETS: Mapping[TemplateKind, tuple[str, ...]] = {
    TemplateKind.LETTER: ("letter/*.css", "letter/fonts/*.ttf"),
    TemplateKind.EMAIL: (),
}
# What turns a letter's template into bytes: another version of it may set a line elsewhere.
SOFTWARE: Mapping[TemplateKind, tuple[str, ...]] = {
    TemplateKind.LETTER: ("fonttools", "pikepdf", "pydyf", "weasyprint", "zxing-cpp"),
    TemplateKind.EMAIL: (),
}


@dataclass(frozen=True)
class TemplateVersion:
    """What identifies what people read: a name, the version its authors gave it, a SHA-256 of all its files and of what lays them out."""

    name: str
    version: str
    sha256: str

    @property
    def label(self) -> str:
        """The version in one line, as attempts and lots keep it."""
        return f"{self.name} {self.version} {self.sha256[:16]}"


def environment(templates_dir: Path) -> Environment:
    """Return the environment in which every template of a notice is rendered: strict, escaped in HTML, French spaces."""
    return Environment(
        loader=FileSystemLoader(templates_dir),
        undefined=StrictUndefined,
        autoescape=_is_html,  # noqa: S701 - wording is escaped where it is put into a page
        extensions=[FrenchSpacing],
        trim_blocks=True,
        lstrip_blocks=True,
    )


def entry_of(kind: TemplateKind, subject: StrEnum) -> str:
    """Return the file with which a template begins."""
    return f"{kind.value}/{subject.value}.{SUFFIX[kind]}"


def template_version(kind: TemplateKind, templates_dir: Path, subject: Subject = Subject.NOTICE) -> TemplateVersion:
    """Return the identity of a template; the hash covers every file that it uses, wording, style and fonts, and what lays it out.

    Raises: BadTemplateError if the first file does not state its version.
    """
    return template_versions(kind, templates_dir, (subject,))[subject]


def template_versions(kind: TemplateKind, templates_dir: Path, subjects: Iterable[AnySubject]) -> Mapping[AnySubject, TemplateVersion]:
    """Return the identity of several templates; see `template_version`."""
    source = environment(templates_dir)
    return {subject: _version(source, kind, templates_dir, subject) for subject in subjects}


def _version(source: Environment, kind: TemplateKind, templates_dir: Path, subject: StrEnum) -> TemplateVersion:
    names = set(_closure(source, entry_of(kind, subject)))
    names |= {path.relative_to(templates_dir).as_posix() for pattern in ASSETS[kind] for path in templates_dir.glob(pattern)}
    digest = hashlib.sha256()
    for name in sorted(names):
        content = (templates_dir / name).read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    digest.update("".join(f"{name} {version(name)}\0" for name in SOFTWARE[kind]).encode())
    first = entry_of(kind, subject)
    stated = _VERSION.search((templates_dir / first).read_text(encoding="utf-8"))
    if stated is None:
        raise BadTemplateError(f"{first}:1: state the version of the template, as in {{# version 1.0 #}}")
    return TemplateVersion(f"{kind.value}/{subject.value}", stated[1], digest.hexdigest())


def labels(versions: Mapping[AnySubject, TemplateVersion]) -> str:
    """Return the labels of what attempts tell, by subject, as statements take them (JSON)."""
    return json.dumps({subject.value: version.label for subject, version in versions.items()})


def check_placeholders(source: Environment, entry: str, allowed: frozenset[str], required: frozenset[str]) -> None:
    """Refuse a template that uses a placeholder which does not exist, or leaves out one that the law or the post needs.

    Raises: BadTemplateError with file and line.
    """
    used: set[str] = set()
    for name, sees_values in _closure(source, entry).items():
        unknown = _wanted(source, name) - (allowed if sees_values else frozenset())
        for node in _parse(source, name).find_all(nodes.Name) if unknown else ():
            if node.name in unknown:
                known = ", ".join(sorted(allowed)) if sees_values else "none, this file only receives arguments"
                raise BadTemplateError(f"{name}:{node.lineno}: there is no placeholder {node.name!r}; known here: {known}")
        used |= _wanted(source, name)
    missing = sorted(required - used)
    if missing:
        raise BadTemplateError(f"{entry}:1: the template does not use {', '.join(missing)}, without which a notice is not complete")


def parsed_files(source: Environment, entry: str) -> Iterator[tuple[str, nodes.Template]]:
    """Yield the files of a template that see the notice's values, each with its syntax tree."""
    yield from ((name, _parse(source, name)) for name, sees_values in _closure(source, entry).items() if sees_values)


def render(source: Environment, entry: str, values: Mapping[str, object]) -> str:
    """Render a template. Raises: BadTemplateError with file and line, never with a value."""
    try:
        return source.get_template(entry).render(values)
    except TemplateSyntaxError as error:
        raise BadTemplateError(f"{error.name}:{error.lineno}: {error.message}") from None
    except UndefinedError as error:
        root = next((path for path in source.loader.searchpath), "") if isinstance(source.loader, FileSystemLoader) else ""
        frames = [frame for frame in extract_tb(error.__traceback__) if frame.filename.startswith(root)]
        where = f"{Path(frames[-1].filename).relative_to(root).as_posix()}:{frames[-1].lineno}" if frames else f"{entry}:1"
        raise BadTemplateError(f"{where}: {error.message}") from None


def _is_html(name: str | None) -> bool:
    return name is not None and ".html" in name


@lru_cache(PARSED)
def _parse(source: Environment, name: str) -> nodes.Template:
    if source.loader is None:
        raise BadTemplateError(f"{name}:1: no folder of templates")
    try:
        return source.parse(source.loader.get_source(source, name)[0], name)
    except TemplateSyntaxError as error:
        raise BadTemplateError(f"{name}:{error.lineno}: {error.message}") from None
    except TemplateError:
        raise BadTemplateError(f"{name}:1: the template is missing") from None


@lru_cache(PARSED)
def _wanted(source: Environment, name: str) -> frozenset[str]:
    """Return the names that a file takes from outside: neither its own, nor those of what it imports."""
    tree = _parse(source, name)
    imported = {node.target for node in tree.find_all(nodes.Import)}
    return frozenset(meta.find_undeclared_variables(tree) - imported - source.globals.keys())


def _closure(source: Environment, entry: str) -> dict[str, bool]:
    """Return a template and all that it calls; the flag tells whether the file sees the notice's values (an imported one does not)."""
    found: dict[str, bool] = {}
    waiting = [(entry, True)]
    while waiting:
        name, sees_values = waiting.pop()
        if found.get(name, False) or (name in found and not sees_values):
            continue
        found[name] = sees_values
        waiting += _called(_parse(source, name), sees_values)
    return dict(sorted(found.items()))


def _called(tree: nodes.Template, sees_values: bool) -> Iterator[tuple[str, bool]]:
    for node in tree.find_all((nodes.Import, nodes.FromImport, nodes.Include, nodes.Extends)):
        target = getattr(node, "template", None)
        if isinstance(target, nodes.Const) and isinstance(target.value, str):
            yield target.value, sees_values and getattr(node, "with_context", True)
