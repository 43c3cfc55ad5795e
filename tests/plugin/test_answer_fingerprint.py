"""``answer_fingerprint=``: a provider who swaps the system behind a version is found out."""

import pytest

MODEL = """
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
TEST = """
@pytest.mark.golden("tickets.yaml", at_least=0.1)
def test_known(triage, case):
    assert triage(case.input)["label"] == case.expected
"""


@pytest.fixture
def provider(project):
    project.model(MODEL)
    project.test(TEST)
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


def test_several_systems_are_approved_together_and_told(provider):
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
    ("reads", "told"),
    [
        ('answer["none"]', "*answer_fingerprint= raised KeyError: 'none', for *"),
        ("7", "*must give a text or None, not 7*"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(provider, reads, told):
    provider.model(MODEL.replace('answer["system"]', reads))
    result = provider.fails("--model-version=2.0")
    result.stdout.fnmatch_lines([told])
    assert "conftest.py:" in result.stdout.str()


def test_an_answer_that_does_not_say_is_no_system(provider):
    provider.model(MODEL.replace('answer["system"]', "None"))
    provider.approve("2.0")
    assert b"systems" not in b"".join(provider.baselines().values())
