"""Dates and times as the formats write them, told in ISO 8601 with the precision and the offset that were given."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, timedelta

from pipelines.documents.document import Reason, RefusedDocumentError
from pipelines.registry.birth_date import majority_on

_HL7 = re.compile(
    r"(?P<year>\d{4})(?:(?P<month>\d\d)(?:(?P<day>\d\d)(?:(?P<hour>\d\d)(?:(?P<minute>\d\d)(?:(?P<second>\d\d)(?:\.\d{1,6})?)?)?)?)?)?"
    r"(?P<offset>[+-]\d{4})?",
    re.ASCII,
)
_FHIR = re.compile(r"\d{4}(?:-\d\d(?:-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?)?)?", re.ASCII)
_FICTITIOUS_MONTH = re.compile(r"[2-9]\d", re.ASCII)
_FURTHEST_OFFSET = timedelta(hours=14)


def hl7_time(value: str, where: str) -> str:
    """Return a time of HL7 v2, CDA or DICOM (`YYYY[MM[DD[hh[mm[ss[.f]]]]]][+zzzz]`) in ISO 8601, as precise as it is.

    Raises: RefusedDocumentError (BAD_DATE) on another shape, and on a day or an hour that does not exist.
    """
    match = _HL7.fullmatch(value)
    if match is None or not _exists(match):
        raise RefusedDocumentError(Reason.BAD_DATE, f"{where} is not a date")
    parts = match.groupdict()
    day = "-".join(part for part in (parts["year"], parts["month"], parts["day"]) if part)
    if parts["hour"] is None:
        return day
    time = ":".join(part for part in (parts["hour"], parts["minute"] or "00", parts["second"]) if part)
    offset = parts["offset"]
    return f"{day}T{time}{offset[:3]}:{offset[3:]}" if offset else f"{day}T{time}"


def fhir_time(value: str, where: str) -> str:
    """Return a date or an instant of FHIR as it is. Raises: RefusedDocumentError (BAD_DATE)."""
    if _FHIR.fullmatch(value):
        try:
            datetime.fromisoformat(value if len(value) > 7 else f"{value}-01-01"[:10])
        except ValueError:
            pass
        else:
            return value
    raise RefusedDocumentError(Reason.BAD_DATE, f"{where} is not a date")


def birth_date(value: str, where: str) -> str:
    """Return a date of birth of 4 to 14 digits in ISO 8601, the day at most; what a register does not know is left out.

    Registers write 00 for an unknown day or month, and months 20 to 99 where civil status had none.

    Raises: RefusedDocumentError (BAD_DATE).
    """
    if value[4:6] == "00" or _FICTITIOUS_MONTH.fullmatch(value[4:6]):
        value = value[:4]
    elif value[6:8] == "00":
        value = value[:6]
    return hl7_time(value, where)[:10]


def is_minor(born: str, day: str) -> bool:
    """Say whether somebody is a minor on a day (ISO 8601); what is not known of the birth date makes nobody older."""
    parts = [int(part) for part in born.split("-")]
    year, month = parts[0], parts[1] if len(parts) > 1 else 12
    birth = date(year, month, parts[2] if len(parts) > 2 else monthrange(year, month)[1])
    return day < majority_on(birth).isoformat()


def _exists(match: re.Match[str]) -> bool:
    digits = {name: int(text) for name, text in match.groupdict().items() if text and name != "offset"}
    first, time = [digits.get(name, 1) for name in ("year", "month", "day")], [digits.get(name, 0) for name in ("hour", "minute", "second")]
    try:
        datetime(*first, *time)  # type: ignore[arg-type]  # noqa: DTZ001 - only whether it exists is asked
    except ValueError:
        return False
    offset = match["offset"]
    if offset is None:
        return True
    return int(offset[3:]) < 60 and timedelta(hours=int(offset[1:3]), minutes=int(offset[3:])) <= _FURTHEST_OFFSET
