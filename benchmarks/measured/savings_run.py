"""The number of calls saved: ``python savings_run.py FOLDER [OPTION ...]``.

Three checks of the same 500 tickets, of which 50 are there twice: golden, invariance and directional. Says
how many calls bodies requested in a run with these options, and how many were made.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from watched import run, write

PROJECT = """
from pathlib import Path

import pytest
from pytest_modelcheck import Case, model_fixture

REQUESTED, CALLED = [], []
TICKETS = [Case(f"ticket {n % 450}", id=f"t-{n}", expected="other") for n in range(500)]

class Counted:
    def __init__(self, model):
        self.model = model

    def __call__(self, text):
        REQUESTED.append(text)
        return self.model(text)

@model_fixture(deterministic=True)
def triage(model_version):
    def answer(text):
        CALLED.append(text)
        return "urgent" if text.endswith(" Now!") else "other"
    return answer

@pytest.fixture
def counted(triage):
    return Counted(triage)

@pytest.mark.golden(TICKETS, at_least=0.8)
def test_known(counted, case):
    assert counted(case.input) == case.expected

@pytest.mark.invariance(TICKETS, under=str.upper, at_least=0.8)
def test_shouting(counted, case):
    assert counted(case.perturbed) == counted(case.input)

@pytest.mark.directional(TICKETS, under=lambda text: text + " Now!", at_least=0.8)
def test_urgency(counted, case):
    assert counted(case.perturbed) >= counted(case.input)

def test_count():
    Path(__file__).with_name("counted").write_text(f"{len(REQUESTED)} {len(CALLED)}")
"""


def main(folder: Path, *options: str) -> dict[str, int]:
    write(folder, {"test_tickets.py": PROJECT})
    run(folder, "--model-version=1", *options)
    requested, called = map(int, (folder / "counted").read_text(encoding="utf-8").split())
    return {"requested": requested, "called": called}


if __name__ == "__main__":
    print("\n" + json.dumps([main(Path(sys.argv[1]), *sys.argv[2:])]))
