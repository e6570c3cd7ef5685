"""The invented France: deterministic, faithful to the contract, and as awkward as the real one."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.platform.errors import FinalError
from pipelines.registry.bodies import insurance_bodies
from pipelines.registry.contract import MANIFEST_NAME, Encoding, FileFormat, read_manifest
from pipelines.registry.delivery_files import open_batches
from pipelines.registry.row_rules import RowFault, check_rows
from pipelines.synthetic.contacts import words
from pipelines.synthetic.france import DEFAULT_AS_OF, OutputFormat, Summary, generate
from pipelines.synthetic.injected_faults import INJECTED
from pipelines.synthetic.population import CHUNK_PEOPLE, Chunk, Population, draw_chunk

BODIES = tuple(insurance_bodies())
POPULATION = Population(7, DEFAULT_AS_OF, BODIES)


@cache
def chunk(index: int = 0) -> Chunk:
    return draw_chunk(POPULATION, index)


@cache
def people() -> pa.Table:
    """Return the good rows of a chunk, each person once."""
    drawn = chunk()
    rows = drawn.rows.filter(pa.array(drawn.fault < 0)).slice(0, int((drawn.fault[:CHUNK_PEOPLE] < 0).sum()))
    return check_rows(rows, DEFAULT_AS_OF).good


def files_of(out: Path) -> dict[str, bytes]:
    return {str(file.relative_to(out)): file.read_bytes() for file in sorted(out.rglob("*")) if file.is_file()}


@pytest.mark.parametrize("form", list(OutputFormat))
def test_same_seed_gives_same_bytes(tmp_path: Path, form: OutputFormat) -> None:
    for name in ("a", "b"):
        generate(3000, 5, tmp_path / name, form=form)
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b")


def test_another_seed_gives_other_people(tmp_path: Path) -> None:
    generate(1000, 1, tmp_path / "a")
    generate(1000, 2, tmp_path / "b")
    assert files_of(tmp_path / "a") != files_of(tmp_path / "b")


def test_a_smaller_country_is_the_beginning_of_a_larger_one() -> None:
    small, large = draw_chunk(POPULATION, 0, 500), chunk()
    assert small.rows.slice(0, 500) == large.rows.slice(0, 500)


def test_a_chunk_does_not_depend_on_those_before_it() -> None:
    assert draw_chunk(POPULATION, 3, 100).rows == draw_chunk(POPULATION, 3, 100).rows
    assert draw_chunk(POPULATION, 3, 100).rows != draw_chunk(POPULATION, 2, 100).rows


def read_back(summary: Summary) -> Counter[tuple[str, str]]:
    """Return the faults that row_rules finds in what was written, by body."""
    found: Counter[tuple[str, str]] = Counter()
    for body in summary.bodies:
        manifest = read_manifest((body.folder / MANIFEST_NAME).read_bytes())
        assert (manifest.rows, manifest.body, manifest.reference_date) == (body.rows, body.body, summary.as_of)
        for entry in manifest.files:
            row = 1
            for batch in open_batches(body.folder / entry.name, entry):
                checked = check_rows(batch, summary.as_of, row)
                found.update((body.body, reason) for reason in checked.faults.column("reason").to_pylist())
                row += batch.num_rows
    return found


@pytest.mark.parametrize("form", list(OutputFormat))
def test_generated_delivery_honours_its_own_contract(tmp_path: Path, form: OutputFormat) -> None:
    summary = generate(12_000, 11, tmp_path, form=form, faulty_share=0.05)
    expected = {(body.body, str(fault)): count for body in summary.bodies for fault, count in body.faults.items()}
    assert summary.faulty_rows > 400
    assert read_back(summary) == expected


def test_row_rules_find_exactly_the_spoiled_rows_of_a_chunk() -> None:
    drawn = draw_chunk(Population(3, DEFAULT_AS_OF, BODIES, 0.3), 1)
    faults = check_rows(drawn.rows, DEFAULT_AS_OF, first_row=0).faults
    spoiled = np.flatnonzero(drawn.fault >= 0)
    assert faults.column("row").to_pylist() == spoiled.tolist()
    assert faults.column("reason").to_pylist() == [str(INJECTED[fault]) for fault in drawn.fault[spoiled]]
    assert set(faults.column("reason").to_pylist()) == {str(fault) for fault in INJECTED}


def test_no_faulty_row_when_none_is_wanted(tmp_path: Path) -> None:
    summary = generate(5000, 1, tmp_path, faulty_share=0)
    assert summary.faulty_rows == 0
    assert read_back(summary) == {}


def test_matricules_are_unique_within_and_between_chunks() -> None:
    clean = Population(7, DEFAULT_AS_OF, BODIES, 0.0)
    numbers = pa.concat_arrays([draw_chunk(clean, k).rows["matricule"].combine_chunks().slice(0, CHUNK_PEOPLE) for k in (0, 1, 2, 999)])
    assert pc.count_distinct(numbers).as_py() == 4 * CHUNK_PEOPLE


def test_people_in_two_bodies_keep_their_traits_and_have_two_affiliation_dates() -> None:
    drawn = draw_chunk(Population(7, DEFAULT_AS_OF, BODIES, 0.0), 0)
    first = {row["matricule"]: (row, body) for row, body in zip(drawn.rows.slice(0, CHUNK_PEOPLE).to_pylist(), drawn.body, strict=False)}
    second = drawn.rows.slice(CHUNK_PEOPLE).to_pylist()
    assert second
    for row, body in zip(second, drawn.body[CHUNK_PEOPLE:], strict=True):
        other, other_body = first[row["matricule"]]
        assert body != other_body
        assert all(row[name] == other[name] for name in ("birth_name", "first_names", "sex", "birth_date", "birthplace_code"))
        assert row["affiliated_since"] <= DEFAULT_AS_OF
    assert sum(row["affiliated_since"] > first[row["matricule"]][0]["affiliated_since"] for row in second) > 0.7 * len(second)


def has(column: str, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(people()[column], pattern)).as_py())


@pytest.mark.parametrize(
    "pattern",
    [
        "^D'ALMEIDA$",
        "^L'HOSTIS$",
        "^N'GUYEN$",
        "^LE GOFF$",
        "^Œuvrard$",
        "Ç",
        "^SAINT-ÉTIENNE$",
        "[ỄẦẠỳễ]",
        "[ŁŻŹĄĘŃ]",
        "[ŞĞİı]",
        "^.{60}$",
        "^.$",
    ],
)
def test_names_are_as_difficult_as_real_ones(pattern: str) -> None:
    assert has("birth_name", pattern)


@pytest.mark.parametrize("pattern", [r"\bJEAN-PIERRE\b", r"\bJEAN PIERRE\b", "Léa", "^[^ ]+$", "^[^ ]+ [^ ]+ [^ ]+$"])
def test_first_names_are_lists_simple_and_compound(pattern: str) -> None:
    assert has("first_names", pattern)


@pytest.mark.parametrize(
    "pattern", ["^.{5}2A", "^.{5}2B", "^.{5}97", "^.{5}99", "^.{3}20", "^.{3}(3[1-9]|4[0-2])", "^[78].{14}$", "^[78].{12}$"]
)
def test_matricules_cover_corsica_overseas_abroad_odd_months_and_provisional_ones(pattern: str) -> None:
    assert has("matricule", pattern)


def test_corsicans_born_before_1976_have_20_in_their_number() -> None:
    corsicans = people().filter(pc.starts_with(people()["birthplace_code"], "2"))
    corsicans = corsicans.filter(pc.match_substring_regex(corsicans["birthplace_code"], "^2[AB]"))
    for row in corsicans.filter(pc.equal(corsicans["matricule_kind"], "NIR")).to_pylist():
        assert row["matricule"][5:7] == ("20" if row["birth_date"] < "1976" else row["birthplace_code"][:2])


@pytest.mark.parametrize("ending", ["[1-9]00$", "0000$", "3100$", "0231$", "0015$", "9999$"])
def test_some_birth_dates_are_incomplete(ending: str) -> None:
    assert has("birth_date", ending)


def test_minors_have_a_representative_and_it_is_somebody() -> None:
    everyone = chunk().rows.slice(0, CHUNK_PEOPLE)
    known = set(draw_chunk(Population(7, DEFAULT_AS_OF, BODIES, 0.0), 0).rows["matricule"].to_pylist())
    young = everyone.filter(pc.greater(everyone["birth_date"], "20080105"))
    assert young["representative_1"].null_count == 0
    assert 0 < young["representative_2"].null_count < len(young)
    assert set(young["representative_1"].to_pylist()) <= known
    assert set(young["representative_2"].drop_null().to_pylist()) <= known


def test_some_children_have_a_parent_in_another_body() -> None:
    drawn = draw_chunk(Population(7, DEFAULT_AS_OF, BODIES, 0.0), 0)
    body = dict(zip(drawn.rows["matricule"].to_pylist()[:CHUNK_PEOPLE], drawn.body.tolist(), strict=False))
    pairs = zip(drawn.rows["representative_1"].to_pylist()[:CHUNK_PEOPLE], drawn.rows["representative_2"].to_pylist(), strict=False)
    assert any(one and two and body[one] != body[two] for one, two in pairs)


def test_twins_share_all_but_first_name_and_order_number() -> None:
    rows = people().filter(pc.is_valid(people()["representative_1"])).to_pylist()
    numbers = {row["matricule"][:13]: row for row in rows if len(row["matricule"]) == 15}
    twins = [(numbers[f"{int(n[:13]) - 1:013d}"], row) for n, row in numbers.items() if n.isdigit() and f"{int(n) - 1:013d}" in numbers]
    assert twins
    for elder, younger in twins:
        assert all(elder[name] == younger[name] for name in ("birth_name", "birth_date", "sex", "birthplace_code", "representative_1"))
        assert elder["first_names"] != younger["first_names"]


def test_protected_adults_have_a_guardian() -> None:
    protected = people().filter(pc.is_valid(people()["protection"]))
    assert {"TUTELLE", "CURATELLE"} <= set(protected["protection"].to_pylist())
    assert protected["representative_1"].null_count == 0


def test_shares_are_those_of_france() -> None:
    rows = people()
    share = {name: 1 - rows[name].null_count / len(rows) for name in ("email", "died_on", "rights_end_on", "address_4", "used_name")}
    minors = pc.mean(pc.greater(rows["born_on"], DEFAULT_AS_OF.replace(year=2008)).cast(pa.float64())).as_py()
    assert 0.45 < share["email"] < 0.58
    assert 0 < share["died_on"] < 0.02
    assert 0 < share["rights_end_on"] < 0.02
    assert 0.98 < share["address_4"] < 1
    assert 0.1 < share["used_name"] < 0.3
    assert 0.20 < minors < 0.25
    cpam = float((chunk().body == BODIES.index("CPAM")).mean())
    assert 0.85 < cpam < 0.92


def test_only_reserved_email_domains_are_used() -> None:
    assert all(domain.lower().endswith(".example") for domain in words()["domains"])
    assert any(not domain.isascii() for domain in words()["domains"])


def test_invalid_emails_are_all_refused_at_intake() -> None:
    raw = chunk().rows["email"]
    wrong = pc.sum(pc.is_in(raw, value_set=pa.array(words()["invalid_emails"]))).as_py()
    checked = check_rows(chunk().rows, DEFAULT_AS_OF)
    spoiled = pc.sum(pc.is_in(raw.filter(pa.array(chunk().fault >= 0)), value_set=pa.array(words()["invalid_emails"]))).as_py() or 0
    assert checked.unusable.refused_emails == wrong - spoiled > 0


def test_mayotte_is_covered_by_its_own_body() -> None:
    first = chunk().rows.slice(0, CHUNK_PEOPLE)
    here = np.asarray(pc.fill_null(pc.starts_with(first["postcode"], "976"), False).to_numpy(zero_copy_only=False))
    adults = np.asarray(first["representative_1"].is_null().to_numpy(zero_copy_only=False))
    assert set(chunk().body[:CHUNK_PEOPLE][here & adults].tolist()) == {BODIES.index("CSSM")}


def test_nobody_dies_before_being_born_nor_after_the_reference_date() -> None:
    rows = people().filter(pc.is_valid(people()["died_on"]))
    assert len(rows) > 0
    assert pc.max(rows["died_on"]).as_py() <= DEFAULT_AS_OF


def test_both_formats_take_turns_and_old_machines_write_iso(tmp_path: Path) -> None:
    summary = generate(2000, 1, tmp_path, form=OutputFormat.BOTH)
    entries = {body.body: read_manifest((body.folder / MANIFEST_NAME).read_bytes()).files[0] for body in summary.bodies}
    assert entries["CPAM"].format is FileFormat.PARQUET
    assert (entries["MSA"].format, entries["MSA"].encoding) == (FileFormat.CSV, Encoding.ISO_8859_15)


def test_bodies_may_be_limited(tmp_path: Path) -> None:
    summary = generate(1000, 1, tmp_path, bodies=("MSA", "ENIM"))
    assert [body.body for body in summary.bodies] == ["MSA", "ENIM"]
    assert summary.rows >= 1000


@pytest.mark.parametrize(
    "change", [{"people": 0}, {"people": 10**9}, {"seed": -1}, {"faulty_share": 1.5}, {"bodies": ("XX",)}, {"bodies": ("MSA", "MSA")}]
)
def test_arguments_out_of_bounds_are_refused(tmp_path: Path, change: dict[str, object]) -> None:
    arguments: dict[str, object] = {"people": 10, "seed": 1, "out": tmp_path} | change
    with pytest.raises(FinalError):
        generate(**arguments)  # type: ignore[arg-type]
    assert files_of(tmp_path) == {}


def test_an_existing_delivery_is_never_overwritten(tmp_path: Path) -> None:
    generate(100, 1, tmp_path)
    before = files_of(tmp_path)
    with pytest.raises(FinalError, match="already there"):
        generate(100, 2, tmp_path)
    assert files_of(tmp_path) == before


def test_command_writes_deliveries_and_reports_them(tmp_path: Path) -> None:
    arguments = ["generate", "--people", "500", "--seed", "4", "--out", str(tmp_path), "--bodies", "cpam,msa", "--as-of", "2025-09-01"]
    result = CliRunner().invoke(app, ["registry", *arguments])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "deliveries" / "CPAM" / "2025-09-01-full" / MANIFEST_NAME).is_file()
    assert CliRunner().invoke(app, ["registry", *arguments]).exit_code == 1
    assert CliRunner().invoke(app, ["registry", *arguments[:-1], "soon"]).exit_code == 2


def test_reference_date_moves_births_with_it() -> None:
    later = draw_chunk(Population(7, dt.date(2030, 1, 1), BODIES), 0, 2000)
    assert pc.max(later.rows["affiliated_since"]).as_py() <= dt.date(2030, 1, 1)
    assert check_rows(later.rows, dt.date(2030, 1, 1)).refused_rows == int((later.fault >= 0).sum())
    assert RowFault.BIRTH_DATE_IN_FUTURE not in INJECTED
