"""The benchmark of letters, small: it prints one object, from letters that were read again, and leaves nothing behind."""

from __future__ import annotations

import json
from pathlib import Path

import pyrage
import pytest

from pipelines.benchmarks import letters
from pipelines.benchmarks.letters import Made, make_lots, write_lots
from pipelines.notices.print_lot import seal
from pipelines.platform.errors import RuleError

PEOPLE = 120


def test_it_prints_the_object_that_all_benchmarks_share(tmp_path: Path) -> None:
    told: list[str] = []
    printed = json.loads(letters.run(PEOPLE, tmp_path, told.append).as_json())
    assert printed["benchmark"] == "letters" and 0.9 * PEOPLE < printed["count"] <= PEOPLE
    assert all(printed[name] > 0 for name in ("seconds", "per_second", "per_core_second", "peak_mib"))
    assert printed["peers"]["WeasyPrint"]["ratio"] > 1 and {"read again", "first page"} < printed["stages"].keys()
    verdicts = {target["target"]: target["verdict"] for target in printed["targets"]}
    assert verdicts.pop("first page of a template: seconds") != "not measured"
    assert set(verdicts.values()) == {"not measured"}
    assert list(tmp_path.iterdir()) == [] and len(told) == 4


def test_lots_hold_every_person_once_in_order_of_postcode(tmp_path: Path) -> None:
    lots = [letters._rows(file) for file in write_lots(12_000, tmp_path)]
    people = [row["person_id"] for rows in lots for row in rows]
    assert [len(rows) for rows in lots] == [5_000, 5_000, 2_000] and len(set(people)) == 12_000
    postcodes = [row["postcode"] for rows in lots for row in rows]
    assert postcodes == sorted(postcodes)


def test_a_lot_that_is_not_the_same_again_gives_no_figure(tmp_path: Path) -> None:
    (file,) = write_lots(100, tmp_path)
    identity = pyrage.x25519.Identity.generate()
    made = make_lots([file], str(identity.to_public()))
    letters._require(made, 100, file, str(identity))
    with pytest.raises(RuleError, match="letters were made for 101 people"):
        letters._require(made, 101, file, str(identity))
    sealed = file.with_suffix(".letters.pdf.zst.age")
    sealed.write_bytes(seal(b"another", str(identity.to_public())))
    with pytest.raises(RuleError, match="another one"):
        letters._require(made, 100, file, str(identity))


def test_what_came_of_several_lots_is_added() -> None:
    assert Made(1, 2, 3, 4, 5, 6) + Made(10, 20, 30, 40, 50, 60) == Made(11, 22, 33, 44, 55, 66)
