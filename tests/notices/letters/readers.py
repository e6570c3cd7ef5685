"""Other programs' view of a PDF: qpdf and Ghostscript from Debian, which `make test` installs where it can."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

GHOSTSCRIPT = ["-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-sDEVICE=nullpage", "-dPDFSTOPONERROR", "-dPDFSTOPONWARNING"]


def require_clean(file: Path) -> None:
    """Refuse a file about which qpdf or Ghostscript has anything to say; skip the test where one of them is missing."""
    for name, *arguments in (["qpdf", "--check"], ["gs", *GHOSTSCRIPT]):
        if not shutil.which(name):
            pytest.skip(f"{name} is missing and could not be installed (.ci/system_readers)")
        read = subprocess.run([name, *arguments, str(file)], capture_output=True, text=True, timeout=250)
        assert read.returncode == 0, read.stdout + read.stderr
        assert "WARNING" not in read.stdout + read.stderr
