"""``early_stop=True``: a check ends as soon as its verdict is known, says so, and cannot be approved."""

import pytest

MODEL = """
import hashlib
import random
from pytest_modelcheck import model_fixture

def share(text):
    return int(hashlib.sha1(text.encode()).hexdigest()[:8], 16) / 16**8

@model_fixture({options})
def fixed(model_version):
    return lambda text: "right" if share(model_version + text) < float(model_version) else "wrong"
"""

CASES = """
CASES = [{"id": f"t-{n:03}", "input": f"question {n}"} for n in range(200)]
"""

TEST = """
@pytest.mark.golden(CASES, at_least=0.95{limits})
def test_known(fixed, case):
    assert fixed(case.input) == "right"
"""

NOISY = """
import random
import pytest
from pytest_modelcheck import model_fixture

@model_fixture(deterministic=False, concurrency=4)
def noisy(model_version):
    return lambda text: random.Random(text + model_version).random() < float(model_version)
"""

STOPPED = "stopped after 17 of 200 cases: failed (95% is out of reach)"


@pytest.fixture
def early(project):
    def write(limits=", early_stop=True", options=""):
        project.write("conftest.py", MODEL.format(options=options))
        project.test(CASES + TEST.format(limits=limits))
        return project

    return write


def test_the_first_line_says_where_and_why_it_was_stopped(early):
    project = early()
    result = project.fails("--model-version=0.5")
    stopped = project.verdict(result).stopped
    assert (stopped.after, stopped.of, stopped.why) == (17, 200, "95% is out of reach")
    result.stdout.fnmatch_lines(
        [
            STOPPED,
            "  pass rate   35.3% of the 17 cases that were run",
            "  run all cases:   pytest *::test_known --model-version=0.5 --modelcheck-no-early-stop",
            "*FAIL test_known *6/17 of 200 *",
            "1 failed (1 stopped early); answers: *",
            f"FAILED *::test_known - {STOPPED}",
        ]
    )
    result.stdout.no_fnmatch_line("*approve it*")


@pytest.mark.parametrize(
    ("marker", "ini", "arguments", "stops"),
    [
        ("", "", [], False),
        (", early_stop=True", "", [], True),
        ("", "modelcheck_early_stop = true", [], True),
        ("", "", ["--modelcheck-early-stop"], True),
        (", early_stop=False", "modelcheck_early_stop = true", [], False),
        (", early_stop=False", "", ["--modelcheck-early-stop"], False),
        (", early_stop=True", "", ["--modelcheck-no-early-stop"], False),
        ("", "modelcheck_early_stop = true", ["--modelcheck-no-early-stop"], False),
        (", early_stop=True", "", ["--modelcheck-update"], False),
    ],
)
def test_the_option_is_accepted_on_markers_and_in_the_ini_file(early, marker, ini, arguments, stops):
    project = early(marker)
    project.ini(ini)
    verdict = project.verdict(project.run("--model-version=0.5", *arguments))
    assert (verdict.stopped is not None) is stops
    assert verdict.cases.total == (17 if stops else 200)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (", early_stop=1", "early_stop=1: write True or False"),
        (
            ", early_stop=True, cluster='template', max_changed=0.1",
            "early_stop=True does not work for this check: max_changed= counts cases, which depend",
        ),
    ],
)
def test_a_check_that_cannot_stop_early_is_refused_at_collection(early, limits, message):
    result = early(limits).run("--model-version=1")
    result.stderr.fnmatch_lines([f"*{message}*"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_a_stopped_check_is_not_approved_until_the_calls_that_are_missing_are_made(early):
    project = early(", tolerance=0.05, early_stop=True")
    project.passes("--model-version=1")
    done = project.command("approve", "1")
    assert done.ret == 1
    done.stdout.fnmatch_lines(
        [
            "*it was stopped after 44 of 200 cases, and nothing is known of the others: run all of them*",
            "To run again: *pytest --model-version=1 --modelcheck-no-early-stop",
        ]
    )
    done.stdout.no_fnmatch_line("*--force*")  # which would not help
    assert project.command("approve", "1", "--force", "--reason", "now").ret == 1
    assert not (project.path / "baselines").exists()
    result = project.run("--model-version=1", "--modelcheck-update")
    result.stdout.fnmatch_lines(["*; answers: 48 cached, 552 new*", "approved: fixed 1, 1 check *"])


def test_a_stopped_run_is_no_version_to_compare_with_and_diff_shows_its_cases(early):
    project = early()
    project.run("--model-version=0.5")
    result = project.run("--model-version=1", "--modelcheck-baseline=0.5")
    result.stdout.fnmatch_lines(
        ["*fixed 0.5 was stopped after 17 of 200 cases, and nothing can be compared*"]
    )
    project.approve("1")
    project.run("--model-version=0.5")
    result = project.command("diff", "0.5")
    result.stdout.fnmatch_lines(
        ["  fixed 1 → 0.5 *", "  stopped after * of 200 cases: the others are not compared"]
    )
    result.stdout.no_fnmatch_line("*removed*")


def verdicts(project, result):
    return {
        check: (verdict.status, verdict.stopped, verdict.headline)
        for check, verdict in project.verdicts(result).items()
    }


def test_the_same_verdicts_alone_on_two_workers_cold_and_warm(project):
    pytest.importorskip("xdist")
    project.write("conftest.py", NOISY)
    project.test(
        CASES
        + """
limits = {"tolerance": 0.1, "early_stop": True}

@pytest.mark.golden(CASES, at_least=0.9, **limits)
def test_a(noisy, case):
    assert noisy(case.input)

@pytest.mark.golden(CASES, at_least=0.5, **limits)
def test_b(noisy, case):
    assert noisy(case.input + "!")

@pytest.mark.invariance(CASES, under=str.upper, at_least=0.4, **limits)
def test_c(noisy, case):
    assert noisy(case.input) == noisy(case.perturbed)

@pytest.mark.golden(CASES, at_least=0.8, **limits)
async def test_d(noisy, case):
    assert await noisy(case.input + "?")
"""
    )
    runs = {
        "cold": ["--modelcheck-cache=refresh"],
        "warm": [],
        "on two workers": ["-p", "xdist", "-n", "2", "--modelcheck-cache=refresh"],
    }
    found = {
        name: verdicts(project, project.run("--model-version=0.7", *arguments))
        for name, arguments in runs.items()
    }
    cold = found.pop("cold")
    assert len(cold) == 4
    assert all(stopped is not None for _, stopped, _ in cold.values())
    assert {status.value for status, *_ in cold.values()} == {"passed", "failed"}
    for name, other in found.items():
        assert other == cold, name
    alone = project.run("--model-version=0.7", "-k", "test_b", "--modelcheck-cache=refresh")
    assert verdicts(project, alone).items() <= cold.items()
