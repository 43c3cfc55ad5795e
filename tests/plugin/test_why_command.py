"""``modelcheck cache why`` after real runs: each difference that makes a new call is reported."""

import json
import shutil

import pytest
from click.testing import CliRunner

from pytest_modelcheck.baselines.lines import sealed
from pytest_modelcheck.cli.command import modelcheck

TEST = """
import pytest

CASES = [{"id": name, "input": name, "expected": name.upper()} for name in ("one", "two", "three", "four")]

@pytest.mark.golden(CASES)
def test_known(triage, case):
    assert triage(case.input) == case.expected
"""
MODEL = """
from pathlib import Path
from pytest_modelcheck import files

@model_fixture(fingerprint=files("prompt.txt"), deterministic=True)
def triage(model_version):
    return str.upper
"""


@pytest.fixture
def ran(project):
    project.write("prompt.txt", "Be kind.")
    project.model(MODEL)
    project.test(TEST)
    project.passes("--model-version=1.0")
    return project


@pytest.fixture
def why(ran):
    def ask(*arguments, code=0):
        result = CliRunner().invoke(modelcheck, ["--rootdir", str(ran.path), "cache", "why", *arguments])
        assert result.exit_code == code, result.output
        return result.output

    return ask


def test_a_call_that_was_never_made_otherwise(why):
    assert why() == (
        "triage 1.0\n"
        "  test_triage.py::test_known\n"
        "    4 questions; last run: 4 new, 0 cached\n"
        "    4 never called before: four, one, three and 1 case more\n"
    )


def test_each_repeat_is_a_question_of_its_own(ran, why):
    ran.test(TEST.replace("(CASES)", "(CASES, repeats=3)"))
    ran.run("--model-version=1.0")
    assert "    12 questions; last run: 8 new, 4 cached\n" in why()
    assert "not cached" not in why()
    ran.run("--model-version=2.0")
    assert "    12 also answered by 1.0: each version is called anew\n" in why("2.0")


def test_another_version(ran, why):
    ran.run("--model-version=2.0")
    assert "triage 2.0\n" in why()
    assert "    4 also answered by 1.0: each version is called anew\n" in why("2.0")
    assert "    4 also answered by 2.0: each version is called anew\n" in why("triage=1.0")


def test_another_fingerprint_explains_more_than_another_version(ran, why):
    ran.run("--model-version=2.0")
    ran.write("prompt.txt", "Be stern.")
    ran.run("--model-version=2.0")
    output = " ".join(why().split())
    assert "4 also answered under fingerprint " in output
    assert "): something that fingerprint= names has changed" in output
    assert "1.0" not in output


def test_an_edited_fixture(ran, why):
    ran.model(MODEL.replace("return str.upper", "return lambda text: text.upper()"))
    ran.run("--model-version=1.0")
    assert "    4 also answered before the model fixture itself was edited\n" in why()


SHOUTING = """
from dataclasses import dataclass

@dataclass
class Loud:
    text: str
    FIELD

def shout(text) -> Loud:
    return Loud(text.upper())
"""


def test_another_type_of_answer(ran, why):
    ran.ini("pythonpath = .")
    ran.model(MODEL.replace("return str.upper", "import shouting; return shouting.shout"))
    ran.test(TEST.replace("triage(case.input)", "triage(case.input).text"))
    for field in ("", "sure: float = 1.0"):
        ran.write("shouting.py", SHOUTING.replace("FIELD", field))
        ran.passes("--model-version=1.0")
    assert "4 also answered as another type: what the model returns" in " ".join(why().split())


def test_an_edited_input_and_what_was_at_hand(ran, why):
    ran.test(TEST.replace('"two"', '"five"'))
    ran.run("--model-version=1.0", "--modelcheck-cache=refresh")
    ran.run("--model-version=1.0")
    output = why()
    assert "    4 questions; last run: 0 new, 4 cached\n" in output
    assert "never called before: five, four, one and 1 case more" in output


def test_an_answer_that_is_no_longer_kept(ran, why):
    shutil.rmtree(ran.path / ".modelcheck_cache" / "predictions")
    output = " ".join(why().split())
    assert "the cache has no answers of this version and fingerprint: they were not stored" in output
    ran.test(TEST.replace('"two"', '"five"').replace('"one"', '"six"'))
    ran.run("--model-version=1.0", "--modelcheck-case=five")
    shutil.copytree(ran.path / ".modelcheck_cache" / "predictions", ran.path / "kept")
    ran.run("--model-version=1.0")
    shutil.rmtree(ran.path / ".modelcheck_cache" / "predictions")
    (ran.path / "kept").rename(ran.path / ".modelcheck_cache" / "predictions")
    assert "    3 not cached, so the next run calls the model again: four, six, three\n" in why()


def test_calls_that_test_for_noise_are_listed_apart(ran, why):
    ran.model(MODEL.replace(", deterministic=True", "").replace("str.upper", "str.lower"))
    ran.fails("--model-version=1.0")
    output = why()
    assert "    4 questions; last run: 14 new, 0 cached\n" in output
    assert "further calls measured whether the model varies" in output


def test_calls_of_a_run_without_a_verdict_are_listed(ran, why):
    for path in (ran.path / ".modelcheck_cache" / "candidates").rglob("*.jsonl"):
        head, rest = path.read_bytes().split(b"\n", 1)
        fields = json.loads(head)
        del fields["run"], fields["sum"]
        path.write_bytes(sealed(json.dumps(fields).encode()) + b"\n" + rest)
    assert "    4 questions\n" in why()


def test_contradictions_are_refused(why):
    assert "no run of triage 9 is stored" in why("9", code=2)
    assert "no check that triage 1.0 ran matches 'known'" in why("--check", "known", code=2)


def test_every_model_that_has_the_version_is_explained(ran, why):
    ran.model(MODEL + MODEL.replace("def triage", "def other"))
    ran.write("test_other.py", TEST.replace("triage", "other"))
    ran.run("--model-version=1.0")
    for version in ([], ["1.0"]):
        text = why(*version)
        assert text.startswith("other 1.0\n  test_other.py::test_known\n")
        assert "\ntriage 1.0\n  test_triage.py::test_known\n" in text
    assert why("--check", "test_triage.py").startswith("triage 1.0\n")
    assert "matches 'none'" in why("--check", "none", code=2)
    assert why("other=1.0").startswith("other 1.0\n  test_other.py::test_known\n")


def test_a_damaged_cache_is_named_and_left_alone(ran, why):
    path = ran.path / ".modelcheck_cache" / "predictions" / "cache.db"
    path.write_bytes(b"no database at all" * 100)
    output = " ".join(why(code=1).split())
    assert f"the prediction cache {path} is damaged, or not written by pytest-modelcheck" in output
    assert path.read_bytes().startswith(b"no database")
