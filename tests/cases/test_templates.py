"""Cases made of templates."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pytest_modelcheck import cases
from pytest_modelcheck.cases.slots import article
from pytest_modelcheck.errors import CaseError
from pytest_modelcheck.records import MISSING


def inputs(some):
    return [case.input for case in some]


def refused(text, **slots):
    with pytest.raises(CaseError) as caught:
        list(cases.template(text, **slots))
    return str(caught.value)


def test_all_combinations_in_the_order_of_the_lists():
    made = cases.template("{name}, {item}", name=["Maria", "Omar"], item=["a", "b"])
    assert inputs(made) == ["Maria, a", "Maria, b", "Omar, a", "Omar, b"]
    assert len({case.id for case in made}) == 4
    assert made[0].expected is MISSING
    assert str(made[1].origin) == "template '{name}, {item}'[1]"


def test_slots_and_the_template_are_metadata():
    (case,) = cases.template("{name}!", name=["Maria"], metadata={"language": "es"})
    assert case.metadata == {"language": "es", "template": "{name}!", "name": "Maria"}


def test_expected_is_a_value_or_a_function_of_slots():
    assert [case.expected for case in cases.template("{x}", x=[1, 2], expected="even")] == ["even", "even"]
    assert [case.expected for case in cases.template("{x}", x=[1, 2], expected=lambda x: x % 2 == 0)] == [
        False,
        True,
    ]
    assert [case.expected for case in cases.template("{x}", x=[1], expected=lambda **slots: slots)] == [
        {"x": 1}
    ]
    assert [case.expected for case in cases.template("{x}", x=[1], expected=lambda y=3: y)] == [3]
    assert [case.expected for case in cases.template("{x}", x=[1], expected=None)] == [None]


def test_numbered_slots_take_different_values_of_one_list():
    made = cases.template("{name1} met {name2}", name=["a", "b", "c"])
    assert inputs(made) == ["a met b", "a met c", "b met a", "b met c", "c met a", "c met b"]
    assert made[0].metadata["name2"] == "b"
    assert inputs(cases.template("{name} met {name2}", name=["a", "b"])) == ["a met b", "b met a"]
    assert inputs(cases.template("{x1}{x2}", x1=["a"], x2=["a"])) == ["aa"]


def test_articles_formats_parts_and_braces():
    made = cases.template(
        "{A:item} or {a:item}, {price:.2f} {{x}} {person.first} {person[last]!r} {row[0]}",
        item=["order"],
        price=[5],
        person=[{"first": "Maria", "last": "Diaz"}],
        row=[("z",)],
    )
    assert inputs(made) == ["An order or an order, 5.00 {x} Maria 'Diaz' z"]
    assert inputs(cases.template("{a:item.name}", item=[{"name": "kettle"}])) == ["a kettle"]
    assert inputs(cases.template("{a}{a:>3}", a=["x"])) == ["x  x"]


AN = "apple hour honest umbrella uninteresting unimportant MRI X-ray 8 11 18th 80s heirloom 'order'"
A = "refund university unimodal one-way once European USB NASA u-turn 12 utility unanimous über"


@pytest.mark.parametrize(("words", "expected"), [(AN, "an"), (A, "a")])
def test_articles(words, expected):
    assert {word: article(word) for word in words.split()} == dict.fromkeys(words.split(), expected)
    assert article("") == "a"


def test_several_templates_and_inputs_that_are_mappings():
    made = cases.template(["{x}!", {"subject": "{x}", "body": ["about {y}", 3]}], x=["a"], y=["b", "c"])
    assert inputs(made) == [
        "a!",
        {"subject": "a", "body": ["about b", 3]},
        {"subject": "a", "body": ["about c", 3]},
    ]
    assert made.origin == """template '{x}!', template '{"subject":"{x}","body":["about {y}",3]}'"""
    assert made[1].metadata["template"] == '{"subject":"{x}","body":["about {y}",3]}'


def test_variants_share_the_slots():
    made = cases.template("{x} is late", variants=["{x} is very late"], x=["a", "b"])
    assert [case.variants for case in made] == [("a is very late",), ("b is very late",)]
    drawn = cases.template("{x} is late", variants=lambda x: [f"{x}{x}", x], x=["a"])
    assert drawn[0].variants == ("aa", "a")
    made = cases.template("{x} is late", variants=lambda x: (x * n for n in (2, 3)), x=["a"])
    assert made[0].variants == ("aa", "aaa")
    assert cases.template("{x} is late", variants=lambda x: None, x=["a"])[0].variants == ()


def test_a_sample_is_seeded_without_repetition_and_in_order():
    numbers = [str(number) for number in range(30)]
    made = inputs(cases.template("{x}-{y}", x=numbers, y=numbers, n=20))
    assert len(set(made)) == 20
    assert made == [
        text for text in inputs(cases.template("{x}-{y}", x=numbers, y=numbers)) if text in set(made)
    ]
    assert made == inputs(cases.template("{x}-{y}", x=numbers, y=numbers, n=20))
    assert made != inputs(cases.template("{x}-{y}", x=numbers, y=numbers, n=20, seed=1))


def test_a_sample_of_very_many_combinations_is_drawn_without_making_them():
    many = [str(number) for number in range(1000)]
    made = inputs(cases.template("{x1} {x2} {x3} {y}", x=many, y=many, n=50))
    assert len(set(made)) == 50
    assert all(len(set(text.split()[:3])) == 3 for text in made)


def test_the_same_in_every_process():
    code = (
        "from pytest_modelcheck import cases; many = [str(n) for n in range(1000)]; "
        "print([c.id for c in cases.template('{x} {y}', x=many, y=many, n=5)],"
        "[c.id for c in cases.template('{x}', x=many, n=5)])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in "12"
    }
    assert len(outputs) == 1


@pytest.mark.parametrize(
    ("text", "slots", "message"),
    [
        ("{nme}", {"name": ["a"]}, "template '{nme}': the slot {nme} has no values; did you mean {name}?"),
        ("{x}", {}, "template '{x}': the slot {x} has no values; pass x=[…]"),
        ("{n}", {"n": 3}, "the slot {n} has no values; n= has another meaning here, so rename the slot"),
        ("{x}", {"x": ["a"], "expected": lambda x: {}[x]}, "template '{x}': expected raised KeyError: 'a'"),
        ("a", {"x": ["a"]}, "template(x=…): no template has a slot {x}"),
        ("{x}", {"x": "abc"}, "template(x='abc'): a slot takes a list, even of a single value: ['abc']"),
        ("{x}", {"x": 3}, "template(x=3): a slot takes a list"),
        ("{x}", {"x": []}, "template(x=…): the list is empty"),
        ("{x", {"x": ["a"]}, "template '{x': expected '}' before end of string (write a literal brace twice"),
        ("{}", {}, "template '{}': '{}' is not a slot such as {item}"),
        ("{0}", {}, "'{0}' is not a slot"),
        ("{x:{y}}", {"x": ["a"], "y": ["b"]}, "'{x:{y}}' is not a slot"),
        ("{x:d}", {"x": ["a"]}, "template '{x:d}': the slot 'x' cannot be filled with 'a' (ValueError"),
        ("{x.y}", {"x": [3]}, "the slot 'x.y' cannot be filled with 3 (AttributeError"),
        ("{x.y}", {"x": [{"z": 3}]}, "the slot 'x.y' cannot be filled with {'z': 3} (KeyError"),
        ("{x!z}", {"x": [3]}, "the slot 'x' cannot be filled with 3 (ValueError: Unknown conversion"),
        ("{x}", {"x": ["a"], "n": 0}, "template(n=0): n is the number of cases, at least 1"),
        ("{x}", {"x": ["a"], "n": True}, "template(n=True)"),
        ("{x}", {"x": ["a"], "n": 2}, "template '{x}': n=2 of 1 combinations"),
        ("{x}{y}{z}", dict.fromkeys("xyz", range(100)), "1,000,000 combinations; draw some of them with"),
        ("{x1}{x2}", {"x": ["a"]}, "there are fewer different values than numbered slots"),
        ("{x1}{x2}", {"x": ["a"] * 500, "n": 3}, "there are fewer different values than numbered"),
        ("{x1}{x2}", {"x": ["a"] * 400 + ["b"], "n": 900}, "n=900 different combinations were not found"),
        ("{template}", {"template": ["a"]}, "'template' is the name of a metadata; rename the slot"),
        ("{x}", {"x": ["a"], "metadata": {"x": 1}}, "'x' is the name of a metadata"),
        ("{x}", {"x": ["a"], "expected": lambda y: y}, "expected needs a slot 'y'; the slots are x"),
        ("{x}", {"x": ["a"], "variants": "{y}"}, "the slot {y} has no values"),
        ("{x}", {"x": ["a"], "variants": None}, "a list of templates, or a function of slots"),
        ("{x}", {"x": ["a"], "variants": lambda x: "ab"}, "must be a list of perturbed inputs, not str ab"),
        ("{x}", {"x": ["a"], "variants": lambda x: 7}, "must be a list of perturbed inputs, not int 7"),
        ("{x}", {"x": ["a"], "metadata": ["a"]}, "metadata is a mapping of names to values"),
    ],
)
def test_templates_without_a_meaning_are_refused(text, slots, message):
    assert message in refused(text, **slots)


def test_mistakes_are_found_where_the_template_is_written():
    with pytest.raises(CaseError):
        cases.template("{nme}", name=["a"])


def test_a_template_without_slots_is_one_case():
    assert inputs(cases.template("Where is it?")) == ["Where is it?"]


def test_templates_can_be_narrowed_and_bound(tmp_path):
    made = cases.template("{x}", x=["a", "b"])
    assert inputs(made.where(x="b").bind(tmp_path)) == ["b"]
    assert made.paths == ()
    made.check()


def test_words_of_faker():
    pytest.importorskip("faker")
    names = cases.lexicon("first_name_female", 15, locale="es_MX", seed=1)
    assert len(set(names)) == 15
    assert names == cases.lexicon("first_name_female", 15, locale="es_MX", seed=1)
    assert names != cases.lexicon("first_name_female", 15, locale="es_MX", seed=2)
    assert cases.lexicon("random_int", 3, min=1, max=3) == cases.lexicon("random_int", 3, min=1, max=3)
    assert len({profile["name"] for profile in cases.lexicon("simple_profile", 3)}) == 3


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("boolean", 3), {}, r"lexicon\('boolean', 3\): faker has no more than 2 such values in en_US"),
        (("boolean", 1_000_000), {}, r"faker has no more than 2 such values in en_US"),
        (("first_name", 0), {}, r"lexicon\('first_name', 0\): n is the number of values, at least 1"),
        ((None,), {}, r"lexicon\(None\): the kind is the name of a faker provider"),
        (("no_such_thing",), {}, r"lexicon\('no_such_thing'\): faker has no provider of this name"),
        (("__class__",), {}, "faker has no provider of this name"),
        (("name",), {"first": 1}, r"lexicon\('name'\): it raised TypeError: .* argument 'first'"),
        (("random_int",), {"min": 5, "max": 1}, r"lexicon\('random_int'\): it raised ValueError: "),
        (("name",), {"locale": [None]}, "faker has no such locale"),
        (("name",), {"locale": "xx_YY"}, r"lexicon\('name', locale='xx_YY'\): faker has no such locale"),
    ],
)
def test_unknown_providers_of_faker_are_refused(arguments, options, message):
    pytest.importorskip("faker")
    with pytest.raises(CaseError, match=message):
        cases.lexicon(*arguments, **options)


def test_without_faker_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "faker", None)
    with pytest.raises(CaseError, match=r'pip install "pytest-modelcheck\[faker\]"'):
        cases.lexicon("name")


def test_several_templates_say_which_cases_belong_together():
    several = cases.template(["{x} is late", "where is {x}"], x=["it"])
    assert (several.cluster, several.filter(lambda case: True).cluster) == ("template", "template")
    assert {case.metadata["template"] for case in several} == {"{x} is late", "where is {x}"}
    assert cases.template("{x} is late", x=["it", "he"]).cluster is None
    assert cases.load(["a"]).cluster is None


@pytest.mark.parametrize("locale", ["en_US", "de_DE", "ja_JP", "pl_PL", "ar_AA", "pt_BR", "zh_CN"])
def test_words_of_many_locales_fill_slots(locale):
    names = cases.lexicon("first_name", 5, locale=locale)
    made = cases.template("{name}: 你好", name=names)
    assert [case.input for case in made] == [f"{name}: 你好" for name in names]


def test_a_value_with_braces_is_put_in_as_it_is():
    (case,) = cases.template("say {x}", x=["{y} and {{z}}"])
    assert case.input == "say {y} and {{z}}"


def test_every_value_is_drawn_of_more_combinations_than_a_float_can_count():
    letters = list("abcdefgh")
    slots = {f"s{place}_": letters for place in range(24)}
    made = cases.template("".join(f"{{{name}}}" for name in slots), n=200, **slots)
    assert {case.input[-1] for case in made} == set(letters)
