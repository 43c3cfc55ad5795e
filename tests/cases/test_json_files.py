"""JSON and JSON Lines files."""

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
    # Beyond the schema: the loader is stricter.
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


def test_peek_reads_the_first_line_alone(tmp_path):
    (tmp_path / "t.jsonl").write_text('\n{"input": "a"}\nthis is not JSON\n')
    lines = cases.load("t.jsonl", base=tmp_path)
    assert lines.peek().input == "a"
    with pytest.raises(CaseError, match=r"t.jsonl:3: not JSON"):
        list(lines)
