"""CSV and TSV case files."""

from __future__ import annotations

import csv

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


def test_line_ends_within_a_cell_make_no_difference(read):
    text = 'input,expected\n"two\nlines",b\n'
    (unix,) = read(text)
    (windows,) = read(text.replace("\n", "\r\n").encode())
    assert (windows.input, windows.id) == (unix.input, unix.id) == ("two\nlines", unix.id)
