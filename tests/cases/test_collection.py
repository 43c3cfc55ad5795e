"""Narrowing cases, and reading them late."""

from __future__ import annotations

import pickle

import pytest

from pytest_modelcheck import cases
from pytest_modelcheck.errors import CaseError

ROWS = [
    {"input": f"{language} {number}", "metadata": {"language": language, "tags": [number]}}
    for language in ("en", "es")
    for number in range(10)
]


def inputs(some):
    return [case.input for case in some]


def test_filter():
    loaded = cases.load(ROWS)
    assert inputs(loaded.filter(lambda case: case.input.endswith("3"))) == ["en 3", "es 3"]
    assert len(loaded.filter(lambda case: False)) == 0


def test_where():
    loaded = cases.load(ROWS)
    assert inputs(loaded.where(language="es", tags=[3])) == ["es 3"]
    assert [case.id for case in loaded.where(language="es")] == [case.id for case in loaded[10:]]


def test_a_misspelt_key_of_where_is_refused():
    with pytest.raises(
        CaseError, match=r"where\(langage=…\): no case has metadata of this name; did you mean language"
    ):
        list(cases.load(ROWS).where(langage="es"))
    with pytest.raises(CaseError, match=r"no case has this value; the values are 'en', 'es'"):
        list(cases.load(ROWS).where(language="se"))
    with pytest.raises(CaseError, match=r"there is no metadata at all"):
        list(cases.load(["a"]).where(language="se"))


def test_a_sample_keeps_the_order_and_does_not_depend_on_it():
    sample = cases.load(ROWS).sample(7, seed=1)
    assert inputs(sample) == [text for text in inputs(cases.load(ROWS)) if text in inputs(sample)]
    assert sorted(inputs(cases.load(ROWS[::-1]).sample(7, seed=1))) == sorted(inputs(sample))
    assert inputs(cases.load(ROWS).sample(7, seed=2)) != inputs(sample)


def test_a_further_case_changes_a_sample_by_one_at_most():
    before = set(inputs(cases.load(ROWS).sample(7)))
    after = set(inputs(cases.load([*ROWS, {"input": "new"}]).sample(7)))
    assert len(before - after) <= 1


def test_a_sample_of_no_number_or_of_more_than_there_are_is_refused():
    with pytest.raises(CaseError, match=r"sample\(21\): there are fewer cases \(20\)"):
        len(cases.load(ROWS).sample(21))
    for n in (0, -1, 1.5, True, None):
        with pytest.raises(CaseError, match=r"sample\(.*\): n is the number of cases, at least 1"):
            cases.load(ROWS).sample(n)


def test_narrowing_changes_no_id():
    twice = cases.load(["a", "a", "b"])
    assert [case.id for case in twice.filter(lambda case: case.id.endswith("-2"))] == [twice[1].id]


def test_the_origin_says_what_was_narrowed():
    def short(case):
        return True

    narrowed = cases.load("t.yaml").where(language="es").filter(short).sample(5)
    assert narrowed.origin == "t.yaml, where language='es', filtered by short, a sample of 5"
    assert repr(narrowed) == f"<Cases from {narrowed.origin}>"


def test_narrowed_cases_are_bound_too(tmp_path):
    (tmp_path / "t.jsonl").write_text('"a"\n"b"\n')
    narrowed = cases.load("t.jsonl").filter(lambda case: case.input == "b").bind(tmp_path)
    assert inputs(narrowed) == ["b"]
    assert narrowed.bind(tmp_path / "x") is narrowed


def test_a_file_is_read_once(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text('"a"\n"b"\n')
    loaded = cases.load(path)
    assert (len(loaded), loaded[-1].input, inputs(loaded[:1])) == (2, "b", ["a"])
    path.write_text("broken")
    assert inputs(loaded) == ["a", "b"]
    assert loaded.peek() is loaded[0]


@pytest.mark.parametrize("read", [False, True])
def test_cases_can_be_sent_to_another_process(read):
    loaded = cases.load(ROWS, repeated_ids="number")
    assert not read or len(loaded) == len(ROWS)
    assert list(pickle.loads(pickle.dumps(loaded))) == list(loaded)


def test_peek_of_narrowed_cases():
    assert cases.load(["a", "b"]).filter(lambda case: case.input == "b").peek().input == "b"
    assert cases.load(["a"]).filter(lambda case: False).peek() is None


def test_split():
    parts = cases.load([*ROWS, {"input": "x"}]).split("language")
    assert {value: len(some) for value, some in parts.items()} == {"en": 10, "es": 10, None: 1}
    assert inputs(parts[None]) == ["x"]
    assert parts["es"].origin == "list, where language='es'"
    assert [case.id for case in parts["es"]] == [case.id for case in cases.load(ROWS)[10:]]


def test_split_by_a_key_that_no_case_has_or_that_is_no_key_is_refused():
    with pytest.raises(
        CaseError, match=r"split\('langage'\): no case has metadata of this name; did you mean language"
    ):
        cases.load(ROWS).split("langage")
    with pytest.raises(CaseError, match=r"split\('tags'\): its values are not hashable"):
        cases.load(ROWS).split("tags")


def test_split_leaves_a_mistake_of_a_filter_as_it_is():
    with pytest.raises(TypeError, match="not supported between instances of 'str' and 'int'"):
        cases.load(ROWS).filter(lambda case: case.input > 3).split("language")
