import pytest

from pytest_modelcheck.errors import BaselineError, ModelError, OfflineError
from pytest_modelcheck.perturb import as_perturbations
from pytest_modelcheck.records import Status

CASES = [
    {"id": f"t-{number}", "input": text, "expected": label, "metadata": {"language": language}}
    for number, (text, label, language) in enumerate(
        [
            ("I want a refund", "refund", "en"),
            ("Quiero un reembolso", "refund", "es"),
            ("Where is my parcel?", "shipping", "en"),
            ("Mi paquete no llega", "shipping", "es"),
        ]
    )
]


def right(x):
    return "refund" if "refund" in x.lower() or "reembolso" in x else "shipping"


def quietly_broken(x):
    return "refund" if "refund" in x else "shipping"


def known(model, case):
    assert model(case.input) == case.expected


def same_as_approved(model, case):
    assert model(case.input) == case.approved


class Counting:
    def __init__(self, function):
        self.function = function
        self.asked = []

    def __call__(self, x):
        self.asked.append(x)
        return self.function(x)


def test_a_check_that_passes(project):
    verdict = project.run(right, CASES, known)
    assert verdict.status is Status.PASSED
    assert (verdict.rate, verdict.cases.passed, verdict.approved_version) == (1.0, 4, None)
    assert verdict.varies is None
    assert (verdict.calls.asked, verdict.calls.cached) == (4, 0)


def test_a_second_run_asks_nothing(project):
    project.run(right, CASES, known)
    model = Counting(right)
    verdict = project.run(model, CASES, known)
    assert model.asked == []
    assert (verdict.calls.asked, verdict.calls.cached) == (0, 4)


def test_another_version_is_asked_anew(project):
    project.run(right, CASES, known)
    model = Counting(right)
    project.run(model, CASES, known, version="2.0")
    assert len(model.asked) == 4


def test_a_model_without_a_version_is_asked_in_each_run_and_leaves_no_candidate(project):
    project.run(right, CASES, known, version=None)
    model = Counting(right)
    verdict = project.run(model, CASES, known, version=None)
    assert len(model.asked) == 4
    assert not (project.folder / "cache").exists()
    assert verdict.version is None


def test_a_failure_tells_where_and_offers_to_run_one_case(project):
    verdict = project.run(quietly_broken, CASES, known)
    assert verdict.headline == "3/4 cases pass (75%), all required"
    assert {group.name for group in verdict.slices[:2]} == {"language=es", "expected=refund"}
    [shown] = verdict.shown
    assert (shown.id, shown.expected, shown.got) == ("t-1", "'refund'", "'shipping'")
    assert dict(verdict.advice)["reproduce one"] == "pytest test_triage.py --modelcheck-case=t-1"
    assert "approve it" not in dict(verdict.advice)


def test_a_regression_against_the_approved_version(project):
    project.run(right, CASES, known)
    project.approve()
    verdict = project.run(quietly_broken, CASES, known, version="2.0")
    assert verdict.headline == "1 broke, 0 fixed: net -1, none allowed"
    assert verdict.approved_version == "1.0"
    assert verdict.comparison.regressed == ("t-1",)
    assert verdict.variation == "does not vary (4 of 4 answers repeated)"
    assert dict(verdict.advice)["approve it"] == "modelcheck approve 2.0"


def test_only_a_check_that_misses_a_limit_asks_twice(project):
    model = Counting(right)
    project.run(model, CASES, known)
    assert len(model.asked) == 4
    model = Counting(quietly_broken)
    project.run(model, CASES, known, version="2.0")
    assert sorted(model.asked) == sorted([case["input"] for case in CASES] * 2)


def test_what_was_measured_is_remembered(project):
    project.run(quietly_broken, CASES, known)
    model = Counting(quietly_broken)
    assert project.run(model, CASES, known).varies is False
    assert model.asked == []


class TestEditedTests:
    def test_an_edited_body_is_not_a_changed_model(self, project):
        project.run(right, CASES, known)
        project.approve()

        def stricter(model, case):
            assert model(case.input) == case.expected
            assert len(case.input) < 16

        verdict = project.run(right, CASES, stricter, edition="2", at_least=0.0)
        assert verdict.comparison.regressed == ()
        assert verdict.comparison.replayed == 4
        assert verdict.comparison.approved_rate == 0.25
        assert verdict.status is Status.PASSED

    def test_nor_is_an_edited_expectation(self, project):
        project.run(right, CASES, known)
        project.approve()
        edited = [{**CASES[0], "expected": "billing"}, *CASES[1:]]
        verdict = project.run(right, edited, known, at_least=0.0)
        assert verdict.comparison.regressed == ()
        assert verdict.comparison.replayed == 1

    def test_a_changed_model_is_seen_through_an_edited_body(self, project):
        project.run(right, CASES, known)
        project.approve()

        def rewritten(model, case):
            answer = model(case.input)
            assert answer == case.expected

        verdict = project.run(quietly_broken, CASES, rewritten, version="2.0", edition="2")
        assert verdict.comparison.regressed == ("t-1",)

    def test_a_body_that_asks_something_else_cannot_be_replayed_and_says_so(self, project):
        project.run(right, CASES, known)
        project.approve()

        def louder(model, case):
            assert model(case.input.upper()) == model(case.input)

        verdict = project.run(right, CASES, louder, edition="2", at_least=0.0)
        assert verdict.failed
        assert verdict.headline.startswith(
            "only 0/4 approved cases can still be compared (0%, at least 80% required)"
        )


class TestApprovedAnswers:
    def test_nothing_approved_yet_fails_and_says_what_to_do(self, project):
        verdict = project.run(right, CASES, same_as_approved)
        assert verdict.headline == "no approved baseline yet: 4 of 4 cases are new"
        assert dict(verdict.advice)["approve it"] == "modelcheck approve 1.0"

    def test_a_run_that_updates_records_and_passes(self, project):
        verdict = project.run(right, CASES, same_as_approved, places={"update": True})
        assert verdict.status is Status.PASSED
        project.approve()
        verdict = project.run(quietly_broken, CASES, same_as_approved, version="2.0", max_changed=1)
        assert verdict.status is Status.PASSED
        verdict = project.run(quietly_broken, CASES, same_as_approved, version="2.0")
        assert verdict.headline == "1/4 answers changed (25%), none allowed"
        assert verdict.shown[0].note == "changed"

    def test_a_run_that_updates_is_still_held_to_its_rate(self, project):
        verdict = project.run(quietly_broken, CASES, known, places={"update": True}, at_least=0.9)
        assert verdict.failed

    def test_new_cases_among_approved_ones_are_left_out(self, project):
        project.run(right, CASES[:3], same_as_approved, places={"update": True})
        project.approve()
        verdict = project.run(right, CASES, same_as_approved)
        assert verdict.status is Status.PASSED
        assert (verdict.cases.passed, verdict.cases.new) == (3, 1)


class TestComparingWithAnotherVersion:
    def test_one_that_was_only_run(self, project):
        project.run(right, CASES, known, version="1.4")
        verdict = project.run(quietly_broken, CASES, known, version="2.0", places={"baseline": "1.4"})
        assert verdict.comparison.version == "1.4"
        assert verdict.failed

    def test_one_that_nobody_knows(self, project):
        with pytest.raises(BaselineError, match="nothing is remembered of triage 0.9"):
            project.run(right, CASES, known, places={"baseline": "0.9"})


class TestAModelThatVaries:
    MANY = [{"id": f"c-{number}", "input": f"question {number}", "expected": "right"} for number in range(40)]

    def test_is_found_out_when_it_matters_and_judged_by_statistics(self, project, varying):
        verdict = project.run(varying(0.9, seed=4), self.MANY, known, at_least=0.95)
        assert verdict.varies is True
        assert verdict.status is Status.INCONCLUSIVE
        assert verdict.variation.startswith("varies (")

    def test_and_fails_where_noise_cannot_explain_it(self, project, varying):
        verdict = project.run(varying(0.6, seed=1), self.MANY, known, at_least=0.95)
        assert verdict.varies is True
        assert verdict.failed

    def test_a_declaration_that_is_contradicted_is_an_error(self, project, varying):
        with pytest.raises(
            ModelError, match=r"conftest.py:1: triage 1.0 is declared deterministic=True, but"
        ):
            project.run(varying(0.6, seed=1), self.MANY, known, definition={"deterministic": True})

    def test_a_declared_variation_is_not_measured(self, project, varying):
        model = Counting(varying(0.9, seed=4))
        verdict = project.run(model, self.MANY, known, definition={"deterministic": False}, at_least=0.95)
        assert len(model.asked) == 40
        assert verdict.variation == "declared deterministic=False"


def test_offline_a_miss_that_was_never_measured_cannot_be_judged(project):
    project.run(right, CASES, known)
    offline = {"offline": True}
    assert project.run(right, CASES, known, places=offline).passed
    impossible = [{**case, "expected": "billing"} for case in CASES]
    with pytest.raises(OfflineError, match="whether triage 1.0 varies has not been measured"):
        project.run(right, impossible, known, places=offline)


def test_errors_are_no_wrong_answers(project):
    def broken(x):
        raise ConnectionError("no route")

    verdict = project.run(broken, CASES, known, at_least=0.0)
    assert verdict.headline == "4/4 cases broke with an error: ConnectionError: no route"
    assert verdict.shown[0].note == "error"


def test_perturbations_that_change_nothing_make_no_trials(project):
    def same(model, case):
        assert model(case.perturbed) == model(case.input)

    nothing = as_perturbations([lambda x: x])
    verdict = project.run(right, CASES, same, kind="invariance", perturbations=nothing)
    assert verdict.headline == "0 of 4 cases were applicable"
    shout = as_perturbations([str.upper])
    verdict = project.run(right, CASES, same, kind="invariance", perturbations=shout, at_least=0.5)
    assert verdict.perturbations[0].name == "upper"
    assert (verdict.cases.passed, verdict.cases.failed) == (3, 1)
    assert (verdict.shown[0].base_answer, verdict.shown[0].got) == ("'refund'", "'shipping'")


def test_part_of_a_check_is_not_remembered(project):
    project.run(right, CASES[:1], known, partial=True)
    assert not (project.folder / "cache" / "candidates").exists()


def test_a_verdict_does_not_depend_on_the_cache_being_warm(project):
    cold = project.run(quietly_broken, CASES, known)
    warm = project.run(quietly_broken, CASES, known)
    assert (cold.status, cold.findings, cold.shown) == (warm.status, warm.findings, warm.shown)
