"""The systems behind the spaces: what each is told (docs/contracts/accounts_out.md), why it may refuse (account_acknowledgements.md)."""

from __future__ import annotations

from enum import StrEnum


class System(StrEnum):
    """Who makes a space what it is: access and consents, the secure mailbox, the medical record."""

    ACCOUNTS = "ACCOUNTS"
    MAILBOXES = "MAILBOXES"
    RECORDS = "RECORDS"


class Reason(StrEnum):
    """Why a system refuses a record."""

    UNAVAILABLE = "UNAVAILABLE"
    LOCKED = "LOCKED"
    UNKNOWN_PERSON = "UNKNOWN_PERSON"
    ADDRESS_TAKEN = "ADDRESS_TAKEN"
    RECORD_CONFLICT = "RECORD_CONFLICT"
    NOT_ALLOWED = "NOT_ALLOWED"


# The others pass by themselves. All are sent again every day: a person may have put right at the system what was final.
FINAL_REASONS = (Reason.UNKNOWN_PERSON, Reason.ADDRESS_TAKEN, Reason.RECORD_CONFLICT, Reason.NOT_ALLOWED)

_ALWAYS = ("line", "account_id", "event", "happened_on", "attempt", "matricule")
# No system is told more than its part needs.
COLUMNS: dict[System, tuple[str, ...]] = {
    System.ACCOUNTS: (*_ALWAYS, "managed_by", "consents"),
    System.MAILBOXES: (*_ALWAYS, "mailbox"),
    System.RECORDS: (*_ALWAYS, "record_no", "is_taken_over"),
}
