"""The insurance body that tells its people: the notice is sent by the body each person belongs to, in its own name (CSP R1111-28)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipelines.notices.french_text import spaced


@dataclass(frozen=True)
class Sender:
    """What a notice says of the body that sends it.

    `code` tells two bodies apart and is never printed. `address` has at most four lines; `email` is an address of a domain that the
    body lets us send for. `signatory`, `capacity` and `service` are required on a decision or a letter (CRPA L111-2).
    """

    code: str
    name: str
    service: str
    address: tuple[str, ...]
    place: str
    phone: str
    signatory: str
    capacity: str
    email: str

    def typeset(self) -> Sender:
        """Return the body as it is printed, with the same apostrophes and spaces as the text around it."""
        return replace(
            self,
            name=spaced(self.name),
            service=spaced(self.service),
            address=tuple(map(spaced, self.address)),
            phone=spaced(self.phone),
            capacity=spaced(self.capacity),
        )
