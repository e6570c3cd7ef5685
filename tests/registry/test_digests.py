"""A digest is worth what the rules are worth that judged its row."""

from __future__ import annotations

import json
import subprocess
import sys

from pipelines.registry.digests import JUDGES

LOADED = """
import json, sys
from pipelines.registry import row_rules
print(json.dumps([name.rsplit('.', 1)[1] for name in sys.modules if name.startswith('pipelines.registry.')]))
"""


def test_digests_are_made_anew_when_any_module_changes_that_judges_a_row() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], check=True, capture_output=True, text=True)
    assert sorted(json.loads(done.stdout)) == sorted(JUDGES)
