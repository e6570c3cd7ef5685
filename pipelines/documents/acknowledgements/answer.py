"""The answer to a file in the form that its feed declares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipelines.documents.acknowledgements.csv_report import acknowledge_csv
from pipelines.documents.acknowledgements.fhir_response import acknowledge_fhir
from pipelines.documents.acknowledgements.form import Form
from pipelines.documents.acknowledgements.hl7v2_answer import acknowledge_hl7v2, acknowledge_zam, wants_no_ack
from pipelines.documents.acknowledgements.mail_reply import acknowledge_mail, wants_no_reply
from pipelines.documents.acknowledgements.outcome import Acknowledgement, Answerer, Outcome, Reception, refusals
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


def acknowledge_in(
    forms: Iterable[Form], reception: Reception, outcomes: Sequence[Outcome], answerer: Answerer
) -> dict[Form, Acknowledgement]:
    """Return the answers to one file in the forms of its feed; a refusal that none of them can tell, or tells in part, is told in a table.

    Nothing is told where nothing may be: to an ACK or a message that wants none, to an automatic mail.
    """
    made = {form: acknowledge(form, reception, outcomes, answerer) for form in sorted(forms)}
    answers = {form: answer for form, answer in made.items() if answer}
    is_told = bool(answers) and reception.is_whole
    if refusals(outcomes) and not is_told and not _wants_none(made, reception, outcomes, answerer):
        answers[Form.CSV] = acknowledge_csv([(reception, outcomes)])
    return answers


def _wants_none(forms: Iterable[Form], reception: Reception, outcomes: Sequence[Outcome], answerer: Answerer) -> bool:
    if Form.MAIL in forms:
        return wants_no_reply(reception, answerer)
    return bool({Form.HL7V2, Form.ZAM} & set(forms)) and wants_no_ack(reception, outcomes, answerer)
