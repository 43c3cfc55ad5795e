"""Budgets of a run, and the times and costs of its calls."""

import json
import re

import pytest

TWO, RIGHT = '[("a", "A"), ("b", "B")]', "assert triage(case.input) == case.expected"
PRICED = 'usage=lambda answer: {"prompt_tokens": 100, "completion_tokens": 2}, cost=lambda usage: 0.01'


def test_a_run_stops_at_its_number_of_calls_and_keeps_what_it_paid_for(remote, endpoint):
    remote.cases(20, at_least=0.1)
    verdict = remote.verdict("--modelcheck-max-calls=12")
    assert verdict.failed
    assert verdict.headline == (
        "--modelcheck-max-calls=12 is used up: triage 1 was not called any more; "
        "8 of 20 cases could not be judged"
    )
    assert (len(endpoint.calls), verdict.uncalled, verdict.cases.passed) == (12, 8, 12)
    verdict = remote.verdict("--modelcheck-max-calls=12")
    assert verdict.passed
    assert set(endpoint.answered.values()) == {1}


def test_the_ini_file_says_it_too_and_the_command_line_wins(remote, endpoint):
    remote.project.ini("modelcheck_max_calls = 3")
    remote.cases(5)
    assert remote.verdict().uncalled == 2
    assert remote.verdict("--modelcheck-max-calls=9").passed


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("-1", "--modelcheck-max-calls=-1: write a whole number from 0"),
        ("x", "--modelcheck-max-calls: 'x': write a whole number"),
    ],
)
def test_a_number_of_calls_that_is_none_is_refused(project, number, message):
    project.test()
    result = project.run(f"--modelcheck-max-calls={number}")
    assert result.ret != 0
    assert message in result.stdout.str() + result.stderr.str()


def test_retries_count_as_calls(remote, endpoint):
    endpoint.behave = lambda handler, text, before: endpoint.send(handler, 500)
    remote.model("retries=9, give_up_after=0")
    remote.cases(3)
    remote.verdict("--modelcheck-max-calls=3")
    assert len(endpoint.calls) == 3


def test_a_batch_is_cut_to_the_remaining_budget(project):
    project.model("""
        sizes = []

        @model_fixture(batch=True, batch_size=8)
        def triage(model_version):
            def ask(texts):
                with open("sizes.log", "a") as log:
                    print(len(texts), file=log)
                return [text.upper() for text in texts]

            return ask
    """)
    project.golden('[(f"text {number}", f"TEXT {number}") for number in range(20)]', RIGHT)
    verdict = project.verdict(project.run("--model-version=1", "--modelcheck-max-calls=13"))
    assert (project.path / "sizes.log").read_text().split() == ["8", "5"]
    assert (verdict.cases.passed, verdict.uncalled, verdict.calls.new) == (13, 7, 13)


@pytest.mark.parametrize("concurrency", [1, 8])
def test_a_model_is_not_called_beyond_its_cost_limit(remote, endpoint, concurrency):
    remote.model(f"{PRICED}, max_cost=0.1, concurrency={concurrency}")
    remote.cases(30)
    verdict = remote.verdict()
    assert len(endpoint.calls) == 10
    assert verdict.calls.cost == pytest.approx(0.1)
    assert (verdict.uncalled, verdict.cases.passed) == (20, 10)
    assert "max_cost=0.1 is reached: triage 1 has cost 0.1, and was not called any more" in verdict.headline


def test_money_without_a_price_is_refused_after_one_call(remote, endpoint):
    remote.model("max_cost=1")
    remote.cases(5)
    verdict = remote.verdict()
    assert "max_cost=1 is set for triage 1, whose answers do not report their cost" in verdict.headline
    assert len(endpoint.calls) == 1


def test_tokens_and_money_are_counted_and_shown(remote):
    remote.model(PRICED)
    remote.cases(4)
    calls = remote.verdict().calls
    assert (calls.tokens_in, calls.tokens_out) == (400, 8)
    assert calls.cost == pytest.approx(0.04)
    output = remote.result.stdout.str().replace(",\n  ", ", ")  # longer than a line if calls take long
    assert re.search(
        r"^triage 1: 4 calls, median .*, 400 input \+ 8 output tokens, cost 0\.04$", output, re.MULTILINE
    )


def test_unknown_tokens_are_listed_and_not_counted(project):
    project.model("""
        from pytest_modelcheck import Answer

        @model_fixture
        def triage(model_version):
            usage = {"prompt_tokens": 5, "completion_tokens": 2, "audio_tokens": 7}
            return lambda text: Answer(text.upper(), usage=usage)
    """)
    project.golden(TWO, RIGHT)
    result = project.run("--model-version=1", "--modelcheck-report=report.json")
    output = result.stdout.str().replace(",\n  ", ", ")
    spent = r"10 input \+ 4 output tokens, not counted: 14 audio_tokens"
    assert re.search(rf"^triage 1: 2 calls.*, {spent}$", output, re.MULTILINE)
    calls = json.loads((project.path / "report.json").read_text())["checks"][0]["verdict"]["calls"]
    assert (calls["tokens_in"], calls["tokens_other"]) == (10, [["audio_tokens", 14]])


def test_an_answer_may_bring_its_usage_along_and_tests_see_the_answer_alone(project):
    project.model("""
        from pytest_modelcheck import Answer

        @model_fixture(batch=True, cost=lambda usage: usage["cents"] / 100)
        def triage(model_version):
            return lambda texts: [Answer(text.upper(), usage={"cents": 3}) for text in texts]
    """)
    project.test("""
        @pytest.mark.golden([("a", "A"), ("b", "B")])
        def test_labels(triage, case):
            assert triage(case.input) == case.expected

        def test_plain(triage):
            assert triage("c") == "C"
    """)
    result = project.run("--model-version=1")
    result.assert_outcomes(passed=2)
    assert project.verdict(result).calls.cost == pytest.approx(0.06)


def test_a_price_that_is_no_number_is_the_fixtures_mistake(remote):
    remote.model("cost=lambda answer: 'cheap'")
    remote.cases(1)
    assert (
        "cost= of the model fixture 'triage' gave 'cheap': it must give a number" in remote.verdict().headline
    )


def test_slow_answers_fail_a_check_that_limits_them_warm_or_cold(remote, endpoint):
    endpoint.behave = lambda handler, text, before: endpoint.over.wait(0.15)
    remote.model("concurrency=8")
    remote.cases(30, max_latency_p95=0.1)
    cold = remote.verdict()
    warm = remote.verdict()
    assert cold.failed
    assert warm.failed
    assert "95% of 30 answers within" in cold.headline
    assert "within 0.1 s required (30 took longer)" in warm.headline
    assert len(endpoint.calls) == 30


@pytest.mark.parametrize(("slow", "status"), [(range(3, 4), "passed"), (range(3, 8), "inconclusive")])
def test_too_few_slow_answers_to_be_sure_do_not_fail_it(remote, endpoint, slow, status):
    texts = {f"text {number}" for number in slow}
    endpoint.behave = lambda handler, text, before: text in texts and endpoint.over.wait(0.7)
    remote.model("concurrency=2")
    remote.cases(30, max_latency_p95=0.6)
    verdict = remote.verdict()
    assert verdict.status == status
    if status == "inconclusive":
        assert verdict.headline.endswith("(5 took longer); with so few, chance could explain it")


def test_latencies_that_were_not_saved_are_reported_as_unknown(project):
    project.answers("triage", "lambda texts: [text.upper() for text in texts]", "batch=True")
    project.golden(TWO, RIGHT)
    assert project.verdict(project.run("--model-version=1")).passed
    project.golden(f"{TWO}, max_latency_p95=5", RIGHT)
    verdict = project.verdict(project.run("--model-version=1"))
    assert verdict.status == "inconclusive"
    assert (
        "max_latency_p95 could not be judged: how long answers took is unknown for all 2" in verdict.headline
    )
    assert project.verdict(project.run("--model-version=1", "--modelcheck-cache=refresh")).passed


@pytest.mark.parametrize("repeats", [1, 3])  # an application runs each case once
@pytest.mark.parametrize(("limit", "passed"), [(0.01, True), (0.009, False)])
def test_cost_of_a_case(remote, limit, passed, repeats):
    remote.model(PRICED)
    remote.cases(4, max_cost_per_case=limit, repeats=repeats)
    assert remote.verdict().passed is passed
    verdict = remote.verdict()
    assert verdict.passed is passed
    assert verdict.calls.new == 0
    if not passed:
        assert verdict.headline == "a case costs 0.01 on average, at most 0.009 allowed"


def test_cached_answers_of_a_model_behind_a_network_are_requested_again(remote, endpoint):
    remote.model("concurrency=4, retries=1")
    remote.cases(6)
    assert remote.verdict().passed
    assert remote.verdict("--modelcheck-revalidate=4").passed
    assert len(endpoint.calls) == 10


def test_a_limit_on_time_or_money_says_so_where_nothing_was_answered(remote, endpoint):
    endpoint.behave = lambda handler, text, before: endpoint.send(handler, 500)
    remote.cases(3, max_latency_p95=2, max_cost_per_case=1)
    summaries = {finding.limit: finding.summary for finding in remote.verdict().findings}
    for limit in ("max_latency_p95", "max_cost_per_case"):
        assert summaries[limit] == f"{limit} could not be judged: no call was answered"
