"""Colour inside the message of a failed check: on terminals that have any, and never alone."""

import pytest

TEST = """
import pytest

@pytest.mark.golden([{"input": "a", "expected": "refund", "id": "t-1"}])
def test_one(triage, case):
    assert triage(case.input) == case.expected
"""

MODEL = """
@model_fixture
def triage(model_version):
    return lambda text: "ot\\x1b[2Jher"
"""


@pytest.fixture
def red(project):
    project.model(MODEL)
    project.test(TEST)
    return project


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n", "1")], ids=["alone", "worker"])
def test_the_headline_and_the_wrong_answer_are_red_and_the_right_one_green(red, workers):
    if workers:
        pytest.importorskip("xdist")
    run = red.run_apart if workers else red.run
    text = run("--model-version=1", "--color=yes", *workers).stdout.str()
    assert "\x1b[31m\x1b[1m0/1 cases pass (0%), all required\x1b[0m" in text
    assert "expected \x1b[32m'refund'\x1b[0m, got \x1b[31m'ot\\x1b[2Jher'\x1b[0m" in text
    assert "\x1b[2J" not in text


CAUSE = """
    try:
        assert triage(case.input) == case.expected
    except AssertionError as error:
        raise ValueError("wrong") from error
"""


@pytest.mark.parametrize("test", [TEST, TEST.rpartition("\n    assert")[0] + CAUSE], ids=["failed", "error"])
def test_the_colours_of_pytests_own_diff_are_left_out(red, test):
    red.test(test)
    red.model(MODEL.replace("her", "her answer that is too long for one line, so pytest shows a diff"))
    text = red.run("--model-version=1", "--color=yes").stdout.str()
    assert "- refund" in text
    assert "\\x1b[0m" not in text


@pytest.mark.parametrize(("option", "no_colour"), [("--color=no", ""), ("--color=auto", "1")])
def test_without_colour_the_message_says_the_same(red, monkeypatch, option, no_colour):
    if no_colour:
        monkeypatch.setenv("NO_COLOR", no_colour)
        monkeypatch.delenv("FORCE_COLOR", raising=False)
    text = red.run("--model-version=1", option).stdout.str()
    assert "expected 'refund', got 'ot\\x1b[2Jher'" in text
    assert "\x1b[" not in text


def test_a_failure_of_another_plugin_stays_as_it_is(red):
    red.test(TEST + "\n    pytest.fail('by hand', pytrace=False)\n")
    text = red.run("--model-version=1", "--color=yes").stdout.str()
    assert "0/1 cases pass" in text


def test_checks_in_one_test_are_each_coloured(red):
    red.test("""
        def test_two(modelcheck, triage):
            def refunds(case):
                assert triage(case.input) == case.expected

            for name in ("one", "two"):
                modelcheck.golden(refunds, [{"input": name, "expected": "refund"}], name=name)
    """)
    text = red.run("--model-version=1", "--color=yes").stdout.str()
    assert text.count("got \x1b[31m'ot") == 2


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n", "2")], ids=["alone", "workers"])
def test_only_the_first_failures_are_shown_in_full(red, workers):
    if workers:
        pytest.importorskip("xdist")
    red.test(
        TEST.replace("case)", "case, number)").replace(
            "@pytest", "@pytest.mark.parametrize('number', range(23))\n@pytest", 1
        )
    )
    run = red.run_apart if workers else red.run
    text = run("--model-version=1", "--junitxml=junit.xml", *workers).stdout.str()
    assert text.count("  pass rate   0%") == 20
    assert text.count("  reproduce one:   pytest") == 23
    assert "3 failures are shown in short: -v shows them in full" in text
    assert (red.path / "junit.xml").read_text().count("pass rate   0%") == 23
    if not workers:  # which have nothing to do with these options
        whole = run("--model-version=1", "-v").stdout.str()
        assert whole.count("  pass rate   0%") == 23
        assert "in short" not in whole
        assert "in short" not in run("--model-version=1", "--tb=line").stdout.str()
