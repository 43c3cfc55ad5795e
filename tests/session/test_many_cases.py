"""A check has the same results whether the lines of its cases lie in memory or in a file."""

from __future__ import annotations

import json

from pytest_modelcheck.cases import load
from pytest_modelcheck.engine.view import give_score
from pytest_modelcheck.records import Status
from pytest_modelcheck.session import observing


def rows(count=60):
    return [
        {
            "id": f"t-{n:03}",
            "input": f"text {n}",
            "expected": "right" if n % 7 else "wrong",
            "metadata": {"language": "es" if n % 3 else "en"},
        }
        for n in range(count)
    ]


def is_expected(model, case):
    assert model(case.input) == case.expected


def is_same(model, case):
    assert model(case.perturbed) == model(case.input)


def is_approved(model, case):
    assert model(case.input) == case.approved


def answers(changed=()):
    return lambda x: "changed" if int(x.split()[1]) in changed else "right"


def test_a_golden_check(both):
    [verdict] = both(lambda project: [project.run(answers(), rows(), is_expected, at_least=0.5)])
    assert verdict.cases.failed == 9
    assert verdict.hidden == 4
    assert [group.name for group in verdict.slices]


def test_times_and_costs_of_answers_are_known(both):
    def story(project):
        definition = {"cost": lambda answer: 0.5}
        limits = {"max_cost_per_case": 1.0, "at_least": 0.5}
        return [project.run(answers(), rows(), is_expected, definition=definition, **limits)]

    [verdict] = both(story)
    [cost] = [finding for finding in verdict.findings if finding.limit == "max_cost_per_case"]
    assert cost.summary == "a case costs 0.5 on average, at most 1 allowed"


def test_a_failing_check_of_a_model_that_varies(both, varying):
    def story(project):
        return [project.run(varying(0.5, 3), rows(), is_expected, at_least=0.9, repeats=n) for n in (1, 3)]

    both(story)


def test_against_a_baseline(both):
    def story(project):
        first = project.run(answers(), rows(), is_expected, at_least=0.5)
        project.approve()
        same = project.run(answers(), rows(), is_expected, at_least=0.5)
        worse = project.run(answers({1, 2, 7, 50}), rows(70), is_expected, "2.0", at_least=0.5, max_changed=1)
        fewer = project.run(answers({1}), rows(40), is_expected, "3.0", min_overlap=0.1)
        return [first, same, worse, fewer]

    _, same, worse, fewer = both(story)
    assert (same.comparison.shared, same.comparison.judged, same.comparison.changed) == (60, 60, ())
    assert worse.comparison.changed == ("t-001", "t-002", "t-007", "t-050")
    assert worse.comparison.regressed == ("t-001", "t-002", "t-050")
    assert (worse.comparison.added, fewer.comparison.removed) == (10, 20)


def test_a_test_that_was_edited_is_replayed(both):
    def story(project):
        project.run(answers(), rows(), is_expected, at_least=0.5)
        project.approve()
        edited = project.run(answers({3}), rows(), is_expected, "2.0", at_least=0.5, edition="2")
        other = [{**row, "expected": "right"} for row in rows()]
        return [edited, project.run(answers({3}), other, is_expected, "3.0", at_least=0.5)]

    edited, corrected = both(story)
    assert edited.comparison.replayed == 60
    assert corrected.comparison.replayed == 9


def test_bodies_that_compare_with_the_approved_answer(both):
    def story(project):
        new = project.run(answers(), rows(), is_approved)
        project.approve()
        return [new, project.run(answers({4}), rows(), is_approved, "2.0", max_changed=0.5)]

    new, second = both(story)
    assert new.failed
    assert second.cases.failed == 1


def test_perturbed_cases(both):
    from pytest_modelcheck import perturb

    def story(project):
        under = [perturb.append(" please"), perturb.typos()]
        return [
            project.run(
                lambda x: "long" if len(x) > 10 else "short",
                rows(),
                is_same,
                kind="invariance",
                perturbations=under,
                at_least=0.1,
            )
        ]

    both(story)


def test_scores_and_clusters(both):
    def graded(model, case):
        give_score(case, 0.25 if model(case.input) == case.expected else 0.75)

    def story(project):
        return [
            project.run(answers(), rows(), graded, at_least=0.2),
            project.run(answers(), rows(), is_expected, "2.0", at_least=0.2, cluster="language"),
        ]

    both(story)


def test_no_case_of_scores_is_flaky(project, monkeypatch):
    def graded(model, case):
        give_score(case, 0.25 if model(case.input) == case.expected else 0.75)

    monkeypatch.setattr(observing, "Flaky", None)  # of a million scores, nearly every one would be held
    verdict = project.run(answers(), rows(), graded, at_least=0.2, repeats=2)
    assert (verdict.status, verdict.flaky) == (Status.PASSED, ())


def test_errors(both):
    def broken(x):
        if x == "text 31":
            raise ValueError("too long")
        return "right"

    [verdict] = both(lambda project: [project.run(broken, rows(), is_expected, at_least=0.1)])
    assert verdict.cases.error == 1
    assert verdict.shown[0].note == "error"
    assert verdict.findings[0].summary.endswith("ValueError: too long")


def test_cases_that_are_read_again_rather_than_held(both, tmp_path, monkeypatch):
    """Each reading gives new objects."""
    from pytest_modelcheck.cases import files

    path = tmp_path / "cases.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows()), encoding="utf-8")
    monkeypatch.setattr(files, "LARGE", 0)

    def story(project):
        return [project.run(answers(), path, is_expected, at_least=0.99)]

    [verdict] = both(story)
    assert verdict.cases.passed == 51
    assert len(list(load(path))) == 60


def test_a_recorded_answer_is_kept_when_every_case_runs_again(both, varying):
    def recording(model, case):
        answer = model(case.input)
        case.record(answer[:2])
        assert answer == "right"

    def story(project):
        project.run(varying(0.95, 1), rows(), recording, at_least=0.5)
        project.approve()
        return [project.run(varying(0.6, 2), rows(), recording, "2.0", at_least=0.5)]

    both(story)


def test_cases_that_no_perturbation_changes_are_the_same_case_then_and_now(both):
    """Only trials that both versions ran can be missing, however often cases are run."""
    from pytest_modelcheck import perturb

    def story(project):
        tickets = [{**row, "input": row["input"] + (" x" if n % 5 else "")} for n, row in enumerate(rows())]
        options = {
            "kind": "invariance",
            "perturbations": [perturb.replace("x", "y")],
            "repeats": 2,
            "allow_constant": True,
        }
        project.run(answers(), tickets, is_same, at_least=0.5, **options)
        project.approve()
        return [project.run(answers(), tickets, is_same, "2.0", at_least=0.5, **options)]

    [verdict] = both(story)
    assert (verdict.comparison.shared, verdict.comparison.judged) == (60, 48)
    assert not verdict.failed


def test_known_failures_that_changed_do_not_replace_others_that_run_again(both, varying):
    def story(project):
        tickets = [{**row, "known_failure": "known"} if n < 20 else row for n, row in enumerate(rows())]
        project.run(answers(), tickets, is_expected, at_least=0.5)
        project.approve()
        return [project.run(varying(0.3, 5), tickets, is_expected, "2.0", at_least=0.9, max_changed=0)]

    both(story)


def test_recorded_answers_are_compared_with_those_recorded_again(both, varying):
    def recording(model, case):
        answer = model(case.input)
        case.record({"first": answer[:2], "of": (1,)})
        assert answer == "right"

    def story(project):
        project.run(varying(0.9, 1), rows(), recording, at_least=0.1)
        project.approve()
        limits = {"max_changed": 0.1, "max_regressed": 0, "cluster": "language"}
        return [project.run(varying(0.6, 2), rows(), recording, "2.0", at_least=0.1, **limits)]

    [verdict] = both(story)
    assert any("approve with more runs" in finding.summary for finding in verdict.findings)


def test_cases_without_trials_where_a_varying_model_is_compared_with_what_was_approved(both, varying):
    from pytest_modelcheck import perturb

    def as_approved(model, case):
        assert model(case.perturbed) == case.approved

    def story(project):
        tickets = [{**row, "input": row["input"] + (" x" if n % 5 else "")} for n, row in enumerate(rows())]
        options = {"kind": "invariance", "perturbations": [perturb.replace("x", "y")], "max_changed": 0}
        project.run(varying(0.9, 1), tickets, as_approved, **options)
        project.approve()
        return [project.run(varying(0.6, 2), tickets, as_approved, "2.0", **options)]

    [verdict] = both(story)
    assert verdict.varies
