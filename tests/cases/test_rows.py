"""Rows of every form, those that other tools export among them, and the cases that they mean."""

from __future__ import annotations

import json

import pytest

from pytest_modelcheck import cases
from pytest_modelcheck.errors import CaseError

NAME = "t.json"
BOTH = "Say which are the input and the expectation, in the marker or in cases.load(): "
INPUT = "Say which is the input, in the marker or in cases.load(): "


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", "id,text,label\n1,a,b\n", "column 'input'; there are 'id', 'text', 'label'. " + BOTH),
        (
            "t.csv",
            "text,expected\na,b\n",
            f"column 'input'; there are 'text', 'expected'. {INPUT}input='text'",
        ),
        ("t.csv", "id,expected\na,b\n", f"column 'input'; there are 'id', 'expected'. {INPUT}input='…'"),
        ("t.yaml", "- {text: a, label: b}\n", "field 'input'; it has 'text', 'label'. " + BOTH),
        ("t.jsonl", '{"text": "a"}\n', f"field 'input'; it has 'text'. {BOTH}input='text', expected='…'"),
    ],
)
def test_without_a_column_named_input_the_error_says_how_to_name_it(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(CaseError) as caught:
        list(cases.load(name, base=tmp_path))
    assert f"{name}:1: no {message}" in str(caught.value)


def test_and_the_advice_works(tmp_path):
    (tmp_path / "t.csv").write_text("id,text,label\n1,a,b\n")
    with pytest.raises(CaseError, match=r"cases\.load\(\): input='text', expected='label'$"):
        list(cases.load("t.csv", base=tmp_path))
    (case,) = cases.load("t.csv", base=tmp_path, input="text", expected="label")
    assert (case.input, case.expected) == ("a", "b")


def loaded(variants, case_input="a"):
    (case,) = cases.load([{"input": case_input, "expected": "x", "variants": variants}])
    return case.variants


def test_a_variant_may_have_an_expectation_and_metadata_of_its_own():
    own = {"input": "b", "expected": None, "metadata": {"language": "es"}}
    assert loaded(["A", own, {"input": "c"}]) == (
        "A",
        cases.Variant("b", None, {"language": "es"}),
        cases.Variant("c"),
    )
    assert loaded([cases.Variant("b", "y")]) == (cases.Variant("b", "y"),)


def test_a_mapping_is_a_variant_as_it_is_where_the_input_looks_like_one():
    assert loaded([{"input": "b", "tone": 1}], {"input": "a", "tone": 2}) == ({"input": "b", "tone": 1},)
    assert loaded([{"subject": "b"}], {"subject": "a"}) == ({"subject": "b"},)


@pytest.mark.parametrize(
    ("variants", "message"),
    [
        ([{"input": "b", "language": "es"}], "unknown field 'language': a variant with an 'input' has input"),
        ([{"input": None}], "variants: one of them is empty"),
        ([None], "variants: one of them is empty"),
        ([{"input": "b", "metadata": 3}], "metadata: must be a mapping"),
        ("ab", "variants: must be a list"),
    ],
)
def test_an_error_in_a_variant_is_reported(variants, message):
    with pytest.raises(CaseError, match=message):
        loaded(variants)


def test_the_expectation_of_a_variant_does_not_change_the_id():
    one, other = (
        cases.load([{"input": "a", "variants": [{"input": "b", "expected": label}]}])[0].id for label in "xy"
    )
    assert one == other
    assert one == cases.load([{"input": "a", "variants": ["b"]}])[0].id


def test_templates_make_variants_with_expectations():
    (case,) = cases.template(
        "I like {x}.", x=["tea"], expected="good", variants=[{"input": "I hate {x}.", "expected": "bad"}]
    )
    assert case.variants == (cases.Variant("I hate tea.", "bad"),)


# As inspect_ai, deepeval, promptfoo, langfuse and Label Studio write them.
INSPECT = {
    "input": "Where is it?",
    "target": "shipping",
    "id": 1,
    "metadata": {"language": "en"},
    "setup": None,
}
DEEPEVAL = {
    "input": "Where is it?",
    "actual_output": None,
    "expected_output": "shipping",
    "context": ["Soon."],
}
PROMPTFOO = {
    "description": "parcel",
    "vars": {"question": "Where is it?", "language": "en"},
    "assert": [{"type": "equals", "value": "shipping"}],
}
LANGFUSE = {
    "id": "cl1",
    "status": "ACTIVE",
    "input": {"question": "Where is it?"},
    "expectedOutput": "shipping",
    "metadata": {"language": "en"},
    "datasetName": "tickets",
}
LABEL_STUDIO = {
    "id": 1,
    "data": {"text": "Where is it?"},
    "annotations": [{"result": [{"value": {"choices": ["shipping"]}, "type": "choices"}]}],
}


@pytest.mark.parametrize(
    ("row", "names", "metadata"),
    [
        (INSPECT, {"expected": "target"}, {"language": "en", "setup": None}),
        (DEEPEVAL, {"expected": "expected_output"}, {"actual_output": None, "context": ["Soon."]}),
        (PROMPTFOO, {"input": "vars.question", "expected": "assert.0.value"}, PROMPTFOO),
        (
            LABEL_STUDIO,
            {"input": "data.text", "expected": "annotations.0.result.0.value.choices.0"},
            {name: LABEL_STUDIO[name] for name in ("data", "annotations")},
        ),
    ],
)
def test_an_export_is_mapped_and_its_other_fields_are_metadata(read, row, names, metadata):
    (case,) = read([row], **names)
    assert (case.input, case.expected, dict(case.metadata)) == ("Where is it?", "shipping", metadata)


@pytest.mark.parametrize(
    ("row", "advice"),
    [
        (
            INSPECT,
            "if the expectation is 'target', say so in the marker or in cases.load(): expected='target'",
        ),
        (DEEPEVAL, "if the expectation is 'expected_output', say so"),
        (LANGFUSE, "if the expectation is 'expectedOutput', say so"),
        (
            PROMPTFOO,
            "Say which are the input and the expectation, in the marker or in cases.load(): input='vars',",
        ),
        (LABEL_STUDIO, "input='data', expected='annotations'"),
        ({"comment": "x", "prompt": "a", "ideal": "b"}, "input='prompt', expected='ideal'"),
    ],
)
def test_an_unmapped_export_draws_the_names_that_fit(refused, read, row, advice):
    message = refused([row])
    assert advice in message
    if "say so" in message:  # the advice works
        name = message.rpartition("expected='")[2].partition("'")[0]
        assert read([row], expected=name)[0].expected == "shipping"


def test_columns_that_resemble_a_field_are_metadata_of_a_mapped_file(read):
    row = {"question": "q", "answer": "a", "variant": "B", "tags": ["x"], "known_failures": 2}
    (case,) = read([row], input="question", expected="answer")
    assert dict(case.metadata) == {"variant": "B", "tags": ["x"], "known_failures": 2}
    (case,) = read("question,answer,variant,tags\nq,a,B,x\n", "t.csv", input="question", expected="answer")
    assert dict(case.metadata) == {"variant": "B", "tags": "x"}


def test_a_misspelt_field_of_a_mapped_file_is_still_refused(refused):
    assert "did you mean 'expected'?" in refused([{"question": "q", "expcted": "a"}], input="question")


@pytest.mark.parametrize("expected", ["assert.1.value", "assert.x", "vars.question.text"])
def test_a_path_that_leads_nowhere_is_refused(refused, expected):
    assert f"no '{expected}' here, which expected='{expected}' names" in refused(
        [PROMPTFOO], expected=expected
    )


def test_metadata_may_be_json_text(read, refused):
    (case,) = read([{"input": "a", "metadata": '{"language": "en"}'}])
    assert dict(case.metadata) == {"language": "en"}
    table = 'input,expected_output,metadata,tags\na,x,"{""language"": ""en""}",vip\n'
    (case,) = read(table, "t.csv", expected="expected_output")
    assert (case.expected, dict(case.metadata)) == ("x", {"language": "en", "tags": "vip"})
    assert "metadata: must be a mapping of names to values, not str {oops" in refused(
        [{"input": "a", "metadata": "{oops"}]
    )
    assert "t.csv:2: 'tags' is used twice: as a column and under metadata" in refused(
        'input,metadata,tags\na,"{""tags"": 1}",vip\n', "t.csv"
    )


def test_repeated_ids_are_numbered_on_request(read, refused):
    table = "id,input\nx,a\nx,b\nx-2,c\nx,d\n,e\n,e\n"
    assert "(cases.load(…, repeated_ids='number') numbers them)" in refused(table, "t.csv")
    ids = [case.id for case in read(table, "t.csv", repeated_ids="number")]
    assert ids[:4] == ["x", "x-3", "x-2", "x-4"]
    assert ids[5] == f"{ids[4]}-2"


def test_repeated_ids_of_a_large_file_are_numbered_too(read, monkeypatch):
    from pytest_modelcheck.cases import files

    monkeypatch.setattr(files, "LARGE", 1)
    lines = "\n".join(json.dumps({"id": "x", "input": f"{n}"}) for n in range(3))
    assert [case.id for case in read(lines, "t.jsonl", repeated_ids="number")] == ["x", "x-2", "x-3"]


@pytest.mark.parametrize(
    "named", [{"input": 0}, {"input": []}, {"expected": [None]}, {"input": {"a": 1}}, {"id": ["a", "b"]}]
)
def test_a_name_that_is_no_field_is_refused(named):
    (field,) = named
    with pytest.raises(CaseError, match=rf"{field}=.*: name the field of the rows, such as {field}='text'"):
        cases.load([{"a": 1, "b": 2}], **named)


def test_another_word_for_repeated_ids_is_refused():
    with pytest.raises(CaseError, match="repeated_ids='allow': choose 'refuse' or 'number'"):
        cases.load(["a"], repeated_ids="allow")


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.jsonl", "t.json", "t.yaml", "t.parquet", "t.csv.gz"])
def test_a_pointer_of_git_lfs_is_recognised(refused, name):
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'4d' * 32}\nsize 12345\n"
    message = refused(pointer, name)
    assert "this is a Git LFS pointer, not the file itself; download it: git lfs pull --include " in message
