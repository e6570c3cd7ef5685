"""Stopping, resuming and ending a campaign or one of its waves, at any moment."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pipelines.platform.database import Counts, Database, Session, Work
from pipelines.platform.errors import RuleError


class Action(StrEnum):
    """What operations may order. A pause keeps everything where it is; a cancelled wave or campaign never goes on."""

    PAUSE = "PAUSE"
    RESUME = "RESUME"
    CANCEL = "CANCEL"


_DONE = {Action.PAUSE: "paused", Action.RESUME: "resumed", Action.CANCEL: "cancelled"}
_FROM = {Action.PAUSE: ("RUNNING",), Action.RESUME: ("PAUSED",), Action.CANCEL: ("RUNNING", "PAUSED")}


def steer(db: Database, action: Action, campaign_id: int, wave_id: int | None, actor: str, reason: str, as_of: datetime) -> str:
    """Pause, resume or cancel a wave, or the whole campaign where `wave_id` is None; return a sentence for whoever ordered it.

    Nothing new leaves once it returns; e-mails that a running task holds (a chunk) are still confirmed. Safe to repeat: an order is
    carried out once (unit: its instant). Raises: RuleError if there is no such wave, or the order changes nothing there.
    """
    what = f"campaign {campaign_id}" if wave_id is None else f"wave {wave_id}"

    def order(work: Work) -> Counts:
        if not _move(work, action, campaign_id, wave_id):
            raise RuleError(f"{what} cannot be {_DONE[action]}: it {_where(work, campaign_id, wave_id)}")
        work.run("campaign/note_steering", work_id=work.work_id, campaign_id=campaign_id, wave_id=wave_id, action=action, reason=reason)
        if action is Action.CANCEL:
            work.run("campaign/look_again", campaign_id=campaign_id)
        return {}

    db.once("steer", f"{action}/{what}/{as_of.isoformat()}", as_of, order, actor=actor)
    return f"{what} is {_DONE[action]}"


def _move(work: Work, action: Action, campaign_id: int, wave_id: int | None) -> bool:
    """Change the state of a wave; a campaign's is its last order, and its waves are cancelled with it."""
    if wave_id is not None:
        return work.run("campaign/steer_wave", action=action, campaign_id=campaign_id, wave_id=wave_id) == 1
    if _state(work, campaign_id) not in _FROM[action]:
        return False
    if action is Action.CANCEL:
        work.run("campaign/steer_wave", action=action, campaign_id=campaign_id, wave_id=None)
    return True


def campaign_state(db: Database, campaign_id: int) -> str:
    """Tell whether a campaign is RUNNING, PAUSED or CANCELLED."""
    with db.transaction() as session:
        return _state(session, campaign_id)


def _state(session: Session, campaign_id: int) -> str:
    return str(session.one("campaign/campaign_state", campaign_id=campaign_id)["state"])


def _where(session: Session, campaign_id: int, wave_id: int | None) -> str:
    """Say where a campaign or a wave stands."""
    if wave_id is None:
        return f"is {_state(session, campaign_id)}"
    found = session.all("campaign/waves", wave_id=wave_id, most=1)
    if not found or found[0]["campaign_id"] != campaign_id:
        return "does not exist"
    return f"is {found[0]['status']}{', paused' if found[0]['is_paused'] else ''}"
