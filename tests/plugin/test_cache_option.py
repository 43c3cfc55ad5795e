"""``--modelcheck-cache``: cached answers are used, refreshed, or neither read nor written."""

import re

import pytest

from tests.conftest import known

TEST = known()


def predictions(project):
    return {name: text for name, text in project.files().items() if "predictions" in name}


def test_use_is_the_default_and_refresh_replaces_what_was_cached(project):
    project.test(TEST + TEST.replace("test_known", "test_again"))
    project.run("--model-version=2.0")
    assert len(project.calls) == 10
    for arguments, calls in (([], 0), (["--modelcheck-cache=refresh"], 10), ([], 0)):
        project.forget_calls()
        result = project.run("--model-version=2.0", *arguments)
        result.assert_outcomes(passed=2)
        assert len(project.calls) == calls
    result.stdout.fnmatch_lines(["2 passed; answers: 20 cached, 0 new*"])


def test_answers_of_further_runs_are_counted_as_cached_too(project):
    project.test(TEST)
    project.run("--model-version=2.0", "--modelcheck-update")
    cold, warm = (project.run("--model-version=2.1").stdout.str() for _ in range(2))
    (new,) = re.findall(r"0 cached, (\d+) new", cold)
    assert int(new) > 10
    assert f"answers: {new} cached, 0 new" in warm


def test_refresh_sees_that_a_model_changed_behind_its_version(project):
    project.write("labels.txt", "refund")
    project.model("""
        from pathlib import Path

        @model_fixture
        def label(model_version):
            return lambda text: Path("labels.txt").read_text()
    """)
    project.golden('["a", "b"]', 'assert label(case.input) == "refund"', "label, case")
    project.passes("--model-version=1")
    project.write("labels.txt", "other")
    project.passes("--model-version=1")
    project.fails("--model-version=1", "--modelcheck-cache=refresh")
    project.fails("--model-version=1")


def test_off_writes_nothing_and_reads_nothing_but_asks_nothing_twice_within_a_run(project):
    project.test(TEST + TEST.replace("test_known", "test_again"))
    result = project.run("--model-version=2.0", "--modelcheck-cache=off")
    result.assert_outcomes(passed=2)
    assert len(project.calls) == 10
    assert predictions(project) == {}
    result.stdout.fnmatch_lines(["modelcheck: triage 2.0 *, cache: off"])
    project.run("--model-version=2.0")
    project.forget_calls()
    project.run("--model-version=2.0", "--modelcheck-cache=off")
    assert len(project.calls) == 10


def test_anything_else_is_a_usage_error(project):
    project.test(TEST)
    project.refuses("*--modelcheck-cache*sometimes*", "--modelcheck-cache=sometimes")


def test_the_ini_file_says_it_for_all(project):
    project.ini("modelcheck_cache = off")
    project.test(TEST)
    project.run("--model-version=2.0")
    assert predictions(project) == {}
    project.run("--model-version=2.0", "--modelcheck-cache=use")
    assert predictions(project) != {}


def test_an_edited_model_fixture_is_another_model_and_the_body_is_no_part_of_it(project):
    project.test(TEST)
    project.passes("--model-version=2.0")
    project.forget_calls()
    project.test(TEST.replace("assert", "assert True and"))
    project.passes("--model-version=2.0")
    assert project.calls == []
    source = (project.path / "conftest.py").read_text()
    project.write("conftest.py", source.replace('"other")', '"OTHER")'))
    project.fails("--model-version=2.0")


@pytest.mark.parametrize("damage", ["garbage", "truncated", "empty"])
def test_a_corrupt_cache_is_set_aside_and_rebuilt(project, damage):
    project.test(TEST)
    project.run("--model-version=2.0")
    (database,) = (project.path / ".modelcheck_cache" / "predictions").rglob("*.db")
    for beside in database.parent.glob(f"{database.name}-*"):
        beside.unlink()
    whole = database.read_bytes()
    damaged = {"garbage": b"\xff" * 5000, "truncated": whole[: len(whole) // 2], "empty": b""}
    database.write_bytes(damaged[damage])
    project.forget_calls()
    result = project.run("--model-version=2.0")
    result.assert_outcomes(passed=1, warnings=0 if damage == "empty" else 1)
    assert len(project.calls) == 10
    project.forget_calls()
    project.passes("--model-version=2.0")
    assert project.calls == []


def test_a_cache_that_cannot_be_written_warns_and_runs(project):
    project.ini("modelcheck_cache_dir = blocked/cache")
    project.write("blocked", "a file where a folder is wanted")
    project.test(TEST)
    result = project.run("--model-version=2.0")
    result.assert_outcomes(passed=1, warnings=2)
    result.stdout.fnmatch_lines(
        ["*ModelcheckWarning: the results could not be saved for `modelcheck approve` in */blocked/*: *"]
    )
    result.stdout.fnmatch_lines(["*ModelcheckWarning: The prediction cache * cannot be written: *"])
    result.stdout.fnmatch_lines(["*or name another (modelcheck_cache_dir)*"])
    update = project.run("--model-version=2.0", "--modelcheck-update")
    assert update.ret == 1
    update.stdout.fnmatch_lines(["*not approved: *triage 2.0*"])
    assert project.baselines() == {}
    elsewhere = project.run("--model-version=2.0", "-o", "modelcheck_cache_dir=elsewhere")
    elsewhere.assert_outcomes(passed=1, warnings=0)
    assert list((project.path / "elsewhere" / "candidates").rglob("*.jsonl"))


LIBRARY = """
import enum

Label = enum.Enum("Label", {members})


def ask(text):
    return Label({value})
"""


def test_an_answer_that_today_s_library_cannot_read_names_the_option_that_replaces_it(project):
    project.model(
        "from library import Label, ask\n\n"
        "@model_fixture(returns=Label)\ndef model(model_version):\n    return ask\n"
    )
    project.golden("['a']", "assert model(case.input).value", "model, case")
    project.write("library.py", LIBRARY.format(members={"OLD": 1}, value=1))
    project.passes("--model-version=1")
    project.write("library.py", LIBRARY.format(members={"NEW": 2}, value=2))
    result = project.fails("--model-version=1")
    result.stdout.fnmatch_lines(["*a kept answer cannot be read (Label has no member 'OLD')*"])
    assert "--modelcheck-cache=refresh" in project.verdict(result).headline
    project.passes("--model-version=1", "--modelcheck-cache=refresh")
    project.passes("--model-version=1")
