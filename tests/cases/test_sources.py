"""Cases that are in memory already."""

from __future__ import annotations

import subprocess
import sys
from collections import namedtuple

import pytest

from pytest_modelcheck import cases
from pytest_modelcheck.errors import CaseError
from pytest_modelcheck.records import MISSING, Case


def refused(source, **names):
    with pytest.raises(CaseError) as caught:
        list(cases.load(source, **names))
    return str(caught.value)


def test_mappings_tuples_cases_and_bare_inputs():
    point = namedtuple("point", "input expected")
    listed = list(
        cases.load(
            [
                {"input": "a", "expected": 1},
                ("b", 2),
                Case("c", 3, id="t-3", metadata={"x": 1}),
                "d",
                point("e", 5),
                5,
            ]
        )
    )
    assert [(case.input, case.expected) for case in listed] == [
        ("a", 1), ("b", 2), ("c", 3), ("d", MISSING), ("e", 5), (5, MISSING),
    ]  # fmt: skip
    assert (listed[2].id, listed[2].metadata) == ("t-3", {"x": 1})
    assert [str(case.origin) for case in listed[:3]] == ["list[0]", "list[1]", "list[2]"]


def test_arrays_are_inputs():
    numpy = pytest.importorskip("numpy")
    images = numpy.zeros((3, 2, 2), dtype=numpy.uint8)
    images[1] += 1
    loaded = cases.load([images[0], images[1]])
    assert [case.input.shape for case in loaded] == [(2, 2), (2, 2)]
    assert loaded[0].id != loaded[1].id
    assert [case.input.sum() for case in cases.load(images)] == [0, 4, 0]


def test_a_one_shot_iterator_is_saved():
    loaded = cases.load(text for text in ("a", "b"))
    assert [case.input for case in loaded] == ["a", "b"]
    assert [case.input for case in loaded.filter(lambda case: case.input == "b")] == ["b"]
    assert loaded.peek().input == "a"


def test_a_one_shot_iterator_with_a_faulty_item_is_refused_each_time():
    loaded = cases.load(item for item in ("a", ["b"], "c"))
    for _ in range(2):
        with pytest.raises(CaseError, match=r"generator\[1\]: a list is not a case"):
            list(loaded)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ([["a", "b"]], "list[0]: a list is not a case; write {'input': …, 'expected': …}"),
        ([("a",)], "list[0]: a tuple of 1 is not a case: (input, expected) has 2"),
        ([("a", "b", "c")], "list[0]: a tuple of 3 is not a case"),
        (["a", None], "list[1]: an empty row"),
        ([object()], "list[0]: a object is not a case"),
        ([{"input": "a", "lang": "es"}], "list[0]: unknown field 'lang': write other information about a"),
        ([{"input": "a", 3: "es"}], "list[0]: the name of a field must be text, not int 3"),
        ([{"input": "a", "metadata": {3: "es"}}], "list[0]: metadata: the names must be text, not int 3"),
        ([{"inputs": "a"}], "list[0]: unknown field 'inputs': did you mean 'input'?"),
        ([Case("a", id="x"), Case("b", id="x")], "list[1]: the id 'x' is used twice: list[0] has it too"),
        ([Case("a", id=" x")], "list[0]: id: ' x' has white space around it"),
        ([Case("a", variants="bc")], "list[0]: variants: must be a list of perturbed inputs, not str bc"),
        ([{"input": object()}], "list[0]: no id can be made from the content of this case, so give it one ("),
        ({"input": "a"}, "a mapping is not a list of cases; put each case into a list"),
        (b"input", "cases cannot come from a bytes; give a path, a list of mappings or a table"),
        (3, "cases cannot come from a int"),
        (None, "cases cannot come from a NoneType"),
    ],
)
def test_an_item_that_is_no_case_is_reported(source, message):
    assert message in refused(source)


def test_an_input_without_canonical_form_is_fine_under_an_id():
    thing = object()
    (case,) = cases.load([{"input": thing, "id": "x"}])
    assert case.input is thing


def test_an_iterable_without_cases_is_no_error_here_as_a_check_says_so():
    assert len(cases.load([])) == 0
    assert cases.load([]).peek() is None


def test_field_mapping_makes_the_rest_metadata():
    (case,) = cases.load([{"text": "a", "label": 0, "idx": 7}], input="text", expected="label", id="idx")
    assert (case.input, case.expected, case.id, case.metadata) == ("a", 0, "7", {})


def test_cases_are_taken_as_they_are():
    loaded = cases.load(["a"])
    assert cases.load(loaded) is loaded
    assert "loaded already (list): pass input where they are loaded" in refused(loaded, input="text")


def test_nothing_heavy_is_imported_before_a_file_needs_it():
    code = (
        "import sys; from pytest_modelcheck import cases; list(cases.load(['a']));"
        "heavy = ('yaml', 'pandas', 'polars', 'pyarrow', 'numpy', 'gzip');"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_id_with_a_character_that_cannot_be_seen_is_refused_by_name():
    assert r"id: 'a\u200db' contains '\u200d', which cannot be printed" in refused([Case("a", id="a\u200db")])
