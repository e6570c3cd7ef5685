"""The answer to a file in the form that its feed declares."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.documents.acknowledgements.csv_report import acknowledge_csv
from pipelines.documents.acknowledgements.fhir_response import acknowledge_fhir
from pipelines.documents.acknowledgements.form import Form
from pipelines.documents.acknowledgements.hl7v2_answer import acknowledge_hl7v2, acknowledge_zam
from pipelines.documents.acknowledgements.mail_reply import acknowledge_mail
from pipelines.documents.acknowledgements.outcome import Acknowledgement, Answerer, Outcome, Reception
from pipelines.documents.acknowledgements.xds_response import acknowledge_xds


def acknowledge(form: Form, reception: Reception, outcomes: Sequence[Outcome], answerer: Answerer) -> Acknowledgement | None:
    """Return the answer to one file, None where nothing may be answered (an ACK, an automatic mail, a ZAM that nobody asked for).

    `outcomes` are those of `read_documents(reception.content)`, one each, in their order.
    """
    if form is Form.HL7V2:
        return acknowledge_hl7v2(reception, outcomes, answerer)
    if form is Form.ZAM:
        return acknowledge_zam(reception, outcomes, answerer)
    if form is Form.XDS:
        return acknowledge_xds(reception, outcomes)
    if form is Form.FHIR:
        return acknowledge_fhir(reception, outcomes)
    if form is Form.MAIL:
        return acknowledge_mail(reception, outcomes, answerer)
    return acknowledge_csv([(reception, outcomes)])
