"""The smallest value of a strategy that fails: found without asking about what was drawn again."""

import pytest
from hypothesis import strategies as st

from pytest_modelcheck import cases


def found(source, fails):
    """The first failing case of a source made smaller, and everything that was asked about on the way."""
    first = next(case for case in source if fails(case.input))
    asked, best = [], first.input
    search = source.smaller(first)
    try:
        candidate = next(search)
        while True:
            asked.append(candidate.input)
            best = candidate.input if fails(candidate.input) else best
            candidate = search.send(fails(candidate.input))
    except StopIteration:
        return best, asked


def test_a_number():
    assert found(cases.generate(st.integers(), n=50), lambda number: number > 1000)[0] == 1001


def test_a_text():
    source = cases.generate(st.text("abcdef ", min_size=1), n=80)
    assert found(source, lambda text: "d" in text and len(text) > 2)[0] in ("aad", "ada", "daa")


def test_a_value_of_a_later_round():
    source = cases.generate(st.integers(0, 10**6), n=300)
    late = source[250].input
    assert found(source, lambda number: number >= late)[0] <= max(case.input for case in source)


def test_a_mapping():
    source = cases.generate(
        st.fixed_dictionaries({"text": st.text("ab"), "amount": st.integers(0, 500)}), n=60
    )
    assert found(source, lambda row: row["amount"] >= 100)[0] == {"text": "", "amount": 100}


def test_nothing_is_asked_about_twice():
    _, asked = found(cases.generate(st.integers(), n=50), lambda number: number > 1000)
    assert len(asked) == len(set(asked)) < 60


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
