"""Cases drawn from Hypothesis strategies: the same ones wherever they are drawn."""

import json
import subprocess
import sys
from dataclasses import dataclass

import pydantic
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pytest_modelcheck import cases, errors
from pytest_modelcheck.cases.drawing import ROUND
from pytest_modelcheck.records import MISSING, Case


@dataclass
class Ticket:
    subject: str
    amount: int


class Order(pydantic.BaseModel):
    item: str
    count: int


class Handle:
    """Has no content."""


def inputs(*arguments, **options):
    return [case.input for case in cases.generate(*arguments, **options)]


@pytest.mark.parametrize("n", [1, 7, 100, 250])
def test_gives_as_many_different_inputs_as_asked_for(n):
    found = inputs(st.text(min_size=1), n=n)
    assert len(found) == len(set(found)) == n


def test_gives_a_hundred_where_nobody_says():
    assert len(cases.generate(st.integers())) == 100


def test_what_was_there_stays_where_more_is_asked_for():
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
    """Hypothesis mixes in constants of whatever is loaded: which tests were selected would matter."""
    constants = "\n".join(f"C{n} = ('a word no {n}', 1{n}771)" for n in range(300))
    (tmp_path / "app.py").write_text(constants, encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=tmp_path, stdout=-1, check=True)
    drawn = cases.generate(st.lists(st.text(min_size=1) | st.integers(), min_size=1), n=150)
    assert json.loads(done.stdout) == [case.id for case in drawn]


def test_tests_of_hypothesis_mix_in_what_they_ever_did():
    """What drawing turns off is on again when it is done."""
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


def test_what_hypothesis_objects_to_is_said_in_its_words():
    @settings(max_examples=2, database=None, deadline=None)
    @given(st.integers())
    def test(_):
        inputs(st.text(), n=10)

    with pytest.raises(errors.CaseError, match="Nesting @given tests"):
        test()


# -- what a strategy gives -----------------------------------------------------------------------------


def test_dataclasses_and_pydantic_objects_are_inputs():
    tickets = inputs(st.builds(Ticket, st.text(), st.integers()), n=10)
    orders = inputs(st.builds(Order, item=st.text(), count=st.integers(0, 5)), n=10)
    assert {type(each) for each in tickets} == {Ticket}
    assert {type(each) for each in orders} == {Order}


def test_mappings_and_tuples_are_inputs():
    (one, *_) = inputs(st.fixed_dictionaries({"subject": st.text(), "amount": st.integers()}), n=3)
    assert one.keys() == {"subject", "amount"}
    assert isinstance(inputs(st.tuples(st.text(), st.text()), n=3)[0], tuple)


def test_cases_say_themselves_what_is_expected():
    (case,) = cases.generate(st.builds(Case, input=st.just("hi"), expected=st.just("greeting")))
    assert (case.input, case.expected) == ("hi", "greeting")


def test_a_mapping_of_the_fields_of_a_case_is_one():
    (case,) = cases.generate(st.fixed_dictionaries({"input": st.just("hi"), "expected": st.just(1)}))
    assert (case.input, case.expected) == ("hi", 1)


def test_fields_can_be_named():
    rows = st.fixed_dictionaries(
        {"text": st.text(min_size=3), "label": st.just("other"), "lang": st.just("x")}
    )
    case = cases.generate(rows, n=3, input="text", expected="label")[0]
    assert (type(case.input), case.expected, case.metadata) == (str, "other", {"lang": "x"})


def test_an_input_alone_says_nothing_else():
    case = cases.generate(st.integers(), n=2)[0]
    assert (case.expected, case.origin) == (MISSING, None)


# -- what cannot be -------------------------------------------------------------------------------------


def test_says_where_there_are_fewer_than_asked_for():
    source = cases.generate(st.booleans(), n=200)
    assert len(source) == 2
    (note,) = source.notes
    assert note.startswith("strategy booleans() gave 2 different cases, of 200 asked for: it has no more")


def test_says_nothing_where_all_were_asked_for():
    source = cases.generate(st.booleans())
    assert len(source) == 2
    assert source.notes == ()


@st.composite
def never(draw):
    number = draw(st.integers())
    assume(number % 1000 == 999)
    return number


@pytest.mark.parametrize(
    "strategy", [never(), st.integers(0, 5).filter(lambda number: number % 7 == 6)], ids=["assume", "filter"]
)
def test_a_strategy_that_throws_almost_everything_away(strategy):
    with pytest.raises(errors.CaseError, match=r"throws away almost everything .* Build what is wanted"):
        inputs(strategy)


def test_a_strategy_that_breaks():
    with pytest.raises(
        errors.CaseError,
        match=r"integers\(\).*: ZeroDivisionError: .*; while gen.* \(raised at test_strategies.py:\d+\)",
    ):
        inputs(st.integers().map(lambda number: number / 0))


def test_bounds_that_contradict_each_other_are_found_before_anything_is_drawn():
    with pytest.raises(errors.CaseError, match=r"Cannot have max_value=1 < min_value=3$"):
        cases.load(st.integers(3, 1)).check()


def test_inputs_without_content():
    with pytest.raises(errors.CaseError, match=r"cannot be told apart by their content.*Handle.*Draw plain"):
        inputs(st.builds(Handle))


def test_none_is_no_input():
    with pytest.raises(errors.CaseError, match="it gives None, and a case needs an input"):
        inputs(st.none() | st.text())


@pytest.mark.parametrize("n", [0, -1, True, 2.5, "9"])
def test_n_is_a_number_of_cases(n):
    with pytest.raises(errors.CaseError, match="a whole number from 1"):
        cases.generate(st.text(), n=n)


def test_n_is_for_strategies():
    with pytest.raises(errors.CaseError, match=r"cases.load\(…\).sample\(n\)"):
        cases.load(["a", "b"], n=1)


def test_generate_takes_nothing_else():
    with pytest.raises(errors.CaseError, match=r"takes a strategy of Hypothesis, not a list"):
        cases.generate(["a"])


def test_hypothesis_is_imported_late():
    script = "import sys\nfrom pytest_modelcheck import cases\ncases.load(['a'])[0]\n"
    script += "print('hypothesis' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "False"
