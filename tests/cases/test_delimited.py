"""CSV and TSV case files."""

from __future__ import annotations

import csv

NAME = "t.csv"


def test_a_cell_longer_than_the_limit_of_the_csv_module(read):
    before = csv.field_size_limit()
    (case,) = read("input\n" + "x" * 200_000 + "\n")
    assert len(case.input) == 200_000
    assert csv.field_size_limit() == before


def test_line_ends_within_a_cell_make_no_difference(read):
    text = 'input,expected\n"two\nlines",b\n'
    (unix,) = read(text)
    (windows,) = read(text.replace("\n", "\r\n").encode())
    assert (windows.input, windows.id) == (unix.input, unix.id) == ("two\nlines", unix.id)
