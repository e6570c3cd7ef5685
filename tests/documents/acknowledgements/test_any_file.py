"""Whatever came in, and whatever became of it, there is an answer or none, and never an error."""

from __future__ import annotations

from email import policy
from email.parser import BytesParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.documents.acknowledgements.answer import acknowledge
from pipelines.documents.acknowledgements.form import Form
from pipelines.documents.acknowledgements.outcome import Outcome, Status
from pipelines.documents.document import Reason
from pipelines.synthetic.cda_writer import cda
from pipelines.synthetic.document_envelopes import as_json, fhir_bundle, hl7v2, secure_mail, xdm
from tests.answer_builder import ANSWERER, reception
from tests.document_builder import DOCUMENT

CONTENT = cda(DOCUMENT)
GOOD = {
    Form.HL7V2: hl7v2(DOCUMENT, CONTENT),
    Form.ZAM: hl7v2(DOCUMENT, CONTENT, flags={"ACK_RECEPTION": "Y"}),
    Form.XDS: xdm([(DOCUMENT, CONTENT)]),
    Form.FHIR: as_json(fhir_bundle(DOCUMENT, CONTENT, "text/xml")),
    Form.MAIL: secure_mail(DOCUMENT, xdm([(DOCUMENT, CONTENT)])),
    Form.CSV: CONTENT,
}
OUTCOMES = st.lists(
    st.builds(
        Outcome,
        st.sampled_from(Status),
        st.sampled_from(Reason),
        st.integers(0, 2),
        st.none() | st.just("1.2.3^A;=|^~\\&<é"),
        st.text("aé|^~\\&;<\n", max_size=20),
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.parametrize("form", Form)
@settings(max_examples=30, deadline=None, derandomize=True)
@given(data=st.data())
def test_an_answer_to_anything(form: Form, data: st.DataObject) -> None:
    good = GOOD[form]
    start, cut = data.draw(st.integers(0, 600)), data.draw(st.binary(max_size=12))
    content = good[:start] + cut + good[start + data.draw(st.integers(0, 12)) :]
    outcomes = data.draw(OUTCOMES)
    first, again = (acknowledge(form, reception(content), outcomes, ANSWERER) for _ in range(2))
    assert first == again
    if first and form is Form.MAIL:
        assert BytesParser(policy=policy.default).parsebytes(first.content)["Auto-Submitted"] == "auto-replied"
