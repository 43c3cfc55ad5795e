"""YAML files."""

from __future__ import annotations

import time

import pytest
import yaml

NAME = "t.yaml"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("12:30", "12:30"),
        ("007", "007"),
        ("2024-05-01", "2024-05-01"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("+5", "+5"),
        ("12", 12),
        ("-1.5e3", -1500.0),
        ("true", True),
        ("'true'", "true"),
        ('"12"', "12"),
        ("!!str 12", "12"),
        ("!!int '12'", 12),
        ("!!float 1", 1.0),
        ("!!bool true", True),
        ("!!null ''", None),
        ("!!binary aGk=", b"hi"),
        ("! 12", "12"),
        ("''", ""),
        (".inf", float("inf")),
        ("[1, [2, {a: b}]]", [1, [2, {"a": "b"}]]),
        ("{1: x, true: y}", {"1": "x", "true": "y"}),
    ],
)
def test_an_unquoted_word_means_what_it_would_in_json_and_else_text(read, written, value):
    (case,) = read(f"- input: a\n  expected: {written}\n")
    assert case.expected == value
    assert type(case.expected) is type(value)


def test_cases_that_share_an_alias_cannot_spoil_each_other(read):
    first, second = read("- {input: &i {a: [1]}}\n- {input: *i}\n")
    first.input["a"].append(2)
    assert second.input == {"a": [1]}


@pytest.mark.parametrize("character", ["\x85", "\u2028", "\u2029"])
def test_line_ends_of_yaml_1_1_alone_are_refused_unless_escaped(read, refused, character):
    code = f"{ord(character):04x}"
    (case,) = read(f'- input: "a\\u{code}b"\n')
    assert case.input == f"a{character}b"
    message = refused(f"- a\n- input: |\n    c{character}d\n")
    assert f"t.yaml:3: the character U+{code.upper()} ends the line for some readers" in message
    assert message.endswith(f'write it as "\\u{code}", between double quotes')


@pytest.mark.parametrize(
    ("written", "reason"),
    [("true", "known failure"), ("yes", "known failure"), ("no", None), ("false", None), ("null", None)],
)
def test_known_failure_takes_the_words_for_yes_and_no(read, written, reason):
    (case,) = read(f"- input: a\n  known_failure: {written}\n")
    assert case.known_failure == reason


def test_ten_thousand_cases_take_no_longer_than_five_thousand_take_yaml_in_pure_python(read):
    text = "".join(
        f"- id: t-{number}\n  input: Where is parcel {number}?\n  expected: shipping\n"
        "  metadata: {language: en}\n"
        for number in range(10_000)
    )
    start = time.process_time()
    assert len(read(text)) == 10_000
    taken = time.process_time() - start
    yaml.load(text[: len(text) // 10].rpartition("- id")[0], yaml.SafeLoader)
    assert taken < 5 * (time.process_time() - start - taken)
