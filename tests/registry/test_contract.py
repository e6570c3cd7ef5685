"""The manifest and the list of bodies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.platform.errors import BadFileError, FinalError
from pipelines.registry.bodies import insurance_bodies, read_bodies
from pipelines.registry.contract import DELIVERY_SCHEMA, DeliveryKind, delivery_folder, read_manifest

MANIFEST: dict[str, Any] = {
    "contract": "1.0",
    "body": "MSA",
    "kind": "full",
    "reference_date": "2026-01-05",
    "files": [{"name": "a.parquet", "format": "parquet", "encoding": "utf-8", "rows": 3, "sha256": "0" * 64}],
}


def test_manifest_says_where_it_lies() -> None:
    manifest = read_manifest(json.dumps(MANIFEST).encode(), "deliveries/MSA/2026-01-05-full/")
    assert (manifest.kind, manifest.rows) == (DeliveryKind.FULL, 3)


@pytest.mark.parametrize(
    "change",
    [
        {"contract": "2.0"}, {"body": "../x"}, {"kind": "partial"}, {"reference_date": "05/01/2026"}, {"files": []}, {"extra": 1},
        {"files": [MANIFEST["files"][0] | {"name": "../a"}]}, {"files": [MANIFEST["files"][0] | {"name": "manifest.json"}]},
        {"files": [MANIFEST["files"][0] | {"rows": -1}]}, {"files": [MANIFEST["files"][0] | {"encoding": "iso-8859-15"}]},
        {"files": MANIFEST["files"] * 2}, {"files": [MANIFEST["files"][0] | {"sha256": "x"}]},
        {"sequence": 1}, {"kind": "delta", "sequence": 1}, {"kind": "correction"}, {"kind": "correction", "sequence": 0},
        {"kind": "correction", "sequence": -1}, {"kind": "correction", "sequence": 10_000},
    ],
)  # fmt: skip
def test_manifest_outside_the_contract_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadFileError, match=r"manifest\.json does not follow contract 1\.0"):
        read_manifest(json.dumps(MANIFEST | change).encode())


def test_manifest_in_another_folder_is_refused() -> None:
    with pytest.raises(BadFileError, match="lies in"):
        read_manifest(json.dumps(MANIFEST).encode(), "deliveries/MGEN/2026-01-05-full")


def test_corrections_of_one_delivery_are_numbered_by_their_folder() -> None:
    content = json.dumps(MANIFEST | {"kind": "correction", "sequence": 2}).encode()
    folder = "deliveries/MSA/2026-01-05-correction-2"
    manifest = read_manifest(content, folder)
    assert (manifest.kind, manifest.sequence) == (DeliveryKind.CORRECTION, 2)
    assert manifest.folder == delivery_folder("MSA", manifest.reference_date, DeliveryKind.CORRECTION, 2) == folder
    with pytest.raises(BadFileError, match="lies in"):
        read_manifest(content, "deliveries/MSA/2026-01-05-correction-1")


def test_full_and_delta_folders_bear_no_number() -> None:
    day = read_manifest(json.dumps(MANIFEST).encode()).reference_date
    assert delivery_folder("MSA", day, DeliveryKind.DELTA) == "deliveries/MSA/2026-01-05-delta"


def test_a_number_the_body_gave_before_stands_beside_the_present_one() -> None:
    assert DELIVERY_SCHEMA.names[:3] == ["matricule", "matricule_kind", "former_matricule"]


def test_manifest_that_is_not_json_is_refused() -> None:
    with pytest.raises(BadFileError):
        read_manifest(b"{")


def test_known_bodies_have_a_signed_head() -> None:
    bodies = insurance_bodies()
    assert {"CPAM", "MSA", "MGEN", "CSSM", "CNMSS", "ENIM"} <= set(bodies)
    assert all(body.sender.email.endswith(".example") for body in bodies.values())


@pytest.mark.parametrize("text", ["bodies = 1", "[[bodies]]\ncode = 'x'", "not toml"])
def test_bad_list_of_bodies_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "bodies.toml"
    file.write_text(text)
    with pytest.raises(FinalError, match=r"bodies\.toml"):
        read_bodies(file)
