import threading

import pytest

from pytest_modelcheck.engine.view import NewCase, NotApproved, give_score, is_new
from pytest_modelcheck.errors import BaselineError, UsageError
from pytest_modelcheck.records import MISSING, Case, Scale, Trial


def see(lab, look, case=None, **options):
    """The value that a body sees or the error that it raises, with a model that answers in capitals."""
    triage = lab.models.get("triage") or lab.model(str.upper)
    found = []

    def body(view):
        triage("a")
        found.append(look(view))

    trial = case if isinstance(case, Trial) else Trial(0, case or Case("a", id="c-1"))
    run = lab.run(body, [trial], **options)
    if run.first_failure is not None:
        raise run.first_failure
    return found[0] if found else run.results[0].outcome.name


def test_a_case_gives_what_it_has(lab):
    case = Case("a", expected="e", id="c-1", metadata={"lang": "en"})
    look = lambda view: (view.id, view.input, view.expected, view["lang"], view.repeat, view.perturbation)  # noqa: E731
    assert see(lab, look, Trial(0, case, repeat=2)) == ("c-1", "a", "e", "en", 2, None)


def test_a_missing_attribute_is_named(lab):
    for look, words in [
        (lambda view: view.expected, "does not say what is expected"),
        (lambda view: view.perturbed, "exists only in invariance and directional checks"),
        (lambda view: view["lang"], r"has no metadata 'lang' \(it has: none\)"),
    ]:
        with pytest.raises(UsageError, match=words):
            see(lab, look)


def test_bodies_change_copies(lab):
    case = Case({"text": "a"}, expected=["e"], id="c-1", metadata={"tags": ["x"]})

    def look(view):
        view.input["text"] = view.expected.append("more") or "changed"
        view["tags"].append("y")
        return view.input, view.expected, view.metadata

    assert see(lab, look, case) == ({"text": "changed"}, ["e", "more"], {"tags": ["x", "y"]})
    assert (case.input, case.expected, case.metadata) == ({"text": "a"}, ["e"], {"tags": ["x"]})


def test_an_input_without_a_copy_is_handed_over_itself(lab):
    lock = threading.Lock()
    assert see(lab, lambda view: view.input[0], Case([lock], id="c-1")) is lock


def test_the_approved_answer_is_read(lab):
    assert see(lab, lambda view: view.approved, approved={"c-1": b'"then"'}) == "then"


def test_an_approved_answer_in_another_form_says_so(lab):
    with pytest.raises(BaselineError, match="has a different form than today's answers"):
        see(lab, lambda view: view.approved, approved={"c-1": b'{"$unheard":1}'})


def test_a_case_without_an_approved_answer_is_new(lab):
    assert see(lab, lambda view: view.approved) == "NEW"
    triage = lab.models["triage"]

    def body(case):
        assert case.approved.label[0] == triage(case.input)

    [result] = lab.run(body, "b").results
    assert (result.outcome.name, result.calls[0][1]) == ("NEW", b'"B"')


def test_an_unapproved_value_ends_a_body_that_needs_it():
    missing = NotApproved()
    assert missing.label["x"]() is missing
    for use in (bool, len, str, list, lambda value: value == 1, lambda value: value + 1):
        with pytest.raises(NewCase):
            use(missing)
    assert is_new(BaseExceptionGroup("", [NewCase(), NewCase()]))
    assert not is_new(BaseExceptionGroup("", [NewCase(), ValueError()]))


def test_a_score_lies_on_its_scale(lab):
    def scored(value, scale):
        triage = lab.models.get("triage") or lab.model(str.upper)
        run = lab.run(lambda case: (triage("a"), give_score(case, value)), "a", scale=scale)
        if run.first_failure is not None:
            raise run.first_failure
        return run.results[0].score

    assert scored(0.5, Scale()) == 0.5
    assert scored(7, Scale(0, 10)) == 7.0
    for wrong in (1.5, "0.5", None, float("nan")):
        with pytest.raises(UsageError, match="a score is a number from 0.0"):
            scored(wrong, Scale())


def test_a_recorded_answer_counts_in_place_of_the_first(lab):
    triage = lab.model(str.upper)
    [plain, recorded] = lab.run(
        lambda case: (triage(case.input), case.input == "b" and case.record("mine")), "ab"
    ).results
    assert (plain.recorded, recorded.recorded) == (MISSING, "mine")


def test_a_model_that_is_called_with_the_case_itself_says_so(lab):
    triage = lab.model(str.upper)
    with pytest.raises(UsageError, match=r"triage\(case.input\)"):
        raise lab.run(lambda case: triage(case), "a").first_failure


def test_representation_of_a_case(lab):
    shown = see(lab, repr, Trial(0, Case("a", id="c-1"), "typos", "b"))
    assert shown == "<case c-1 under typos>"
