"""Perturbations of callables, combined perturbations, and the variants that they make."""

import functools
import random

import pytest

from pytest_modelcheck import perturb
from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.perturbation import AS_IT_IS
from pytest_modelcheck.records import Case, Origin


def refused(item, case_input, case_id="t-1"):
    with pytest.raises(PerturbationError) as caught:
        perturb.variants(perturb.as_perturbation(item), case_input, 0, case_id)
    return caught.value


def test_an_error_names_the_perturbation_and_the_case_and_keeps_its_cause():
    def divide(text):
        return text * (1 / 0)

    error = refused(divide, "Where is it?")
    assert str(error) == (
        "perturbation divide, case t-1: it raised ZeroDivisionError: division by zero (on Where is it?)"
    )
    assert isinstance(error.__cause__, ZeroDivisionError)
    assert str(refused(divide, "a", "")).startswith("perturbation divide: it raised")


def test_an_error_inside_of_a_generator_is_reported_too():
    def several(text):
        yield text + "1"
        raise KeyError("x")

    assert "perturbation several, case t-1: it raised KeyError: 'x'" in str(refused(several, "a"))


@pytest.mark.parametrize(
    ("result", "case_input", "message"),
    [
        (3, "a", "it made int 3 of text; it must return the whole input, perturbed"),
        ({"a": 1}, "a", 'it made dict {"a":1} of text'),
        ("b", {"a": 1}, "it made str b of a mapping"),
        ("a\ud800b", "a\ud800", r"the input has half of a character (a lone surrogate) in it: 'a\ud800'"),
        ("\ud800", "a", r"it made text with half of a character (a lone surrogate) in it: '\ud800'"),
        (object(), 3, "cannot be identified by its content"),
    ],
)
def test_an_invalid_input_is_refused(result, case_input, message):
    assert message in str(refused(lambda x: result, case_input))


def test_an_input_that_cannot_be_identified_is_reported_with_the_case():
    class Thing:
        pass

    assert "case t-1: " in str(refused(lambda x: 3, Thing()))


def test_arrays_and_rows_are_compared_by_content():
    import numpy as np

    made = perturb.variants(
        perturb.as_perturbation(lambda x: (x * k for k in (1, 2, 2))), np.array([1.0, 2.0])
    )
    ((number, variant),) = made
    assert (number, variant.tolist()) == (1, [2.0, 4.0])


def test_a_keyboard_interrupt_is_no_error_of_the_perturbation():
    def stop(text):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        perturb.variants(perturb.as_perturbation(stop), "a")


def test_one_of_takes_another_for_each_input_and_what_applies():
    either = perturb.one_of(perturb.append("!"), perturb.replace("refund", "credit"))
    made = {either.preview(f"refund {number}")[0].split()[0] for number in range(20)}
    assert made == {"refund", "credit"}
    assert all(either.preview(f"parcel {number}") == [f"parcel {number} !"] for number in range(20))
    assert perturb.one_of(perturb.replace("a", "b"), perturb.replace("c", "d")).preview("x") == []
    assert either.name == "one_of(append('!'), replace('refund', 'credit'))"


def shout(text):
    return text.upper()


def noise(text, rng):
    return text + str(rng.random())


class Wrap:
    def __init__(self, mark):
        self.mark = mark

    def __call__(self, text):
        return self.mark + text

    def method(self, text):
        return text + self.mark


async def late(text):
    return text


def test_the_callable_decides_on_the_name():
    names = [
        perturb.as_perturbation(item).name
        for item in (
            shout,
            str.upper,
            Wrap("x"),
            Wrap("x").method,
            functools.partial(str.replace, "a", count=1),
            perturb.append("x", "y") | perturb.prepend("1"),
            (perturb.append("a") | perturb.prepend("b")).named("polite"),
        )
    ]
    chain = "append('x', 'y') | prepend('1')"
    assert names == ["shout", "upper", "Wrap", "method", "replace('a', count=1)", chain, "polite"]


def test_a_lambda_is_called_by_its_source():
    first, second = perturb.as_perturbations([lambda text: text + "!", lambda text: text * 2])
    assert (first.name, second.name) == ('lambda text: text + "!"', "lambda text: text * 2")
    spread = perturb.as_perturbation(
        lambda text: text.replace("a", "b")
        .replace("c", "d")
    )  # fmt: skip
    assert spread.name == 'lambda text: text.replace("a", "b") .replace("c", "d")'
    assert perturb.as_perturbation(
        lambda text: text + "a very long text, which cannot all be a name"
    ).name.endswith("…")


def test_a_lambda_without_source_is_called_by_its_line():
    made = eval(compile("\n\nlambda text: text", "<nowhere>", "eval"))
    assert perturb.as_perturbation(made).name == "lambda:3"


def test_two_lambdas_of_the_same_source_need_names():
    lambdas = [lambda text, mark=mark: text + mark for mark in "!?"]
    with pytest.raises(
        PerturbationError, match=r"two perturbations have the name 'lambda text, mark=mark: text \+ mark'"
    ):
        perturb.as_perturbations(lambdas)
    made = perturb.as_perturbations(dict(zip(("bang", "ask"), lambdas, strict=True)))
    assert [(item.name, item.preview("a")) for item in made] == [("bang", ["a!"]), ("ask", ["a?"])]


def add(record):
    record["n"] += 1
    return record


CREDIT, EXCLAIM = perturb.replace("refund", "credit"), perturb.append("!")


@pytest.mark.parametrize(
    ("item", "given", "made"),
    [
        (lambda x: x + "1", "a", ["a1"]),
        (lambda x: [x + "1", x + "2"], "a", ["a1", "a2"]),
        (lambda x: (x + mark for mark in "12"), "a", ["a1", "a2"]),
        (lambda x: None, "a", []),
        (lambda x: [None, x, x + "1", x + "1"], "a", ["a1"]),
        (lambda *args: args[0] + "1", "a", ["a1"]),
        (lambda x, y="1": x + y, "a", ["a1"]),
        (lambda x, rng: repr(isinstance(rng, random.Random)), "a", ["True"]),
        (lambda x, rng=None: repr(rng is not None), "a", ["True"]),
        (lambda x: (x[1], x[0]), (1, 2), [(2, 1)]),
        (lambda x: x[::-1], [1, 2], [[2, 1]]),
        (lambda x: (x[:k] for k in (0, 1)), [1, 2], [[], [1]]),
        (lambda x: (y for y in (True, 1.0, 1)), 1, [True, 1.0]),
        *((lambda x: x, same, []) for same in (3, 2.5, None, True, b"x", [1, "a"], {"a": [1]}, (1,), {1, 2})),
        (perturb.append("x", "y") | perturb.prepend("1", "2"), "a", ["1 a x", "2 a x", "1 a y", "2 a y"]),
        (EXCLAIM | shout, "a", ["A !"]),
        (shout | perturb.append("x"), "a", ["A x"]),
        (CREDIT | EXCLAIM, "a refund", ["a credit !"]),
        (CREDIT | EXCLAIM, "a parcel", []),
        (EXCLAIM | CREDIT, "a parcel", []),
        (perturb.replace("a", "b") | perturb.replace("b", "a"), "a", []),
        (perturb.as_perturbation(add) | add, {"n": 1}, [{"n": 3}]),
    ],
)
def test_results_of_a_callable_or_a_chain(item, given, made):
    assert perturb.as_perturbation(item).preview(given) == made


def test_numbers_of_variants_stay_where_some_do_not_apply():
    assert perturb.variants(perturb.as_perturbation(lambda x: [x, "b", None, "c"]), "a") == (
        (1, "b"),
        (3, "c"),
    )


def test_rng_is_seeded_by_the_seed_the_name_and_the_input():
    made = perturb.as_perturbation(noise)
    assert made.preview("a") == made.preview("a")
    assert made.preview("a", seed=1) != made.preview("a")
    assert made.named("other").preview("a") != made.preview("a")


def test_an_input_cannot_be_spoilt_in_place():
    def spoil(record):
        record["items"].append(3)
        return record

    case_input = {"items": [1]}
    assert perturb.variants(perturb.as_perturbation(spoil), case_input) == ((0, {"items": [1, 3]}),)
    assert case_input == {"items": [1]}


@pytest.mark.parametrize("under", [shout, [shout], (shout,), {"shout": shout}, {shout}, iter([shout])])
def test_one_or_several_or_by_name(under):
    assert [item.name for item in perturb.as_perturbations(under)] == ["shout"]


def test_perturbations_stay_as_they_are_and_nothing_is_none():
    typos = perturb.typos()
    assert perturb.as_perturbations(typos) == (typos,)
    assert perturb.as_perturbations({"slips": typos})[0].name == "slips"
    assert perturb.as_perturbations(None) == ()


@pytest.mark.parametrize(
    ("under", "message"),
    [
        ("typos", r"'typos' is not a perturbation: it is not callable; did you mean perturb.typos\(\)\?"),
        ("typo", r"'typo' is not a perturbation: it is not callable; did you mean perturb.typos\(\)\?"),
        ("qqq", r"'qqq' is not a perturbation: it is not callable$"),
        (["x y"], r"'x y' is not a perturbation: it is not callable$"),
        (3, "3 is not a perturbation"),
        ([], "under= is empty"),
        ({}, "under= is empty"),
        (perturb.typos, r"perturb.typos makes a perturbation; call it: perturb.typos\(\)"),
        ([perturb.typos(), perturb.typos(n=3)], "have the name 'typos'; name them: under={'first'"),
        ({"": shout}, "'' cannot name a perturbation"),
        ({"a\nb": shout}, "cannot name a perturbation: a name is printable text on one line"),
        ({3: shout}, "3 cannot name a perturbation"),
        ({"variant": shout}, "cannot be called 'variant': reports call the variants of cases so"),
        (late, "late is async; a perturbation is an ordinary function"),
        (lambda: None, r"lambda.*\(\) cannot be a perturbation"),
        (lambda a, b, c: None, r"\(a, b, c\) cannot be .*: it must take an input, or an input and rng"),
        (lambda a, *, b: None, r"\(a, \*, b\) cannot be a perturbation"),
    ],
)
def test_an_invalid_perturbation_is_reported(under, message):
    with pytest.raises(PerturbationError, match=message):
        perturb.as_perturbations(under)


MILD, HARSH = perturb.append("Hm."), perturb.append("I will sue.")


def test_the_input_is_the_first_level():
    made = perturb.levels(MILD, HARSH).of(Case("a"), 0)
    assert made == [(AS_IT_IS, "a", 0), (MILD.name, "a Hm.", 0), (HARSH.name, "a I will sue.", 0)]


def test_it_may_be_left_out():
    made = perturb.levels(str.upper, MILD, HARSH, with_input=False).of(Case("a"), 0)
    assert [value for _, value, _ in made] == ["A", "a Hm.", "a I will sue."]


def test_a_level_that_leaves_the_input_as_it_is_is_named():
    assert perturb.levels(MILD, str.upper).of(Case("A"), 0) == "upper"


def test_cases_may_bring_their_own():
    case = Case("a", variants=("b", "c"))
    assert [value for _, value, _ in perturb.levels().of(case, 0)] == ["a", "b", "c"]


def test_enough_of_them_are_required():
    case = Case("a", id="t-1", variants=("b",), origin=Origin("tickets.yaml", 3))
    with pytest.raises(PerturbationError, match=r"case t-1 \(tickets.yaml:3\) has 2 levels: a trend needs 3"):
        perturb.levels().of(case, 0)


def test_a_level_is_one_input():
    with pytest.raises(
        PerturbationError, match=r"level typos makes 2 inputs of case t-1; a level is one input"
    ):
        perturb.levels(MILD, perturb.typos(n=2)).of(Case("Where is my parcel today?", id="t-1"), 0)
