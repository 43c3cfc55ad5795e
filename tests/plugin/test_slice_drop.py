"""``max_slice_drop=``: each declared slice is held against its approved rate."""

import pytest

MODEL = """
    @model_fixture(OPTIONS)
    def triage(model_version):
        wrong = {"1": {0, 1, 2}, "2": {20, 21, 22}}[model_version]
        return lambda text: "no" if int(text) in wrong else "yes"
"""

TEST = """
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
    project.model(MODEL.replace("OPTIONS", options))
    project.test(TEST.format(more=", max_slice_drop=0.2"))
    project.run("--model-version=1", "--modelcheck-update")
    verdict = project.verdict(project.run("--model-version=2"))
    assert verdict.failed
    assert verdict.headline == "language=es: 50% of 6 cases, 100% approved, at most 20% allowed"
    project.test(TEST.format(more=", max_slice_drop=3"))
    verdict = project.verdict(project.run("--model-version=2"))
    assert not verdict.failed  # a warning, where three cases are broken for good
    found = {finding.limit: finding.summary for finding in verdict.findings}
    assert found["max_slice_drop"] == "none of 2 slices fell too far, at most 3 allowed"


def test_without_it_the_sum_decides(project):
    project.model(MODEL.replace("OPTIONS", ""))
    project.test(TEST.format(more=""))
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
def test_where_it_cannot_be_held_it_is_refused(project, options, body, says):
    """It was ignored: a slice that was lost completely passed."""
    project.model(MODEL.replace("OPTIONS", ""))
    test = TEST.format(more=f", max_slice_drop=0.2, {options}").replace(", at_least=0.5", "")
    test = test.replace("assert triage(case.input) == case.expected", body)
    project.test(test.replace("triage, case", "triage, case, score" if "score(" in body else "triage, case"))
    project.run("--model-version=1", "--modelcheck-update")
    result = project.run("--model-version=2")
    assert says in result.stdout.str() + result.stderr.str()
    assert result.ret
