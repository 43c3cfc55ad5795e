"""A few dozen of the damages of benchmarks/damage.py, with a fixed seed: no traceback, no wrong verdict."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "damage.py"


def test_damaged_files_are_never_misread():
    command = [sys.executable, str(SCRIPT), "--damages=40", "--seed=3"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "40 damages, 0 troubles" in done.stdout
