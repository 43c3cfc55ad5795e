"""Slices: a failing check names where it happens; ``max_slice_drop=`` holds each to its approved rate."""

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


def test_a_slice_that_rose_from_the_worst_score_has_not_lost(project):
    """A failed run has the low end of the scale, -10: as 0, it would make -5 look like a fall."""
    project.model("""
        @model_fixture(deterministic=True)
        def triage(model_version):
            def model(text):
                number = int(text.split()[1])
                if number % 4 == 0:
                    return None if model_version == "1" else -5.0
                return -2.5 if model_version == "2" and number in (1, 18, 35, 53, 70) else -1.0
            return model
    """)
    project.test("""
        CASES = [
            {"id": f"c{n}", "input": f"case {n}", "metadata": {"region": "b" if n % 4 else "a"}}
            for n in range(80)
        ]

        @pytest.mark.golden(CASES, max_drop=4.0, bounds=(-10, 0), at_least=-9)
        def test_it(triage, case, score):
            answer = triage(case.input)
            assert answer is not None
            score(answer)
    """)
    project.approve("1")
    verdict = project.verdict(project.run("--model-version=2"))
    assert verdict.passed
    assert len(verdict.comparison.fixed) == 20


MOVING = """
    @model_fixture(OPTIONS)
    def triage(model_version):
        wrong = {"1": {0, 1, 2}, "2": {20, 21, 22}}[model_version]
        return lambda text: "no" if int(text) in wrong else "yes"
"""

SLICED = """
    import pytest
    LANGUAGES = [{{"language": "en" if n < 18 else "es"}} for n in range(24)]
    CASES = [
        {{"id": f"c{{n}}", "input": str(n), "expected": "yes", "metadata": LANGUAGES[n]}} for n in range(24)
    ]

    @pytest.mark.golden(CASES, slices=["language"], slice_regressions="off", at_least=0.5{more})
    def test_it(triage, case):
        assert triage(case.input) == case.expected
"""


@pytest.mark.parametrize("options", ["", "deterministic=True"])
def test_a_slice_that_falls_too_far_fails_though_others_make_up_for_it(project, options):
    project.model(MOVING.replace("OPTIONS", options))
    project.test(SLICED.format(more=", max_slice_drop=0.2"))
    project.run("--model-version=1", "--modelcheck-update")
    verdict = project.verdict(project.run("--model-version=2"))
    assert verdict.failed
    assert verdict.headline == "language=es: 50% of 6 cases, 100% approved, at most 20% allowed"
    project.test(SLICED.format(more=", max_slice_drop=3"))
    verdict = project.verdict(project.run("--model-version=2"))
    assert not verdict.failed  # a warning, where three cases are broken for good
    found = {finding.limit: finding.summary for finding in verdict.findings}
    assert found["max_slice_drop"] == "none of 2 slices fell too far, at most 3 allowed"


def test_of_the_ini_file_it_is_a_limit_of_the_checks_that_it_fits(project):
    project.ini("modelcheck_max_slice_drop = 0.2")
    project.model(MOVING.replace("OPTIONS", "deterministic=True"))
    for more, held in {"": True, ', score_as="pass@2", repeats=2': False}.items():
        project.test(SLICED.format(more=more))
        project.run("--model-version=1", "--modelcheck-update")
        verdict = project.verdict(project.run("--model-version=2"))
        assert verdict.failed == held
        assert ("max_slice_drop" in {finding.limit for finding in verdict.findings}) == held


def test_without_it_the_sum_decides(project):
    project.model(MOVING.replace("OPTIONS", ""))
    project.test(SLICED.format(more=""))
    project.run("--model-version=1", "--modelcheck-update")
    assert not project.verdict(project.run("--model-version=2")).failed


@pytest.mark.parametrize(
    ("options", "body", "says"),
    [
        ("bounds=(0, 5), at_least=1", "score(5.0 * (triage(case.input) == 'yes'))", "scores from 0 to 1"),
        ("max_changed=9", "assert triage(case.input) == case.approved", "compares with case.approved"),
        ("cluster='language'", "assert triage(case.input) == 'yes'", 'does not go with population="sample"'),
    ],
)
def test_a_check_that_cannot_hold_it_is_refused(project, options, body, says):
    """It was ignored: a slice lost completely passed."""
    project.model(MOVING.replace("OPTIONS", ""))
    test = SLICED.format(more=f", max_slice_drop=0.2, {options}").replace(", at_least=0.5", "")
    test = test.replace("assert triage(case.input) == case.expected", body)
    project.test(test.replace("triage, case", "triage, case, score" if "score(" in body else "triage, case"))
    project.run("--model-version=1", "--modelcheck-update")
    result = project.run("--model-version=2")
    assert says in result.stdout.str() + result.stderr.str()
    assert result.ret
