"""Writing a PDF 1.7 of many small pages over shared objects: content streams, then page dictionaries in object streams, then the index.

Nothing is compressed here: the whole file is, once, before it is sealed. ISO 32000-1, 7.5.7 (object streams), 7.5.8 (index streams).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from itertools import accumulate, chain

import numpy as np
import numpy.typing as npt

from pipelines.notices.letters.shared_objects import SharedObjects

A4 = b"0 0 595.276 841.89"
PAGES_A_NODE = 200
_HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_STREAM = b"%d 0 obj\n<<%b/Length %d>>\nstream\n%b\nendstream\nendobj\n"
_ENTRY = np.dtype([("kind", "u1"), ("where", ">u4"), ("place", ">u2")])
_FREE, _AT, _INSIDE = 0, 1, 2


def write_pdf(shared: SharedObjects, contents: Sequence[bytes], title: str) -> tuple[bytes, str]:
    """Return a file with a page for each content stream, and its SHA-256; the same arguments give the same bytes."""
    info, first = shared.size, shared.size + 1
    pages = range(first + len(contents), first + 2 * len(contents))
    groups = [pages[start : start + PAGES_A_NODE] for start in range(0, len(pages), PAGES_A_NODE)]
    nodes = range(pages.stop, pages.stop + len(groups))
    holders = range(nodes.stop, nodes.stop + len(groups))
    parts = [
        _HEADER + shared.body,
        _whole(shared.catalog, b"<</Type/Catalog/Pages %d 0 R/Lang(fr)/ViewerPreferences<</DisplayDocTitle true>>>>" % shared.tree),
        _whole(shared.tree, _tree(shared, nodes, len(contents))),
        _whole(info, b"<</Title<%b>>>" % f"\ufeff{title}".encode("utf-16-be").hex().encode()),
        *[_STREAM % (number, b"", len(content), content) for number, content in enumerate(contents, first)],
        *(_holder(*numbers, shared.tree, len(contents)) for numbers in zip(holders, nodes, groups, strict=True)),
    ]
    begins = list(accumulate(map(len, parts)))

    entries = np.zeros(holders.stop + 1, _ENTRY)
    entries[0] = (_FREE, 0, 65535)
    _place(entries, list(shared.offsets), _AT, np.array(list(shared.offsets.values())) + len(_HEADER), 0)
    _place(entries, np.r_[shared.catalog, shared.tree, info : pages.start, holders.start : entries.size], _AT, begins, 0)
    _place(entries, nodes, _INSIDE, holders, 0)
    order = np.arange(len(pages))
    _place(entries, pages, _INSIDE, holders.start + order // PAGES_A_NODE, 1 + order % PAGES_A_NODE)
    return _finished(parts, entries, shared.catalog, info, begins[-1])


def _whole(number: int, content: bytes) -> bytes:
    return b"%d 0 obj\n%b\nendobj\n" % (number, content)


def _stream(number: int, head: bytes, content: bytes) -> bytes:
    return _STREAM % (number, head, len(content), content)


def _tree(shared: SharedObjects, nodes: Sequence[int], count: int) -> bytes:
    """Return the root of the page tree: what all pages inherit stands here."""
    return b"<</Type/Pages/Count %d/MediaBox[%b]/Resources %d 0 R/Kids[%b]>>" % (count, A4, shared.resources, _kids(nodes))


def _kids(numbers: Sequence[int]) -> bytes:
    return (b"%d 0 R " * len(numbers)) % tuple(numbers)


def _holder(number: int, node: int, pages: Sequence[int], tree: int, behind: int) -> bytes:
    """Return an object stream with a node of the page tree and its pages; the number of a page lies so far `behind` that of its content."""
    page = b"<</Type/Page/Parent %d 0 R/Contents %%d 0 R>>" % node
    objects = [
        b"<</Type/Pages/Parent %d 0 R/Count %d/Kids[%b]>>" % (tree, len(pages), _kids(pages)),
        *[page % (own - behind) for own in pages],
    ]
    begins = accumulate(map(len, objects), initial=0)
    numbers = (b"%d %d " * len(objects)) % tuple(chain.from_iterable(zip((node, *pages), begins, strict=False)))
    return _stream(number, b"/Type/ObjStm/N %d/First %d" % (len(objects), len(numbers)), numbers + b"".join(objects))


def _place(entries: npt.NDArray[np.void], numbers: npt.ArrayLike, kind: int, where: npt.ArrayLike, place: npt.ArrayLike) -> None:
    """Say where objects lie: at a byte of the file, or inside an object stream at a place."""
    chosen = np.asarray(numbers, np.intp)
    entries["kind"][chosen], entries["where"][chosen], entries["place"][chosen] = kind, where, place


def _finished(parts: Iterable[bytes], entries: npt.NDArray[np.void], catalog: int, info: int, begin: int) -> tuple[bytes, str]:
    """Return the file with its index, and its SHA-256. Its identifier is the digest of what comes before the index."""
    body = b"".join(parts)
    digest = hashlib.sha256(body)
    identifier = digest.hexdigest()[:32].encode()
    head = b"/Type/XRef/Size %d/W[1 4 2]/Root %d 0 R/Info %d 0 R/ID[<%b><%b>]" % (entries.size, catalog, info, identifier, identifier)
    end = _stream(entries.size - 1, head, entries.tobytes()) + b"startxref\n%d\n%%%%EOF\n" % begin
    digest.update(end)
    return body + end, digest.hexdigest()
