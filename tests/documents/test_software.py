"""What a sender's software calls itself: a short word from the formats that tell it, never anybody's number."""

from __future__ import annotations

from pipelines.documents.cda import read_cda
from pipelines.documents.hl7v2 import read_hl7v2
from pipelines.documents.software import software_named
from pipelines.synthetic.cda_writer import cda
from pipelines.synthetic.document_envelopes import hl7v2
from tests.document_builder import DOCUMENT

MESSAGE = hl7v2(DOCUMENT, cda(DOCUMENT))
DEVICE = (
    b"<author><time value='20220401'/><assignedAuthor><assignedAuthoringDevice><manufacturerModelName>Labo</manufacturerModelName>"
    b"<softwareName>Serveur 3.1</softwareName></assignedAuthoringDevice></assignedAuthor></author>"
)


def test_a_message_names_the_program_that_sends_it() -> None:
    (document,) = read_hl7v2(MESSAGE)
    assert document.software == MESSAGE.split(b"|")[2].split(b"^")[0].decode()


def test_a_segment_on_software_says_more() -> None:
    header, _, rest = MESSAGE.partition(b"\r")
    (document,) = read_hl7v2(header + b"\rSFT|Editeur|4.2|Dossier Patient|1\r" + rest)
    assert document.software == "Dossier Patient 4.2"


def test_a_device_among_the_authors_of_a_cda_is_its_software() -> None:
    document = read_cda(cda(DOCUMENT).replace(b"<custodian>", DEVICE + b"<custodian>", 1))
    assert document.software == "Labo Serveur 3.1"


def test_it_is_a_short_word_and_never_a_long_number() -> None:
    assert software_named("Dossier <Patient>", "4.2") == "Dossier Patient 4.2"
    assert software_named("", None) is None and software_named("282037505600181") is None
    assert len(software_named("x" * 100) or "") == 60
