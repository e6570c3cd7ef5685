"""AFNOR lines and departments."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.registry.address_columns import fold_column, normalise_addresses, tidy_column
from pipelines.registry.contract import DELIVERY_SCHEMA
from pipelines.registry.postal_address import (
    AddressFlag,
    PostalAddress,
    department_of,
    fit_line,
    fold_line,
    is_coherent,
    normalise_address,
    tidy_line,
)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("12, rue de l'Église", "12 RUE DE L EGLISE"),
        ("SAINT-ÉTIENNE", "SAINT ETIENNE"),
        ("rue de l'Œuvre", "RUE DE L OEUVRE"),
        ("Ÿ ß Æ ø ł đ ı İ", "Y SS AE O L D I I"),
        ("Nguyễn Thị Đào", "NGUYEN THI DAO"),
        ("  BP   12 ;", "BP 12"),
        ("e\u0301cole", "ECOLE"),
    ],
)
def test_line_4_and_below_are_plain_upper_case(text: str, line: str) -> None:
    assert fold_line(text) == line


def test_lines_2_and_3_keep_their_accents() -> None:
    address = normalise_address(PostalAddress("Bâtiment  C", "Résidence de l'Étang", "1 rue du Bac", None, "75007", "Paris")).address
    assert (address.line_2, address.line_3) == ("Bâtiment C", "Résidence de l'Étang")


def test_long_line_is_abbreviated_before_it_is_cut() -> None:
    assert fit_line("117 AVENUE DU GENERAL DE LA TOUR D AUVERGNE", 38) == ("117 AV DU GAL DE LA TOUR D AUVERGNE", AddressFlag.ABBREVIATED)


def test_nothing_is_cut_without_a_flag() -> None:
    line, flag = fit_line("117 AVENUE DES ANCIENS COMBATTANTS D AFRIQUE DU NORD", 38)
    assert line == "117 AV DES ANCIENS COMBATTANTS D"
    assert flag == AddressFlag.CUT | AddressFlag.ABBREVIATED


def test_line_that_fits_is_not_abbreviated() -> None:
    assert fit_line("12 AVENUE FOCH") == ("12 AVENUE FOCH", AddressFlag(0))


@given(st.text(max_size=90))
def test_every_line_fits_or_says_so(text: str) -> None:
    result = normalise_address(PostalAddress(None, None, text, None, "75011", text))
    assert all(len(line) <= 38 for line in result.lines)
    if AddressFlag.CUT_PLACE not in result.flags and AddressFlag.ABBREVIATED not in result.flags:
        assert (result.address.line_4 or "") == fold_line(text)


def test_blank_lines_are_removed() -> None:
    assert normalise_address(PostalAddress(" ", None, "1 rue du Bac", "", "75007", "Paris")).lines == ("1 RUE DU BAC", "75007 PARIS")


@pytest.mark.parametrize(
    ("address", "flags"),
    [
        (PostalAddress(), AddressFlag.NO_ADDRESS),
        (PostalAddress(postcode="75011"), AddressFlag.NO_STREET | AddressFlag.NO_TOWN),
        (PostalAddress(line_5="LE BOURG", town="RODEZ"), AddressFlag.NO_POSTCODE),
        (PostalAddress(line_5="LE BOURG", postcode="1200", town="RODEZ"), AddressFlag.NO_POSTCODE | AddressFlag.REFUSED_POSTCODE),
        (PostalAddress(postcode="1200"), AddressFlag.NO_ADDRESS | AddressFlag.REFUSED_POSTCODE),
        (PostalAddress(line_5="LE BOURG", postcode="12000", town="RODEZ"), AddressFlag(0)),
    ],
)
def test_what_is_missing_is_told(address: PostalAddress, flags: AddressFlag) -> None:
    result = normalise_address(address)
    assert (result.flags, result.usable) == (flags, not flags)


@pytest.mark.parametrize(
    ("postcode", "town"),
    [
        ("75011", "PARIS"), ("75011", "PARIS 11"), ("75011", "75011 PARIS"), ("69003", "LYON 3E ARRONDISSEMENT"), ("98000", "MONACO"),
        ("98020", "MONACO CEDEX"), ("00100", "ARMEES"), ("00850", "HUB ARMEES"), ("29240", "BREST ARMEES"), ("33077", "BORDEAUX CEDEX"),
        ("33000", "BORDEAUX CEDEX"), ("75015", "PARIS CEDEX 15"), ("97110", "POINTE A PITRE"), ("80190", "Y"), (None, "RODEZ"),
    ],
)  # fmt: skip
def test_a_postcode_and_a_town_that_make_a_last_line(postcode: str | None, town: str) -> None:
    assert is_coherent(postcode, town)


@pytest.mark.parametrize(
    ("postcode", "town"),
    [
        ("75011", "75011"), ("75011", "11"), ("75011", "69001 LYON"), ("75011", "PARIS 75012"), (None, "75011 PARIS"), ("75015", "CEDEX"),
        ("75015", "CEDEX 15"), ("75015", "15 CEDEX"), ("00100", "PARIS"), ("00100", "ARMEES CEDEX"), ("75011", "ARMEES"),
    ],
)  # fmt: skip
def test_a_postcode_and_a_town_that_do_not_go_together(postcode: str | None, town: str) -> None:
    address = normalise_address(PostalAddress(line_4="1 RUE DU BAC", postcode=postcode, town=town))
    assert AddressFlag.INCOHERENT in address.flags
    assert not address.usable


@pytest.mark.parametrize(
    ("postcode", "town"),
    [
        ("10115", "BERLIN ALLEMAGNE"),
        ("1000", "BRUXELLES BELGIQUE"),
        ("28001", "MADRID ESPAGNE"),
        (None, "MAROC"),
        ("1204", "GENEVE SUISSE"),
    ],
)
def test_a_town_that_ends_with_a_country_is_abroad_whatever_its_postcode_looks_like(postcode: str | None, town: str) -> None:
    address = normalise_address(PostalAddress(line_4="1 RUE DU BAC", postcode=postcode, town=town))
    assert AddressFlag.ABROAD in address.flags
    assert not address.usable


@pytest.mark.parametrize(
    ("postcode", "town"),
    [("57340", "SUISSE"), ("98000", "MONACO"), ("04500", "ALLEMAGNE EN PROVENCE"), ("97110", "POINTE A PITRE"), ("75013", "PARIS")],
)
def test_a_french_town_that_is_called_like_a_country_is_none(postcode: str, town: str) -> None:
    assert normalise_address(PostalAddress(line_4="1 RUE DU BAC", postcode=postcode, town=town)).usable


@pytest.mark.parametrize(
    ("line", "flag", "usable"),
    [
        ("line_2", AddressFlag.CUT, True),
        ("line_3", AddressFlag.CUT, True),
        ("line_4", AddressFlag.CUT_PLACE, False),
        ("line_5", AddressFlag.CUT_PLACE, False),
        ("town", AddressFlag.CUT_PLACE, False),
    ],
)
def test_no_letter_goes_where_street_place_or_town_was_cut(line: str, flag: AddressFlag, usable: bool) -> None:
    whole = PostalAddress(line_4="1 RUE DU BAC", postcode="75011", town="PARIS")
    address = normalise_address(whole._replace(**{line: "1 " + "LONGUE " * 8}))
    assert (address.flags, address.usable) == (flag, usable)


_WORDS = ["CEDEX", "ARMEES", "SUISSE", "ITALIE", "PAYS BAS", "PARIS", "75011", "69001", "9", "é", "12345678", "SP", "R2D2"]
_TOWNS = st.lists(st.sampled_from(_WORDS), max_size=4).map(" ".join)
_POSTCODES = st.sampled_from([None, "75011", "69001", "00100", "98000", "x"])


@given(st.lists(st.tuples(_POSTCODES, _TOWNS), max_size=12))
def test_a_column_finds_the_same_addresses_incoherent(pairs: list[tuple[str | None, str]]) -> None:
    rows = [{"postcode": postcode, "town": town} for postcode, town in pairs]
    columns = normalise_addresses(pa.Table.from_pylist(rows, schema=DELIVERY_SCHEMA))
    assert columns.flags.tolist() == [normalise_address(PostalAddress(postcode=postcode, town=town)).flags for postcode, town in pairs]


@pytest.mark.parametrize(
    ("postcode", "department"),
    [
        ("01000", "01"), ("75011", "75"), ("20000", "2A"), ("20137", "2A"), ("20200", "2B"), ("20600", "2B"), ("20300", None),
        ("20401", "2B"), ("20700", "2A"), ("97744", "974"), ("97801", "974"),
        ("97110", "971"), ("97600", "976"), ("98000", "980"), ("98800", "988"), ("97900", None), ("00100", "00"), ("96000", None),
        ("99000", None), ("7500", None), ("750111", None), ("7501A", None), ("", None), ("٧٥٠١١", None),
    ],
)  # fmt: skip
def test_department_of_a_postcode(postcode: str, department: str | None) -> None:
    assert department_of(postcode) == department


_TEXTS = st.lists(st.one_of(st.none(), st.text(max_size=60), st.text("Aé Œœç-',ÆßİŞ\u0301\u00a0\n", max_size=60)), max_size=12)


@given(_TEXTS)
def test_a_column_follows_the_rule_of_one_line(texts: list[str | None]) -> None:
    column = pa.array([None, *texts], pa.string()).slice(1)
    assert fold_column(column).to_pylist() == [fold_line(text or "") or None for text in texts]
    assert tidy_column(column).to_pylist() == [tidy_line(text or "") or None for text in texts]


@given(_TEXTS, st.sampled_from([None, "", "20200", "7500", "75011"]))
def test_address_columns_follow_the_rule_of_one_address(texts: list[str | None], postcode: str | None) -> None:
    rows = [
        {"address_2": text, "address_3": text, "address_4": text, "address_5": None, "postcode": postcode, "town": text} for text in texts
    ]
    columns = normalise_addresses(pa.Table.from_pylist(rows, schema=DELIVERY_SCHEMA))
    for place, text in enumerate(texts):
        one = normalise_address(PostalAddress(text, text, text, None, postcode, text))
        names = ("address_2", "address_3", "address_4", "address_5", "postcode", "town")
        assert tuple(getattr(columns, name)[place].as_py() for name in names) == tuple(one.address)
        assert columns.flags[place] == one.flags
