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
EXAMPLES = sorted((Path(__file__).parents[2] / "examples").rglob("*.yaml"))
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


def test_they_are_schemas():
    jsonschema.Draft202012Validator.check_schema(schema_of_file())
    jsonschema.Draft202012Validator.check_schema(schema_of_line())
    assert PATH.is_file()


def test_every_field_is_described():
    for name, definition in schema_of_file()["$defs"].items():
        assert definition.get("description"), name


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.name for path in EXAMPLES])
def test_the_examples_are_valid(path):
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if "baselines" not in path.parts:
        FILE.validate(content)


def test_there_are_examples():
    assert any("baselines" not in path.parts for path in EXAMPLES)


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


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('"a"\n{"input": "b"', "t.jsonl:2: not JSON: the line ends too early"),
        ('{"input": "a",}', "t.jsonl:1: not JSON: "),
        ('# comment\n"a"', "t.jsonl:1: not JSON: expecting value, at column 1; JSON Lines have no comments"),
        ('// comment\n"a"', "JSON Lines have no comments"),
        ('[\n{"input": "a"}\n]', "t.jsonl:1: not JSON: the line ends too early; write each case on its own"),
        ('{\n"input": "a"\n}', "write each case on its own line"),
        ('[{"input": "a"}]', "t.jsonl:1: a list is not a case"),
        ("null", "t.jsonl:1: an empty row"),
        ('{"input": "a"} {"input": "b"}', "t.jsonl:1: not JSON: extra data, at column 16"),
        ('{"input": "a", "input": "b"}', "t.jsonl:1: not JSON: the key 'input' is used twice"),
        ('{"input": {"k": 1, "k": 1}}', "the key 'k' is used twice"),
        ('{"input": NaN}', "t.jsonl:1: not JSON: NaN is not JSON; write null, or leave the field out"),
        ('{"input": 1e999}', "1e999 is too large for a number; write it as text"),
        ('{"input": "a", "lang": "es"}', "t.jsonl:1: unknown field 'lang'"),
        ('{"text": "a"}', "t.jsonl:1: no field 'input'; it has 'text'. Say which are the input"),
        ("{}", "t.jsonl:1: no input: it has no fields"),
        ('{"input": ' + "9" * 5000 + "}", "t.jsonl:1: not JSON: Exceeds the limit"),
        ("[" * 100_000, "t.jsonl:1: nested more than 100 levels deep"),
        ('{"input": ' + "[" * 150 + "]" * 150 + "}", "t.jsonl:1: nested more than 100 levels deep"),
        ("\n  \n", "t.jsonl: the file has no cases"),
        (b'"a"\n"caf\xe9"\n', "t.jsonl:2: not UTF-8: byte 0xe9, number 5 of the line (invalid continuation"),
        (b'"a"\n"b\x00"\n', "t.jsonl:2: there is a NUL byte here"),
        ('"a"\n'.encode("utf-16"), "t.jsonl: the file is in UTF-16; save it as UTF-8"),
        ('"a"\n'.encode("utf-32"), "t.jsonl: the file is in UTF-32; save it as UTF-8"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(refused, content, message):
    assert message in refused(content, "t.jsonl")


def test_a_truncated_or_false_gzip_file_is_refused(refused):
    packed = gzip.compress(b'"a"\n' * 10_000)
    assert "t.jsonl.gz: cannot be decompressed" in refused(packed[:-20], "t.jsonl.gz")
    assert "t.jsonl.gz: cannot be decompressed (Not a gzipped file" in refused(b'"a"\n', "t.jsonl.gz")
    spoilt = packed[:20] + b"\xff\xff\xff" + packed[23:]
    assert "t.jsonl.gz: cannot be decompressed" in refused(spoilt, "t.jsonl.gz")


def test_a_line_of_many_megabytes(read):
    (case,) = read(json.dumps({"input": "x" * 20_000_000}), "t.jsonl")
    assert len(case.input) == 20_000_000


def test_field_mapping_makes_other_fields_metadata(read):
    content = '{"text": "a", "label": 3, "lang": "es", "metadata": {"x": 1}, "input": "kept"}'
    (case,) = read(content, "t.jsonl", input="text", expected="label")
    assert (case.input, case.expected) == ("a", 3)
    assert case.metadata == {"x": 1, "lang": "es", "input": "kept"}


def test_several_fields_can_make_the_input(read):
    (case,) = read('{"subject": "s", "body": "b", "nr": 3}', "t.jsonl", input=["subject", "body"], id="nr")
    assert (case.input, case.id, case.metadata) == ({"subject": "s", "body": "b"}, "3", {})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"txet": "a"}', "t.jsonl:1: no 'text' here, which input='text' names; "),
        ('{"txet": "a"}', "did you mean 'txet'?"),
        ('{"a": "b"}', "which input='text' names; it has 'a'"),
        ('"bare"', "t.jsonl:1: input='text' needs a mapping of fields, but this is str bare"),
        ('{"text": "a", "expcted": "b"}', "did you mean 'expected'?"),
        ('{"text": "a", "lang": "x", "metadata": {"lang": "y"}}', "'lang' is used twice: as a field and"),
        ('{"text": null}', "the input ('text') is empty (null)"),
    ],
)
def test_what_is_wrong_with_a_mapped_line_is_said(refused, content, message):
    assert message in refused(content, "t.jsonl", input="text")


def test_a_json_list(read):
    first, second = read('\n[\n  {"input": "a",\n   "expected": 1},\n  "b"\n]\n', "t.json")
    assert (first.input, first.expected, str(first.origin)) == ("a", 1, "t.json:3")
    assert (second.input, str(second.origin)) == ("b", "t.json:5")


def test_a_json_object_with_cases_and_defaults(read):
    content = '{"$schema": "x", "cases": [{"input": "a"}], "defaults": {"metadata": {"language": "es"}}}'
    (case,) = read(content, "t.json")
    assert case.metadata == {"language": "es"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", "t.json: the file has no cases"),
        (" \n", "t.json: the file has no cases"),
        ('"a"', "t.json:1: a list of cases is expected"),
        ('[{"input": "a"}', "t.json:1: not JSON: the file ends where ',' is expected"),
        ('[{"input": "a"}\n "b"]', "t.json:2: not JSON: '\"' is here where ',' is expected"),
        ('["a",\n]', "t.json:2: not JSON: "),
        ('["a"', "t.json:1: not JSON: the file ends where ',' is expected"),
        ('["a', "t.json:1: not JSON: "),
        ('["a"] ["b"]', "t.json:1: there is more text after the end of the cases"),
        ('{"cases": ["a"], "cases": ["b"]}', "t.json:1: the key 'cases' is used twice"),
        ('{"cases": 3}', 't.json:1: "cases" must be a list'),
        ('{3: ["a"]}', "t.json:1: a key must be text in quotes"),
        ('{"rows": []}', "t.json:1: unknown key 'rows'"),
        ("{}", "t.json:1: no 'cases:' at the top"),
        ('["a",\n{"input": 1, "input": 2}]', "t.json:2: not JSON: the key 'input' is used twice"),
        ("[" * 100_000, "t.json:1: nested more than 100 levels deep"),
        ('["a",\n"\\ud800"]', "t.json:2: an escape such as"),
        ('["a",\n nan]', "t.json:2: not JSON: "),
    ],
)
def test_what_is_wrong_with_a_json_file_is_said(refused, content, message):
    assert message in refused(content, "t.json")


def test_peek_reads_the_first_line_alone(tmp_path):
    (tmp_path / "t.jsonl").write_text('\n{"input": "a"}\nthis is not JSON\n')
    lines = cases.load("t.jsonl", base=tmp_path)
    assert lines.peek().input == "a"
    with pytest.raises(CaseError, match=r"t.jsonl:3: not JSON"):
        list(lines)
