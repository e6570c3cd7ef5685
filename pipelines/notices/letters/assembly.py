"""From content streams to a PDF, with pikepdf. The only module that knows the file format: a faster writer replaces `assemble`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from pipelines.notices.letters.fonts import Face
from pipelines.notices.letters.page_content import PageContent

A4 = (0, 0, 595.276, 841.89)


def assemble(forms: Mapping[str, bytes], faces: Iterable[Face], contents: Iterable[PageContent], title: str) -> tuple[bytes, int]:
    """Return a PDF and its number of pages; the same arguments give the same bytes.

    `forms` are PDF files whose pages become the form objects `<key>P<page>`; `faces` are the fonts that the contents name.
    """
    pdf = pikepdf.new()
    resources = pdf.make_indirect(
        Dictionary(
            XObject=Dictionary({f"/{key}P{n}": form for key, source in forms.items() for n, form in enumerate(_forms(pdf, source))}),
            Font=Dictionary({f"/{face.name}": _font(pdf, face) for face in faces}),
        )
    )
    tree = pdf.Root.Pages
    shared: dict[bytes, Object] = {}
    kids = [pdf.make_indirect(_page(tree, resources, _content(pdf, content, shared))) for content in contents]
    tree.Kids = Array(kids)
    tree.Count = len(kids)
    pdf.Root.Lang = pikepdf.String("fr")
    pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    pdf.docinfo["/Title"] = title
    out = BytesIO()
    pdf.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate, force_version="1.7")
    return out.getvalue(), len(kids)


def _forms(pdf: Pdf, source: bytes) -> Iterable[Object]:
    with pikepdf.open(BytesIO(source)) as skeleton:
        for page in skeleton.pages:
            yield pdf.copy_foreign(page.as_form_xobject())


def _content(pdf: Pdf, content: PageContent, shared: dict[bytes, Object]) -> Object:
    if not content.shared:
        return pdf.make_stream(content.stream)
    if content.stream not in shared:
        shared[content.stream] = pdf.make_stream(content.stream)
    return shared[content.stream]


def _page(tree: Object, resources: Object, content: Object) -> Dictionary:
    return Dictionary(Type=Name.Page, Parent=tree, MediaBox=Array(A4), Resources=resources, Contents=content)


def _font(pdf: Pdf, face: Face) -> Object:
    ascent, descent, capital, box = face.vertical
    name = Name(f"/NOTICE+{face.name}")
    descriptor = Dictionary(
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
    widths = {glyph: face.advances[chr(code)] for code, glyph in face.glyphs.items()}
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=name,
        CIDSystemInfo=Dictionary(Registry=pikepdf.String("Adobe"), Ordering=pikepdf.String("Identity"), Supplement=0),
        FontDescriptor=pdf.make_indirect(descriptor),
        CIDToGIDMap=Name.Identity,
        DW=1000,
        W=Array([item for glyph in sorted(widths) for item in (glyph, Array([round(widths[glyph])]))]),
    )
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=name,
            Encoding=Name("/Identity-H"),
            DescendantFonts=Array([pdf.make_indirect(descendant)]),
            ToUnicode=pdf.make_indirect(Stream(pdf, _to_unicode(face))),
        )
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
