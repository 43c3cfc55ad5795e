"""The page in a real browser."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pytest_modelcheck.records import (
    MISSING,
    Calls,
    CaseResult,
    Comparison,
    Correction,
    Finding,
    FoundSlice,
    Grade,
    Moved,
    Outcome,
    Scale,
    Smallest,
    Status,
    Stopped,
    Tally,
    TrialResult,
)
from pytest_modelcheck.reports.html import to_html
from pytest_modelcheck.reports.html.page import cases_of, escaped, overview
from pytest_modelcheck.reports.jsons import case_fields
from pytest_modelcheck.reports.model import RunInfo, RunReport, Trouble
from pytest_modelcheck.reports.pictures import pictures_of
from pytest_modelcheck.reports.wording import figure_text
from tests.reports.conftest import case as make_case


def test_cases_are_those_of_the_json_report_but_for_equal_answers(report):
    cases = json.loads(cases_of(report.checks[0]))
    known = [case_fields(case) for case in report.checks[0].cases]
    same = {"outcome": "passed", "answer": "refund", "approved_outcome": "passed", "same": True}
    assert cases[2] == {**known[2], "trials": [same]}
    assert known[2]["trials"] == [
        {**{name: same[name] for name in list(same)[:3]}, "approved_answer": "refund"}
    ]
    assert cases[0] == {**known[0], "origin": "tickets.yaml:7"}


def test_an_answer_of_null_differs_from_none(report):
    cases = json.loads(cases_of(report.checks[0]))
    assert cases[1]["trials"][0]["answer"] is None


def test_the_overview_counts_what_the_cases_tell(report):
    (failed, passed) = overview(report)["checks"]
    comparison = failed["verdict"]["comparison"]
    assert (comparison["regressed"], comparison["fixed"], comparison["changed"]) == (2, 0, 2)
    assert failed["count"] == 4
    assert failed["cases"] == []
    assert passed["verdict"]["comparison"] is None


def test_json_cannot_end_the_element_that_it_stands_in():
    content = escaped(json.dumps("</script><!--<script>&").encode())
    assert not re.search(rb"[<>&]", content)
    assert json.loads(content) == "</script><!--<script>&"


def test_the_page_names_nothing_to_be_loaded(report):
    page = to_html(report).decode()
    markup = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"<(link|img|iframe|object|embed|base)\b|\bsrc=|@import|url\(", markup)
    assert page.count("<script>") == 1
    assert not re.search(r"<[a-z]+[^>]*\son[a-z]+=", markup)


KNOWN = "#test_triage.py%3A%3Atest_known"


def showing(report, *cases, **verdict):
    """The first check alone, with these cases and this of its verdict."""
    check = report.checks[0]
    check = replace(check, cases=cases or check.cases, verdict=replace(check.verdict, **verdict))
    return replace(report, checks=(check,))


@pytest.fixture(autouse=True)
def _quiet(request):
    """In every test, the page loads nothing and the console stays empty."""
    yield
    if "page" in request.fixturenames:
        browser = request.getfixturevalue("browser")
        assert browser.complaints == []
        assert browser.requests == []


# -- content -------------------------------------------------------------------------------------
def test_the_overview_begins_with_the_result(report, page):
    browser = page(report)
    assert browser.text("h1") == "1 of 2 checks failed, 1 test could not be judged"
    assert browser.text(".sub") == "Compared with 2.0: 2 cases broke, 0 fixed, 2 answers changed."
    assert browser.text(".subjects") == "triage 2.1 approved: 2.0"
    assert browser.run("document.title") == "triage 2.1 – modelcheck"


def test_the_table_is_worst_first_with_rate_interval_requirement_and_baseline(report, page):
    browser = page(report)
    assert browser.texts("table.checks td.title a") == ["test_known", "test_typos"]
    assert (
        browser.text("table.checks td.title .under")
        == "2 broke, 0 fixed: a net loss of 2 cases, none allowed"
    )
    labels = browser.run(
        "[...document.querySelectorAll('svg.forest[role=img]')].map((one) => one.getAttribute('aria-label'))"
    )
    assert labels == ["50%, between 5–95%, required 90%, approved 100%", "50%, between 5–95%"]
    assert browser.texts("table.checks tbody tr:first-child td.number") == ["50%", "100%", "2", "0", "2", "4"]


def test_unjudged_tests_are_listed(report, page):
    browser = page(report)
    assert "no such file" in browser.text(".troubles")


def test_a_run_without_checks_says_so(page):
    browser = page(RunReport(RunInfo("2025-03-01T12:00:00Z")))
    assert browser.text("h1") == "No check was run"


def test_the_overview_says_where_it_happens_and_what_to_do(report, page):
    check = report.checks[0]
    advice = (("reproduce one", "pytest -k t-1"), ("see all", "modelcheck diff 2.1"))
    failed = replace(check, verdict=replace(check.verdict, advice=advice))
    browser = page(replace(report, checks=(failed, failed, report.checks[1])))
    assert (
        browser.texts("table.checks tr:first-child td.title .under")[1]
        == "Where: language=es: 0/2 pass (approved: 2/2)"
    )
    assert browser.texts(".next dt") == ["see all"]
    assert browser.texts(".next code") == ["modelcheck diff 2.1"]


@pytest.mark.parametrize("worse", [False, True])
def test_approving_is_not_offered_where_another_check_calls_the_version_worse(report, page, worse):
    check = report.checks[0]
    advised = [("approve it", "modelcheck approve 2.1")]
    advised += [("case by case", "modelcheck review 2.1")] if worse else []
    checks = tuple(
        replace(
            check, verdict=replace(check.verdict, check=f"test_a.py::test_{what[:2]}", advice=((what, text),))
        )
        for what, text in advised
    )
    assert page(replace(report, checks=checks)).texts(".next dt") == [advised[-1][0]]


def test_a_slice_that_lost_no_more_than_all_is_not_where_it_happens(report, page):
    check = report.checks[0]
    even = tuple(replace(group, passed=1, judged=2) for group in check.verdict.slices)
    browser = page(showing(report, slices=even))
    assert "Where" not in browser.text("table.checks")


def test_a_slice_that_was_found_is_where_it_happens(report, page):
    found = FoundSlice(("language=es", "length > 120"), 7, 9, 1, 40, 0.004, regressed=True)
    browser = page(showing(report, found=found))
    assert "Where: language=es and length > 120: 7 of 9 broke (elsewhere 1 of 40)" in browser.text(
        "table.checks"
    )


def test_the_misses_that_stand_out_are_named_first_of_several(report, page):
    findings = (Finding("at_least", Status.FAILED, "missed", p_value=0.0001, reveals="much"),)
    check = replace(report.checks[0], verdict=replace(report.checks[0].verdict, findings=findings))
    one, other = (replace(check, adjusted_p_value=p) for p in (0.0002, 0.0123))
    browser = page(replace(report, checks=(one, other)))
    assert browser.texts(".sub")[2] == (
        "Even among 2 checks, chance hardly explains 2 of 2 missed limits: test_known, test_known."
    )
    browser = page(replace(report, checks=(one, other)), KNOWN)
    assert "p = 0.0002 after correction for all 2 checks of the run (Holm)." in browser.text(".side")


def test_a_drift_check_has_a_distance_and_no_pass_rate(report, page):
    moved = Moved("total variation", 0.31, 0.05, 0.1, 0.001, 40, 40, paired=True, against="of 2.0")
    report = showing(report, kind="drift", rate=None, moved=moved)
    assert page(report).text("td.number.strong") == "Δ 0.31"
    side = page(report, KNOWN).texts(".side h2")
    assert side[:2] == ["Distribution", "Answers"]


def test_runs_of_a_case_are_counted_from_one(report, page):
    check = report.checks[0]
    trial = check.cases[0].trials[0]
    case = replace(check.cases[0], trials=(trial, replace(trial, repeat=1), replace(trial, repeat=2)))
    browser = page(showing(report, case), KNOWN)
    assert browser.texts(".trials th") == ["run 1", "run 2", "run 3"]


def test_nothing_but_trouble(page):
    browser = page(RunReport(RunInfo(""), troubles=(Trouble("a", "b"),)))
    assert browser.text("h1") == "1 test could not be judged"


def test_everything_passed(report, page):
    browser = page(replace(report, checks=report.checks[1:], troubles=()))
    assert browser.text("h1") == "The check passed"
    assert browser.text(".sub") == "Nothing is approved yet, so there is nothing to compare with."


def test_capabilities_are_files_against_models_and_kinds(report, page):
    browser = page(report)
    assert browser.texts("table.matrix thead th") == ["triage 2.1", "golden", "invariance"]
    assert browser.text("table.matrix tbody th") == "triage"
    assert browser.texts("table.matrix td.cell b") == ["50%", "50%"]


def test_a_check_shows_what_decided_and_where(report, page):
    browser = page(report, KNOWN)
    assert browser.text("h1") == "test_known"
    assert "2 broke, 0 fixed" in browser.text(".verdict")
    assert browser.texts("table.groups th")[:2] == ["language=es", "language=en"]
    assert "was 2/2" in browser.text("table.groups tr")
    assert "2.0" in browser.text("table.versions tr")
    assert "modelcheck diff 2.1" in browser.text(".side")


def test_the_broken_cases_come_first_and_all_are_there(report, page):
    browser = page(report, KNOWN)
    assert [one.replace("\n", " ") for one in browser.texts(".segments button")] == [
        "Broke2",
        "Failing2",
        "Changed2",
        "Passing2",
        "All4",
    ]
    assert browser.texts(".row .name") == ["t-1broke", "t-2broke"]
    browser.press("5")
    assert len(browser.texts(".row")) == 4
    assert browser.text(".tally") == "4 cases"


def test_of_very_many_cases_those_that_say_nothing_new_are_left_out(report, page, monkeypatch):
    """A page of a million cases would be as large as a film, and no browser could open it."""
    monkeypatch.setattr("pytest_modelcheck.reports.html.page.MOST_CASES", 3)
    known = report.checks[0].cases
    cases = [known[2], known[3], known[0], replace(known[3], id="t-5"), known[1]]
    listed = [case["id"] for case in json.loads(cases_of(replace(report.checks[0], cases=tuple(cases))))]
    assert listed == [known[2].id, known[0].id, known[1].id]
    browser = page(showing(report, *cases), KNOWN)
    browser.press("5")
    assert len(browser.texts(".row")) == 3
    assert "3 of 5 cases are listed here" in browser.text(".explorer .hint")


def test_the_answer_of_a_judge_stands_with_its_reason_beside_the_judged_answer(report, page):
    check = report.checks[0]
    (trial,) = check.cases[0].trials
    given, grade = (
        b'{"question":"When?","answer":"Soon <b>now</b>"}',
        b'{"$seen":[true,{"ok":true,"reason":"kind"}]}',
    )
    trial = replace(trial, grades=(Grade("helpful", given, grade),))
    correction = Correction("helpful", "j1", 120, "labels.jsonl", 0.75, (50, 60), (55, 60))
    case = replace(check.cases[0], trials=(trial,))
    browser = page(showing(report, case, correction=correction), KNOWN)
    heads = browser.texts(".detail .panel h3")
    assert heads[-3:-1] == ["Judged by helpful", "helpful says"]
    panels = browser.texts(".detail .panel pre")
    assert panels[-3:-1] == ["question: When?\nanswer: Soon <b>now</b>", "ok: true\nreason: kind"]
    message = "helpful: accepted 50 of 60 right answers, rejected 55 of 60 wrong ones (120 labels)"
    assert message in browser.text("body")


def test_a_case_shows_what_differs_word_by_word(report, page):
    check = report.checks[0]
    trial = check.cases[0].trials[0]
    (name, _), *_ = trial.calls
    trial = replace(
        trial,
        calls=((name, b'"I sent it on Monday"'),),
        approved=replace(trial.approved, calls=((name, b'"I sent it on Friday"'),)),
    )
    case = replace(check.cases[0], trials=(trial,))
    browser = page(showing(report, case), KNOWN)
    assert browser.texts(".detail mark.right")[1:] == ["Friday"]
    assert browser.texts(".detail mark.wrong")[1:] == ["Monday"]
    assert browser.texts(".detail .panel h3") == [
        "Input",
        "✓ Expected",
        "✕ Answer of 2.1",
        "✓ Answer of 2.0",
        "✕ Answer of 2.1",
        "Message of the test",
    ]
    assert "tickets.yaml:7" in browser.text(".detail")
    assert "pytest test_triage.py::test_known --modelcheck-case=t-1" in browser.text(".detail .command")


def test_answers_are_shown_without_the_tags_of_their_types(report, page):
    check = report.checks[0]
    trial = check.cases[0].trials[0]
    (name, _), *_ = trial.calls
    trial = replace(
        trial,
        calls=((name, b'{"total":{"$decimal":"9.75"},"share":{"$float":"nan"}}'),),
        approved=replace(trial.approved, calls=((name, b'{"total":{"$decimal":"9.50"},"share":0.5}'),)),
    )
    case = replace(check.cases[0], trials=(trial,), expected={"total": "9.50", "share": 0.5})
    browser = page(showing(report, case), KNOWN)
    assert browser.texts(".detail .panel h3")[1:] == [
        "✓ Expected, and the answer of 2.0",
        "✕ Answer of 2.1",
        "Message of the test",
    ]
    assert browser.texts(".detail .panel pre")[2] == '{\n "total": "9.75",\n "share": "nan"\n}'
    assert browser.text(".row .answers") == "9.50 → 9.75"


@pytest.mark.parametrize(
    ("before", "now", "marks"),
    [
        (Outcome.PASSED, Outcome.FAILED, ["right", "wrong"]),
        (Outcome.FAILED, Outcome.PASSED, ["wrong", "right"]),
        (Outcome.NEW, Outcome.SKIPPED, ["other", "other"]),
    ],
)
def test_wrong_is_red_and_right_is_green_whichever_is_new(report, page, before, now, marks):
    check = report.checks[0]
    trial = check.cases[0].trials[0]
    trial = replace(trial, outcome=now, approved=replace(trial.approved, outcome=before))
    case = replace(check.cases[0], trials=(trial,), expected=MISSING)
    browser = page(showing(report, case), KNOWN)
    found = browser.run("[...document.querySelectorAll('.detail mark')].map((one) => one.className)")
    assert found == marks
    ground = "getComputedStyle(document.querySelector('.detail mark.{}')).{}"
    if "wrong" in marks:
        assert browser.run(ground.format("wrong", "backgroundColor")) == "rgb(251, 213, 209)"
        assert browser.run(ground.format("right", "backgroundColor")) == "rgb(201, 236, 211)"
        line = "textDecorationStyle"  # for readers who do not see the colours
        assert browser.run(ground.format("wrong", line)) != browser.run(ground.format("right", line))


def test_an_approved_answer_that_is_the_expected_one_is_shown_once(report, page):
    case = make_case("t-9", Outcome.FAILED, "other", "refund")
    browser = page(showing(report, case), KNOWN)
    assert browser.texts(".detail .panel h3")[1:3] == ["✓ Expected, and the answer of 2.0", "✕ Answer of 2.1"]


def test_a_record_is_not_compared_word_by_word_with_a_label(report, page):
    case = make_case("t-9", Outcome.FAILED, {"label": "other"}, {"label": "refund"})
    browser = page(showing(report, case), KNOWN)
    assert browser.texts(".detail mark") == ["refund", "other"]
    assert browser.texts(".detail .panel h3")[1:4] == ["✓ Expected", "✓ Answer of 2.0", "✕ Answer of 2.1"]


def test_the_differing_parts_of_long_records_are_listed(report, page):
    record = {f"field{number}": number for number in range(20)}
    other = {**record, "field7": 70, "route": {"queue": ["a", "<b>"]}, "vector": [1.0] * 9}
    before = {**record, "route": {"queue": ["a", "b"]}, "vector": [0.5] * 8 + [0.0]}
    case = make_case("t-9", Outcome.FAILED, other, before, expected=MISSING, change="regressed")
    browser = page(showing(report, case), KNOWN)
    assert browser.texts(".parts tr") == [
        "What differs\tAnswer of 2.0\tAnswer of 2.1",
        "field7\t7\t70",
        "route.queue[1]\tb\t<b>",
        "vector[8], which moved most of 9 numbers\t0\t1",
    ]


def test_a_long_text_is_scrolled_to_what_differs(report, page):
    text = "Thank you for writing to us about your order.\n" * 90
    case = make_case("t-9", Outcome.FAILED, text + "No.", text + "Yes.", expected=MISSING)
    browser = page(showing(report, case), KNOWN)
    assert browser.run("[...document.querySelectorAll('.pair pre')].every((one) => one.scrollTop > 500)")


PIXEL = pictures_of(np.zeros((2, 2, 3), np.uint8))[0]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (PIXEL, True),
        ("data:image/svg+xml;base64,PHN2Zz4=", False),
        ("https://example.org/a.png", False),
        ('data:image/png;base64,AAAA" onerror="alert(1)', False),
        ("javascript:alert(1)", False),
    ],
)
def test_pictures_are_those_that_the_page_holds_itself(report, page, address, shown):
    case = make_case("t-9", Outcome.FAILED, "other", pictures=(address,))
    browser = page(showing(report, case), KNOWN)
    images = "[...document.querySelectorAll('.pictures img')].map((one) => [one.naturalWidth, one.alt])"
    assert browser.run(images) == ([[2, "Picture 1 of the input"]] if shown else [])


def test_an_array_is_summarised(report, page):
    answer = {"$ndarray": {"dtype": "<f8", "shape": [64], "data": [number / 63 for number in range(64)]}}
    before = {"$ndarray": {"dtype": "<f8", "shape": [64], "data": [0.0] * 64}}
    case = make_case("t-9", Outcome.FAILED, answer, before, expected=MISSING, change="changed")
    browser = page(showing(report, case), KNOWN)
    assert browser.texts(".pair pre") == [
        "array 64 float64 (0, 0, 0, 0, …)",
        "array 64 float64 (0, 0.01587, 0.03175, 0.04762, …)",
    ]
    assert browser.texts(".parts tbody tr") == ["[63], which moved most of 63 numbers\t0\t1"]
    assert (
        browser.text(".row .answers")
        == "array 64 float64 (0, 0, 0, 0, …) → array 64 float64 (0, 0.01587, 0.03175, 0…"
    )


def test_features_that_failing_checks_share_link_to_them(report, page):
    failed = [
        replace(report.checks[0], verdict=replace(report.checks[0].verdict, check=f"test_t.py::test_{name}"))
        for name in "ab"
    ]
    other = replace(failed[0], verdict=replace(failed[0].verdict, check="test_t.py::test_c", slices=()))
    browser = page(replace(report, checks=(*failed, other)))
    assert browser.texts(".lead .sub")[1] == "Failures in common: language=es in 2 of 3 failed checks."
    browser.run("document.querySelector('.lead button.link').click()")
    assert browser.texts("table.checks td.title a") == ["test_a", "test_b"]
    assert browser.run("document.getElementById('search').value") == "language=es"


def test_a_found_slice_lists_its_cases(report, page):
    found = FoundSlice(("length > 120",), 1, 1, 1, 3, 0.004, members=(1,))
    browser = page(showing(report, found=found), KNOWN)
    link = (
        "[...document.querySelectorAll('.block button.link')].find((one) => one.innerText === 'length > 120')"
    )
    browser.run(f"{link}.click()")
    assert browser.texts(".row .name") == ["t-2broke"]
    assert browser.text(".chip") == "length > 120 ×"
    browser.run("document.querySelector('.chip').click()")
    assert len(browser.texts(".row")) == 4


def test_the_case_that_lost_most_is_the_first_of_its_kind(report, page):
    scores = {"a": 0.4, "b": 0.1, "c": 0.3}
    cases = [
        replace(make_case(name, Outcome.FAILED), trials=(TrialResult(Outcome.FAILED, score=score),))
        for name, score in scores.items()
    ]
    browser = page(showing(report, *cases), KNOWN)
    assert browser.texts(".row .name") == ["b", "c", "a"]


def test_a_perturbed_case_shows_what_was_changed_in_the_input(report, page):
    browser = page(report, "#test_triage.py%3A%3Atest_typos")
    assert browser.texts(".detail del")[0] == "is"
    assert browser.texts(".detail ins")[0] == "si"
    browser.run("document.querySelector('.trials button.link').click()")
    assert browser.texts(".detail ins")[0] == "Whree"


def test_call_times_are_drawn_if_known(report, page):
    calls = Calls(new=4, requests=4, latencies=(0.1, 0.2, 0.3, 2.5), cost=0.25)
    browser = page(showing(report, calls=calls), KNOWN)
    assert "longest 2.5 s" in browser.run(
        "document.querySelector('svg.histogram').getAttribute('aria-label')"
    )
    assert "0.25" in browser.text(".side")


def test_costs_of_answers_are_drawn_if_known(report, page):
    calls = Calls(new=3, requests=3, cost=0.0066, costs=(0.0012, 0.0013, 0.0041))
    browser = page(showing(report, calls=calls), KNOWN)
    words = browser.run("document.querySelector('svg.histogram').getAttribute('aria-label')")
    assert words == "median 0.0013, 95% up to 0.0041, highest 0.0041"


def test_further_findings_are_listed(report, page):
    check = report.checks[0]
    found = FoundSlice(("language=es", "length > 120"), 7, 9, 1, 40, 0.004, regressed=True)
    moved = Moved(
        "total variation",
        0.31,
        0.05,
        0.1,
        0.001,
        40,
        40,
        paired=True,
        against="of 2.0",
        changes=(("refund", "50%", "19%"),),
    )
    shown = replace(check.verdict.shown[0], smallest=Smallest("Please [refund→refnud]", 1, "'other'"))
    stopped = Stopped(40, 200, "rate above 90%")
    browser = page(showing(report, found=found, moved=moved, shown=(shown,), stopped=stopped), KNOWN)
    side = browser.text(".side")
    assert "language=es and length > 120" in side
    assert "7 of 9 broke; elsewhere 1 of 40 (p = 0.004)" in side
    assert "50% → 19%" in side
    assert "after 40 of 200 cases: rate above 90%" in side
    assert "Please [refund→refnud]" in browser.text(".detail")


@pytest.mark.parametrize("scale", [None, Scale(-1.0, 1.0), Scale(1.0, 5.0)])
def test_scores_on_any_scale_are_shown(report, page, scale):
    graded = showing(report, graded=True, signed=True, scale=scale, rate=0.25)
    assert page(graded).text("table.checks .number.strong") == "+0.25"
    assert "+0.25" in page(graded, KNOWN).text(".big")


@pytest.mark.parametrize("options", [{}, {"graded": True}, {"graded": True, "signed": True}])
def test_a_figure_is_rounded_as_in_the_terminal(report, page, options):
    check = report.checks[0]
    rates = [passed / count for count in (16, 80, 400) for passed in range(count + 1)]
    verdicts = [
        replace(check.verdict, check=f"t.py::test_{i}", rate=rate, **options) for i, rate in enumerate(rates)
    ]
    several = replace(report, checks=tuple(replace(check, verdict=verdict) for verdict in verdicts))
    rows = """[...document.querySelectorAll("table.checks tbody tr")].map(
        (row) => [row.querySelector("a").innerText, row.querySelector(".number.strong").innerText])"""
    shown = page(several).run(f"Object.fromEntries({rows})")
    assert shown == {f"test_{i}": figure_text(verdict) for i, verdict in enumerate(verdicts)}


def test_a_check_without_saved_cases_says_so(report, page):
    browser = page(replace(report, checks=(replace(report.checks[0], cases=()),)), KNOWN)
    assert "The cases of this check were not saved." in browser.text(".explorer")


# -- finding -------------------------------------------------------------------------------------------
def test_search_looks_at_inputs_and_answers_and_everything(report, page):
    browser = page(report, KNOWN)
    browser.press("5", "/", *"about t-3")
    browser.wait("document.querySelector('.tally').innerText === '1 of 4 cases'")
    assert browser.texts(".row .name") == ["t-3"]
    browser.press("Escape")
    browser.wait("document.querySelector('.tally').innerText === '4 cases'")
    browser.press(*"OTHER")
    browser.wait("document.querySelector('.tally').innerText === '1 of 4 cases'")
    assert browser.texts(".row .name") == ["t-1broke"]
    browser.press(*"nothing like that")
    browser.wait("document.querySelector('.detail').innerText.includes('No matching cases')")


def test_a_slice_lists_its_cases(report, page):
    browser = page(report, KNOWN)
    browser.run("document.querySelector('table.groups button.link').click()")
    assert browser.texts(".row .name") == ["t-2broke"]
    assert browser.text(".chip") == "language=es ×"
    browser.run("document.querySelector('.chip').click()")
    assert len(browser.texts(".row")) == 4


def test_cases_can_be_put_in_order(report, page):
    browser = page(showing(report, *reversed(report.checks[0].cases)), KNOWN)
    browser.press("5")
    names = [one.replace("broke", "") for one in browser.texts(".row .name")]
    assert names == ["t-2", "t-1", "t-4", "t-3"]
    browser.run(
        """{
            const order = document.querySelector(".explorer select");
            order.value = "written";
            order.dispatchEvent(new Event("change"));
        }"""
    )
    assert [one.replace("broke", "") for one in browser.texts(".row .name")] == ["t-4", "t-3", "t-2", "t-1"]


def test_checks_can_be_searched_and_filtered(report, page):
    many = tuple(
        replace(
            report.checks[number % 2],
            verdict=replace(report.checks[number % 2].verdict, check=f"test_a.py::test_{number}"),
        )
        for number in range(40)
    )
    browser = page(replace(report, checks=many))
    browser.press("/", *"test_1")
    assert len(browser.texts("table.checks tbody tr")) == 11
    browser.press("Escape")
    assert len(browser.texts("table.checks tbody tr")) == 40
    browser.run("document.querySelector('.segments [data-value=passed]').click()")
    assert len(browser.texts("table.checks tbody tr")) == 20


# -- keys and links ------------------------------------------------------------------------------------
def test_a_click_anywhere_in_a_row_opens_the_check_unless_text_is_marked(report, page):
    browser = page(report)
    number = "document.querySelector('table.checks tbody td.number')"
    browser.run(f"getSelection().selectAllChildren({number})")
    browser.run(f"{number}.click()")
    assert browser.run("location.hash") == ""
    browser.run("getSelection().removeAllRanges()")
    browser.run(f"{number}.click()")
    assert browser.run("location.hash") == f"{KNOWN}/t-1"


def test_everything_can_be_reached_from_the_keyboard(report, page):
    browser = page(report)
    browser.press("j", "Enter")
    browser.wait("document.querySelector('h1').innerText === 'test_known'")
    assert browser.text(".detail h2") == "t-1"
    browser.press("j")
    assert browser.text(".detail h2") == "t-2"
    browser.press("j")
    assert browser.text(".detail h2") == "t-2"
    browser.press("k")
    assert browser.text(".detail h2") == "t-1"
    browser.press("Escape")
    browser.wait("document.querySelector('h1').innerText.startsWith('1 of 2')")
    browser.press("?")
    assert browser.run("document.getElementById('help').open")


def test_a_case_has_a_link_that_can_be_shared(report, page):
    browser = page(report, KNOWN)
    browser.press("j")
    assert browser.run("location.hash") == f"{KNOWN}/t-2"
    browser = page(report, f"{KNOWN}/t-3")
    assert browser.text(".detail h2") == "t-3"
    assert browser.run("document.querySelector('.row.current .name').innerText") == "t-3"


@pytest.mark.parametrize("odd", ["a/b", "a%2Fb", "ä ö#?&", "<b>", "a\u202eb", "100%"])
def test_a_link_survives_any_name(report, page, odd):
    check = report.checks[0]
    cases = (check.cases[0], replace(check.cases[2], id=odd))
    strange = replace(check, verdict=replace(check.verdict, check=f"test_a.py::test[{odd}]"), cases=cases)
    browser = page(replace(report, checks=(strange,)))
    browser.press("j", "Enter")
    browser.wait("document.querySelector('.detail h2')")
    browser.run("document.querySelector('.segments [data-value=all]').click()")
    browser.press("j")
    link = browser.run("location.hash")
    browser = page(replace(report, checks=(strange,)), link)
    assert browser.run("document.querySelector('.detail .command code').innerText").startswith("pytest ")
    assert browser.run("document.querySelector('.row.current').dataset.at") == "1"


@pytest.mark.parametrize("fragment", ["#nothing/here", "#%", "#/", f"{KNOWN}/gone", "#%E0%A4%A"])
def test_a_link_to_nothing_shows_something(report, page, fragment):
    assert page(report, fragment).text("h1")


def test_the_command_is_quoted_for_a_shell(report, page):
    check = report.checks[0]
    case = replace(check.cases[0], id="it's $HOME; rm")
    browser = page(showing(report, case), KNOWN)
    assert browser.text(".detail .command code").endswith("""--modelcheck-case='it'"'"'s $HOME; rm'""")


# -- hostile -------------------------------------------------------------------------------------------
PAYLOADS = [
    "</script><script>window.hit = 1</script>",
    "<img src=x onerror='window.hit = 1'>",
    "<svg/onload=window.hit=1>",
    "javascript:window.hit=1",
    "<!--<script>",
    "]]><script>window.hit = 1</script>",
    "{{ 7 * 7 }}{% raw %}",
    "<style>* { display: none }</style>",
    "<iframe srcdoc='<script>parent.hit = 1</script>'></iframe>",
    "\u2028window.hit = 1",
    "<!-- data -->",
    "\x00\x1b[31m\u202egnp.exe\u2066",
    "'\"`$&$1",
    "<a href='https://example.invalid'>x</a>",
    "__proto__",
    "constructor",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_texts_of_a_model_are_text_wherever_they_are_shown(report, page, payload):
    answer = json.dumps(payload).encode()
    before = TrialResult(Outcome.PASSED, (("own", answer), ("other", json.dumps(payload + "!").encode())))
    trial = TrialResult(
        Outcome.FAILED,
        (("own", answer), ("other", answer)),
        perturbed=payload,
        message=payload,
        approved=replace(before, perturbation="typos"),
    )
    fields = {"input": payload, "expected": payload, "metadata": {payload: payload}, "known_failure": payload}
    case = CaseResult(payload, "own", None, payload, (trial, trial), **fields)
    check = report.checks[0]
    verdict = replace(
        check.verdict,
        check=f"{payload}::{payload}",
        model=payload,
        version=payload,
        variation=payload,
        notes=(payload,),
        advice=((payload, payload),),
        findings=tuple(replace(one, summary=payload, limit=payload) for one in check.verdict.findings),
        slices=tuple(replace(one, name=f"{payload}={payload}") for one in check.verdict.slices),
        shown=(),
        others=((payload, payload),),
        comparison=replace(check.verdict.comparison, version=payload),
    )
    hostile = replace(check, verdict=verdict, cases=(case,), rerun=payload, fingerprint=payload)
    run = RunInfo(
        payload,
        1.0,
        {payload: payload},
        {"job": payload, "commit": payload, "branch": payload},
        {payload: payload},
    )
    models = tuple(replace(model, name=payload, version=payload, approved=payload) for model in report.models)
    browser = page(RunReport(run, models, (hostile, hostile), (Trouble(payload, payload),)))
    browser.press("j", "Enter")
    browser.wait("document.querySelector('.detail')")
    for _ in range(2):
        assert browser.run("window.hit === undefined")
        markup = "main script, main img, main iframe, main style, main a[href^=j]"
        assert browser.run(f"document.querySelectorAll('{markup}').length") == 0
        shown = browser.run("document.querySelector('main').innerText")
        assert not set(shown) & set("\x00\x1b\u202e\u2066\u2028")
        browser.press("Escape")
    assert browser.requests == []


def test_the_policy_stops_what_would_get_through(report, page):
    browser = page(report)
    tried = browser.run(
        """(() => {
            const tried = [];
            const script = document.createElement("script");
            const attempt = (act) => { try { act(); } catch (error) { tried.push(error.name); } };
            attempt(() => { script.text = "window.hit = 1"; document.body.append(script); });
            attempt(() => { document.body.innerHTML += "<b>x</b>"; });
            return [tried, window.hit === undefined];
        })()"""
    )
    assert tried == [["TypeError", "TypeError"], True]
    browser.run("fetch('https://example.invalid/').catch(() => 0)")
    stopped = [event["params"] for event in browser.events if event["method"] == "Log.entryAdded"]
    assert any("Content Security Policy" in one["entry"]["text"] for one in stopped)
    assert all(
        "responseReceived" not in event["method"]
        for event in browser.events
        if "example.invalid" in json.dumps(event)
    )
    browser.events.clear()


# -- people --------------------------------------------------------------------------------------------
@pytest.fixture
def report_of_everything(report):
    """Pictures, long records that differ, a found slice, and two checks that fail for the same reason."""
    record = {f"field{number}": "a long value " * 9 for number in range(9)}
    case = make_case(
        "t-9", Outcome.FAILED, {**record, "field7": "x"}, record, expected=MISSING, pictures=(PIXEL, PIXEL)
    )
    found = FoundSlice(("length > 120",), 1, 1, 1, 3, 0.004, members=(0,))
    check = report.checks[0]
    again = replace(check, verdict=replace(check.verdict, check="test_triage.py::test_again"))
    check = replace(check, cases=(case,), verdict=replace(check.verdict, found=found))
    return replace(report, checks=(check, again, report.checks[1]))


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("fragment", ["", KNOWN, "#test_triage.py%3A%3Atest_typos"])
@pytest.mark.parametrize("width", [1280, 420])
def test_an_accessibility_checker_finds_nothing_serious(report_of_everything, page, fragment, dark, width):
    axe = pytest.importorskip("axe_core_python")
    script = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    browser = page(report_of_everything, fragment, dark=dark, width=width, bypass=True)
    browser.run(f"{script}; 0")
    found = browser.run("axe.run(document, {resultTypes: ['violations']}).then((all) => all.violations)")
    serious = [(one["id"], one["impact"], [node["html"] for node in one["nodes"]]) for one in found]
    assert [one for one in serious if one[1] in ("serious", "critical")] == []


def test_light_and_dark_are_the_readers_choice(report, page):
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    browser = page(report, dark=True)
    dark = browser.run(ground)
    browser.run("document.getElementById('theme').click()")
    light = browser.run(ground)
    assert dark != light
    browser.run("document.getElementById('theme').click()")
    assert browser.run(ground) == dark


def test_a_table_of_many_models_scrolls_by_itself_on_a_phone(report, page):
    check = report.checks[0]
    verdicts = (
        replace(check.verdict, model=f"model_{name}", check=f"test_{name}.py::test_it") for name in "abcdefg"
    )
    many = replace(report, checks=tuple(replace(check, verdict=verdict) for verdict in verdicts))
    browser = page(many, "", width=420)
    assert browser.run("document.querySelector('.matrix').parentNode.scrollWidth") > 420
    assert browser.run("document.documentElement.scrollWidth") <= 420


def test_nothing_is_wider_than_a_phone(report_of_everything, page):
    for fragment in ("", KNOWN):
        browser = page(report_of_everything, fragment, width=420)
        assert browser.run("document.documentElement.scrollWidth") <= 420


def test_a_printed_page_has_the_whole_list(report, page):
    check = report.checks[0]
    cases = [replace(check.cases[0], id=f"t-{number}") for number in range(200)]
    browser = page(showing(report, *cases), KNOWN)
    assert len(browser.texts(".row")) < 60
    browser.run("dispatchEvent(new Event('beforeprint'))")
    assert len(browser.texts(".row")) == 200


# -- size ----------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def large():
    """A check with a hundred thousand cases."""
    passed, failed = Outcome.PASSED, Outcome.FAILED
    before = TrialResult(passed, (("", b'"refund"'),))
    right = TrialResult(passed, before.calls, approved=before)
    wrong = TrialResult(failed, (("", b'"other"'),), approved=before)
    approved = CaseResult("", "", None, "", (before,))
    return tuple(
        CaseResult(
            f"case-{number:06}",
            "",
            None,
            "",
            (right if number % 7 else wrong,),
            f"The message number {number} of a customer who writes about parcels, refunds and the weather.",
            "refund",
            {"language": ("en", "es", "fr")[number % 3], "channel": ("chat", "email")[number % 2]},
            approved=approved,
            change=None if number % 7 else "regressed",
        )
        for number in range(100_000)
    )


def timed(script):
    """The time of a script until its changes are drawn, in milliseconds."""
    return f"""(async () => {{
        const start = performance.now();
        {script};
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        return performance.now() - start;
    }})()"""


def test_a_hundred_thousand_cases_are_read_searched_and_scrolled_without_a_wait(
    report, page, large, record_property
):
    check = report.checks[0]
    tally = Tally(passed=85_714, failed=14_286)
    verdict = replace(
        check.verdict, cases=tally, comparison=Comparison("2.0", 100_000, 0, 0, 100_000, 1.0, 0.857)
    )
    browser = page(replace(report, checks=(replace(check, verdict=verdict, cases=large), report.checks[1])))
    times = {}
    times["open"] = browser.run(
        timed(
            f"""location.hash = '{KNOWN}';
            await new Promise((done) => addEventListener('hashchange', done, {{once: true}}))"""
        )
    )
    browser.wait("document.querySelector('.tally')?.innerText === '14,286 of 100,000 cases'")
    times["all"] = browser.run(timed("document.querySelector('.segments [data-value=all]').click()"))
    assert browser.text(".tally") == "100,000 cases"
    frames = browser.run(
        """(async () => {
            const list = document.querySelector(".list");
            const took = [];
            for (let step = 0; step < 120; step += 1) {
                const start = performance.now();
                list.scrollTop += 1700 + step * 400;
                list.dispatchEvent(new Event("scroll"));
                list.getBoundingClientRect();
                document.querySelector(".row").getBoundingClientRect();
                took.push(performance.now() - start);
                await new Promise((done) => setTimeout(done));
            }
            return took.sort((a, b) => a - b);
        })()"""
    )
    times["frame"] = frames[len(frames) // 2]
    field = "document.getElementById('search')"
    times["search"] = browser.run(
        timed(
            f"""{field}.value = 'number 99999 '; {field}.dispatchEvent(new Event('input'));
            await new Promise((done) => setTimeout(done, 90))"""
        )
    )
    browser.wait("document.querySelector('.tally').innerText === '1 of 100,000 cases'")
    assert browser.text(".detail h2") == "case-099999"
    assert browser.run("document.querySelectorAll('.row').length") == 1
    for name, took in times.items():
        record_property(name, took)
    print({name: round(took, 1) for name, took in times.items()})
    # Generous: a busy machine fails no test. Watched on two idle cores: open 450, search 350, a frame 10.
    assert times["open"] < 15_000
    assert times["search"] < 15_000
    assert times["frame"] < 250


def test_only_the_checks_that_are_looked_at_are_read(report, browser, tmp_path):
    content = to_html(report)
    damaged = re.sub(rb'(id="cases-1">)[^<]*', rb"\1no JSON at all", content)
    assert damaged != content
    (tmp_path / "report.html").write_bytes(damaged)
    browser.open(tmp_path / "report.html")
    browser.press("j", "Enter")
    browser.wait("document.querySelector('h1').innerText === 'test_known'")
    assert browser.complaints == []
    browser.run("location.hash = '#test_triage.py%3A%3Atest_typos'")
    assert "no JSON at all" in str(browser.complaints)


def test_an_agent_is_shown_step_by_step_and_a_step_opens_to_what_it_gave_back(report, page):
    def done(*names):
        calls = [{"name": name, "arguments": {"order": "A-17"}, "result": f"of {name}"} for name in names]
        messages = [
            {"role": "user", "text": "<b>Broken</b>"},
            {"role": "assistant", "text": "", "calls": calls},
        ]
        trajectory = {
            "messages": messages,
            "answer": "Done",
            "finish": None,
            "state": {"refunds": 1},
            "aside": {},
        }
        return json.dumps({"$trajectory": trajectory}).encode()

    check = report.checks[0]
    then = TrialResult(Outcome.PASSED, (("ab", done("look_up", "check_policy", "refund")),))
    trial = TrialResult(Outcome.FAILED, (("ab", done("look_up", "refund")),), approved=then)
    case = CaseResult("agent", "ab", None, "Broken", (trial,), input="Broken", change="regressed")
    changed = replace(report, checks=(replace(check, cases=(case,)), *report.checks[1:]))
    browser = page(changed, f"{KNOWN}/agent")
    assert browser.text(".steps .hint") == "First difference at step 2: check_policy is missing"
    assert browser.text(".steps tr.first th").split() == ["▶", "2"]
    assert browser.texts(".steps tr.first td")[-1] == "–"
    assert browser.texts(".steps tbody tr:first-child td") == ['user: "<b>Broken</b>"'] * 2
    assert browser.texts(".steps summary")[-1] == "refund(order='A-17')"
    assert browser.texts(".steps details pre")[-1] == ""
    browser.run("[...document.querySelectorAll('.steps summary')].at(-1).click()")
    assert browser.texts(".steps details pre")[-1] == "of refund"
