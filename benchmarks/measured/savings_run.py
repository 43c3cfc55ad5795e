"""How many calls are saved: ``python savings_run.py FOLDER [OPTION ...]``.

Three checks of the same 500 tickets, of which 50 are there twice: golden, invariance and directional. Says
how often bodies asked the model in a run with these options, and how often it was called.
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

ASKED, CALLED = [], []
TICKETS = [Case(f"ticket {n % 450}", id=f"t-{n}", expected="other") for n in range(500)]

class Counted:
    def __init__(self, model):
        self.model = model

    def __call__(self, text):
        ASKED.append(text)
        return self.model(text)

@model_fixture(deterministic=True)
def triage(model_version):
    def answer(text):
        CALLED.append(text)
        return "urgent" if text.endswith(" Now!") else "other"
    return answer

@pytest.fixture
def asked(triage):
    return Counted(triage)

@pytest.mark.golden(TICKETS, at_least=0.8)
def test_known(asked, case):
    assert asked(case.input) == case.expected

@pytest.mark.invariance(TICKETS, under=str.upper, at_least=0.8)
def test_shouting(asked, case):
    assert asked(case.perturbed) == asked(case.input)

@pytest.mark.directional(TICKETS, under=lambda text: text + " Now!", at_least=0.8)
def test_urgency(asked, case):
    assert asked(case.perturbed) >= asked(case.input)

def test_count():
    Path(__file__).with_name("counted").write_text(f"{len(ASKED)} {len(CALLED)}")
"""


def main(folder: Path, *options: str) -> dict[str, int]:
    write(folder, {"test_tickets.py": PROJECT})
    run(folder, "--model-version=1", *options)
    asked, called = map(int, (folder / "counted").read_text(encoding="utf-8").split())
    return {"asked": asked, "called": called}


if __name__ == "__main__":
    print("\n" + json.dumps([main(Path(sys.argv[1]), *sys.argv[2:])]))
