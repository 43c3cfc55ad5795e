"""The chance that the example ends other than its README says: its models toss unseeded coins."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_modelcheck.labels import key_of, read
from pytest_modelcheck.session.judges import Corrector, Rating

FOLDER = Path(__file__).parents[2] / "examples" / "support_answers"
REQUIRED = 0.82
RUNS = 60


@pytest.fixture(scope="module")
def server():
    spec = importlib.util.spec_from_file_location("support_answers_server", FOLDER / "server.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def labels():
    return read(FOLDER / "labels" / "helpful.jsonl")


def test_the_labels_are_a_hundred_and_twenty_of_both_versions_and_kinds(labels):
    assert len(labels) == 120
    assert {label.metadata["version"] for label in labels.values()} == {"1.0", "2.0"}
    assert 20 < sum(not label.value for label in labels.values()) < 60


def test_the_test_file_requires_what_is_computed_here():
    assert f"at_least={REQUIRED}" in (FOLDER / "test_answers.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(("version", "least", "most"), [("1.0", 0, 3), ("2.0", RUNS - 6, RUNS)])
def test_version_two_is_red_and_version_one_is_not(server, labels, version, least, most):
    server.random.seed(11)
    red = sum(is_red(server, labels, version) for _ in range(RUNS))
    assert least <= red <= most


def is_red(server, labels, version):
    known = {key: float(label.value) for key, label in labels.items()}
    versions = {key: label.metadata["version"] for key, label in labels.items()}
    heard = {key: float(server.judge(label.given["answer"])["helpful"]) for key, label in labels.items()}
    products = ("lamp", "chair", "desk", "shelf", "sofa", "rug", "mirror", "stool", "bench", "clock")
    cases, grades = {}, dict(heard)
    for question in server.questions(products):
        answer = server.answer(version, question)
        key = key_of({"question": question, "answer": answer})
        cases[question] = [Rating(key, grades.setdefault(key, float(server.judge(answer)["helpful"])))]
    make = Corrector(known, heard, versions, graded=False, exact=False)
    own = make.of_version(cases, version)
    value = make.value(cases.values(), make.relevant_labels(own))
    return value.rate < REQUIRED and value.p_value(REQUIRED) <= 0.05


@pytest.mark.parametrize(("version", "status", "output"), [("1.0", 0, "3 passed"), ("2.0", 1, "judged ")])
def test_the_example_does_what_its_readme_says(tmp_path, version, status, output):
    """Its models toss coins: once in some hundred runs it ends otherwise, and gets a second try."""
    folder = shutil.copytree(
        FOLDER, tmp_path / "example", ignore=shutil.ignore_patterns(".modelcheck_cache", "__pycache__")
    )
    command = [sys.executable, "-m", "pytest", f"--model-version={version}", "-p", "pytest_modelcheck.plugin"]
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "COLUMNS": "80"}
    for _ in range(2):
        shutil.rmtree(folder / ".modelcheck_cache", ignore_errors=True)
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240
        )
        if done.returncode == status:
            break
    assert done.returncode == status, done.stdout
    assert output in done.stdout
