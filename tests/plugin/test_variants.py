"""Variants written with their cases: judged in every kind of check, with expectations of their own."""

from __future__ import annotations

import pytest

from pytest_modelcheck.records import Status

MODEL = """
@model_fixture(deterministic=True)
def triage(model_version):
    def answer(text):
        if model_version == "2.0" and "parsel" in text:
            return "other"
        return "es" if "paquete" in text else "shipping" if "par" in text else "other"

    return answer
"""

CASES = """
- id: parcel
  input: Where is my parcel?
  expected: shipping
  metadata: {language: en, channel: chat}
  variants:
    - Where is my parsel?
    - input: Donde esta mi paquete?
      expected: es
      metadata: {language: es}
- id: hello
  input: Hello
  expected: other
"""

GOLDEN = """
SEEN = []

@pytest.mark.golden("tickets.yaml")
def test_known(triage, case):
    SEEN.append((case.input, case.variant, case["language"] if case.metadata else None))
    assert triage(case.input) == case.expected

def test_seen():
    assert sorted(SEEN, key=str) == [
        ("Donde esta mi paquete?", 1, "es"),
        ("Hello", None, None),
        ("Where is my parcel?", None, "en"),
        ("Where is my parsel?", 0, "en"),
    ]
"""


@pytest.fixture
def variants(project):
    project.model(MODEL)
    project.write("tickets.yaml", CASES)
    return project


def test_a_golden_check_judges_the_variants_with_their_own_expectations(variants):
    variants.test(GOLDEN)
    result = variants.run("--model-version=1.0")
    result.assert_outcomes(passed=2)
    verdict = variants.verdict(result)
    assert (verdict.cases.passed, verdict.cases.judged) == (2, 2)


def test_a_case_fails_if_one_of_its_variants_does(variants):
    variants.test(GOLDEN.partition("def test_seen")[0])
    result = variants.run("--model-version=2.0")
    verdict = variants.verdict(result)
    assert verdict.status is Status.FAILED
    assert (verdict.cases.failed, verdict.cases.judged) == (1, 2)
    (shown,) = verdict.shown
    assert (shown.id, shown.perturbation, shown.perturbed) == (
        "parcel",
        "variant input",
        "Where is my parsel?",
    )


def test_variants_have_approved_answers_of_their_own(variants):
    variants.golden('"tickets.yaml", max_changed=0.0', "assert triage(case.input) == case.approved")
    variants.passes("--model-version=1.0", "--modelcheck-update")
    variants.passes("--model-version=1.0")
    variants.fails("--model-version=2.0")


def test_an_invariance_check_sees_the_expectation_of_the_variant(variants):
    variants.test("""
        @pytest.mark.invariance("tickets.yaml")
        def test_variants(triage, case):
            assert case.input == "Where is my parcel?"
            assert triage(case.perturbed) == case.expected
            assert case["channel"] == "chat"
            assert case["language"] == ("es" if case.variant else "en")
    """)
    result = variants.passes("--model-version=1.0")
    assert variants.verdict(result).cases.judged == 1


def test_the_first_case_does_not_decide_if_under_is_needed(variants):
    rows = [{"input": "a"}, {"input": "b", "variants": ["B"]}]
    check = """
@pytest.mark.invariance({})
def test_{}(triage, case):
    assert triage(case.perturbed) == triage(case.input)
"""
    variants.test(check.format(rows, "last") + check.format(rows[::-1], "first"))
    result = variants.run("--model-version=1.0")
    result.assert_outcomes(passed=2)
    assert {verdict.cases.judged for verdict in variants.verdicts(result).values()} == {1}


def test_a_drift_check_refuses_variants(variants):
    variants.test("""
        @pytest.mark.drift("tickets.yaml", tolerance=0.5)
        def test_drift(triage, case):
            triage(case.input)
    """)
    result = variants.run("--model-version=1.0")
    result.stdout.fnmatch_lines(["*case parcel (tickets.yaml:1) has variants; make them cases of*"])


def test_variants_are_called_in_batches_and_none_in_vain(project):
    project.model("""
        from pathlib import Path

        LOG = Path(__file__).with_name("batches.log")

        @model_fixture(batch=True, deterministic=True)
        def triage(model_version):
            def answer(texts):
                with LOG.open("a") as log:
                    log.write(f"{' '.join(texts)}\\n")
                return texts

            return answer
    """)
    project.test("""
        ROWS = [
            {"input": f"{n}", "expected": f"{n}", "variants": [{"input": f"{n}b", "expected": f"{n}b"}]}
            for n in range(40)
        ]

        @pytest.mark.golden(ROWS)
        def test_known(triage, case):
            assert triage(case.input) == case.expected
    """)
    project.passes("--model-version=1")
    batches = [line.split() for line in (project.path / "batches.log").read_text().splitlines()]
    texts = [text for batch in batches for text in batch]
    assert sorted(texts) == sorted(f"{n}{mark}" for n in range(40) for mark in ("", "b"))
    assert len(batches) < 10
