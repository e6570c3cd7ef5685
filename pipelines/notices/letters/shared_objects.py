"""What all pages of a file share, as numbered PDF objects made once with pikepdf: the forms of its variants and its fonts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from pipelines.notices.letters.fonts import Face


@dataclass(frozen=True)
class SharedObjects:
    """Objects ready to be written: `body` holds them, `offsets` say where each number begins in it.

    `catalog` and `tree` are numbers that the file's own catalogue and page tree take; `resources` is the object to which every page
    refers; `size` is the first number that is free.
    """

    body: bytes
    offsets: Mapping[int, int]
    catalog: int
    tree: int
    resources: int
    size: int


def shared_objects(forms: Mapping[str, bytes], faces: Iterable[Face]) -> SharedObjects:
    """Return the objects of a file; the same arguments give the same bytes.

    `forms` are PDF files whose pages become the form objects `<key>P<page>`; `faces` are the fonts that the pages name.
    """
    pdf = pikepdf.new()
    # Held by the catalogue, so that pikepdf keeps and numbers them; the writer puts the true catalogue in its place.
    pdf.Root.Resources = pdf.make_indirect(
        Dictionary(
            XObject=Dictionary({f"/{key}P{n}": form for key, source in forms.items() for n, form in enumerate(_forms(pdf, source))}),
            Font=Dictionary({f"/{name}": font for face in faces for name, font in _fonts(pdf, face).items()}),
        )
    )
    saved = BytesIO()
    pdf.save(saved, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    with pikepdf.open(saved) as numbered:
        return _serialised(numbered)


def _serialised(pdf: Pdf) -> SharedObjects:
    catalog, tree, resources = (item.objgen[0] for item in (pdf.Root, pdf.Root.Pages, pdf.Root.Resources))
    parts, offsets, position = [], {}, 0
    for item in pdf.objects:
        number = item.objgen[0]
        if number not in (catalog, tree):
            parts.append(b"%d 0 obj\n%b\nendobj\n" % (number, _written(item)))
            offsets[number] = position
            position += len(parts[-1])
    return SharedObjects(b"".join(parts), offsets, catalog, tree, resources, max(offsets) + 1)


def _written(item: Object) -> bytes:
    if isinstance(item, Stream):
        return item.stream_dict.unparse(resolved=True) + b"\nstream\n" + item.read_raw_bytes() + b"\nendstream"
    return item.unparse(resolved=True)


def _forms(pdf: Pdf, source: bytes) -> Iterator[Object]:
    with pikepdf.open(BytesIO(source)) as skeleton:
        for page in skeleton.pages:
            yield pdf.copy_foreign(page.as_form_xobject())


def _fonts(pdf: Pdf, face: Face) -> Mapping[str, Object]:
    """Return both ways to draw a face, over one embedded program: by bytes of Latin-1, and by glyph numbers."""
    name = Name(f"/NOTICE+{face.name}")
    descriptor = pdf.make_indirect(_descriptor(pdf, face, name))
    western = Dictionary(
        Type=Name.Font,
        Subtype=Name.TrueType,
        BaseFont=name,
        FirstChar=32,
        LastChar=255,
        Widths=Array([round(face.advances.get(chr(code), 0)) for code in range(32, 256)]),
        Encoding=Name.WinAnsiEncoding,
        FontDescriptor=descriptor,
    )
    widths = {glyph: face.advances[chr(code)] for code, glyph in face.glyphs.items()}
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=name,
        CIDSystemInfo=Dictionary(Registry=pikepdf.String("Adobe"), Ordering=pikepdf.String("Identity"), Supplement=0),
        FontDescriptor=descriptor,
        CIDToGIDMap=Name.Identity,
        DW=1000,
        W=Array([item for glyph in sorted(widths) for item in (glyph, Array([round(widths[glyph])]))]),
    )
    wide = Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        BaseFont=name,
        Encoding=Name("/Identity-H"),
        DescendantFonts=Array([pdf.make_indirect(descendant)]),
        ToUnicode=pdf.make_indirect(Stream(pdf, _to_unicode(face))),
    )
    return {face.name: pdf.make_indirect(western), face.wide_name: pdf.make_indirect(wide)}


def _descriptor(pdf: Pdf, face: Face, name: Name) -> Dictionary:
    ascent, descent, capital, box = face.vertical
    return Dictionary(
        Type=Name.FontDescriptor,
        FontName=name,
        Flags=32 if "Sans" in face.name else 33,
        FontBBox=Array(box),
        ItalicAngle=0,
        Ascent=ascent,
        Descent=descent,
        CapHeight=capital,
        StemV=140 if "Bold" in face.name else 88,
        FontFile2=pdf.make_indirect(Stream(pdf, face.program, Length1=len(face.program))),
    )


def _to_unicode(face: Face) -> bytes:
    characters: dict[int, int] = {}
    for code, glyph in sorted(face.glyphs.items()):
        characters.setdefault(glyph, code)
    pairs = [f"<{glyph:04x}> <{code:04x}>" for glyph, code in sorted(characters.items())]
    blocks = [pairs[start : start + 100] for start in range(0, len(pairs), 100)]
    mapping = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        f"1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n{mapping}\n"
        "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
    ).encode()
