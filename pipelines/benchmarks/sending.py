"""Sending as a task does it, in a module that loads no more than a task."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import closing

from pipelines.installation import Installation
from pipelines.platform.settings import Settings
from pipelines.platform.shards import Shard


def send(settings: Settings, shards: Sequence[Shard], as_of: dt.datetime) -> int:
    """Send the e-mails of shards, one after the other; return how many left."""
    from pipelines.notices.email_dispatch import send_emails

    with closing(Installation(settings)) as here, here.email_dispatch() as dispatch:
        return sum(send_emails(dispatch, shard, as_of)["sent"] for shard in shards)
