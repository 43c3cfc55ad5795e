"""JSON and JSON Lines files."""

import gzip
import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_modelcheck import cases
from pytest_modelcheck.cases.json_files import PATH, schema_of_file, schema_of_line
from pytest_modelcheck.errors import CaseError
from pytest_modelcheck.records import MISSING

FILE = jsonschema.Draft202012Validator(schema_of_file())
LINE = jsonschema.Draft202012Validator(schema_of_line())
EXAMPLES = [
    path
    for path in sorted((Path(__file__).parents[2] / "examples").rglob("*.yaml"))
    if "baselines" not in path.parts
]
WORDS = st.sampled_from(["", " ", "a", " a", "a ", "a b", "x\ny", "\u00a0", "t-1", "ja", "false", "yes", "0"])
SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.just(1.5) | WORDS
VALUES = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(WORDS, SCALARS, max_size=2)
NAMES = ["input", "expected", "id", "metadata", "variants", "known_failure", "metdata", "language"]
CASES = st.fixed_dictionaries(
    {"input": VALUES},
    optional={
        "expected": VALUES,
        "id": VALUES,
        "metadata": st.dictionaries(WORDS, VALUES, max_size=2) | VALUES,
        "variants": st.lists(VALUES, max_size=2) | VALUES,
        "known_failure": VALUES,
    },
)
ROWS = CASES | VALUES | st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3)
DEFAULTS = VALUES | st.fixed_dictionaries(
    {}, optional={"expected": VALUES, "metadata": VALUES, "known_failure": SCALARS, "id": VALUES}
)
LISTS = st.lists(CASES, max_size=3) | st.lists(ROWS, max_size=2)
FILES = (
    LISTS
    | VALUES
    | st.fixed_dictionaries({"cases": LISTS | VALUES}, optional={"defaults": DEFAULTS, "$schema": WORDS})
    | st.dictionaries(st.sampled_from(["cases", "defaults", "case", "input"]), VALUES, max_size=2)
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("schema")


def loads(folder, name, content):
    path = folder / name
    path.write_text(content, encoding="utf-8")
    try:
        return len(cases.load(path)) > 0
    except CaseError as error:
        refusal = str(error)
    # What a schema cannot say: the loader is stricter there.
    return "is here twice" in refusal


@settings(max_examples=600, deadline=None, derandomize=True)
@given(FILES)
@example([{"input": "a", "known_failure": []}])
@example({"cases": ["a"], "defaults": {"known_failure": 3}})
def test_the_schema_of_a_file_and_the_loader_agree(folder, content):
    accepted = FILE.is_valid(content)
    assert loads(folder, "t.json", json.dumps(content)) == accepted
    assert loads(folder, "t.yaml", json.dumps(content)) == accepted


@settings(max_examples=300, deadline=None, derandomize=True)
@given(ROWS)
def test_the_schema_of_a_line_and_the_loader_agree(folder, content):
    assert loads(folder, "t.jsonl", json.dumps(content)) == LINE.is_valid(content)


def test_they_are_schemas_with_a_description_of_every_field():
    jsonschema.Draft202012Validator.check_schema(schema_of_file())
    jsonschema.Draft202012Validator.check_schema(schema_of_line())
    assert PATH.is_file()
    for name, definition in schema_of_file()["$defs"].items():
        assert definition.get("description"), name


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.name for path in EXAMPLES])
def test_the_examples_are_valid(path):
    FILE.validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_json_lines_with_blank_lines_bare_inputs_and_windows_line_ends(read):
    content = (
        b'\xef\xbb\xbf{"input": "a", "expected": null, "id": 7}\r\n\r\n  \r\n"bare"\r\n{"input": {"x": 1}}'
    )
    first, second, third = read(content, "t.jsonl")
    assert (first.id, first.input, first.expected) == ("7", "a", None)
    assert (second.input, second.expected) == ("bare", MISSING)
    assert (third.input, str(third.origin)) == ({"x": 1}, "t.jsonl:5")


def test_line_separators_inside_of_text_end_no_line(read):
    (case,) = read('{"input": "a\u2028b\x85c\x0bd"}'.replace("\x0b", "\\u000b") + "\n", "t.ndjson")
    assert case.input == "a\u2028b\x85c\x0bd"


def test_gzip(read):
    first, second = read(gzip.compress(b'"a"\n"b"\n'), "t.jsonl.gz")
    assert (first.input, str(second.origin)) == ("a", "t.jsonl.gz:2")


def test_emoji_escapes_are_text_and_halves_of_them_are_not(read, refused):
    (case,) = read('{"input": "\\ud83d\\ude00 \\\\ud83d"}', "t.jsonl")
    assert case.input == "😀 \\ud83d"
    assert "t.jsonl:2: an escape such as \\ud83d is half of a character" in refused(
        '"a"\n{"input": "\\ud83d"}', "t.jsonl"
    )


def test_field_mapping_makes_other_fields_metadata(read):
    content = '{"text": "a", "label": 3, "lang": "es", "metadata": {"x": 1}, "input": "kept"}'
    (case,) = read(content, "t.jsonl", input="text", expected="label")
    assert (case.input, case.expected) == ("a", 3)
    assert case.metadata == {"x": 1, "lang": "es", "input": "kept"}


def test_several_fields_can_make_the_input(read):
    (case,) = read('{"subject": "s", "body": "b", "nr": 3}', "t.jsonl", input=["subject", "body"], id="nr")
    assert (case.input, case.id, case.metadata) == ({"subject": "s", "body": "b"}, "3", {})


def test_a_json_list(read):
    first, second = read('\n[\n  {"input": "a",\n   "expected": 1},\n  "b"\n]\n', "t.json")
    assert (first.input, first.expected, str(first.origin)) == ("a", 1, "t.json:3")
    assert (second.input, str(second.origin)) == ("b", "t.json:5")


def test_a_json_object_with_cases_and_defaults(read):
    content = '{"$schema": "x", "cases": [{"input": "a"}], "defaults": {"metadata": {"language": "es"}}}'
    (case,) = read(content, "t.json")
    assert case.metadata == {"language": "es"}


def test_peek_reads_the_first_line_alone(tmp_path):
    (tmp_path / "t.jsonl").write_text('\n{"input": "a"}\nthis is not JSON\n')
    lines = cases.load("t.jsonl", base=tmp_path)
    assert lines.peek().input == "a"
    with pytest.raises(CaseError, match=r"t.jsonl:3: not JSON"):
        list(lines)
