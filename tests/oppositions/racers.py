"""Two processes that reach for the same people at once: one opens their spaces, the other takes in their oppositions."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from multiprocessing.synchronize import Barrier

from pipelines.accounts.steps import open_accounts
from pipelines.installation import Installation
from pipelines.oppositions.steps import take_in_oppositions
from pipelines.platform.settings import Settings
from pipelines.platform.shards import Shard


def open_rounds(settings: Settings, rounds: Sequence[Sequence[Shard]], start: Barrier, at: datetime) -> None:
    """Open the shards of each round, in their order, once the other is ready for it too."""
    with closing(Installation(settings)) as here:
        for shards in rounds:
            start.wait()
            for shard in shards:
                open_accounts(here.db, here.policy, shard, here.clock, at)


def oppose_rounds(settings: Settings, rounds: Sequence[Sequence[bytes]], start: Barrier, at: datetime) -> None:
    """Take in the files of each round, in their order, once the other is ready for it too."""
    with closing(Installation(settings)) as here:
        for number, files in enumerate(rounds):
            for place, content in enumerate(files):
                here.store.put("exchanges", f"oppositions/WEB/inbox/{number:02d}-{place:03d}.jsonl", content)
            start.wait()
            take_in_oppositions(here.db, here.store, here.policy, here.code_keys, here.clock, at)
