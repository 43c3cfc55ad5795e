import re
from dataclasses import replace

import pytest

from pytest_modelcheck.records import (
    Calls,
    Comparison,
    Contrast,
    Finding,
    FoundSlice,
    Group,
    Interval,
    ShownCase,
    Status,
    Tally,
    Verdict,
)
from pytest_modelcheck.reports.bars import width_of
from pytest_modelcheck.reports.terminal import everything, failure, failure_lines, header_line

RED = Verdict(
    check="test_triage.py::test_known_tickets",
    kind="golden",
    status=Status.FAILED,
    findings=(
        Finding("at_least", Status.FAILED, "182/200 cases pass (91%), at least 95% required"),
        Finding(
            "max_drop",
            Status.FAILED,
            "12 broke, 1 fixed: a net loss of 11 cases, none allowed",
            against_baseline=True,
        ),
    ),
    model="triage",
    version="2.1",
    approved_version="2.0",
    rate=0.91,
    cases=Tally(passed=182, failed=18),
    trials=Tally(passed=182, failed=18),
    interval=Interval(0.853, 0.951, 0.99),
    required=0.95,
    comparison=Comparison(
        version="2.0",
        shared=200,
        added=0,
        removed=0,
        judged=200,
        approved_rate=0.965,
        rate=0.91,
        regressed=tuple(map(str, range(12))),
        fixed=("x",),
        changed=tuple(map(str, range(13))),
        p_value=0.0017,
    ),
    variation="does not vary: 10 of 10 repeated answers were the same",
    varies=False,
    slices=(Group("language=es", 11, 20, 19, 20), Group("channel=email", 60, 60, 58, 60)),
    shown=(
        ShownCase(
            id="t-0042",
            note="regressed",
            input="Quiero un reembolso por el pedido 1182",
            message="assert 'other' == 'refund'\n\n- refund\n+ other",
            expected="'refund'",
            got="'other'",
            approved="'refund'",
            origin="tickets.yaml:5",
        ),
    ),
    hidden=11,
    calls=Calls(new=200),
    advice=(
        (
            "reproduce one",
            "pytest test_triage.py::test_known_tickets --model-version=2.1 --modelcheck-case=t-0042",
        ),
        ("see all", "modelcheck diff 2.1"),
    ),
)


def _with(shown):
    return replace(RED, shown=(shown,), hidden=0)


def test_a_failure_is_readable_without_knowing_this_tool():
    assert (
        failure(RED)
        == """\
182/200 cases pass (91%), at least 95% required

  model       triage 2.1   (approved: 2.0)
              does not vary: 10 of 10 repeated answers were the same
  pass rate   91%   (approved: 96.5%)
  also        12 broke, 1 fixed: a net loss of 11 cases, none allowed
  change      12 broke, 1 fixed, 13 answers differ   (exact McNemar p = 0.0017)
  where       language=es              11/20 pass   (approved: 19/20)

  failing cases (12, of which 12 passed when approved; 1 shown)
    t-0042  "Quiero un reembolso por el pedido 1182"
            expected 'refund', got 'other'   (approved: 'refund')
            (tickets.yaml:5)

  reproduce one:   pytest test_triage.py::test_known_tickets --model-version=2.1 --modelcheck-case=t-0042
  see all:         modelcheck diff 2.1"""
    )


def test_a_perturbed_case_shows_both_inputs_and_both_answers():
    shown = ShownCase(
        id="t-1",
        note="failed",
        input="I want a refund",
        message="assert 1 == 2",
        got="'other'",
        base_answer="'refund'",
        perturbed="I WANT A REFUND",
        perturbation="casing",
    )
    text = failure(_with(shown))
    lines = [
        '    t-1  "I want a refund"',
        '       → "I WANT A REFUND"  (casing)',
        "         'refund' → 'other'",
        "         assert 1 == 2",
    ]
    assert "\n".join(lines) in text


def broken(case, error="ValueError: invalid literal"):
    return ShownCase(
        id=case,
        note="error",
        input="a",
        message=error.partition(": ")[2],
        detail=f'test_x.py:11: in test_err\n    int("x")\nE   {error}',
        origin="x.yaml:1",
    )


def test_an_error_shows_its_traceback():
    text = failure(replace(_with(broken("t-1")), cases=Tally(passed=1, error=1), hidden=0))
    assert "  errors (1)\n" in text
    assert "         E   ValueError: invalid literal" in text


def test_an_error_that_several_cases_share_is_shown_once():
    shown = (broken("t-1"), broken("t-2"), broken("t-3", "KeyError: 'x'"))
    text = failure(replace(RED, shown=shown, hidden=0, cases=Tally(passed=1, error=3)))
    assert '    t-2  "a"\n         (the same error, x.yaml:1)\n    t-3' in text
    assert text.count("E   ValueError") == text.count("E   KeyError") == 1


def test_errors_and_wrong_answers_are_counted_apart():
    wrong = ShownCase(id="t-9", note="failed", input="b", message="assert 1 == 2", got="1", origin="x.yaml:9")
    verdict = replace(RED, shown=(broken("t-1"), wrong), hidden=40, cases=Tally(error=1, failed=41))
    lines = failure(verdict).splitlines()
    headings = [line for line in lines if line.startswith("  ") and line[2:3] in "ef" and "(" in line]
    assert headings == ["  errors (1)", "  failing cases (41; 1 shown)"]
    assert lines[lines.index(headings[1]) - 1] == ""
    assert "         (x.yaml:9)" in lines


def test_wrong_answers_that_errors_leave_no_room_for_are_counted():
    shown = tuple(broken(f"t-{number}") for number in range(5))
    text = failure(replace(RED, shown=shown, hidden=9, cases=Tally(error=8, failed=6)))
    assert "  errors (8; 5 shown)\n" in text
    assert "\n\n  failing cases (6, not shown)\n" in text
    text = failure(replace(RED, shown=shown, hidden=9, cases=Tally(error=8, failed=4, xpassed=2)))
    assert "\n\n  failing cases (4, and 2 unexpected passes, not shown)\n" in text


def test_unexpected_passes_are_not_counted_as_failing_cases():
    notes = ("regressed", "failed", "unexpected pass")
    shown = tuple(ShownCase(id=f"t-{note}", note=note, input="b", message="", got="1") for note in notes)
    counts = Tally(failed=2, passed=9, xpassed=3)
    text = failure(replace(RED, shown=shown, hidden=2, cases=counts))
    assert re.search(
        r"\n  failing cases \(2(, of which \d+ passed when approved)?, and 3 unexpected passes\)\n", text
    )


def test_errors_that_are_not_shown_are_no_unexpected_passes():
    shown = (
        *(broken(f"t-{number}") for number in range(3)),
        *(
            ShownCase(id=note, note=note, input="b", message="", got="1")
            for note in ("failed", "unexpected pass")
        ),
    )
    text = failure(replace(RED, shown=shown, hidden=5, cases=Tally(error=6, failed=1, xpassed=3)))
    assert "  errors (6; 3 shown)\n" in text
    assert "\n  failing cases (1, and 3 unexpected passes)\n" in text


def test_the_obvious_part_of_an_assertion_is_left_out():
    message = (
        "assert 0.0 == 12\n +  where 0.0 = Invoice(total=0.0).total\n"
        " +    where Invoice(total=0.0) = <model extract 2>('Cord')\n"
        " +      where 'Cord' = <case cord>.input\n +  and   12 = <case cord>.expected"
    )
    shown = ShownCase(id="cord", note="failed", input="Cord", message=message, got="Invoice(total=0.0)")
    text = failure(_with(shown))
    assert "assert 0.0 == 12\n           +  where 0.0 = Invoice(total=0.0).total\n\n" in text


@pytest.mark.parametrize(
    ("shown", "quoted"),
    [("where is it", '"where is it"'), ("[50,100]", "[50,100]"), ('{"subject":"a"}', '{"subject":"a"}')],
)
def test_a_text_stands_in_quotes_and_what_is_none_does_not(shown, quoted):
    text = failure(_with(ShownCase(id="t-1", note="failed", input=shown, message="no", got="1")))
    assert f"    t-1  {quoted}\n" in text


def test_an_input_of_many_fields_is_cut():
    shown = ShownCase(id="t-1", note="failed", input="[" + "1," * 90 + "1]", message="no", got="1")
    line = next(line for line in failure(_with(shown)).splitlines() if "t-1" in line)
    assert line.endswith("…")
    assert len(line) <= 80


def test_a_long_diff_is_shown_where_the_first_line_is_cut():
    message = "assert 'a long...' == 'another...'\n\n- one\n+ two"
    text = failure(_with(ShownCase(id="t-1", note="failed", input="a", message=message)))
    assert "         - one\n         + two" in text


def test_unjudged_cases_are_counted():
    text = failure(
        replace(RED, cases=Tally(passed=1, failed=1, error=2, new=3, skipped=4, xfailed=5, xpassed=6))
    )
    assert "2 errors, 3 new, 4 not applicable, 5 known failures, 6 known failures that passed" in joined(text)


def joined(text: str) -> str:
    return " ".join(text.split())


def test_facts_are_wrapped_to_80_columns_and_commands_stay_whole():
    command = f"pytest test_triage.py::test_known_tickets --modelcheck-case={'x' * 60}"
    note = "version 2.0 answered in two-part sentences " * 4
    where = FoundSlice(("language=es", "words(input) > 120", "channel=telephone-de"), 8, 8, 1, 40, 0.001)
    text = failure(replace(RED, notes=(note,), found=where, advice=(("reproduce one", command),)))
    assert [line for line in text.splitlines() if len(line) > 80] == [f"  reproduce one:   {command}"]
    assert f"found: {where}" in joined(text)
    assert f"note {note.strip()}" in joined(text)
    assert f"note {note.strip()}" in joined("\n".join(everything(replace(RED, notes=(note,)), 40)))


def test_a_rate_says_that_errors_do_not_count_in_it():
    text = failure(replace(RED, cases=Tally(passed=25, error=5), rate=1.0))
    assert "pass rate   100% of the 25 cases without an error   (approved: 96.5%)" in text


@pytest.mark.parametrize("note", ["error", "failed"])
def test_only_the_new_value_of_a_repeated_error_is_shown(note):
    """Also if ``wrong_if=`` makes it a wrong answer."""
    lines = "test_a.py:8: in test_a\n    parse(x)\nE   1 validation error\nE   amount\nE     not a number: {}"
    shown = tuple(
        ShownCase(id=f"t-{value}", note=note, input="a", message=lines.format(value)) for value in (1, 2, 2)
    )
    text = failure(replace(RED, cases=Tally(passed=1, failed=3), shown=shown, hidden=0))
    assert text.count("in test_a") == 1
    assert text.count("not a number: 1") == text.count("not a number: 2") == 1
    assert text.count("(the same error)") == 2


def test_the_header():
    assert (
        header_line(["triage", "judge"], None, None, "off")
        == "modelcheck: triage, judge (unversioned) (approved: none yet), cache: off"
    )


def test_a_slice_with_a_long_value_is_cut():
    long = replace(RED, comparison=None, slices=(Group("v=" + "z" * 100_000, 1, 20), Group("v=a", 40, 40)))
    assert max(map(len, failure(long).splitlines())) < 200


def test_long_answers_go_on_further_in_rather_than_past_the_edge():
    answer = "'" + "I am afraid that this cannot be done. " * 3 + "'"
    text = failure(
        _with(ShownCase(id="t-1", note="failed", input="a", message="", got=answer, approved=answer + "!"))
    )
    lines = [line for line in text.splitlines() if "afraid" in line]
    assert lines[0].startswith("         got 'I am afraid")
    assert lines[1].startswith("           ")
    assert max(map(len, lines)) <= 80
    wide = "'" + "返金できません" * 15 + "'"
    text = failure(_with(ShownCase(id="t-1", note="failed", input="a", message="", got=wide)))
    assert max(width_of(line) for line in text.splitlines() if "返金" in line) <= 80


def test_a_p_value_that_is_no_number_any_more_is_below_a_bound():
    comparison = replace(RED.comparison, p_value=0.0)
    assert "(exact McNemar p < 1e-9)" in failure(replace(RED, comparison=comparison))


RECORD = ShownCase(
    id="t-1",
    note="regressed",
    input='{"order":"' + "A" * 100 + "…",
    message="assert {'pr...} == {'pr...}\n\nUse -v to get more diff",
    expected="{'priority': 2}",
    got="{'label': 'refund', 'priority': 5, 'summary': 'Customer wants money back for A0'}",
    contrast=Contrast("expected", (("priority", "2", "5"), ("summary", "'a'", "'b'")), 3),
)


@pytest.mark.parametrize(
    ("against", "titles"), [("expected", "expected → got"), ("base", "unperturbed → perturbed")]
)
def test_the_differing_fields_of_records_are_shown(against, titles):
    text = failure(_with(replace(RECORD, contrast=replace(RECORD.contrast, against=against))))
    assert (
        f"\n         {titles}:"
        """
           priority: 2 → 5
           summary: 'a' → 'b'
           (+3 more)
         assert {'pr...} == {'pr...}

""" in text
    )
    assert '    t-1  {"order":"AAA' in text


def test_long_values_of_an_assertion_are_cut_where_the_fields_are_shown():
    """Pytest repeats the whole objects, in lines that a terminal wraps into many."""
    message = f"assert 0 == 12\n +  where 0 = Invoice({'x' * 200}).total\n +  and   12 = Invoice(y).total"
    lines = failure(_with(replace(RECORD, message=message))).splitlines()
    (cut,) = (line for line in lines if "where 0 = Invoice(xxx" in line)
    assert cut.endswith("…")
    assert len(cut) == 80
    assert "          +  and   12 = Invoice(y).total" in lines


def test_right_fields_of_records_are_green_and_wrong_ones_red():
    pieces = [piece for line in failure_lines(_with(RECORD)) for piece in line]
    assert ("2", {"green": True}) in pieces
    assert ("5", {"red": True}) in pieces


def test_a_changed_answer_is_neither_wrong_nor_right():
    pieces = [piece for line in failure_lines(_with(replace(RECORD, note="changed"))) for piece in line]
    assert ("5", {"cyan": True}) in pieces
    assert ("2", {}) in pieces


def test_the_differing_words_of_long_texts_are_marked():
    then = "Thank you for your order, which we ship on Monday before noon."
    now = then.replace("Monday", "Friday")
    shown = replace(
        RECORD,
        got=repr(now),
        expected=None,
        approved=repr(then),
        contrast=Contrast("approved", (("", then, now),)),
    )
    text = failure(_with(shown))
    assert re.search(r"\n         approved: .*which we ship on \[-Monday-\] before noon\.\n", text)
    assert re.search(r"\n         now: .*which we ship on \{\+Friday\+} before noon\.\n", text)
    assert max(map(width_of, text.splitlines()[:-3])) <= 80


@pytest.mark.parametrize("what", ["array 2×8 uint8 (0, 0, …)", "image 64×64 RGB", "2,000 bytes"])
def test_only_text_is_in_quotes(what):
    assert f"    t-1  {what}\n" in failure(_with(replace(RECORD, input=what)))


def test_if_all_slices_lost_the_same_none_is_named():
    groups = (Group("size=0", 0, 4, 4, 4), Group("size=1", 0, 4, 4, 4))
    comparison = replace(RED.comparison, approved_rate=1.0, rate=0.0)
    text = failure(replace(RED, comparison=comparison, slices=groups, cases=Tally(failed=8)))
    assert "size=" not in text


@pytest.mark.parametrize(
    "arguments", ["'Thank you.'", "'I have been waiting for three weeks.'", "'very ' * 40"]
)
def test_a_long_name_of_a_perturbation_takes_nothing_from_the_input(arguments):
    name = f"append({arguments})"
    shown = replace(RECORD, perturbed="I want a refund for the order of Monday, please", perturbation=name)
    text = failure(_with(shown))
    assert '→ "I want a refund for the order of' in text
    assert name[:30] in text
    assert max(map(width_of, text.splitlines()[:-3])) <= 80
