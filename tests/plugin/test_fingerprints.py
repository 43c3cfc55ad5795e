"""Identity of models of one version: aliases, fingerprints, and the systems that answers come from."""

from __future__ import annotations

import pytest

MODEL = """
from pathlib import Path
from pytest_modelcheck import model_fixture

@model_fixture({options})
def triage(model_version):
    target = Path(__file__).with_name("target.txt").read_text()
    return lambda text: target
"""

TEST = """
@pytest.mark.golden([("a", "right"), ("b", "right")])
def test_known(triage, case):
    assert triage(case.input) == case.expected

@pytest.mark.golden([("c", "right")])
def test_more(triage, case):
    assert triage(case.input) == case.expected
"""


@pytest.fixture
def alias(project):
    def use(options=""):
        project.model(MODEL.format(options=options))
        project.test(TEST)
        project.write("target.txt", "right")
        return project

    return use


@pytest.mark.parametrize("version", ["latest", "models:/triage@champion"])
def test_an_alias_that_means_another_model_is_not_green_from_the_cache(alias, version):
    project = alias()
    first = project.run(f"--model-version={version}")
    first.assert_outcomes(passed=2, warnings=1)
    first.stdout.fnmatch_lines(["*the version is an alias*Name the exact version, or give*"])
    project.write("target.txt", "wrong")
    project.run(f"--model-version={version}").assert_outcomes(failed=2, warnings=1)


@pytest.mark.parametrize(
    "options",
    ["fingerprint=lambda: Path(__file__).with_name('target.txt').read_text()", "deterministic=True"],
)
def test_a_fingerprint_or_an_exact_version_is_the_remedy(alias, options):
    project = alias(options)
    version = "latest" if "fingerprint" in options else "2024-08-06"
    project.run(f"--model-version={version}").assert_outcomes(passed=2)
    again = project.run(f"--model-version={version}")
    again.assert_outcomes(passed=2)
    again.stdout.fnmatch_lines(["*3 cached, 0 *"])
    assert "alias" not in again.stdout.str()


def test_no_warning_where_nothing_is_cached_anyway(alias):
    result = alias().run("--model-version=latest", "--modelcheck-cache=off")
    result.assert_outcomes(passed=2)
    assert "alias" not in result.stdout.str()


def test_the_message_names_the_keys_of_a_fingerprint_that_changed(alias):
    project = alias('fingerprint={"model": "small", "temperature": 0}')
    project.run("--model-version=1", "--modelcheck-update").assert_outcomes(passed=2)
    alias('fingerprint={"model": "large", "temperature": 0}')
    result = project.run("--model-version=1")
    result.stdout.fnmatch_lines(
        ["*triage 1 is not the 1 that was approved: its fingerprint differs in 'model'. If the change *"]
    )


def test_history_keeps_approvals_under_one_name(alias):
    project = alias("fingerprint=lambda: Path(__file__).with_name('target.txt').read_text()")
    for target in ("right", "right", "wrong"):
        project.write("target.txt", target)
        project.run("--model-version=latest", "--modelcheck-update")
    result = project.command("history", "test_triage.py::test_known")
    rows = [line for line in result.outlines if line.startswith("    latest")]
    assert [row.split()[2] for row in rows] == ["100%", "0%"]


PROVIDER = """
    from pathlib import Path

    @model_fixture(answer_fingerprint=lambda answer: answer["system"])
    def triage(model_version):
        systems = Path(__file__).with_name("systems").read_text().split()
        count = 0

        def predict(text):
            nonlocal count
            count += 1
            return {"label": "refund", "system": systems[count % len(systems)]}

        return predict
"""
LABELS = """
@pytest.mark.golden("tickets.yaml", at_least=0.1)
def test_known(triage, case):
    assert triage(case.input)["label"] == case.expected
"""


@pytest.fixture
def provider(project):
    project.model(PROVIDER)
    project.test(LABELS)
    project.become = lambda *systems: (project.path / "systems").write_text(" ".join(systems))
    project.become("fp_a")
    return project


def test_another_system_under_an_approved_version_fails_in_a_sentence_until_it_is_approved(provider):
    provider.approve("2.0")
    provider.passes("--model-version=2.0", "--modelcheck-cache=refresh")
    provider.become("fp_b")
    provider.run("--model-version=2.1").assert_outcomes(passed=1)  # another version may have another
    result = provider.fails("--model-version=2.0", "--modelcheck-cache=refresh")
    assert provider.verdict(result).headline == (
        "triage 2.0 is not the 2.0 that was approved: 10 answers come from fp_b and those that were approved "
        "from fp_a"
    )
    approves = ("--modelcheck-cache=refresh", "--modelcheck-update")
    provider.passes("--model-version=2.0", *approves)
    provider.passes("--model-version=2.0")


def test_several_systems_are_approved_together_and_listed(provider):
    provider.become("fp_a", "fp_b")
    result = provider.run("--model-version=2.0", "--modelcheck-update")
    notes = provider.verdict(result).notes
    assert "triage 2.0 answered from 2 different systems: fp_b (15), fp_a (15)" in notes
    assert (
        b'"systems":["fp_a","fp_b"]'
        in provider.baselines()["baselines/triage/test_triage.py/test_known.jsonl"]
    )
    provider.become("fp_b")
    provider.passes("--model-version=2.0", "--modelcheck-cache=refresh")


@pytest.mark.parametrize(
    ("reads", "message"),
    [
        ('answer["none"]', "*answer_fingerprint= raised KeyError: 'none', for *"),
        ("7", "*must give a text or None, not 7*"),
    ],
)
def test_an_unreadable_file_is_reported_with_its_place(provider, reads, message):
    provider.model(PROVIDER.replace('answer["system"]', reads))
    result = provider.fails("--model-version=2.0")
    result.stdout.fnmatch_lines([message])
    assert "conftest.py:" in result.stdout.str()


def test_an_answer_that_does_not_say_is_no_system(provider):
    provider.model(PROVIDER.replace('answer["system"]', "None"))
    provider.approve("2.0")
    assert b"systems" not in b"".join(provider.baselines().values())
