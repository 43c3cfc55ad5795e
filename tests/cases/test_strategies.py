"""Cases drawn from strategies, and smaller ones of a failing case."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

import pydantic
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pytest_modelcheck import cases, errors
from pytest_modelcheck.cases.strategies import ROUND
from pytest_modelcheck.records import MISSING, Case


@dataclass
class Ticket:
    subject: str
    amount: int


class Order(pydantic.BaseModel):
    item: str
    count: int


class Handle:
    """An object without content."""


def inputs(*arguments, **options):
    return [case.input for case in cases.generate(*arguments, **options)]


@pytest.mark.parametrize(("n", "count"), [(1, 1), (7, 7), (250, 250), (None, 100)])
def test_gives_as_many_different_inputs_as_wanted(n, count):
    found = inputs(st.text(min_size=1), n=n)
    assert len(found) == len(set(found)) == count


def test_existing_cases_stay_if_more_are_requested():
    assert inputs(st.text(), n=3 * ROUND)[: ROUND // 2] == inputs(st.text(), n=ROUND // 2)


def test_another_seed_gives_others():
    one, other = (set(inputs(st.text(min_size=4), n=50, seed=seed)) for seed in (0, 1))
    assert len(one & other) < 5


def test_ids_come_from_the_content():
    known = {case.input: case.id for case in cases.generate(st.integers(0, 99), n=20)}
    for case in cases.load(list(known)):
        assert case.id == known[case.input]


def test_reading_twice_gives_the_same():
    source = cases.generate(st.text(), n=20)
    assert [case.id for case in source] == [case.id for case in cases.generate(st.text(), n=20)]
    assert list(source) == list(source)


SCRIPT = """
import json, random
import app
from hypothesis import settings, strategies as st
from pytest_modelcheck import cases
random.seed(3)
settings.register_profile("own", max_examples=7)
settings.load_profile("own")
drawn = cases.generate(st.lists(st.text(min_size=1) | st.integers(), min_size=1), n=150)
print(json.dumps([case.id for case in drawn]))
"""


def test_is_the_same_in_a_process_with_other_modules_another_profile_and_other_chance(tmp_path):
    """Hypothesis mixes in constants of loaded modules: the choice of tests would matter."""
    constants = "\n".join(f"C{n} = ('a word no {n}', 1{n}771)" for n in range(300))
    (tmp_path / "app.py").write_text(constants, encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=tmp_path, stdout=-1, check=True)
    drawn = cases.generate(st.lists(st.text(min_size=1) | st.integers(), min_size=1), n=150)
    assert json.loads(done.stdout) == [case.id for case in drawn]


def test_tests_of_hypothesis_mix_in_what_they_ever_did():
    """The settings that drawing turns off are on again afterwards."""
    from hypothesis.internal.conjecture import providers

    before = providers._get_local_constants, providers.CONSTANTS_CACHE
    inputs(st.text(), n=5)
    with pytest.raises(errors.CaseError):
        inputs(st.integers().map(lambda number: number / 0))
    assert (providers._get_local_constants, providers.CONSTANTS_CACHE) == before


def test_can_be_drawn_inside_a_test_of_hypothesis():
    found = []

    @settings(max_examples=2, database=None, deadline=None, suppress_health_check=[HealthCheck.nested_given])
    @given(st.integers())
    def test(_):
        found.append(inputs(st.text(), n=10))

    test()
    assert found[0] == found[-1] == inputs(st.text(), n=10)


def test_errors_of_hypothesis_are_reported_in_its_words():
    @settings(max_examples=2, database=None, deadline=None)
    @given(st.integers())
    def test(_):
        inputs(st.text(), n=10)

    with pytest.raises(errors.CaseError, match="Nesting @given tests"):
        test()


@pytest.mark.parametrize(
    ("strategy", "kind"),
    [
        (st.builds(Ticket, st.text(), st.integers()), Ticket),
        (st.builds(Order, item=st.text(), count=st.integers(0, 5)), Order),
        (st.fixed_dictionaries({"subject": st.text(), "amount": st.integers()}), dict),
        (st.tuples(st.text(), st.text()), tuple),
    ],
    ids=["dataclass", "pydantic", "mapping", "tuple"],
)
def test_the_drawn_value_is_the_input(strategy, kind):
    assert {type(each) for each in inputs(strategy, n=10)} == {kind}


@pytest.mark.parametrize(
    "strategy",
    [
        st.builds(Case, input=st.just("hi"), expected=st.just("greeting")),
        st.fixed_dictionaries({"input": st.just("hi"), "expected": st.just("greeting")}),
    ],
)
def test_whole_cases_are_drawn_too(strategy):
    (case,) = cases.generate(strategy)
    assert (case.input, case.expected) == ("hi", "greeting")


def test_fields_can_be_named():
    rows = st.fixed_dictionaries(
        {"text": st.text(min_size=3), "label": st.just("other"), "lang": st.just("x")}
    )
    case = cases.generate(rows, n=3, input="text", expected="label")[0]
    assert (type(case.input), case.expected, case.metadata) == (str, "other", {"lang": "x"})


def test_an_input_alone_says_nothing_else():
    case = cases.generate(st.integers(), n=2)[0]
    assert (case.expected, case.origin) == (MISSING, None)


def test_too_few_cases_are_reported():
    source = cases.generate(st.booleans(), n=200)
    assert len(source) == 2
    (note,) = source.notes
    assert note.startswith("strategy booleans() drew 2 different cases instead of 200: there are no more")


def test_enough_cases_are_not_mentioned():
    source = cases.generate(st.booleans())
    assert len(source) == 2
    assert source.notes == ()


@st.composite
def never(draw):
    number = draw(st.integers())
    assume(number % 1000 == 999)
    return number


RARE = st.integers(0, 5).filter(lambda number: number % 7 == 6)
BROKEN = st.integers().map(lambda number: number / 0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: inputs(never()), r"discards almost everything .* Construct the wanted values"),
        (lambda: inputs(RARE), r"discards almost everything .* Construct the wanted values"),
        (
            lambda: inputs(BROKEN),
            r"integers\(\).*: ZeroDivisionError: .*; while gen.* \(raised at test_strategies.py:\d+\)",
        ),
        (lambda: cases.load(st.integers(3, 1)).check(), r"Cannot have max_value=1 < min_value=3$"),
        (lambda: inputs(st.builds(Handle)), r"without a canonical form.*Handle.*Draw plain"),
        (lambda: inputs(st.none() | st.text()), "it draws None, but a case needs an input"),
        *(
            (lambda n=n: cases.generate(st.text(), n=n), "the number of cases to draw, at least 1")
            for n in (0, -1, True, 2.5, "9")
        ),
        (lambda: cases.load(["a", "b"], n=1), r"cases.load\(…\).sample\(n\)"),
        (lambda: cases.generate(["a"]), r"takes a Hypothesis strategy, not a list"),
    ],
)
def test_a_strategy_that_cannot_be_drawn_from_is_refused(call, message):
    with pytest.raises(errors.CaseError, match=message):
        call()


def test_hypothesis_is_imported_late():
    script = "import sys\nfrom pytest_modelcheck import cases\ncases.load(['a'])[0]\n"
    script += "print('hypothesis' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "False"


def found(source, fails):
    """The first failing case of a source made smaller, and all inputs tried on the way."""
    first = next(case for case in source if fails(case.input))
    tried, best = [], first.input
    search = source.smaller(first)
    try:
        candidate = next(search)
        while True:
            tried.append(candidate.input)
            best = candidate.input if fails(candidate.input) else best
            candidate = search.send(fails(candidate.input))
    except StopIteration:
        return best, tried


@pytest.mark.parametrize(
    ("strategy", "fails", "smallest"),
    [
        (st.integers(), lambda number: number > 1000, [1001]),
        (st.text("abcdef ", min_size=1), lambda text: "d" in text and len(text) > 2, ["aad", "ada", "daa"]),
        (
            st.fixed_dictionaries({"text": st.text("ab"), "amount": st.integers(0, 500)}),
            lambda row: row["amount"] >= 100,
            [{"text": "", "amount": 100}],
        ),
    ],
    ids=["number", "text", "mapping"],
)
def test_the_smallest_input_that_fails(strategy, fails, smallest):
    best, tried = found(cases.generate(strategy, n=80), fails)
    assert best in smallest
    assert len({repr(one) for one in tried}) == len(tried), "nothing is tried twice"


def test_a_value_of_a_later_round():
    source = cases.generate(st.integers(0, 10**6), n=300)
    late = source[250].input
    assert found(source, lambda number: number >= late)[0] <= max(case.input for case in source)


def test_is_the_same_every_time():
    source = cases.generate(st.text("abcdef ", min_size=1), n=80)
    assert found(source, lambda text: "d" in text) == found(source, lambda text: "d" in text)


def test_may_be_given_up_at_any_time():
    source = cases.generate(st.integers(), n=50)
    search = source.smaller(next(case for case in source if case.input > 1000))
    next(search)
    search.close()
    assert found(source, lambda number: number > 1000)[0] == 1001


def test_a_strategy_that_breaks_on_smaller_values():
    def odd(number):
        if 0 < number < 50_000:
            raise OSError("too small")
        return number

    strategy = st.integers(0, 10**6).map(lambda number: odd(number + 50_000))
    assert found(cases.generate(strategy, n=20), lambda number: number > 60_000)[0] == 60_001


@pytest.mark.parametrize("source", [["a", "b"], cases.generate(st.integers(), n=5).filter(lambda case: True)])
def test_only_of_a_strategy_as_it_is(source):
    source = cases.load(source) if isinstance(source, list) else source
    assert source.smaller(source[0]) is None
