"""One item for each thing that an expert would try on a feed of documents, and the reason by which it is refused, or `ok`."""

from __future__ import annotations

import base64
import io
import stat
import zipfile
from collections.abc import Callable

from pipelines.synthetic.cda_writer import cda, section, self_displaying
from pipelines.synthetic.document_envelopes import as_json, document_reference, hl7v2, key_object_selection, xdm, xds_entry, zipped
from pipelines.synthetic.medical_documents import MedicalDocument
from tests.document_builder import SOMEBODY_ELSE

Item = tuple[str, Callable[[MedicalDocument], bytes]]
_BEGINS = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_ACTIVE = b"%PDF-1.4\n1 0 obj <</S /JavaScript /JS (app.alert(1))>> endobj\n%%EOF\n"
_EXTERNAL = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
_INCLUSION = b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/hostname"/>'


def _changed(right: bytes, wrong: bytes) -> Callable[[MedicalDocument], bytes]:
    """Change one thing in the text of a document."""
    return lambda document: cda(document).replace(right, wrong, 1)


def _declaring(text: str) -> Callable[[MedicalDocument], bytes]:
    """Put something between the XML declaration and the root, and use its entity `x` for the first names."""
    return lambda document: _changed(_BEGINS, _BEGINS + text.encode())(document).replace(document.patient.first_names.encode(), b"&x;")


def _carrying(body: bytes) -> Callable[[MedicalDocument], bytes]:
    return lambda document: cda(document.but(body=body))


def _with(member: str | zipfile.ZipInfo, content: bytes) -> Callable[[MedicalDocument], bytes]:
    """Put one member more into the document's zip."""

    def written(document: MedicalDocument) -> bytes:
        target = io.BytesIO(xdm([(document, cda(document))]))
        with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(member, content)
        return target.getvalue()

    return written


def _link() -> zipfile.ZipInfo:
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    return link


def _encrypted(document: MedicalDocument) -> bytes:
    data = bytearray(xdm([(document, cda(document))]))
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def _described(right: str, wrong: str) -> Callable[[MedicalDocument], bytes]:
    """Let METADATA.XML say something else."""

    def written(document: MedicalDocument) -> bytes:
        content = cda(document)
        return xdm([(document, content)], xds_entry(document, content, 1).replace(right, wrong))

    return written


def _of_two_patients(document: MedicalDocument) -> bytes:
    other = document.but(patient=SOMEBODY_ELSE, unique_id=f"{document.unique_id}.1")
    return xdm([(one, cda(one)) for one in (document, other)])


def _base64(change: Callable[[bytes], bytes]) -> Callable[[MedicalDocument], bytes]:
    def written(document: MedicalDocument) -> bytes:
        packed = base64.b64encode(document.body)
        return cda(document).replace(packed, change(packed))

    return written


def _message(change: Callable[[bytes], bytes]) -> Callable[[MedicalDocument], bytes]:
    return lambda document: change(hl7v2(document, cda(document)))


def _cut(message: bytes) -> bytes:
    """End a message inside its document; the batch around it still counts right."""
    return message[: message.index(b"^Base64^") + 1_009] + b"\rBTS|1\r"


def _reference(change: Callable[[bytes], bytes]) -> Callable[[MedicalDocument], bytes]:
    return lambda document: change(as_json(document_reference(document, document.body, document.media_type)))


def _long_name(document: MedicalDocument) -> bytes:
    kos = key_object_selection(document)
    place = kos.index(b"\x10\x00\x10\x00PN") + 6
    return kos[:place] + b"\xff\xff" + kos[place + 2 :]


ITEMS: dict[str, Item] = {
    "document type": ("HOSTILE", _declaring("<!DOCTYPE ClinicalDocument>")),
    "external entity": ("HOSTILE", _declaring(_EXTERNAL)),
    "entities that multiply": ("HOSTILE", _declaring(f'<!DOCTYPE a [<!ENTITY l0 "ha">{_LAUGHS}<!ENTITY x "&l9;">]>')),
    "inclusion": ("HOSTILE", _changed(b"<county>", b"<county>" + _INCLUSION)),
    "nesting": ("HOSTILE", _changed(b"<title>", b"<title>" + b"<a>" * 400 + b"</a>" * 400)),
    "huge attribute": ("TOO_BIG", _changed(b"<realmCode", b'<realmCode a="%s"' % (b"F" * 20_000_000))),
    "stylesheet as root": ("ok", lambda document: self_displaying(document, section("a", "b"))),
    "comment in a name": ("ok", _changed(b'"BR">', b'"BR"><!-- -->')),
    "cut short after its header": ("BAD_FORMAT", lambda document: cda(document).partition(b"<nonXMLBody>")[0]),
    "zip bomb": ("HOSTILE", _with("zeros", b"\0" * 5_000_000)),
    "zip in a zip": ("HOSTILE", _with("inner.zip", zipped({"a": b"b"}))),
    "path that leads out": ("HOSTILE", _with("../escaped.xml", b"x")),
    "absolute path": ("HOSTILE", _with("/escaped.xml", b"x")),
    "symbolic link": ("HOSTILE", _with(_link(), b"/etc/hostname")),
    "name given twice": ("HOSTILE", _with("ihe_xdm/subset01/doc0001.xml", b"<a/>")),
    "encrypted member": ("HOSTILE", _encrypted),
    "another size": ("SIZE_MISMATCH", _described('"size"><ValueList><Value>', '"size"><ValueList><Value>1')),
    "another hash": ("HASH_MISMATCH", _described('"hash"><ValueList><Value>', '"hash"><ValueList><Value>0')),
    "two patients": ("MANY_PATIENTS", _of_two_patients),
    "script in a PDF": ("ACTIVE_CONTENT", _carrying(_ACTIVE)),
    "page that says it is a PDF": ("BAD_MEDIA_TYPE", _carrying(b"<html>hello</html>")),
    "PDF that is a zip too": ("HOSTILE", _carrying(b"%PDF-1.4\n" + zipped({"a": b"a"}))),
    "PDF of eight megabytes": ("ok", _carrying(b"%PDF-1.4\n" + b" " * 8_000_000)),
    "Base64 cut short": ("BAD_BASE64", _base64(lambda packed: packed[:9])),
    "Base64 without padding": ("ok", _base64(lambda packed: packed.rstrip(b"="))),
    "Base64 in lines": ("ok", lambda document: cda(document, line=16)),
    "byte-order mark": ("ok", lambda document: b"\xef\xbb\xbf" + cda(document)),
    "another encoding than declared": ("BAD_ENCODING", lambda document: cda(document.but(title="Été")).decode().encode("iso-8859-15")),
    "segments ended by LF": ("ok", _message(lambda message: message.replace(b"\r", b"\n"))),
    "segments ended by CRLF": ("ok", _message(lambda message: message.replace(b"\r", b"\r\n"))),
    "batch cut short that counts right": ("BAD_BASE64", _message(_cut)),
    "length that lies": ("BAD_FORMAT", _long_name),
    "program in a preamble": ("HOSTILE", lambda document: b"MZ" + key_object_selection(document)[2:]),
    "name twice in JSON": ("HOSTILE", _reference(lambda text: text.replace(b'"status"', b'"status": "current", "status"', 1))),
    "number of five thousand digits": ("SIZE_MISMATCH", _reference(lambda text: text.replace(b'"size": ', b'"size": ' + b"9" * 5_000))),
}
