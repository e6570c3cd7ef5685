"""airflow.cfg says only what Airflow knows; the lock is complete and names no place."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from configparser import ConfigParser
from importlib.metadata import requires
from pathlib import Path

import airflow
import pytest
import yaml

COMMENTED_KEY = re.compile(r"^# production: (\w+) =", re.MULTILINE)
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^]]*\])?==[^ ]+", re.MULTILINE)


@pytest.fixture(scope="module")
def known() -> dict[str, set[str]]:
    description = yaml.safe_load((Path(airflow.__file__).parent / "config_templates" / "config.yml").read_text())
    return {section: set(content["options"]) for section, content in description.items()}


def _keys(text: str) -> list[tuple[str, str]]:
    """Every key of the file, those of the lines for production included."""
    parser = ConfigParser(interpolation=None)
    parser.read_string(COMMENTED_KEY.sub(r"\1 =", text).replace("# production:", "# "), "airflow.cfg")
    return [(section, key) for section in parser.sections() for key in parser[section]]


def _without_repeats(text: str) -> str:
    """A key that has a value here and another in production is read once."""
    seen: set[tuple[str, str]] = set()
    section, kept = "", []
    for line in text.splitlines():
        if line.startswith("["):
            section = line
        key = found[1] if (found := re.match(r"^(?:# production: )?(\w+) *=", line)) else None
        if key is None or (section, key) not in seen:
            kept.append(line)
        if key:
            seen.add((section, key))
    return "\n".join(kept)


def test_every_key_of_airflow_cfg_exists_in_the_installed_airflow(home: Path, known: dict[str, set[str]]) -> None:
    keys = _keys(_without_repeats((home / "airflow.cfg").read_text()))
    assert len(keys) > 30
    assert [(section, key) for section, key in keys if key not in known.get(section, ())] == []


def test_airflow_config_lint_finds_nothing(home: Path, tmp_path: Path) -> None:
    """`airflow config lint` ends with 0 even with findings: its text is read."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    environment |= {"AIRFLOW_HOME": str(tmp_path), "AIRFLOW_CONFIG": str(home / "airflow.cfg")}
    told = subprocess.run(
        [sys.executable, "-m", "airflow", "config", "lint"], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    assert "No issues found" in told.stdout, told.stdout


def test_lock_names_no_place(home: Path) -> None:
    lock = (home / "requirements.lock").read_text()
    assert re.findall(r"\w+://\S+|^\s*-(?:-index-url|-extra-index-url|-find-links|i|f)\b.*$|@ file", lock, re.MULTILINE) == []


def test_lock_covers_the_project(home: Path) -> None:
    project = tomllib.loads((home / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[\[<>=!~; ]", line)[0].lower().replace("_", "-") for line in wanted}
    pinned = set(PINNED.findall((home / "requirements.lock").read_text()))
    assert names - pinned == set()


def test_every_pin_has_its_hash(home: Path) -> None:
    lock = (home / "requirements.lock").read_text()
    blocks = re.split(r"\n(?=[a-z0-9])", lock)
    assert [block.splitlines()[0] for block in blocks if PINNED.match(block) and "--hash=sha256:" not in block] == []


def test_what_is_installed_is_what_the_project_declares(home: Path) -> None:
    """An environment made for an older pyproject.toml would test something else."""
    declared = tomllib.loads((home / "pyproject.toml").read_text())["project"]["dependencies"]
    installed = [line for line in requires("espace-sante-pipelines") or [] if "extra ==" not in line]
    assert sorted(map(_plain, installed)) == sorted(map(_plain, declared))


def _plain(requirement: str) -> str:
    return re.sub(r"[\s\"']", "", requirement).lower()
