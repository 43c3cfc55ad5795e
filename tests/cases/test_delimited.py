"""CSV and TSV case files."""

from __future__ import annotations

import csv

import pytest

from pytest_modelcheck.records import MISSING

NAME = "t.csv"


def test_known_columns_are_fields_and_all_others_metadata(read):
    content = (
        "id,input,expected,known_failure,language,metadata.channel\n"
        't-1,"Hola, ¿dónde está ""todo""?",shipping,yes,es,email\n'
        "\n"
        "t-2,1182,2,,,\n"
    )
    first, second = read(content)
    assert (first.id, first.input, first.expected) == ("t-1", 'Hola, ¿dónde está "todo"?', "shipping")
    assert (first.known_failure, first.metadata) == ("known failure", {"language": "es", "channel": "email"})
    assert (second.input, second.expected, second.known_failure, second.metadata) == ("1182", "2", None, {})
    assert [str(case.origin) for case in (first, second)] == ["t.csv:2", "t.csv:4"]


def test_an_empty_cell_says_nothing(read):
    (case,) = read("input,expected,id\na,,\n")
    assert case.expected is MISSING
    assert case.id.startswith("c-")


def test_columns_of_one_family_make_a_mapping(read):
    first, second = read(
        "input.subject,input.body,expected.label,expected.priority\nHola,Quiero…,refund,2\nHi,,,\n"
    )
    assert first.input == {"subject": "Hola", "body": "Quiero…"}
    assert first.expected == {"label": "refund", "priority": "2"}
    assert (second.input, second.expected) == ({"subject": "Hi", "body": ""}, MISSING)


def test_variants_are_a_json_list(read):
    (case,) = read('input,variants\nfoo,"[""fo"", ""oo""]"\n')
    assert case.variants == ("fo", "oo")


def test_a_row_may_go_over_several_lines(read):
    first, second = read('input,expected\n"a\nb",x\nc,y\n')
    assert (first.input, str(first.origin)) == ("a\nb", "t.csv:2")
    assert (second.input, str(second.origin)) == ("c", "t.csv:4")


def test_byte_order_mark_and_windows_line_ends(read):
    (case,) = read(b"\xef\xbb\xbfinput,expected\r\na,b\r\n")
    assert (case.input, case.expected) == ("a", "b")


def test_semicolons_as_spreadsheets_write_them(read):
    (case,) = read("input;expected\na, b;c\n")
    assert (case.input, case.expected) == ("a, b", "c")


def test_tabs(read):
    (case,) = read("input\texpected\na, b\tc\n", "t.tsv")
    assert (case.input, case.expected) == ("a, b", "c")


def test_a_cell_longer_than_the_limit_of_the_csv_module(read):
    before = csv.field_size_limit()
    (case,) = read("input\n" + "x" * 200_000 + "\n")
    assert len(case.input) == 200_000
    assert csv.field_size_limit() == before


def test_field_mapping(read):
    (case,) = read("text,label,nr,inputs\na,b,3,x\n", input="text", expected="label", id="nr")
    assert (case.input, case.expected, case.id, case.metadata) == ("a", "b", "3", {"inputs": "x"})


def test_several_columns_can_make_the_input(read):
    (case,) = read("subject,body\ns,\n", input=["subject", "body"])
    assert case.input == {"subject": "s", "body": ""}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("input,expcted\na,b\n", "t.csv:1: unknown column 'expcted': did you mean 'expected'? Rename it"),
        ("\n\nInput\na\n", "t.csv:3: unknown column 'Input': did you mean 'input'?"),
        ("text,label\na,b\n", "t.csv:1: no column 'input'; there are 'text', 'label'. Say which are the"),
        ("input,expected\na\n", "t.csv:2: 1 cell here, but the header has 2; text with a comma in it"),
        ("input,expected\nx,y\na,b,c\n", "t.csv:3: 3 cells here, but the header has 2"),
        ("input,expected\n,b\n", "t.csv:2: the input is empty"),
        ("input.a,input.b\n,\n", "t.csv:2: the input is empty"),
        ("input,x\n,\n", "t.csv:2: the input is empty"),
        (",input\n0,a\n", "t.csv:1: column 1 has no name (pandas writes one; to_csv(index=False) does not)"),
        ("input,input\na,b\n", "t.csv:1: there are two columns 'input'"),
        ("input,language,metadata.language\na,b,c\n", "t.csv:1: the columns 'language' and"),
        ("input,input.a\na,b\n", "t.csv:1: there are both a column 'input' and columns 'input.…'"),
        ("input,metadata\na,b\n", "t.csv:2: metadata: must be a mapping of names to values, not str b"),
        ("input,metadata,x\na,b,c\n", "t.csv:2: metadata: must be a mapping of names to values, not str b"),
        ('input\n"a\n', "t.csv:2: not CSV: unexpected end of data; a quote is opened here and never closed"),
        ('input\n"a"b\n', "t.csv:2: not CSV: ',' expected after '\"'; inside quotes, a quote is written"),
        ("input,variants\na,b\n", "t.csv:2: variants: in a table, write a JSON list"),
        ("input,variants\na,3\n", "t.csv:2: variants: must be a list of perturbed inputs, not int 3"),
        ("input,id\na,x\nb,x\n", "t.csv:3: the id 'x' is used twice: t.csv:2 has it too"),
        ("input,id\na, x\n", "t.csv:2: id: ' x' has white space around it"),
        ("input\n", "t.csv: the file has no cases"),
        ("\n", "t.csv: the file has no cases"),
        ("", "t.csv: the file is empty"),
        (b"input\ncaf\xe9\n", "t.csv:2: not UTF-8: byte 0xe9, number 4 of the line"),
        (b"input\na\x00\n", "t.csv:2: there is a NUL byte here"),
        ("input\na\n".encode("utf-16"), "t.csv: the file is in UTF-16; save it as UTF-8"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_line(refused, content, message):
    assert message in refused(content)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({"input": "txet"}, "t.csv:1: no column 'txet', which input='txet' names; there are 'text', 'label'"),
        ({"expected": "label"}, "t.csv:1: no column 'input'"),
        ({"input": "text", "expected": ["label", "x"]}, "no column 'x', which expected=('label', 'x') names"),
    ],
)
def test_what_is_wrong_with_a_field_mapping_is_said(refused, names, message):
    assert message in refused("text,label\na,b\n", **names)


def test_line_ends_within_a_cell_make_no_difference(read):
    text = 'input,expected\n"two\nlines",b\n'
    (unix,) = read(text)
    (windows,) = read(text.replace("\n", "\r\n").encode())
    assert (windows.input, windows.id) == (unix.input, unix.id) == ("two\nlines", unix.id)
