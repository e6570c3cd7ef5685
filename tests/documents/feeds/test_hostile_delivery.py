"""Files that would do harm cost themselves: each is refused by its own reason, and the rest of the delivery is stored and answered."""

from __future__ import annotations

from tests.feed_driver import FeedDriver
from tests.hostile_items import ITEMS
from tests.registry_builder import Person


def test_each_hostile_file_has_its_own_reason_and_every_other_is_stored(hospital: FeedDriver, somebody: Person) -> None:
    hospital.bounded = True
    document = {name: hospital.document(somebody) for name in ITEMS}
    put = {name: hospital.put(write(document[name])) for name, (_, write) in ITEMS.items()}
    good = [hospital.document(somebody) for _ in range(3)]
    put |= {f"good {number}": hospital.put(one) for number, one in enumerate(good)}
    counts = hospital.run()
    expected = {name: reason for name, (reason, _) in ITEMS.items()} | {f"good {number}": "ok" for number in range(len(good))}
    assert {name: hospital.answer(file)[0]["code"] for name, file in put.items()} == expected
    stored = {one.unique_id for one in good} | {document[name].unique_id for name, (reason, _) in ITEMS.items() if reason == "ok"}
    assert hospital.record(somebody) == dict.fromkeys(stored, "CURRENT")
    assert counts["stored"] == len(stored)
    assert counts["received"] == counts["stored"] + counts["refused"]
    assert hospital.files("inbox") == []
    assert hospital.campaign.broken_equations() == []
