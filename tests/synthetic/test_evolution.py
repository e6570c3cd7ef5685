"""The next deliveries of an invented France: what changed is known, and two bodies agree about a person."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.platform.errors import FinalError
from pipelines.registry.contract import MANIFEST_NAME, DeliveryKind, FileFormat, Manifest, read_manifest
from pipelines.registry.delivery_files import open_batches
from pipelines.registry.matricule import MatriculeFault, MatriculeKind, check_matricule
from pipelines.registry.row_rules import check_rows
from pipelines.synthetic.evolution import BodyEvolution, evolve
from pipelines.synthetic.france import DEFAULT_AS_OF, OutputFormat, generate
from pipelines.synthetic.life_events import DRAWN, Event, rates

Row: TypeAlias = dict[str, Any]
NEXT = DEFAULT_AS_OF + dt.timedelta(days=7)
FULL, DELTA = DeliveryKind.FULL, DeliveryKind.DELTA
ADDRESS = ("address_2", "address_3", "address_4", "address_5", "postcode", "town")


@dataclass(frozen=True)
class Deliveries:
    """What all bodies delivered on a day."""

    out: Path
    day: dt.date
    kind: DeliveryKind = FULL

    @cached_property
    def manifests(self) -> dict[Path, Manifest]:
        files = sorted(self.out.glob(f"deliveries/*/{self.day}-{self.kind}/{MANIFEST_NAME}"))
        return {file.parent: read_manifest(file.read_bytes(), str(file.parent.relative_to(self.out))) for file in files}

    @cached_property
    def good(self) -> dict[str, list[Row]]:
        """Return the good rows of each body, normalised."""
        found: dict[str, list[Row]] = {manifest.body: [] for manifest in self.manifests.values()}
        for folder, manifest in self.manifests.items():
            for entry in manifest.files:
                for batch in open_batches(folder / entry.name, entry):
                    found[manifest.body] += check_rows(batch, self.day).good.to_pylist()
        return found

    @cached_property
    def by_number(self) -> dict[str, dict[str, Row]]:
        return {body: {row["matricule"]: row for row in rows} for body, rows in self.good.items()}

    @cached_property
    def numbers(self) -> set[str]:
        return {number for rows in self.by_number.values() for number in rows}

    def faulty(self) -> int:
        return sum(manifest.rows for manifest in self.manifests.values()) - sum(map(len, self.good.values()))


@pytest.fixture(scope="module")
def france(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a small France, in both formats."""
    out = tmp_path_factory.mktemp("france")
    generate(40_000, 3, out, form=OutputFormat.BOTH)
    return out


@pytest.fixture(scope="module")
def before(france: Path) -> Deliveries:
    return Deliveries(france, DEFAULT_AS_OF)


@pytest.fixture(scope="module")
def full(france: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[tuple[BodyEvolution, ...], Deliveries]:
    out = tmp_path_factory.mktemp("full")
    return evolve(france, out, NEXT, FULL, 0.1, 1), Deliveries(out, NEXT)


@pytest.fixture(scope="module")
def delta(france: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[tuple[BodyEvolution, ...], Deliveries]:
    out = tmp_path_factory.mktemp("delta")
    return evolve(france, out, NEXT, DELTA, 0.1, 1), Deliveries(out, NEXT, DELTA)


def differences(before: Deliveries, after: Deliveries, body: str) -> Counter[Event]:
    """Find what happened in a full delivery by comparing rows, knowing nothing of how they were made."""
    old, new = before.by_number[body], after.by_number[body]
    found: Counter[Event] = Counter()
    for number, row in new.items():
        former = old.get(row["former_matricule"] or number)
        if row["affiliated_since"] > DEFAULT_AS_OF:
            newborn = row["birth_date"] > f"{DEFAULT_AS_OF:%Y%m%d}"
            found[Event.CAME_FROM_BODY if number in before.numbers else Event.BORN if newborn else Event.ARRIVED] += 1
        elif former is not None:
            found.update(changes(former, row))
    formers = {row["former_matricule"] for row in new.values()}
    for number in old.keys() - new.keys() - formers:
        found[Event.MOVED_BODY if number in after.numbers else Event.LEFT] += 1
    return found


def changes(old: Row, new: Row) -> set[Event]:
    found = {
        Event.NUMBER_GIVEN: new["matricule"] != old["matricule"] and old["matricule_kind"] != "NIR",
        Event.SEX_CORRECTED: new["sex"] != old["sex"],
        Event.DIED: new["died_on"] != old["died_on"],
        Event.PROTECTED: bool(new["protection"]) and not old["protection"],
        Event.PROTECTION_ENDED: bool(old["protection"]) and not new["protection"],
        Event.EMAIL_CHANGED: bool(new["email"] and old["email"]) and new["email"] != old["email"],
        Event.EMAIL_LOST: bool(old["email"]) and not new["email"],
        Event.EMAIL_GAINED: bool(new["email"]) and not old["email"],
        Event.MOVED_HOUSE: any(new[name] != old[name] for name in ADDRESS),
        Event.USED_NAME: new["used_name"] != old["used_name"],
        Event.LARGE_PRINT: new["large_print"] != old["large_print"],
    }
    return {event for event, happened in found.items() if happened}


def total(evolutions: tuple[BodyEvolution, ...]) -> Counter[Event]:
    return sum((Counter(body.events) for body in evolutions), Counter())


def people_of_two_bodies(deliveries: Deliveries) -> Mapping[str, int]:
    times = Counter(number for rows in deliveries.by_number.values() for number in rows)
    return {number: count for number, count in times.items() if count > 1}


def test_what_happened_is_what_a_comparison_of_the_rows_finds(
    before: Deliveries, full: tuple[tuple[BodyEvolution, ...], Deliveries]
) -> None:
    evolutions, after = full
    assert {body.body: body.events for body in evolutions} == {
        body.body: dict(differences(before, after, body.body)) for body in evolutions
    }


def test_every_event_happens(full: tuple[tuple[BodyEvolution, ...], Deliveries]) -> None:
    assert set(total(full[0])) == set(Event)
    assert set(rates()) == set(DRAWN)


def test_about_the_share_that_is_asked_for_changes(before: Deliveries, full: tuple[tuple[BodyEvolution, ...], Deliveries]) -> None:
    changed = sum(total(full[0]).values()) - total(full[0])[Event.CAME_FROM_BODY]
    assert 0.08 < changed / sum(map(len, before.good.values())) < 0.12


def test_a_delta_tells_the_same_events_as_a_full_delivery(
    full: tuple[tuple[BodyEvolution, ...], Deliveries], delta: tuple[tuple[BodyEvolution, ...], Deliveries]
) -> None:
    assert [(body.body, body.events) for body in full[0]] == [(body.body, body.events) for body in delta[0]]


def test_a_delta_holds_only_who_is_new_or_changed(before: Deliveries, delta: tuple[tuple[BodyEvolution, ...], Deliveries]) -> None:
    for body, rows in delta[1].good.items():
        for row in rows:
            old = before.by_number[body].get(row["matricule"], {})
            assert any(row[name] != old.get(name) for name in row if name != "row")
    told = sum(body.rows for body in delta[0])
    assert told == sum(total(delta[0]).values()) - total(delta[0])[Event.MOVED_BODY]


def test_who_leaves_is_absent_from_a_full_delivery_and_loses_rights_in_a_delta(
    before: Deliveries, full: tuple[tuple[BodyEvolution, ...], Deliveries], delta: tuple[tuple[BodyEvolution, ...], Deliveries]
) -> None:
    for body, rows in delta[1].by_number.items():
        old = before.by_number[body]
        ended = {number for number, row in rows.items() if number in old and row["rights_end_on"] and not old[number]["rights_end_on"]}
        assert all(DEFAULT_AS_OF < rows[number]["rights_end_on"] <= NEXT for number in ended)
        assert not ended & full[1].by_number[body].keys()


def test_faulty_rows_stay_and_no_other_is_made(
    before: Deliveries, full: tuple[tuple[BodyEvolution, ...], Deliveries], delta: tuple[tuple[BodyEvolution, ...], Deliveries]
) -> None:
    assert full[1].faulty() == before.faulty() > 0
    assert delta[1].faulty() == 0


def test_each_body_keeps_its_format(before: Deliveries, full: tuple[tuple[BodyEvolution, ...], Deliveries]) -> None:
    def formats(deliveries: Deliveries) -> list[tuple[str, FileFormat, str]]:
        return [(m.body, m.files[0].format, m.files[0].encoding) for m in deliveries.manifests.values()]

    assert formats(before) == formats(full[1])
    assert {form for _, form, _ in formats(before)} == set(FileFormat)


def test_nobody_is_twice_in_a_delivery(
    full: tuple[tuple[BodyEvolution, ...], Deliveries], delta: tuple[tuple[BodyEvolution, ...], Deliveries]
) -> None:
    for deliveries in (full[1], delta[1]):
        for body, rows in deliveries.good.items():
            assert len(rows) == len(deliveries.by_number[body])


def test_who_moves_to_another_body_is_gone_from_the_first_and_newer_in_the_second(
    before: Deliveries, full: tuple[tuple[BodyEvolution, ...], Deliveries]
) -> None:
    once = before.numbers - people_of_two_bodies(before).keys()
    movers = 0
    for body, old in before.by_number.items():
        for number in once & (old.keys() - full[1].by_number[body].keys()):
            elsewhere = [rows[number] for rows in full[1].by_number.values() if number in rows]
            assert len(elsewhere) <= 1
            assert all(DEFAULT_AS_OF < row["affiliated_since"] <= NEXT for row in elsewhere)
            movers += len(elsewhere)
    assert movers > 0


def test_two_bodies_agree_about_a_person(before: Deliveries, full: tuple[tuple[BodyEvolution, ...], Deliveries]) -> None:
    twice = people_of_two_bodies(before)
    new: dict[str, set[tuple[str, str | None]]] = {}
    for rows in full[1].by_number.values():
        for number, row in rows.items():
            if (row["former_matricule"] or number) in twice:
                new.setdefault(row["former_matricule"] or number, set()).add((number, row["email"]))
    assert twice
    assert any(len(found) == 1 and number != next(iter(found))[0] for number, found in new.items())
    assert all(len(found) == 1 for found in new.values())


def test_a_newborn_is_attached_to_its_mother_at_her_address(before: Deliveries, full: tuple[tuple[BodyEvolution, ...], Deliveries]) -> None:
    kinds = Counter[str]()
    for body, rows in full[1].good.items():
        for row in rows:
            if row["birth_date"] <= f"{DEFAULT_AS_OF:%Y%m%d}":
                continue
            mother = before.by_number[body][row["representative_1"]]
            kinds[row["matricule_kind"]] += 1
            assert mother["sex"] == "F"
            assert all(row[name] == mother[name] for name in ADDRESS)
            assert row["birth_name"] == mother["used_name"] or row["birth_name"] == mother["birth_name"]
            assert (row["born_on"], row["email"]) == (row["affiliated_since"], None)
    assert kinds.keys() == {"NIR", "NNP"}


def test_new_numbers_are_right_and_meet_no_other(before: Deliveries, full: tuple[tuple[BodyEvolution, ...], Deliveries]) -> None:
    for rows in full[1].good.values():
        for row in rows:
            assert check_matricule(row["matricule"], MatriculeKind(row["matricule_kind"]))[1] is MatriculeFault.NONE
            if row["former_matricule"]:
                assert row["matricule_kind"] == "NIR"
                assert row["former_matricule"] in before.numbers
                assert row["matricule"] not in before.numbers
                assert row["matricule"][0] == ("1" if row["sex"] == "M" else "2")


def test_numbers_of_one_year_of_weekly_deliveries_meet_no_other(tmp_path: Path) -> None:
    generate(2000, 3, tmp_path, bodies=("CPAM",))
    people = dict(Deliveries(tmp_path, DEFAULT_AS_OF).by_number["CPAM"])
    for week in range(1, 53, 3):
        day = DEFAULT_AS_OF + dt.timedelta(weeks=week)
        evolve(tmp_path, tmp_path, day, FULL, 0.2, 1)
        new = Deliveries(tmp_path, day).by_number["CPAM"]
        for number, row in new.items():
            known = people.get(number)
            assert known is None or all(row[name] == known[name] for name in ("birth_date", "first_names", "sex"))
        people |= new


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(france: Path, tmp_path: Path) -> None:
    def written(name: str, seed: int) -> dict[str, bytes]:
        evolve(france, tmp_path / name, NEXT, DELTA, 0.02, seed)
        return {str(f.relative_to(tmp_path / name)): f.read_bytes() for f in sorted((tmp_path / name).rglob("*.*"))}

    first = written("a", 1)
    assert first == written("b", 1)
    assert first != written("c", 2)


def test_share_zero_repeats_a_full_delivery_under_another_date(france: Path, tmp_path: Path) -> None:
    evolutions = evolve(france, tmp_path, NEXT, FULL, 0, 1)
    assert total(evolutions) == {}
    for old, new in zip(Deliveries(france, DEFAULT_AS_OF).manifests.items(), Deliveries(tmp_path, NEXT).manifests.items(), strict=True):
        assert new[1].files == old[1].files
        assert all((new[0] / entry.name).read_bytes() == (old[0] / entry.name).read_bytes() for entry in new[1].files)


def test_share_zero_gives_a_delta_of_nobody(france: Path, tmp_path: Path) -> None:
    assert [body.rows for body in evolve(france, tmp_path, NEXT, DELTA, 0, 1)] == [0] * 6


def test_the_last_full_delivery_before_the_date_is_the_one_that_evolves(tmp_path: Path) -> None:
    generate(1000, 3, tmp_path, bodies=("MSA",))
    evolve(tmp_path, tmp_path, NEXT, FULL, 0.2, 1)
    later = NEXT + dt.timedelta(days=7)
    evolve(tmp_path, tmp_path, later, FULL, 0, 1)
    assert Deliveries(tmp_path, later).numbers == Deliveries(tmp_path, NEXT).numbers != Deliveries(tmp_path, DEFAULT_AS_OF).numbers


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"on": DEFAULT_AS_OF}, "no full delivery before"),
        ({"share": 1.5}, "from 0 to 1"),
        ({"kind": DeliveryKind.CORRECTION}, "correction"),
    ],
)
def test_arguments_out_of_bounds_are_refused(france: Path, tmp_path: Path, change: dict[str, Any], message: str) -> None:
    arguments = {"on": NEXT, "kind": FULL, "share": 0.01, "seed": 1} | change
    with pytest.raises(FinalError, match=message):
        evolve(france, tmp_path, **arguments)
    assert not list(tmp_path.iterdir())


def test_an_existing_delivery_is_never_overwritten(france: Path, tmp_path: Path) -> None:
    evolve(france, tmp_path, NEXT, FULL, 0, 1)
    with pytest.raises(FinalError, match="already there"):
        evolve(france, tmp_path, NEXT, FULL, 0.01, 1)


def test_command_writes_deliveries_and_tells_what_happened(france: Path, tmp_path: Path) -> None:
    arguments = ["evolve", "--from", str(france), "--out", str(tmp_path), "--on", NEXT.isoformat(), "--kind", "delta", "--share", "0.05"]
    result = CliRunner().invoke(app, ["registry", *arguments])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "deliveries" / "CPAM" / f"{NEXT}-delta" / MANIFEST_NAME).is_file()
    assert all(event in result.output for event in Event)
    assert CliRunner().invoke(app, ["registry", *arguments]).exit_code == 1
    assert CliRunner().invoke(app, ["registry", *arguments[:6], "soon"]).exit_code == 2
