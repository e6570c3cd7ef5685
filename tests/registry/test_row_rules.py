"""Which rows are taken, which are refused and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, TypeAlias

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.registry.contract import DELIVERY_SCHEMA
from pipelines.registry.postal_address import AddressFlag, fold_line, tidy_line
from pipelines.registry.row_rules import FAULT_SCHEMA, NORMALISED_SCHEMA, RowFault, Unusable, check_rows

Rows: TypeAlias = Callable[..., pa.Table]
REFERENCE = dt.date(2026, 1, 5)


def test_good_row_is_normalised(rows: Rows) -> None:
    checked = check_rows(rows({"matricule": "2 84 05 2a 321 025", "birth_name": " D'ALMEIDA ", "email": "elise@ORANGE.example"}), REFERENCE)
    row = checked.good.to_pylist()[0]
    assert checked.good.schema == NORMALISED_SCHEMA
    assert (row["matricule"], row["birth_name"], row["email"]) == ("284052A32102552", "D'ALMEIDA", "elise@orange.example")
    assert (row["born_on"], row["birth_precision"], row["department"]) == (dt.date(1984, 5, 12), "DAY", "2A")
    assert (row["address_4"], row["town"], row["language"], row["large_print"]) == ("12 RUE DE L EGLISE", "PORTO VECCHIO", "fr", False)
    assert checked.faults.num_rows == checked.refused_rows == 0 and checked.unusable == Unusable()


@pytest.mark.parametrize(
    ("change", "reason", "column"),
    [
        ({"matricule": None}, RowFault.MATRICULE_MISSING, "matricule"),
        ({"matricule": "28405"}, RowFault.MATRICULE_SHAPE, "matricule"),
        ({"matricule": "284052A32102553"}, RowFault.MATRICULE_KEY, "matricule"),
        ({"matricule_kind": "MIG"}, RowFault.MATRICULE_KIND_UNKNOWN, "matricule_kind"),
        ({"matricule_kind": None}, RowFault.MATRICULE_KIND_UNKNOWN, "matricule_kind"),
        ({"former_matricule": "284052A32102553"}, RowFault.FORMER_MATRICULE_SHAPE, "former_matricule"),
        ({"former_matricule": "x"}, RowFault.FORMER_MATRICULE_SHAPE, "former_matricule"),
        ({"birth_name": "  "}, RowFault.NAME_MISSING, "birth_name"),
        ({"birth_name": "' - ."}, RowFault.NAME_MISSING, "birth_name"),
        ({"first_names": "-"}, RowFault.NAME_MISSING, "first_names"),
        ({"first_names": None}, RowFault.NAME_MISSING, "first_names"),
        ({"birth_name": "DUPON\ufffd"}, RowFault.TEXT_UNREADABLE, "birth_name"),
        ({"town": "PARIS\x1a"}, RowFault.TEXT_UNREADABLE, "town"),
        ({"used_name": "N\x85"}, RowFault.TEXT_UNREADABLE, "used_name"),
        ({"office": "751\x00"}, RowFault.TEXT_UNREADABLE, "office"),
        ({"sex": "X"}, RowFault.SEX_UNKNOWN, "sex"),
        ({"sex": None}, RowFault.SEX_UNKNOWN, "sex"),
        ({"birth_date": "00000000"}, RowFault.BIRTH_DATE_UNREADABLE, "birth_date"),
        ({"birth_date": "20260106"}, RowFault.BIRTH_DATE_IN_FUTURE, "birth_date"),
        ({"birth_date": "20270000"}, RowFault.BIRTH_DATE_IN_FUTURE, "birth_date"),
        ({"birthplace_code": "2C004"}, RowFault.BIRTHPLACE_SHAPE, "birthplace_code"),
        ({"representative_1": "284052A32102553"}, RowFault.REPRESENTATIVE_SHAPE, "representative_1"),
        ({"representative_2": "x"}, RowFault.REPRESENTATIVE_SHAPE, "representative_2"),
        ({"protection": "AUTRE"}, RowFault.PROTECTION_UNKNOWN, "protection"),
        ({"language": "fra"}, RowFault.LANGUAGE_SHAPE, "language"),
        ({"affiliated_since": None}, RowFault.AFFILIATION_DATE_MISSING, "affiliated_since"),
        ({"affiliated_since": dt.date(1, 1, 1)}, RowFault.AFFILIATION_DATE_IMPOSSIBLE, "affiliated_since"),
        ({"affiliated_since": dt.date(2922, 1, 1)}, RowFault.AFFILIATION_DATE_IMPOSSIBLE, "affiliated_since"),
        ({"rights_end_on": dt.date(1, 1, 1)}, RowFault.RIGHTS_DATE_IMPOSSIBLE, "rights_end_on"),
        ({"rights_end_on": dt.date(9999, 12, 31)}, RowFault.RIGHTS_DATE_IMPOSSIBLE, "rights_end_on"),
        ({"birth_date": "19550000", "died_on": dt.date(1954, 12, 31)}, RowFault.DEATH_DATE_IMPOSSIBLE, "died_on"),
        ({"died_on": dt.date(2026, 1, 6)}, RowFault.DEATH_DATE_IMPOSSIBLE, "died_on"),
        ({"died_on": dt.date(1984, 5, 11)}, RowFault.DEATH_DATE_IMPOSSIBLE, "died_on"),
    ],
)
def test_bad_row_is_refused_with_its_reason(change: dict[str, Any], reason: RowFault, column: str, rows: Rows) -> None:
    checked = check_rows(rows({}, change, {}), REFERENCE, first_row=10)
    assert checked.faults.schema == FAULT_SCHEMA
    assert checked.faults.to_pylist() == [{"row": 11, "reason": str(reason), "column": column}]
    assert checked.good.column("row").to_pylist() == [10, 12]
    assert checked.refused_rows == 1


def test_every_reason_is_shown_by_a_test() -> None:
    marks: Any = test_bad_row_is_refused_with_its_reason
    assert {case[1] for case in marks.pytestmark[0].args[1]} == set(RowFault)


@pytest.mark.parametrize(
    "change",
    [
        {"birth_date": "20260000"},
        {"birth_date": "19550000"},
        {"birthplace_code": None},
        {"matricule": "7112312345678", "matricule_kind": "NNP"},
        {"representative_1": "7112312345678"},
        {"former_matricule": "7112312345678"},
        {"postcode": "75011", "town": "69001 LYON"},
        {"used_name": "-"},
        {"protection": "", "language": "EN"},
        {"postcode": None, "town": None, "address_4": None},
        {"died_on": REFERENCE},
        {"birth_date": "19550000", "died_on": dt.date(1955, 6, 1)},
        {"birth_name": "ŒUVRARD\u00a0DE « LA TOUR »"},
    ],
)
def test_row_with_something_unusual_is_taken(change: dict[str, Any], rows: Rows) -> None:
    assert check_rows(rows(change), REFERENCE).refused_rows == 0


def test_bad_email_becomes_null_and_is_counted_but_refuses_nobody(rows: Rows, good: dict[str, Any]) -> None:
    checked = check_rows(rows({"email": "inconnu"}, {"email": None}, {}), REFERENCE)
    assert checked.good.column("email").to_pylist() == [None, None, good["email"]]
    assert checked.good.column("email_refused").to_pylist() == [True, False, False]
    assert checked.unusable == Unusable(refused_emails=1)


def test_several_faults_of_a_row_are_all_told(rows: Rows) -> None:
    checked = check_rows(rows({"sex": "X", "language": "fra"}), REFERENCE)
    assert checked.faults.column("reason").to_pylist() == ["LANGUAGE_SHAPE", "SEX_UNKNOWN"]
    assert checked.refused_rows == 1


def test_representative_without_a_key_is_completed(rows: Rows) -> None:
    checked = check_rows(rows({"representative_1": "2550814168025"}), REFERENCE)
    assert checked.good.column("representative_1").to_pylist() == ["255081416802538"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (None, None),
        ("", None),
        ("7112312345678", "7112312345678"),
        ("8 84 05 88 321 025 23", "884058832102523"),
        ("1840588321025", "184058832102582"),
        ("284052A32102552", None),
        ("2 84 05 2a 321 025", None),
    ],
)
def test_former_number_is_normalised_and_null_where_it_is_the_present_one(given: str | None, kept: str | None, rows: Rows) -> None:
    checked = check_rows(rows({"former_matricule": given}), REFERENCE)
    assert checked.good.column("former_matricule").to_pylist() == [kept]


def test_a_row_whose_two_numbers_are_wrong_has_two_faults(rows: Rows) -> None:
    checked = check_rows(rows({"matricule": None, "former_matricule": "x"}), REFERENCE)
    assert checked.faults.column("reason").to_pylist() == ["FORMER_MATRICULE_SHAPE", "MATRICULE_MISSING"]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("D'ALMEIDA", "D ALMEIDA"),
        ("L’HOSTIS", "L HOSTIS"),
        ("N'GUYEN", "N GUYEN"),
        ("LE GOFF", "LE GOFF"),
        ("Œuvrard", "OEUVRARD"),
        ("FRANÇOIS", "FRANCOIS"),
        ("SAINT-ÉTIENNE", "SAINT ETIENNE"),
        ("SAINT ETIENNE", "SAINT ETIENNE"),
        ("JEAN-PIERRE", "JEAN PIERRE"),
        ("Jean  Pierre", "JEAN PIERRE"),
        ("E\u0301VRARD", "EVRARD"),
        ("NGUYỄN", "NGUYEN"),
        ("DE LA ROCHEFOUCAULD-MONTBEL DE SAINT-CYR D'ARGENTEUIL-LE-HAUT", "DE LA ROCHEFOUCAULD MONTBEL DE SAINT CYR D ARGENTEUIL LE HAUT"),
    ],
)
def test_names_are_matched_by_a_key_and_kept_whole(name: str, key: str, rows: Rows) -> None:
    row = check_rows(rows({"birth_name": name, "first_names": name}), REFERENCE).good.to_pylist()[0]
    assert (row["birth_name_key"], row["first_names_key"]) == (key, key)
    assert row["birth_name"] == tidy_line(name)


@given(st.lists(st.text(max_size=40), max_size=10))
def test_the_keys_of_a_column_follow_the_rule_of_one_name(rows: Rows, names: list[str]) -> None:
    good = check_rows(rows(*({"birth_name": name, "first_names": name} for name in names)), REFERENCE).good.to_pylist()
    assert all(row["birth_name_key"] == row["first_names_key"] == fold_line(names[row["row"] - 1]) for row in good)
    unreadable = {number for number, name in enumerate(names, 1) if any(ord(c) < 32 or 127 <= ord(c) < 160 or c == "\ufffd" for c in name)}
    nameless = {number for number, name in enumerate(names, 1) if not fold_line(name)}
    assert {row["row"] for row in good} == set(range(1, len(names) + 1)) - unreadable - nameless


def test_address_that_cannot_be_one_refuses_nobody_and_is_flagged(rows: Rows) -> None:
    checked = check_rows(rows({"town": "69001 LYON"}, {}), REFERENCE)
    assert checked.good.column("address_flags").to_pylist() == [AddressFlag.INCOHERENT, 0]
    assert checked.good.column("town").to_pylist() == ["69001 LYON", "PORTO VECCHIO"]
    assert checked.unusable == Unusable(unusable_addresses=1)


def test_a_postcode_that_is_none_refuses_nobody_is_flagged_and_counted(rows: Rows) -> None:
    checked = check_rows(rows({"postcode": "7500"}, {}), REFERENCE)
    assert checked.good.column("postcode").to_pylist() == [None, "20137"]
    assert checked.good.column("address_flags").to_pylist() == [AddressFlag.REFUSED_POSTCODE | AddressFlag.NO_POSTCODE, 0]
    assert checked.unusable == Unusable(refused_postcodes=1, unusable_addresses=1)


def test_an_address_abroad_refuses_nobody_and_is_flagged(rows: Rows) -> None:
    checked = check_rows(rows({"postcode": "10115", "town": "Berlin (Allemagne)"}, {}), REFERENCE)
    assert checked.good.column("address_flags").to_pylist() == [AddressFlag.ABROAD, 0]
    assert checked.unusable == Unusable(unusable_addresses=1)


def test_decomposed_accents_are_composed(rows: Rows) -> None:
    checked = check_rows(rows({"birth_name": "E\u0301VRARD"}), REFERENCE)
    assert checked.good.column("birth_name").to_pylist() == ["ÉVRARD"]


def test_empty_batch_gives_empty_tables() -> None:
    checked = check_rows(DELIVERY_SCHEMA.empty_table(), REFERENCE)
    assert (checked.good.num_rows, checked.faults.num_rows) == (0, 0)
