"""Other programs' view of a PDF: qpdf and Ghostscript from Debian, installed by the project's own script where that can be done."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]
PACKAGES = {"qpdf": "qpdf", "gs": "ghostscript"}
GHOSTSCRIPT = ["-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-sDEVICE=nullpage", "-dPDFSTOPONERROR", "-dPDFSTOPONWARNING"]


@cache
def program(name: str) -> str:
    """Return the path of a program; the test is skipped where it is missing and cannot be installed."""
    if not shutil.which(name):
        asked = subprocess.run(
            [".ci/system_packages", "tests of letters", PACKAGES[name]], cwd=PROJECT, capture_output=True, text=True, timeout=250
        )
        if not shutil.which(name):
            pytest.skip(f"{name} is missing: {asked.stderr.strip() or asked.stdout.strip()}")
    return str(shutil.which(name))


def require_clean(file: Path) -> None:
    """Refuse a file to which qpdf or Ghostscript has anything to say."""
    for command in ([program("qpdf"), "--check", "--no-warn", str(file)], [program("gs"), *GHOSTSCRIPT, str(file)]):
        read = subprocess.run(command, capture_output=True, text=True, timeout=250)
        assert read.returncode == 0, read.stdout + read.stderr
        assert "WARNING" not in read.stdout + read.stderr
