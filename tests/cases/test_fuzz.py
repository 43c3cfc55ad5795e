"""Whatever a file holds: a CaseError, or the right cases; never another exception."""

from __future__ import annotations

import csv
import gzip
import io
import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_modelcheck import cases
from pytest_modelcheck.errors import CaseError
from pytest_modelcheck.records import MISSING

NAMES = ["t.yaml", "t.json", "t.jsonl", "t.csv", "t.tsv", "t.jsonl.gz", "t.yaml.gz"]
WORDS = b"-  input : \n \r\n { } [ ] \" ' , \t &a *a !! <<: |\n ? ---\n ...\n # cases defaults id null 9"
BYTES = [
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\x00",
    b"\x85",
    b"\xe2\x80\xa8",
    b"\x1f\x8b\x08",
    b"\\ud800",
    b"\\u00e9",
]
FRAGMENTS = st.sampled_from([*WORDS.split(b" "), *BYTES, b"1e999", b";", b"  ", b"- ", b": ", b"%YAML 1.1\n"])
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
CASE = st.fixed_dictionaries(
    {"input": JSON.filter(lambda value: value is not None)},
    optional={"expected": JSON, "metadata": st.dictionaries(TEXT, JSON, max_size=3)},
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


def load(folder, name, content):
    (folder / name).write_bytes(content)
    return list(cases.load(name, base=folder))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.binary(max_size=200) | st.lists(FRAGMENTS | st.binary(max_size=3), max_size=25).map(b"".join))
@example(b"- !!binary '\xc3\xa9'")
@example(b"- input: !!timestamp x")
@example(b"- input: !!float .nan")
@example(b"? \n: a")
@example(b"- *a")
def test_random_bytes(folder, name, content):
    data = gzip.compress(content) if name.endswith(".gz") and not content.startswith(b"\x1f") else content
    try:
        loaded = load(folder, name, data)
    except CaseError as error:
        refusal = str(error)
        assert refusal.startswith(str(folder / name))
        return
    assert loaded
    assert len({case.id for case in loaded}) == len(loaded)


def agree(loaded, rows):
    assert [(case.input, case.expected, dict(case.metadata)) for case in loaded] == [
        (row["input"], row.get("expected", MISSING), row.get("metadata", {})) for row in rows
    ]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(CASE, min_size=1, max_size=5), st.booleans(), st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_json_lines_come_back(folder, rows, ascii_only, end):
    content = "".join(json.dumps(row, ensure_ascii=ascii_only) + end for row in rows)
    agree(load(folder, "t.jsonl", content.encode()), rows)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(CASE, min_size=1, max_size=5), st.booleans(), st.sampled_from([None, 1]))
def test_json_comes_back(folder, rows, ascii_only, indent):
    agree(load(folder, "t.json", json.dumps(rows, ensure_ascii=ascii_only, indent=indent).encode()), rows)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(CASE, min_size=1, max_size=5), st.booleans(), st.booleans())
def test_yaml_comes_back(folder, rows, unicode, flow):
    import yaml

    content = yaml.safe_dump(rows, allow_unicode=unicode, default_flow_style=flow)
    try:
        loaded = load(folder, "t.yaml", content.encode())
    except CaseError as error:
        refusal = str(error)
        assert "ends the line for some" in refusal
        assert set("\x85\u2028\u2029") & set(content)
        return
    agree(loaded, rows)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.tuples(TEXT.filter(bool), TEXT), min_size=1, max_size=5), st.sampled_from(["\n", "\r\n"]))
def test_csv_comes_back(folder, rows, end):
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([("input", "expected"), *rows])
    loaded = load(folder, "t.csv", out.getvalue().encode())
    assert [(case.input, case.expected) for case in loaded] == [
        (text, label or MISSING) for text, label in rows
    ]
