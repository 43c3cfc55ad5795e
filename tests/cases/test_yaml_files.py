"""YAML files."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
import yaml

from pytest_modelcheck.records import MISSING

NAME = "t.yaml"


def test_all_fields(read):
    (case,) = read(
        """
# comments are fine
- id: t-1
  input: Quiero un reembolso
  expected: refund
  metadata: {language: es, channel: email}
  variants: [Quiero un rembolso, QUIERO UN REEMBOLSO]
  known_failure: sarcasm
"""
    )
    assert (case.id, case.input, case.expected) == ("t-1", "Quiero un reembolso", "refund")
    assert case.metadata == {"language": "es", "channel": "email"}
    assert case.variants == ("Quiero un rembolso", "QUIERO UN REEMBOLSO")
    assert case.known_failure == "sarcasm"
    assert str(case.origin) == "t.yaml:3"


def test_bare_scalars_are_inputs_without_an_expectation(read):
    text, number = read("- Where is my parcel?\n- 3\n")
    assert (text.input, text.expected) == ("Where is my parcel?", MISSING)
    assert number.input == 3


def test_an_expected_null_is_none_and_its_absence_is_missing(read):
    null, blank, absent = read("- {input: a, expected: null}\n- input: b\n  expected:\n- input: c\n")
    assert null.expected is None
    assert blank.expected is None
    assert absent.expected is MISSING


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


def test_block_scalars_and_anchors_and_merge_keys(read):
    first, second = read(
        """
- &base
  input: |
    two
    lines
  metadata: &meta {language: es}
- <<: *base
  input: other
  metadata: {<<: *meta, channel: chat}
"""
    )
    assert first.input == "two\nlines\n"
    assert (second.input, second.metadata) == ("other", {"language": "es", "channel": "chat"})


def test_of_several_merged_mappings_the_earlier_one_wins_and_own_keys_win_over_all(read):
    (case,) = read(
        """
- input: a
  metadata:
    own: 0
    <<: [{x: 1, own: 1}, {x: 2, y: 2}]
"""
    )
    assert case.metadata == {"own": 0, "x": 1, "y": 2}


def test_cases_that_share_an_alias_cannot_spoil_each_other(read):
    first, second = read("- {input: &i {a: [1]}}\n- {input: *i}\n")
    first.input["a"].append(2)
    assert second.input == {"a": [1]}


def test_a_mapping_with_cases_and_defaults(read):
    first, second = read(
        """
cases:
  - input: a
  - input: b
    expected: other
    metadata: {language: es}
defaults:
  expected: refund
  metadata: {language: en, channel: email}
"""
    )
    assert (first.expected, first.metadata) == ("refund", {"language": "en", "channel": "email"})
    assert (second.expected, second.metadata) == ("other", {"language": "es", "channel": "email"})
    assert str(second.origin) == "t.yaml:4"


def test_defaults_reach_bare_inputs_too(read):
    (case,) = read("defaults: {expected: refund}\ncases: [I want my money back]\n")
    assert (case.input, case.expected) == ("I want my money back", "refund")


@pytest.mark.parametrize("character", ["\x85", "\u2028", "\u2029"])
def test_what_ends_lines_in_yaml_1_1_alone_is_refused_unless_it_is_escaped(read, refused, character):
    code = f"{ord(character):04x}"
    (case,) = read(f'- input: "a\\u{code}b"\n')
    assert case.input == f"a{character}b"
    message = refused(f"- a\n- input: |\n    c{character}d\n")
    assert f"t.yaml:3: the character U+{code.upper()} ends the line for some readers" in message
    assert message.endswith(f'write it as "\\u{code}", between double quotes')


def test_byte_order_mark_and_windows_line_ends(read):
    first, second = read(b"\xef\xbb\xbf- input: a\r\n  expected: b\r\n- input: c\r\n")
    assert (first.input, first.expected, second.input) == ("a", "b", "c")
    assert second.origin.line == 3


@pytest.mark.parametrize(
    ("written", "reason"),
    [("true", "known failure"), ("yes", "known failure"), ("no", None), ("false", None), ("null", None)],
)
def test_known_failure_takes_the_words_for_yes_and_no(read, written, reason):
    (case,) = read(f"- input: a\n  known_failure: {written}\n")
    assert case.known_failure == reason


def test_a_billion_laughs_are_refused_at_once(refused):
    names = [f"l{number}" for number in range(12)]
    levels = [f"{name}: &{name} [{', '.join([f'*{below}'] * 9)}]" for below, name in pairwise(names)]
    text = "- input: &l0 lol\n  metadata:\n    " + "\n    ".join(levels) + "\n"
    message = refused(text)  # or it would never end
    assert "times longer than it is; write the values out" in message


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
