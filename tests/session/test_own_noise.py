"""A model that varies is not failed for the answers that it changes by itself."""

import random

import pytest

CASES = [{"id": f"c-{n:03}", "input": f"question {n}", "expected": "right"} for n in range(100)]
VARIES = {"definition": {"deterministic": False}}


def noisy(seed, broken=0.0):
    """Answers a quarter of the questions by throwing a coin of 0.7, and ``broken`` of all of them wrong."""
    generator = random.Random(seed)

    def ask(text):
        number = int(text.split()[1])
        if number % 100 < 100 * broken:
            return "broken"
        return "right" if number % 4 or generator.random() < 0.7 else f"wrong {generator.randrange(2)}"

    return ask


def as_approved(model, case):
    assert model(case.input) == case.approved


def known(model, case):
    assert model(case.input) == case.expected


def finding(verdict, limit):
    return next(found for found in verdict.findings if found.limit == limit)


def two_versions(project, body, model, **limits):
    limits = {"at_least": 0.1, **limits} if body is known else limits
    project.run(noisy(1), CASES, body, **VARIES, repeats=limits.pop("approved_repeats", 1), max_changed=0.999)
    project.approve()
    return project.run(model, CASES, body, version="2.0", **VARIES, **limits)


BODIES = pytest.mark.parametrize("body", [known, as_approved])


@BODIES
def test_its_own_noise_is_taken_off(project, body):
    found = finding(two_versions(project, body, noisy(2), max_changed=0.02), "max_changed")
    assert "of answers differ from the approved ones, but the model disagrees with itself on" in found.summary
    assert found.status.value != "failed"


@BODIES
def test_and_what_really_changed_is_left(project, body):
    found = finding(two_versions(project, body, noisy(2, broken=0.2), max_changed=0.02), "max_changed")
    assert found.status.value == "failed"
    assert found.p_value < 0.01
    assert "; excess " in found.summary
    assert found.summary.endswith("allowed 2%")
    assert "can only reveal an excess of more than about" in found.reveals


def test_without_an_allowance_outputs_are_exchanged(project):
    found = finding(two_versions(project, known, noisy(2, broken=0.1), max_changed=0), "max_changed")
    assert found.summary.endswith("none allowed")
    assert found.p_value <= 0.01


def test_regressions_likewise(project):
    steady = finding(
        two_versions(project, known, noisy(2), max_regressed=0.02, max_drop=0.999), "max_regressed"
    )
    assert "of runs fail of cases that passed, but" in steady.summary
    assert "do where the model is only asked again" in steady.summary
    assert steady.status.value != "failed"


def test_and_real_ones_are_found(project):
    verdict = two_versions(project, known, noisy(2, broken=0.2), max_regressed=2, max_drop=0.999)
    found = finding(verdict, "max_regressed")
    assert found.status.value == "failed"
    assert found.summary.endswith("allowed 2%")


def test_the_approved_version_may_have_been_run_more_often(project):
    limits = {"max_changed": 0.02, "approved_repeats": 3, "repeats": 3}
    found = finding(two_versions(project, known, noisy(2), **limits), "max_changed")
    assert "but the model disagrees with itself" in found.summary
    assert found.status.value != "failed"


def test_groups_count_once(project):
    cases = [{**case, "metadata": {"template": number % 10}} for number, case in enumerate(CASES)]
    limits = {"max_changed": 0.0, "at_least": 0.1, "cluster": "template"}
    project.run(noisy(1), cases, known, **VARIES)
    project.approve()
    verdict = project.run(noisy(2, broken=0.3), cases, known, version="2.0", **VARIES, **limits)
    found = finding(verdict, "max_changed")
    assert found.reveals.startswith("10 groups by template can only reveal")


def test_what_meets_its_limit_costs_nothing_more(project):
    asked = []

    def counting(text):
        asked.append(text)
        return noisy(2)(text)

    two_versions(project, known, counting, max_changed=0.9, max_drop=0.999)
    assert len(asked) == 100


def test_what_misses_it_is_asked_twice_more(project):
    asked = []
    model = noisy(2)

    def counting(text):
        asked.append(text)
        return model(text)

    two_versions(project, known, counting, max_changed=0.02, max_drop=0.999, confirm=False)
    assert len(asked) == 300


def test_a_warm_cache_says_the_same(project):
    first = two_versions(project, known, noisy(2, broken=0.1), max_changed=0.02)

    def silent(text):
        raise AssertionError(text)

    limits = {"at_least": 0.1, "max_changed": 0.02}
    again = project.run(silent, CASES, known, version="2.0", **VARIES, **limits)
    assert [found.summary for found in again.findings] == [found.summary for found in first.findings]


@pytest.mark.parametrize("allowance", [0, 0.02])
def test_a_model_that_did_not_change_seldom_fails(project, allowance):
    failed = 0
    for seed in range(15):
        project.run(noisy(seed), CASES[:40], known, version=f"1.{seed}", **VARIES)
        project.approve(f"1.{seed}")
        options = {"max_changed": allowance, "at_least": 0.1, "max_drop": 0.999, "false_fail_rate": 0.05}
        verdict = project.run(noisy(1000 + seed), CASES[:40], known, version=f"2.{seed}", **VARIES, **options)
        failed += verdict.failed
    assert failed <= 15 * 0.05 + 3 * (15 * 0.05 * 0.95) ** 0.5
