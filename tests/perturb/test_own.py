"""Callables of the user's own, and what under= may say."""

from __future__ import annotations

import functools
import random

import pytest

from pytest_modelcheck import perturb
from pytest_modelcheck.errors import PerturbationError


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
        )
    ]
    assert names == ["shout", "upper", "Wrap", "method", "replace('a', count=1)"]


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
        PerturbationError, match=r"two perturbations are called 'lambda text, mark=mark: text \+ mark'"
    ):
        perturb.as_perturbations(lambdas)
    made = perturb.as_perturbations(dict(zip(("bang", "ask"), lambdas, strict=True)))
    assert [(item.name, item.preview("a")) for item in made] == [("bang", ["a!"]), ("ask", ["a?"])]


@pytest.mark.parametrize(
    ("item", "made"),
    [
        (lambda x: x + "1", ["a1"]),
        (lambda x: [x + "1", x + "2"], ["a1", "a2"]),
        (lambda x: (x + mark for mark in "12"), ["a1", "a2"]),
        (lambda x: None, []),
        (lambda x: [None, x, x + "1", x + "1"], ["a1"]),
        (lambda *args: args[0] + "1", ["a1"]),
        (lambda x, y="1": x + y, ["a1"]),
    ],
)
def test_what_a_callable_may_return(item, made):
    assert perturb.as_perturbation(item).preview("a") == made


def test_numbers_of_variants_stay_where_some_do_not_apply():
    assert perturb.variants(perturb.as_perturbation(lambda x: [x, "b", None, "c"]), "a") == (
        (1, "b"),
        (3, "c"),
    )


def test_a_tuple_may_be_an_input():
    assert perturb.as_perturbation(lambda x: (x[1], x[0])).preview((1, 2)) == [(2, 1)]


def test_where_inputs_are_lists_a_list_is_one_input_and_a_generator_several():
    assert perturb.as_perturbation(lambda x: x[::-1]).preview([1, 2]) == [[2, 1]]
    assert perturb.as_perturbation(lambda x: (x[:k] for k in (0, 1))).preview([1, 2]) == [[], [1]]


def test_rng_is_seeded_by_the_seed_the_name_and_the_input():
    made = perturb.as_perturbation(noise)
    assert made.preview("a") == made.preview("a")
    assert made.preview("a", seed=1) != made.preview("a")
    assert made.named("other").preview("a") != made.preview("a")
    assert perturb.as_perturbation(lambda x, rng: repr(isinstance(rng, random.Random))).preview("a") == [
        "True"
    ]
    assert perturb.as_perturbation(lambda x, rng=None: repr(rng is not None)).preview("a") == ["True"]


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
        ("typos", r"'typos' is no perturbation: it cannot be called; did you mean perturb.typos\(\)\?"),
        ("typo", r"'typo' is no perturbation: it cannot be called; did you mean perturb.typos\(\)\?"),
        ("qqq", r"'qqq' is no perturbation: it cannot be called$"),
        (["x y"], r"'x y' is no perturbation: it cannot be called$"),
        (3, "3 is no perturbation"),
        ([], "under= is empty"),
        ({}, "under= is empty"),
        (perturb.typos, r"perturb.typos makes a perturbation; call it: perturb.typos\(\)"),
        (
            [perturb.typos(), perturb.typos(n=3)],
            "two perturbations are called 'typos'; give them names: under={'first'",
        ),
        ({"": shout}, "'' cannot name a perturbation"),
        ({"a\nb": shout}, "cannot name a perturbation: it takes printable text on one line"),
        ({3: shout}, "3 cannot name a perturbation"),
        ({"variant": shout}, "a perturbation cannot be called 'variant': cases' own variants are called so"),
        (late, "late is async; a perturbation is an ordinary function"),
        (lambda: None, r"lambda.*\(\) cannot be a perturbation"),
        (
            lambda a, b, c: None,
            r"\(a, b, c\) cannot be a perturbation: it must take an input, or an input and rng",
        ),
        (lambda a, *, b: None, r"\(a, \*, b\) cannot be a perturbation"),
    ],
)
def test_what_is_no_perturbation_is_said(under, message):
    with pytest.raises(PerturbationError, match=message):
        perturb.as_perturbations(under)
