"""A model behind a network that fails in every way of networks."""

import socket
import time

import pytest

from tests.faults.conftest import Endpoint


def test_a_working_model_is_called_once_for_each_case(remote, endpoint):
    remote.cases(8)
    verdict = remote.verdict()
    assert verdict.passed
    assert endpoint.answered == {f"text {number}": 1 for number in range(8)}
    assert (verdict.calls.requests, verdict.calls.retries, verdict.calls.failed) == (8, 0, 0)
    assert len(verdict.calls.latencies) == 8


def drops(handler, text, before):
    """Close the connection without a word."""
    handler.connection.shutdown(socket.SHUT_RDWR)
    return True


def half(handler, text, before):
    """Promise 500 bytes and send ten."""
    handler.send_response(200)
    handler.send_header("Content-Length", "500")
    handler.end_headers()
    handler.wfile.write(b'{"label": ')
    return True


def status(number, **headers):
    def answers(handler, text, before):
        return Endpoint.send(handler, number, **headers)

    answers.__name__ = f"status {number}"
    return answers


def the_third(fault):
    """Let a fault happen to one of the texts, at each of its requests."""
    return lambda handler, text, before: text.endswith("3") and fault(handler, text, before)


def first_time(fault):
    return lambda handler, text, before: not before and fault(handler, text, before)


TRANSIENT = [drops, half, status(429), status(500), status(503), status(408)]


@pytest.mark.parametrize("fault", TRANSIENT, ids=lambda fault: fault.__name__)
def test_a_fault_that_passes_is_survived_and_counted(remote, endpoint, fault):
    endpoint.behave = the_third(first_time(fault))
    remote.model("retries=2")
    remote.cases(6)
    verdict = remote.verdict()
    assert verdict.passed
    assert set(endpoint.answered.values()) == {1}
    assert (verdict.calls.requests, verdict.calls.retries, verdict.calls.new) == (7, 1, 6)
    remote.result.stdout.fnmatch_lines(["triage 1: 7 calls (1 retry)*"])


@pytest.mark.parametrize("options", ["retries=2", "retries=2, timeout=20"])
def test_a_fault_of_an_async_model_is_survived_too(remote, endpoint, options):
    endpoint.behave = the_third(first_time(status(500)))
    remote.async_model(options)
    remote.cases(6)
    verdict = remote.verdict()
    assert verdict.passed
    assert (verdict.calls.requests, verdict.calls.retries, verdict.calls.new) == (7, 1, 6)


@pytest.mark.parametrize("fault", TRANSIENT, ids=lambda fault: fault.__name__)
def test_a_lasting_fault_is_an_error_of_its_case_alone_and_no_call_is_repeated(remote, endpoint, fault):
    endpoint.behave = the_third(fault)
    remote.cases(6)
    verdict = remote.verdict()
    assert verdict.failed
    assert (verdict.cases.passed, verdict.cases.error, verdict.uncalled) == (5, 1, 0)
    assert endpoint.texts.count("text 3") == 1
    endpoint.behave = lambda handler, text, before: False
    assert remote.verdict().passed
    assert set(endpoint.answered.values()) == {1}


def html(handler, text, before):
    return Endpoint.send(handler, 200, b"<html>")


@pytest.mark.parametrize(("fault", "named"), [(html, "JSONDecodeError"), (status(422), "HTTPError")])
def test_errors_that_are_not_of_the_network_are_not_retried(remote, endpoint, fault, named):
    endpoint.behave = the_third(fault)
    remote.model("retries=5")
    remote.cases(5)
    verdict = remote.verdict()
    assert (verdict.cases.error, verdict.calls.retries) == (1, 0)
    assert named in verdict.headline
    assert endpoint.texts.count("text 3") == 1


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_call_that_hangs_is_given_up_and_the_run_ends(remote, endpoint, concurrency):
    endpoint.behave = the_third(lambda *_: endpoint.over.wait(30))
    remote.model(f"timeout=0.3, concurrency={concurrency}")
    remote.cases(6)
    verdict = remote.verdict()
    assert (verdict.cases.passed, verdict.cases.error) == (5, 1)
    assert "CallTimeoutError: no answer from triage 1 within 0.3 s (timeout=)" in verdict.headline
    assert verdict.calls.timeouts == 1
    assert remote.seconds < 15


def test_an_endpoint_that_is_slow_is_waited_for(remote, endpoint):
    endpoint.behave = lambda handler, text, before: time.sleep(0.1)
    remote.model("timeout=5")
    remote.cases(3)
    verdict = remote.verdict()
    assert verdict.passed
    assert verdict.calls.p50 >= 0.1


def test_a_dead_endpoint_ends_the_run_with_one_message(remote, endpoint):
    endpoint.close()
    remote.cases(2000, at_least=0.5)
    verdict = remote.verdict()
    assert verdict.headline.startswith("triage 1 was given up after 5 calls in a row failed: URLError: <url")
    assert verdict.headline.endswith("refused>; 1,995 of 2,000 cases could not be judged")
    assert (verdict.uncalled, verdict.cases.error, verdict.cases.judged) == (1995, 2000, 0)
    assert remote.seconds < 30
    text = remote.result.stdout.str()
    assert text.count("Traceback (most recent call last)") <= 1
    remote.result.stdout.fnmatch_lines(["*1995 not called*"])


@pytest.mark.parametrize("waits", [True, False])
def test_each_call_of_a_dead_endpoint_is_counted_once_as_failed_or_as_not_made(remote, endpoint, waits):
    """Calls whose retry was refused were counted as not made, and calls that were refused twice as two."""
    endpoint.behave = status(500)
    remote.async_model("retries=2")
    remote.project.test(f"""
        import asyncio

        CASES = [f"text {{number}}" for number in range(48)]

        @pytest.mark.golden(CASES)
        async def test_two_at_once(triage, case):
            calls = triage(case.input), triage(case.input + "!")
            one, two = await asyncio.gather(*calls, return_exceptions={waits})
            assert one + "!" == two
    """)
    calls = remote.verdict().calls
    assert calls.failed + calls.uncalled <= 2 * 48
    if waits:  # or the check may end before a call whose body no longer waits for it
        assert calls.requests == len(endpoint.calls)
        assert calls.failed == len(set(endpoint.texts)) > 5
        assert calls.requests - calls.retries == calls.failed
        assert calls.failed + calls.uncalled == 2 * 48


def test_a_model_that_was_given_up_stays_so_for_all_checks_but_answers_at_hand_count(remote, endpoint):
    endpoint.behave = lambda handler, text, before: text.startswith("other") and drops(handler, text, before)
    remote.cases(4)
    remote.project.test("""
        CASES = [(f"text {number}", f"TEXT {number}") for number in range(4)]
        OTHERS = [(f"other {number}", f"OTHER {number}") for number in range(50)]

        @pytest.mark.golden(CASES)
        def test_a(triage, case):
            assert triage(case.input) == case.expected

        @pytest.mark.golden(OTHERS)
        def test_b(triage, case):
            assert triage(case.input) == case.expected

        @pytest.mark.golden(CASES)
        def test_c(triage, case):
            assert triage(case.input) == case.expected

        @pytest.mark.golden([("text 99", "TEXT 99")])
        def test_d(triage, case):
            assert triage(case.input) == case.expected
    """)
    result = remote.run()
    verdicts = remote.project.verdicts(result)
    passed = {name: verdict.passed for name, verdict in verdicts.items()}
    assert passed == {"test_a": True, "test_b": False, "test_c": True, "test_d": False}
    assert (verdicts["test_b"].uncalled, verdicts["test_d"].uncalled) == (45, 1)
    assert len(endpoint.calls) == 4 + 5


def test_failures_that_do_not_come_in_a_row_give_nothing_up(remote, endpoint):
    odd = {f"text {number}" for number in range(1, 30, 2)}
    endpoint.behave = lambda handler, text, before: text in odd and drops(handler, text, before)
    remote.cases(30)
    verdict = remote.verdict()
    assert (verdict.cases.passed, verdict.cases.error, verdict.uncalled) == (15, 15, 0)


def test_a_model_is_never_given_up_where_the_fixture_says_so(remote, endpoint):
    endpoint.behave = drops
    remote.model("give_up_after=0")
    remote.cases(12)
    assert remote.verdict().uncalled == 0
    assert len(endpoint.calls) == 12


def test_a_wrong_key_gives_the_model_up_without_trying_again(remote, endpoint):
    endpoint.behave = status(401)
    remote.model("retries=3, give_up_after=2")
    remote.cases(12)
    verdict = remote.verdict()
    assert "was given up after 2 calls in a row failed: HTTPError: HTTP Error 401" in verdict.headline
    assert len(endpoint.calls) == 2


def test_retry_after_holds_up_all_calls_of_the_model(remote, endpoint):
    busy = first_time(status(429, Retry_After="1"))
    endpoint.behave = lambda handler, text, before: text == "text 0" and busy(handler, text, before)
    remote.model("retries=1, concurrency=2")
    remote.cases(12)
    assert remote.verdict().passed
    start = endpoint.calls[0][0]
    early = [text for moment, text in endpoint.calls if moment - start < 0.9]
    assert len(early) <= 3
    assert remote.seconds >= 1


def test_an_endpoint_that_asks_for_an_hour_is_given_up_at_once(remote, endpoint):
    endpoint.behave = status(429, Retry_After="3600")
    remote.model("retries=3")
    remote.cases(50)
    verdict = remote.verdict()
    assert "triage 1 asks to wait 3,600 s: HTTPError" in verdict.headline
    assert len(endpoint.calls) == 1
    assert remote.seconds < 15


def test_a_rate_limit_holds_as_the_endpoint_counts(remote, endpoint):
    remote.model('rate_limit="1200/minute", concurrency=8')
    remote.cases(21)
    assert remote.verdict().passed
    moments = [moment for moment, _ in endpoint.calls]
    # Calls leave every 50 ms; on a busy machine the first ones arrive late. Twice the rate would be seen.
    assert moments[-1] - moments[0] >= 0.75 * 20 * 0.05
    for first, last in zip(moments, moments[10:], strict=False):
        assert last - first > 0.6 * 10 * 0.05
    assert remote.seconds < 15


def test_one_slow_call_delays_no_other(remote, endpoint):
    endpoint.behave = lambda handler, text, before: time.sleep(3.0 if text == "text 20" else 0.05)
    remote.model("concurrency=4")
    remote.cases(40)
    assert remote.verdict().passed
    first = endpoint.calls[0][0]
    others = [moment - first for moment, text in endpoint.calls if text != "text 20"]
    assert max(others) < 2.5  # 38 calls of 50 ms on three lines: 0.65 s
    assert endpoint.most_under_way >= 4


def test_an_interrupt_does_not_wait_for_calls_under_way(remote, endpoint):
    """A call of two minutes is under way in a thread when Ctrl-C comes."""
    flag = remote.project.path / "hanging"

    def hangs(handler, text, before):
        if text != "text 5":
            return False
        time.sleep(0.3)  # the others are answered by then
        flag.touch()
        return endpoint.over.wait(120)

    endpoint.behave = hangs
    remote.model("concurrency=2")
    remote.project.test("""
        import _thread, pathlib, threading, time

        CASES = [(f"text {number}", f"TEXT {number}") for number in range(6)]

        def interrupt_when_it_hangs():
            while not pathlib.Path("hanging").exists():
                time.sleep(0.02)
            _thread.interrupt_main()

        @pytest.fixture
        def interrupt():
            threading.Thread(target=interrupt_when_it_hangs, daemon=True).start()

        @pytest.mark.golden(CASES)
        def test_labels(triage, case, interrupt):
            assert triage(case.input) == case.expected
    """)
    start = time.monotonic()
    result = remote.project.run_apart("--model-version=1", timeout=110)
    assert time.monotonic() - start < 100
    assert "KeyboardInterrupt" in result.stdout.str()
    flag.unlink()
    endpoint.behave = lambda handler, text, before: False
    assert remote.project.run_apart("--model-version=1").ret == 0
    assert set(endpoint.answered.values()) == {1}
