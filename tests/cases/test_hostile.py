"""Files of any content, even a harmful one, give an error with its place or every case, in little memory."""

from __future__ import annotations

import csv
import gzip
import io
import json
import subprocess
import sys
import time

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_modelcheck import cases
from pytest_modelcheck.cases import files
from pytest_modelcheck.errors import CaseError
from pytest_modelcheck.records import MISSING

ROWS = [
    {"id": "t-1", "input": "Grüße, wo ist mein Paket?", "expected": "shipping"},
    {"input": {"subject": "Refund", "body": "Please: now — 5 €"}, "expected": "refund"},
    {"input": "quoted \"words\", commas; and\ttabs", "metadata": {"language": "es", "n": 3}},
    {"input": "一二三 😀", "expected": None, "variants": ["a", "b"], "known_failure": "why"},
]  # fmt: skip


def as_csv(delimiter):
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerows(
        [["input", "expected", "language"], ["Grüße, 一", "a", "de"], ['say "x"\nand', "b", "€"]]
    )
    return out.getvalue().encode()


VALID = {
    "t.jsonl": "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS).encode(),
    "t.json": json.dumps(
        {"defaults": {"expected": "x"}, "cases": ROWS}, indent=1, ensure_ascii=False
    ).encode(),
    "t.yaml": yaml.safe_dump(ROWS, allow_unicode=True, sort_keys=False).encode(),
    "t.csv": as_csv(","),
    "t.tsv": as_csv("\t"),
}
BYTES = st.sampled_from(
    [b"", b"\n", b"\r", b"\r\n", b"\0", b'"', b"'", b",", b"\t", b":", b"- ", b"{", b"}", b"[", b"]", b"&a ",
     b"*a", b"\xef\xbb\xbf", b"\xff\xfe", b"\x80", b"\xc3", b"\xe2\x80\xa8", b"\x1a", b"NaN", b"1e999",
     b"9" * 5000, b"null", b"input", b'"id": "t-1", ', b"!!python/object:os.system x", b"<<: *a", b"#",
     b"|\n", b"---\n", b"\\ud800"]
)  # fmt: skip
EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), BYTES), min_size=1, max_size=4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("hostile")


def edited(content, edits):
    for place, removed, inserted in edits:
        at = int(place * len(content))
        content = content[:at] + inserted + content[at + removed :]
    return content


def counted(name, content):
    """The number of rows that another parser finds in a file."""
    text = content.decode("utf-8-sig")
    if name.endswith("jsonl"):
        return sum(1 for line in text.split("\n") if line.strip(" \t\r\n"))
    if name.endswith("json"):
        found = json.loads(text)
        return len(found if isinstance(found, list) else found["cases"])
    if name.endswith("yaml"):
        found = yaml.load(text, getattr(yaml, "CBaseLoader", yaml.BaseLoader))
        return len(found if isinstance(found, list) else found["cases"])
    first = text.lstrip("\r\n").split("\n", 1)[0]
    separator = "\t" if name.endswith("tsv") else ";" if ";" in first and "," not in first else ","
    return sum(1 for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if row) - 1


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
@pytest.mark.parametrize("name", VALID)
@settings(max_examples=150, deadline=None, derandomize=True)
@given(edits=EDITS)
def test_a_damaged_file_is_refused_with_its_place_or_gives_a_case_for_every_row(folder, name, packed, edits):
    content = edited(VALID[name], edits)
    path = folder / (f"{name}.gz" if packed else name)
    path.write_bytes(gzip.compress(content) if packed else content)
    for large in (files.LARGE, -1):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(files, "LARGE", large)
            try:
                loaded = list(cases.load(path))
            except CaseError as error:
                refusal = str(error)
                assert refusal.startswith(f"{path}:")
                assert len(refusal) < 1000 + len(str(path))
                continue
        assert len(loaded) == counted(name, content)
        assert len({case.id for case in loaded}) == len(loaded)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le", "utf-32-be", "shift_jis", "cp437"])
@pytest.mark.parametrize("name", VALID)
def test_text_in_another_encoding_is_refused_and_never_read_as_something_else(folder, name, encoding):
    path = folder / name
    path.write_bytes(VALID[name].decode().encode(encoding, "ignore"))
    with pytest.raises(CaseError, match=r"not UTF-8|UTF-16|UTF-32|NUL byte|not YAML|not JSON"):
        list(cases.load(path))


@pytest.mark.parametrize("name", VALID)
def test_a_file_that_is_cut_off_anywhere_loses_no_begun_row(folder, name):
    whole = VALID[name]
    rows = [case.input for case in cases.load(write(folder, name, whole))]
    for cut in range(len(whole)):
        try:
            loaded = [case.input for case in cases.load(write(folder, name, whole[:cut]))]
        except CaseError:
            continue
        if name.endswith(("jsonl", "json")):
            assert loaded == rows[: len(loaded)]
        assert len(loaded) == counted(name, whole[:cut])


def write(folder, name, content):
    (folder / name).write_bytes(content)
    return folder / name


def load(folder, name, content):
    return list(cases.load(write(folder, name, content)))


def bomb(first, line):
    """One case whose metadata holds a value of 10 others, each of which holds 10 more, and so on."""
    lines = [line % {b"n": n, b"below": b", ".join([b"*v%d" % (n - 1)] * 10)} for n in range(1, 40)]
    return b"\n    ".join([b"- input: a\n  metadata:", first, *lines])


LAUGHS = bomb(b"v0: &v0 ha", b"v%(n)d: &v%(n)d [%(below)s]")
MERGES = bomb(b"v0: &v0 {a: 1}", b"v%(n)d: &v%(n)d {<<: [%(below)s], b%(n)d: 1}")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.jsonl", b'{"input": "a", "input": "b"}'),
        ("t.json", b'[{"input": "a", "metadata": {"x": 1, "x": 2}}]'),
        ("t.json", b'{"cases": ["a"], "cases": ["b"]}'),
        ("t.yaml", b"- input: a\n  input: b\n"),
        ("t.csv", b"input,input\na,b\n"),
        ("t.jsonl", b'{"input": NaN}'),
        ("t.json", b'[{"input": -Infinity}]'),
        ("t.jsonl", b'{"input": ' + b"9" * 5000 + b"}"),
        ("t.yaml", b"- input: " + b"9" * 5000),
        ("t.jsonl", b"[" * 1_000_000),
        ("t.json", b"[" * 1_000_000),
        ("t.json", b'{"a":' * 1_000_000),
        ("t.yaml", b"[" * 1_000_000),
        ("t.yaml", b"- " * 1_000_000),
        ("t.yaml", b"? " * 1_000_000),
        ("t.jsonl", b'"a"\n["b"]\n'),
        ("t.json", b'["a", null]'),
        ("t.yaml", b"- a\n- [b]\n"),
        ("t.jsonl", b'"a"\n\xef\xbb\xbf"b"\n'),
        ("t.csv", b"input\n\0\n"),
        ("t.jsonl", b"\0" * 1000),
        ("t.yaml", LAUGHS),
        ("t.yaml", MERGES),
    ],
)  # fmt: skip
def test_ambiguous_and_unreadable_files_are_refused_at_once(folder, name, content):
    start = time.process_time()
    with pytest.raises(CaseError) as caught:
        load(folder, name, content)
    assert str(caught.value).startswith(f"{folder / name}:")
    assert ("; write the values out" in str(caught.value)) is (content in (LAUGHS, MERGES))
    assert time.process_time() - start < 20  # or it would take minutes


MEASURED = """
import resource, sys
from pathlib import Path
from pytest_modelcheck import cases
from pytest_modelcheck.errors import CaseError

resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
for path in sys.argv[2:]:
    try:
        print(len(cases.load(Path(path))), "cases")
    except CaseError as error:
        print(error)
"""


def within(limit, *paths):
    """Load files in a process limited to ``limit`` bytes of memory; return a line for each."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(limit), *paths],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return done.stdout.splitlines()


@pytest.mark.skipif(sys.platform != "linux", reason="limits the memory of a process")
def test_a_file_that_is_far_larger_than_it_looks_is_refused_in_bounded_memory(tmp_path):
    content = gzip.compress(b'"' + b"a" * (200 << 20), 1)
    paths = [tmp_path / name for name in ("t.jsonl.gz", "t.json.gz", "t.yaml.gz", "t.csv.gz")]
    for path in paths:
        path.write_bytes(content)
    lines = within(1 << 30, *paths)
    assert [line.startswith(f"{path}:") for line, path in zip(lines, paths, strict=True)] == [True] * 4
    assert ["128 MiB or more" in line for line in lines] == [True] * 4


@pytest.mark.skipif(sys.platform != "linux", reason="limits the memory of a process")
def test_a_line_of_forty_megabytes_is_a_case(tmp_path):
    with (tmp_path / "t.jsonl").open("wb") as file:
        file.write(b'{"input": "' + b"a" * 40_000_000 + b'"}\n"b"\n')
    assert within(1 << 30, tmp_path / "t.jsonl") == ["2 cases"]


def test_nothing_of_ours_is_shown_where_pytest_cannot_read_a_file(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (tmp_path / "conftest.py").write_text(
        "from pytest_modelcheck import model_fixture\n\n@model_fixture\ndef triage():\n    return str.upper\n"
    )
    (tmp_path / "test_it.py").write_text(
        "import pytest\n\n@pytest.mark.golden('t.jsonl')\n"
        "def test_it(triage, case):\n    assert triage(case.input)\n"
    )
    (tmp_path / "t.jsonl").write_bytes(b'"a"\n"b\xff"\n')
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "modelcheck"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "t.jsonl:2: not UTF-8: byte 0xff, number 3 of the line" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "pytest_modelcheck/" not in done.stdout


NAMES = ["t.yaml", "t.json", "t.jsonl", "t.csv", "t.tsv", "t.jsonl.gz", "t.yaml.gz"]
WORDS = b"-  input : \n \r\n { } [ ] \" ' , \t &a *a !! <<: |\n ? ---\n ...\n # cases defaults id null 9"
FRAGMENTS = BYTES | st.sampled_from(
    [*WORDS.split(b" "), b"\x85", b"\x1f\x8b\x08", b"\\u00e9", b"%YAML 1.1\n"]
)
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
