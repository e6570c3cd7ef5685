"""The senders of a demonstration: each feed takes in what its sender writes, held to the national rules, and answers in its own form."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipelines.installation import Installation
from pipelines.platform.settings import Identities
from pipelines.synthetic import senders as senders_module
from pipelines.synthetic.senders import Senders
from tests.campaign_driver import Campaign, paris
from tests.feed_driver import FeedDriver, open_spaces, patient
from tests.registry_builder import invent

ANSWERS = {"cabinet": ".eml", "hopital": ".xml", "imagerie": ".csv", "laboratoire": ".hl7", "plateforme": ".json"}


def test_documents_of_every_sender_reach_the_records_and_each_is_answered_in_its_form(
    campaign: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(senders_module, "DOCUMENTS_A_FEED", 8)
    people = [invent(number) for number in range(1, 5)]
    open_spaces(campaign, people)
    there = Installation(campaign.home.settings.model_copy(update={"identities": Identities.TEST, "var": tmp_path}))
    senders = Senders(there.store, [patient(person) for person in people])
    sent = senders.send(date(2022, 4, 1))
    assert sent == senders.send(date(2022, 4, 1)) and set(sent) == set(ANSWERS)
    for feed in senders.feeds:
        driver = FeedDriver(replace(campaign, home=there), feed, bounded=True)
        counts = driver.run(paris(2022, 4, 1, 19))
        assert counts["files"] == counts["received"] == counts["stored"] == sent[feed.name], (feed.name, Counter(driver.outcomes()))
        assert driver.answers() == {ANSWERS[feed.name]: sent[feed.name]}
    there.close()
    assert campaign.broken_equations() == []
