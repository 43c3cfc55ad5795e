import orjson
import pytest

from pytest_modelcheck.baselines.diff import CaseDiff, CheckDiff, Side
from pytest_modelcheck.records import Outcome
from pytest_modelcheck.reports.bars import text_of, width_of
from pytest_modelcheck.reports.diff import answer_text, diff_lines
from pytest_modelcheck.reports.markdown import diff_markdown

P, F, E = Outcome.PASSED, Outcome.FAILED, Outcome.ERROR


def case(note="regressed", before=(P, b'"refund"'), after=(F, b'"other"'), **more):
    sides = [None if side is None else Side(*side) for side in (before, after)]
    return CaseDiff("t-42", "Quiero un reembolso", note, *sides, **more)


def check(*cases, same=3, before="2.0", after="2.1", **more):
    return CheckDiff("t.py::test", "triage", before, after, cases, same, **more)


def rendered(*checks, width=80, before=None, **more):
    return [text_of(line) for line in diff_lines(checks, before, {"triage": "2.1"}, width=width, **more)]


def test_a_short_change_is_one_line_under_its_case():
    assert rendered(check(case())) == [
        "t.py::test",
        "  triage 2.0 → 2.1   1 broke, 3 cases the same",
        "",
        "  broke (1)",
        "    t-42  Quiero un reembolso",
        "      'refund' → 'other'",
        "",
        "1 check: 1 broke",
    ]


def test_no_changes_are_reported_as_such():
    assert rendered(check(), check(same=1)) == [
        "t.py::test",
        "  triage 2.0 → 2.1   3 cases the same",
        "",
        "t.py::test",
        "  triage 2.0 → 2.1   1 case the same",
        "",
        "2 checks: nothing changed",
    ]


def test_kinds_of_change_come_in_the_order_that_a_reader_wants():
    notes = ["removed", "added", "edited", "changed", "fixed", "regressed", "error"]
    words = ["raised an error", "broke", "fixed", "changed", "edited", "added", "removed"]
    lines = rendered(check(*(case(note) for note in notes), same=0))
    counts = " ".join(" ".join(lines[1:3]).split())
    assert counts == "triage 2.0 → 2.1 " + ", ".join(f"1 {word}" for word in words)
    assert [line.strip()[:-4] for line in lines if line.endswith("(1)")] == words


def test_a_perturbed_case_shows_what_became_of_its_input_and_both_answers_of_both_sides():
    sides = {"before": (P, b'"refund"', b'"refund"'), "after": (F, b'"other"', b'"refund"')}
    lines = rendered(check(case(perturbation="typos", perturbed="Quiero un reembloso", **sides)))
    assert lines[4:8] == [
        "    t-42  Quiero un reembolso",
        "      typos: Quiero un reembloso",
        "      2.0: 'refund', unperturbed: 'refund'",
        "      2.1: 'other', unperturbed: 'refund'",
    ]


def rows(total, *lines, **more):
    return orjson.dumps({"vendor": "ACME Trading Company Limited", "lines": lines, "total": total, **more})


def test_the_differing_fields_of_long_answers_are_shown():
    found = case(before=(P, rows(12.0, {"n": 1})), after=(F, rows(0.0, {"n": 2}, {"n": 3})))
    assert rendered(check(found))[5:9] == [
        "      lines[0].n: 1 → 2",
        '      lines[1]: nothing → {"n":3}',
        "      total: 12.0 → 0.0",
        "",
    ]


def keyed(key, number):
    answer = {"id": f"chatcmpl-{number}", "padding": "x" * 200, "choices": [{"text": key}]}
    return orjson.dumps({"$seen": [key, answer]})


def test_compared_parts_are_shown_and_not_the_ids_before_them():
    changed = case("changed", (P, keyed("refund", 1)), (P, keyed("other", 2)))
    assert rendered(check(changed))[5] == "      compare_by: 'refund' → 'other'"
    assert "| `'refund'` | `'other'` |" in "\n".join(diff_markdown([check(changed)]))


def test_both_answers_of_a_perturbed_case_are_shown_by_field():
    before, after = (P, rows(1, a=1), rows(1)), (F, rows(2, a=1), rows(3))
    lines = rendered(check(case(perturbation="typos", perturbed="x", before=before, after=after)))
    assert lines[5:9] == ["      typos: x", "      total: 1 → 2", "      unperturbed:", "      total: 1 → 3"]


def test_a_long_field_has_its_words_marked_and_only_some_fields_are_shown():
    words = "we are sorry to hear that your parcel went astray and will send"
    before, after = rows(1, **dict.fromkeys("abcdefg", 1), text=f"{words} one"), rows(1, text=f"{words} none")
    lines = rendered(check(case(before=(P, before), after=(F, after))))
    assert lines[5:12] == [*(f"      {name}: 1 → nothing" for name in "abcdef"), "      (+2 more fields)"]
    lines = rendered(check(case(before=(P, rows(1, text=f"{words} one")), after=(F, after))))
    assert lines[5] == "      text:"
    assert lines[6].endswith("[-one-]'")
    assert lines[7].endswith("{+none+}'")
    assert max(map(len, lines)) <= 80


def test_the_name_of_a_field_cannot_drive_the_terminal():
    before, after = rows(1, **{"\x1b[31m" + "long" * 50: 1}), rows(2)
    lines = rendered(check(case(before=(P, before), after=(F, after))))
    assert not any("\x1b" in line for line in lines)
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(
    ("note", "before", "after", "expected"),
    [
        ("changed", (P, b'"a"'), (Outcome.SKIPPED, b'"a"'), "'a' → 'a' (passed → skipped)"),
        ("error", (P, b'"a"'), (E, None), "'a' → no answer"),
        ("fixed", (E, None), (P, b'"a"'), "no answer → 'a' (error → passed)"),
        ("fixed", (F, b"1"), (P, b'{"p":2}'), '1 → {"p":2}'),
        ("changed", (P, b'"a"'), (P, b'"b"'), "'a' → 'b'"),
    ],
)
def test_outcomes_are_shown_if_the_heading_does_not_have_them(note, before, after, expected):
    assert rendered(check(case(note, before, after)))[5].strip() == expected


def test_of_a_long_expectation_the_fields_are_shown_in_which_the_answers_differ():
    """Of an invoice, the first eighty characters were shown, which were the same in all cases."""
    expected = {"vendor": "Acme" * 20, "lines": [{"amount": 9}], "total": 9}
    before, after = ({**expected, "total": total, "seen": total} for total in (9, 8))
    sides = ((P, orjson.dumps(before)), (F, orjson.dumps(after)))
    lines = rendered(check(case(before=sides[0], after=sides[1], expected=expected)))
    assert '      expected {"total":9}' in lines
    short = {"total": 9, "lines": [1]}
    lines = rendered(check(case(before=sides[0], after=sides[1], expected=short)))
    assert '      expected {"total":9,"lines":[1]}' in lines


def test_a_case_that_varies_shows_how_many_of_its_runs_pass():
    """It is listed as changed if not all of its approved runs passed: its outcome does not say why."""
    before, after = (F, b'"a"', None, None, (2, 3)), (F, b'"b"', None, None, (0, 3))
    assert rendered(check(case("changed", before, after)))[5].strip() == "'a' → 'b' (2/3 runs pass → 0/3)"
    before, after = (P, b'"a"', None, None, (1, 1)), (F, b'"b"', None, None, (1, 3))
    assert rendered(check(case("regressed", before, after)))[5].strip() == "'a' → 'b' (1/1 runs pass → 1/3)"
    before, after = (P, b'"a"', None, None, (3, 3)), (F, b'"b"', None, None, (0, 3))
    assert rendered(check(case("regressed", before, after)))[5].strip() == "'a' → 'b'"


def long(ending, length=40):
    return b'"' + b"word " * length + ending + b'"'


def test_long_answers_are_cut_so_that_the_difference_is_seen():
    lines = rendered(check(case("changed", (P, long(b"yes")), (P, long(b"no")))))
    assert lines[5].startswith("      2.0: …")
    assert lines[5].endswith("word [-yes-]'")
    assert lines[6].endswith("word {+no+}'")
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_line_is_longer_than_the_terminal(width):
    wordy = CaseDiff(
        "i" * 90,
        "a" * 200,
        "changed",
        Side(P, long(b"a" * 99)),
        Side(P, long(b"b" * 99, 3)),
        "p" * 90,
        "q" * 200,
    )
    lines = rendered(check(wordy), width=width)
    assert max(map(len, lines[3:-1])) <= width


def test_the_difference_is_seen_in_the_middle_and_at_the_beginning():
    text = b'"' + b"x" * 300 + b"%s" + b"y" * 300 + b'"'
    lines = rendered(check(case("changed", (P, text % b"OLD"), (P, text % b"NEW"))))
    assert "OLD" in lines[5]
    assert "NEW" in lines[6]
    lines = rendered(
        check(case("changed", (P, b'"OLD' + b"x" * 300 + b'"'), (P, b'"NEW' + b"x" * 300 + b'"')))
    )
    assert "'OLDx" in lines[5]
    assert "'NEWx" in lines[6]


def test_long_answers_whose_outcome_changed_say_so_on_a_line_of_their_own():
    lines = rendered(check(case("changed", (P, long(b"yes")), (Outcome.SKIPPED, long(b"no")))))
    assert lines[7] == "      (passed → skipped)"


def test_text_cannot_drive_the_terminal():
    evil = "\x1b]0;x\x07\u202e"
    wicked = CaseDiff(evil, evil, "changed", Side(P, b'"\\u001b[2J"'), Side(P, b'{"\\u001b":1}'), evil, evil)
    lines = rendered(CheckDiff(evil, evil, evil, evil, (wicked,), 0))
    assert all(line.isprintable() for line in lines)


def test_other_changes_are_listed():
    lines = rendered(check(case(new_expectation=True), new_test=True))
    assert lines[2:4] == [
        "  the test itself has changed in between: outcomes may differ for that reason",
        "    alone",
    ]
    assert "      another answer is expected of it now" in lines


def test_added_and_removed_cases_show_no_answers():
    lines = rendered(check(case("added", None, (P, b'"refund"'))))
    assert not any("refund'" in line for line in lines)


def test_a_check_that_one_side_does_not_know_is_not_counted_as_changed():
    new = check(case("added", None, (P, b"1")), same=0, before=None)
    gone = check(case("removed", (P, b"1"), None), same=0, after=None)
    assert rendered(new, gone) == [
        "t.py::test",
        "  is not approved yet: 1 case",
        "",
        "t.py::test",
        "  was not run with 2.1",
        "",
        "2 checks: 1 new, 1 not run",
    ]


def test_a_check_that_the_older_of_two_versions_never_ran_says_so():
    new = check(case("added", None, (P, b"1")), same=0, before=None)
    assert rendered(new, before="1.9")[1] == "  was not run with 1.9: 1 case"


def test_headings_and_the_words_that_differ_are_coloured_and_in_brackets():
    then = "Your order of last week ships on Monday, before noon, from our store in Berlin."
    sides = [(P, f'"{text}"'.encode()) for text in (then, then.replace("Monday", "Friday"))]
    lines = diff_lines([check(case("regressed", *sides))], None, {"triage": "2.1"})
    assert {text: style for line in lines for text, style in line if style} == {
        "  broke (1)": {"red": True},
        "[-Monday-]": {"red": True, "bold": True},
        "{+Friday+}": {"green": True, "bold": True},
    }


@pytest.mark.parametrize(
    ("side", "text"),
    [
        (Side(P, b'"it\\u0027s"'), "'it's'"),
        (Side(P, b'{"a":[1,2.5,null]}'), '{"a":[1,2.5,null]}'),
        (Side(P, None), "no answer"),
        (None, "no answer"),
        (Side(P, b'""'), "''"),
        (Side(P, b'{"$date":"2026-04-01"}'), "'2026-04-01'"),
        (Side(P, b'{"$tuple":[{"$numpy":["<f8",0.5]},"a"]}'), '[0.5,"a"]'),
        (Side(P, b'{"$dict":[[1,{"$float":"nan"}]]}'), '{"1":NaN}'),
        (Side(P, b'{"$ndarray":{"dtype":"<f8","shape":[2],"data":[0.5,1.0]}}'), "[0.5,1.0]"),
        (Side(P, b'{"$type":"app.Triage","label":"a"}'), '{"$type":"app.Triage","label":"a"}'),
    ],
)
def test_an_answer_is_one_line(side, text):
    assert answer_text(side) == text


def test_types_are_shown_if_answers_differ_in_nothing_else():
    lines = rendered(check(case("changed", (P, b"0.5"), (P, b'{"$numpy":["<f8",0.5]}'))))
    assert lines[5] == '      0.5 → {"$numpy":["<f8",0.5]}'
    fields = b'{"p":0.5,"text":"%s"}' % (b"x" * 90), b'{"p":{"$numpy":["<f8",0.5]},"text":"%s"}' % (b"x" * 90)
    lines = rendered(check(case("changed", *((P, side) for side in fields))))
    assert lines[5] == '      p: 0.5 → {"$numpy":["<f8",0.5]}'


def test_the_right_answer_is_shown_where_it_is_known():
    lines = rendered(check(case(expected="refund"), case(expected={"label": 1}), case(expected="x" * 99)))
    assert lines[6] == "      expected 'refund'"
    assert lines[9] == '      expected {"label":1}'
    assert lines[12].endswith("…'")
    assert max(map(len, lines)) <= 80


def test_two_answers_of_a_perturbed_case_are_compared_and_none_is_expected():
    assert not any("expected" in line for line in rendered(check(case(expected="a", perturbed="b"))))


def test_a_long_answer_that_stayed_is_shown_once():
    sides = {"before": (P, long(b"so"), long(b"yes")), "after": (F, long(b"so"), long(b"no"))}
    lines = rendered(check(case(perturbation="typos", perturbed="Quiero", **sides)))
    assert lines[6].startswith("      both: 'word word")
    assert lines[7].endswith("word [-yes-]'")
    assert lines[8].startswith("      2.1, unperturbed: …")


@pytest.mark.parametrize("width", [60, 80])
def test_an_ideograph_takes_two_cells(width):
    texts = ("返金はできます。" * 20 + end for end in ("はい", "いいえ"))
    then, now = (f'"{text}"'.encode() for text in texts)
    wide = CaseDiff("t-1", "日本語" * 40, "changed", Side(P, then), Side(P, now), "typos", "日本語" * 40)
    lines = rendered(check(wide), width=width)
    assert max(map(width_of, lines)) <= width
    assert lines[7].endswith("{+いいえ+}'")


def markdown_case(number=1, answer=b'"other"', about="Quiero un reembolso"):
    return CaseDiff(f"t-{number}", about, "regressed", Side(P, b'"refund"'), Side(F, answer))


def markdown_lines(*cases, before="2.0", after="2.1", **more):
    return list(diff_markdown([CheckDiff("t.py::test", "triage", before, after, cases, 3, **more)]))


def test_texts_of_a_model_are_neither_html_nor_a_mention_nor_a_table():
    (row,) = [
        line for line in markdown_lines(markdown_case(answer=b'"<b>@all|`x`"')) if line.startswith("| `t-1`")
    ]
    assert row.endswith("| ``'<b>@all\\|`x`'`` |")


def test_a_long_list_is_cut_and_says_so():
    lines = markdown_lines(*map(markdown_case, range(60)))
    assert sum(line.startswith("| `t-") for line in lines) == 50
    assert "and 10 more" in lines


def test_answers_that_one_side_lacks_are_reported():
    assert "not approved yet" in markdown_lines(before=None)
    assert "not run" in markdown_lines(after=None)


def test_a_test_that_changed_in_between_is_named():
    assert any("test itself has changed" in line for line in markdown_lines(markdown_case(), new_test=True))
