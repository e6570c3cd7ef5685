"""What leaves is what was approved: notices wait where what they would say is not what a second person looked at."""

from __future__ import annotations

from typing import NewType

from pipelines.platform.database import Database
from pipelines.platform.errors import FinalError

Content = NewType("Content", str)
"""What identifies all that notices say beside people: wording, layout, senders (`notices.content`)."""
SHOWN_DIGITS = 8


class UnapprovedContentError(FinalError):
    """Notices wait whose content in place nobody approved."""


def require_approved_content(db: Database, content: Content) -> None:
    """Refuse to go on where notices wait that would say something else than what was approved.

    Raises: UnapprovedContentError, naming the waves.
    """
    with db.transaction() as session:
        waiting = session.all("campaign/unapproved_waves", content=content)
    if waiting:
        waves = ", ".join(f"{row['wave_id']} ({row['content'][:SHOWN_DIGITS]})" for row in waiting)
        raise UnapprovedContentError(
            f"templates or senders are not those that were approved: {content[:SHOWN_DIGITS]} is in place, and the waves {waves} wait: "
            "put the approved files back, or plan and approve a wave with the new ones, or cancel these waves"
        )
