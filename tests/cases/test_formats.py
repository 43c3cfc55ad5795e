"""Case files of each format that can be read, and the cases that they mean."""

import gzip

import pytest

from pytest_modelcheck.records import MISSING

FULL_YAML = """
# comments are fine
- id: t-1
  input: Quiero un reembolso
  expected: refund
  metadata: {language: es, channel: email}
  variants: [Quiero un rembolso, QUIERO UN REEMBOLSO]
  known_failure: sarcasm
"""
MERGED_YAML = """
- &base
  input: |
    two
    lines
  metadata: &meta {language: es}
- <<: *base
  input: other
  metadata: {<<: *meta, channel: chat}
- input: a
  metadata:
    own: 0
    <<: [{x: 1, own: 1}, {x: 2, y: 2}]
"""
DEFAULTS_YAML = """
cases:
  - input: a
  - input: b
    expected: other
    metadata: {language: es}
defaults:
  expected: refund
  metadata: {language: en, channel: email}
"""
FULL_CSV = (
    "id,input,expected,known_failure,language,metadata.channel\n"
    't-1,"Hola, ¿dónde está ""todo""?",shipping,yes,es,email\n'
    "\n"
    "t-2,1182,2,,,\n"
)
EXPORT = '{"text": "a", "label": 3, "lang": "es", "metadata": {"x": 1}, "input": "kept"}'


def case(text, expected=MISSING, line=None, **fields):
    return {"input": text, "expected": expected, **fields} | ({} if line is None else {"line": line})


def means(name, content, *rows, **names):
    return name, content, rows, names


FILES = [
    means(
        "t.yaml",
        FULL_YAML,
        case(
            "Quiero un reembolso",
            "refund",
            3,
            id="t-1",
            metadata={"language": "es", "channel": "email"},
            variants=("Quiero un rembolso", "QUIERO UN REEMBOLSO"),
            known_failure="sarcasm",
        ),
    ),
    means("t.yaml", "- Where is my parcel?\n- 3\n", case("Where is my parcel?"), case(3)),
    means(
        "t.yaml",
        "- {input: a, expected: null}\n- input: b\n  expected:\n- input: c\n",
        case("a", None),
        case("b", None),
        case("c"),
    ),
    means(
        "t.yaml",
        MERGED_YAML,
        case("two\nlines\n"),
        case("other", metadata={"language": "es", "channel": "chat"}),
        case("a", metadata={"own": 0, "x": 1, "y": 2}),
    ),
    means(
        "t.yaml",
        DEFAULTS_YAML,
        case("a", "refund", metadata={"language": "en", "channel": "email"}),
        case("b", "other", 4, metadata={"language": "es", "channel": "email"}),
    ),
    means(
        "t.yaml",
        "defaults: {expected: refund}\ncases: [I want my money back]\n",
        case("I want my money back", "refund"),
    ),
    means(
        "t.yaml",
        b"\xef\xbb\xbf- input: a\r\n  expected: b\r\n- input: c\r\n",
        case("a", "b"),
        case("c", line=3),
    ),
    means(
        "t.jsonl",
        b'\xef\xbb\xbf{"input": "a", "expected": null, "id": 7}\r\n\r\n  \r\n"bare"\r\n{"input": {"x": 1}}',
        case("a", None, id="7"),
        case("bare"),
        case({"x": 1}, line=5),
    ),
    means("t.ndjson", '{"input": "a\u2028b\x85c\\u000bd"}\n', case("a\u2028b\x85c\x0bd")),
    means("t.jsonl.gz", gzip.compress(b'"a"\n"b"\n', mtime=0), case("a"), case("b", line=2)),
    means("t.jsonl", '{"input": "\\ud83d\\ude00 \\\\ud83d"}', case("😀 \\ud83d")),
    means(
        "t.jsonl",
        EXPORT,
        case("a", 3, metadata={"x": 1, "lang": "es", "input": "kept"}),
        input="text",
        expected="label",
    ),
    means(
        "t.jsonl",
        '{"subject": "s", "body": "b", "nr": 3}',
        case({"subject": "s", "body": "b"}, id="3", metadata={}),
        input=["subject", "body"],
        id="nr",
    ),
    means(
        "t.json", '\n[\n  {"input": "a",\n   "expected": 1},\n  "b"\n]\n', case("a", 1, 3), case("b", line=5)
    ),
    means(
        "t.json",
        '{"$schema": "x", "cases": [{"input": "a"}], "defaults": {"metadata": {"language": "es"}}}',
        case("a", metadata={"language": "es"}),
    ),
    means(
        "t.csv",
        FULL_CSV,
        case(
            'Hola, ¿dónde está "todo"?',
            "shipping",
            2,
            id="t-1",
            known_failure="known failure",
            metadata={"language": "es", "channel": "email"},
        ),
        case("1182", "2", 4, id="t-2", known_failure=None, metadata={}),
    ),
    means("t.csv", "input,expected,id\na,,\n", case("a")),
    means(
        "t.csv",
        "input.subject,input.body,expected.label,expected.priority\nHola,Quiero…,refund,2\nHi,,,\n",
        case({"subject": "Hola", "body": "Quiero…"}, {"label": "refund", "priority": "2"}),
        case({"subject": "Hi", "body": ""}),
    ),
    means("t.csv", 'input,variants\nfoo,"[""fo"", ""oo""]"\n', case("foo", variants=("fo", "oo"))),
    means("t.csv", 'input,expected\n"a\nb",x\nc,y\n', case("a\nb", "x", 2), case("c", "y", 4)),
    means("t.csv", b"\xef\xbb\xbfinput,expected\r\na,b\r\n", case("a", "b")),
    means("t.csv", "input;expected\na, b;c\n", case("a, b", "c")),
    means("t.tsv", "input\texpected\na, b\tc\n", case("a, b", "c")),
    means(
        "t.csv",
        "text,label,nr,inputs\na,b,3,x\n",
        case("a", "b", id="3", metadata={"inputs": "x"}),
        input="text",
        expected="label",
        id="nr",
    ),
    means("t.csv", "subject,body\ns,\n", case({"subject": "s", "body": ""}), input=["subject", "body"]),
]


@pytest.mark.parametrize(("name", "content", "rows", "names"), FILES)
def test_contents_of_files(read, name, content, rows, names):
    for found, fields in zip(read(content, name, **names), rows, strict=True):
        seen = {field: getattr(found, field, None) for field in fields} | {"line": found.origin.line}
        assert {field: seen[field] for field in fields} == fields
        assert found.origin.path == name
        assert "id" in fields or found.id.startswith("c-")
