"""A failing check names the slice where it happens, declared or not."""

import pytest

TEST = """
import random
import pytest

RNG = random.Random(0)

def ticket(number):
    text = RNG.choice(["Quiero un reembolso", "I want a refund"]) + " please" * RNG.randint(0, 20)
    metadata = {"channel": RNG.choice(["web", "mail"])}
    return {"input": f"{text} {number}", "expected": "refund", "metadata": metadata}

TICKETS = [ticket(number) for number in range(150)]

@pytest.mark.golden(TICKETS)
def test_tickets(triage, case):
    assert triage(case.input) == case.expected
"""

MODEL = """
@model_fixture(batch=True)
def triage(model_version):
    def predict(texts):
        bad = 100 if model_version == "2" else 10_000
        return ["other" if len(text) > bad else "refund" for text in texts]
    return predict
"""


@pytest.fixture
def long_ones_fail(project):
    project.model(MODEL)
    project.test(TEST)
    return project


def test_is_shown_where_it_happens_and_is_the_same_in_every_run(long_ones_fail):
    result = long_ones_fail.run("--model-version=2", "--modelcheck-no-shrink")
    verdict = long_ones_fail.verdict(result)
    found = verdict.found
    assert (found.failed, found.elsewhere_failed, found.regressed) == (found.judged, 0, False)
    result.stdout.fnmatch_lines(
        [f"*found: length > *: {found.failed} of {found.judged} fail (elsewhere 0 of *)"]
    )
    assert long_ones_fail.verdict(long_ones_fail.run("--model-version=2")).found == found
    part = long_ones_fail.run("--model-version=2", f"--modelcheck-case={verdict.shown[0].id}")
    assert long_ones_fail.verdict(part).found is None, "part of a check"


def test_is_about_what_broke_where_that_fails_the_check(long_ones_fail):
    passed = long_ones_fail.run("--model-version=1", "--modelcheck-update")
    assert long_ones_fail.verdict(passed).found is None
    result = long_ones_fail.run("--model-version=2")
    assert long_ones_fail.verdict(result).found.regressed
    result.stdout.fnmatch_lines(["*found: length > *: * of * broke (elsewhere 0 of *)"])


def test_a_few_failures_name_no_slice(project):
    project.test()
    assert project.verdict(project.run("--model-version=1.9")).found is None


def test_a_slice_that_rose_from_the_worst_score_has_not_lost(project):
    """A failed run has the low end of the scale, -10: as 0, it would make -5 look like a fall."""
    project.model(
        """
        @model_fixture(deterministic=True)
        def triage(model_version):
            def model(text):
                number = int(text.split()[1])
                if number % 4 == 0:
                    return None if model_version == "1" else -5.0
                return -2.5 if model_version == "2" and number in (1, 18, 35, 53, 70) else -1.0
            return model
        """
    )
    project.test(
        """
        CASES = [
            {"id": f"c{n}", "input": f"case {n}", "metadata": {"region": "b" if n % 4 else "a"}}
            for n in range(80)
        ]

        @pytest.mark.golden(CASES, max_drop=4.0, bounds=(-10, 0), at_least=-9)
        def test_it(triage, case, score):
            answer = triage(case.input)
            assert answer is not None
            score(answer)
        """
    )
    project.approve("1")
    verdict = project.verdict(project.run("--model-version=2"))
    assert verdict.passed
    assert len(verdict.comparison.fixed) == 20
