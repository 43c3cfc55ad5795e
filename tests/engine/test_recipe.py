import json
from dataclasses import dataclass

import pytest

from pytest_modelcheck.engine.recipe import Made, Passed, Recipe, expressions_of, getter_of, needs
from pytest_modelcheck.models.calling import Arguments
from pytest_modelcheck.records import Case, Trial


def trial(value, **options):
    return Trial(0, Case(value, **options))


def learned(*bodies):
    """A recipe that was learned from pairs of a trial and its calls."""
    recipe = Recipe()
    for one, made in bodies:
        recipe.learn(one, made)
    return recipe


def inputs_of(recipe, one, answers=()):
    return [getter_of(expression)(one, answers) for _, (expression, *_) in recipe.calls]


@dataclass
class Triage:
    label: str
    notes: list


def test_a_call_with_the_input_is_known_after_one_body():
    recipe = learned((trial("a"), [Made("triage", "a", "A")]))
    assert recipe.known
    assert inputs_of(recipe, trial("b")) == ["b"]


def test_parts_of_the_trial_are_found_wherever_they_are():
    one = Trial(0, Case({"q": ["x", "y"]}, expected="e", metadata={"lang": "en"}), "typos", "p")
    calls = [Made("m", x, None) for x in ("y", "e", "en", "p", {"text": "y", "lang": "en"}, ["x", "p"])]
    recipe = learned((one, calls))
    other = Trial(0, Case({"q": ["1", "2"]}, expected="E", metadata={"lang": "de"}), "typos", "P")
    assert inputs_of(recipe, other) == ["2", "E", "de", "P", {"text": "2", "lang": "de"}, ["1", "P"]]


def test_parts_of_earlier_answers_are_found():
    answer = Triage("refund", ["late"])
    recipe = learned((trial("a"), [Made("m", "a", answer), Made("judge", "late", "ok")]))
    assert [needs(expression) for _, (expression, *_) in recipe.calls] == [0, 1]
    assert inputs_of(recipe, trial("b"), [Triage("other", ["early"])]) == ["b", "early"]


def test_the_second_body_decides_where_the_first_was_ambiguous():
    recipe = learned((trial("a", expected="a"), [Made("m", "a", "A")]))
    assert not recipe.known
    recipe.learn(trial("b", expected="c"), [Made("m", "c", "C")])
    assert recipe.known
    assert inputs_of(recipe, trial("d", expected="e")) == ["e"]


@pytest.mark.parametrize("kind", ["map", "list", "arguments"])
def test_ambiguous_parts_of_one_input_are_decided_by_the_second_body(kind):
    """An echo answers its input: only another answer shows which of the two a judge gets."""

    def call(question, answer):
        if kind == "map":
            return {"question": question, "answer": answer}
        if kind == "list":
            return [question, answer]
        return Arguments((question,), {"answer": answer})

    recipe = learned((trial("a"), [Made("m", "a", "a"), Made("judge", call("a", "a"), 1)]))
    assert not recipe.known
    recipe.learn(trial("b"), [Made("m", "b", "B"), Made("judge", call("b", "B"), 1)])
    assert recipe.known
    found = inputs_of(recipe, trial("c"), ["C"])[1]
    if kind == "arguments":
        assert (found.positional, found.named) == (("c",), {"answer": "C"})
    else:
        assert found == call("c", "C")


def test_a_text_is_a_constant_only_if_a_second_body_says_the_same():
    recipe = learned((trial("a"), [Made("m", {"prompt": "Is it a?", "n": 1}, "A")]))
    assert not recipe.known
    recipe.learn(trial("b"), [Made("m", {"prompt": "Is it b?", "n": 1}, "B")])
    assert not recipe.known
    assert recipe.calls == []
    recipe = learned(*((trial(x), [Made("m", {"text": x, "n": 1}, "A")]) for x in "ab"))
    assert inputs_of(recipe, trial("c")) == [{"text": "c", "n": 1}]


def test_steps_that_differ_between_bodies_are_cut_off_with_all_that_follows():
    calls = [Made("m", "a", "A"), Made("n", "a", "A"), Made("m", "a", "A")]
    recipe = learned((trial("a"), calls), (trial("b"), [Made("m", "b", "B"), Made("m", "b", "B")]))
    assert [model for model, _ in recipe.calls] == ["m"]
    recipe = learned((trial("a"), calls), (trial("b"), [Made("m", "b", "B")]))
    assert [model for model, _ in recipe.calls] == ["m"]


def test_a_body_that_ended_early_leaves_room_for_the_calls_of_another():
    recipe = Recipe()
    recipe.learn(trial("a", expected="x"), [Made("m", "a", "A")], complete=False)
    assert (recipe.known, recipe.complete, recipe.encode()) == (True, False, None)
    recipe.learn(trial("b", expected="y"), [Made("m", "b", "B"), Made("n", "y", "Y")])
    assert recipe.complete
    recipe.learn(trial("c", expected="z"), [Made("m", "c", "C")], complete=False)
    assert [model for model, _ in recipe.calls] == ["m", "n"]
    recipe.learn(trial("c", expected="z"), [Made("m", "c", "C")])
    assert [model for model, _ in recipe.calls] == ["m"]


def test_a_call_under_a_changed_context_is_not_foreseen():
    made = [Made("m", "a", "A"), Made("m", "a", "A", foreseeable=False)]
    assert len(learned((trial("a"), made)).calls) == 1


def test_values_of_other_types_are_not_the_same():
    assert expressions_of(1.0, trial(1), []) == [("const", 1.0)]
    assert expressions_of(b"raw", trial("raw"), []) == []
    assert expressions_of(object(), trial("a"), []) == []


def test_a_recipe_outlasts_its_run():
    calls = [Made("m", "a", {"label": "x"}), Made("judge", Arguments(("a",), {"answer": "x"}), 1)]
    other = [Made("m", "b", {"label": "y"}), Made("judge", Arguments(("b",), {"answer": "y"}), 1)]
    recipe = learned((trial("a"), calls), (trial("b"), other))
    again = Recipe.decode(recipe.encode())
    assert again.known
    assert again.complete
    assert again.encode() == recipe.encode()
    passed = inputs_of(again, trial("c"), [{"label": "z"}])[1]
    assert type(passed) is Passed
    assert (passed.positional, passed.named) == (("c",), {"answer": "z"})


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{}",
        b"[1]",
        b'[["m",["answer",0]]]',
        b'[["m",["answer","x"]]]',
        b'[["m",["unheard of",1]]]',
        b'[["m",["map",[]]]]',
        b'[["m",["arguments",[]]]]',
        b'[["m",[]]]',
    ],
)
def test_a_damaged_recipe_is_none(damaged):
    recipe = Recipe.decode(damaged)
    assert not recipe.known
    assert recipe.calls == []


def test_a_value_that_json_cannot_hold_is_not_kept():
    recipe = learned(*((trial(x), [Made("m", {"text": x, "raw": 1}, "")]) for x in "ab"))
    assert json.loads(recipe.encode())
    recipe.calls[0] = ("m", [("const", object())])
    assert recipe.encode() is None


def test_a_body_of_many_calls_is_learned_in_time_that_grows_with_their_number():
    looked_at = []

    class Answer(dict):
        def items(self):
            looked_at.append(1)
            return super().items()

    made = [Made("triage", f"part {number}", Answer(step=number)) for number in range(400)]
    recipe = learned((Trial(0, Case([call.x for call in made])), made))
    assert len(recipe.calls) == 400
    assert len(looked_at) <= 400 * 32
    judged = [*made, Made("judge", 399, "yes")]
    assert ("answer", 399, ["key", "step"]) in expressions_of(399, trial("a"), judged)
    endless = [Made("triage", "a", "A")] * 5000
    assert len(learned((trial("a"), endless)).calls) == 1000
