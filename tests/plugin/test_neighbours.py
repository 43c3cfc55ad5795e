"""Other plugins: their work on a test does not change its verdict, and ours does not hide theirs."""

import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer

import pytest

from pytest_modelcheck.records import Status
from tests.conftest import known

SOFT = {
    "pytest_check.plugin": """
from pytest_check import check as imported

{marker}
def test_fixture(triage, case, check):
    check.equal(triage(case.input), case.expected)

{marker}
def test_imported(triage, case):
    imported.equal(triage(case.input), case.expected)
    imported.is_in(triage(case.input), ["refund", "shipping"])
""",
    "pytest_assume.plugin": """
{marker}
def test_it(triage, case):
    pytest.assume(triage(case.input) == case.expected)

{marker}
async def test_awaited(triage, case):
    pytest.assume(await triage(case.input) == case.expected)
""",
}
MARKER = '@pytest.mark.golden("tickets.yaml", at_least=0.9)'
HELD = known("max_drop=0", "test_it")


@pytest.mark.parametrize("plugin", SOFT)
def test_a_soft_assertion_fails_its_own_case(project, plugin):
    pytest.importorskip(plugin.partition(".")[0])
    project.test(SOFT[plugin].format(marker=MARKER))
    result = project.run_apart("-p", plugin, "--model-version=2.1", "--modelcheck-update")
    passing = (80, 40) if "check" in plugin else (80, 80)
    result.stdout.fnmatch_lines([f"* cases pass ({rate}%), at least 90% required*" for rate in passing])
    result.assert_outcomes(failed=2)
    assert not project.baselines()


def test_soft_assertions_outside_of_a_body_are_left_to_the_plugin(project):
    pytest.importorskip("pytest_check")
    project.test(
        "def test_it(triage, modelcheck, check):\n"
        "    check.equal(1, 2, 'first')\n"
        "    def body(case):\n"
        "        check.equal(triage(case.input), case.expected)\n"
        "    verdict = modelcheck.golden(body, 'tickets.yaml', fail=False)\n"
        "    assert verdict.cases.failed == 2, verdict\n"
        "    assert len(check.check_log.get_failures() if hasattr(check, 'check_log') else [1]) == 1\n"
    )
    result = project.run_apart("-p", "pytest_check.plugin", "--model-version=2.1", "--modelcheck-update")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*first*", "not approved: *its test failed for another reason"])
    assert not project.baselines()


FLAKY = """
tries = []

{retry}
@pytest.mark.golden("tickets.yaml")
def test_it(triage, case):
    tries.append(case.id)
    assert triage(case.input) == case.expected and len(tries) > 10
"""
RETRIES = {
    "pytest-retry": ("pytest_retry.retry_plugin", "@pytest.mark.flaky(retries=2)", []),
    "pytest-rerunfailures": ("pytest_rerunfailures", "@pytest.mark.flaky(reruns=2)", []),
    "pytest-rerunfailures by an option": ("pytest_rerunfailures", "", ["--reruns=2"]),
}


@pytest.mark.parametrize("name", RETRIES)
def test_the_last_try_of_a_rerun_test_counts_once(project, name):
    plugin, marker, options = RETRIES[name]
    pytest.importorskip(plugin.partition(".")[0])
    project.test(FLAKY.format(retry=marker))
    result = project.run_apart("-p", plugin, *options, "--model-version=2.0", "--modelcheck-report=r.json")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["1 passed; answers*"])
    assert (project.path / "r.json").read_text().count('"status":"failed"') == 0


def test_a_test_that_fails_at_each_try_fails_once(project):
    pytest.importorskip("pytest_retry")
    project.test(FLAKY.format(retry="@pytest.mark.flaky(retries=1)"))
    result = project.run_apart("-p", "pytest_retry.retry_plugin", "--model-version=3.0")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["1 failed; answers*"])


class Datadog(BaseHTTPRequestHandler):
    """The service that has ddtrace try failures again."""

    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        features = dict.fromkeys(("code_coverage", "tests_skipping", "itr_enabled", "require_git"), False)
        features["flaky_test_retries_enabled"] = True
        settings = {"data": {"id": "1", "type": "settings", "attributes": features}}
        body = json.dumps(settings if "setting" in self.path else {"data": []}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def datadog(project, monkeypatch):
    """A repository, and a service for its tests."""
    pytest.importorskip("ddtrace")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Datadog)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name, value in {
        "DD_API_KEY": "none",
        "DD_CIVISIBILITY_AGENTLESS_ENABLED": "1",
        "DD_CIVISIBILITY_AGENTLESS_URL": f"http://127.0.0.1:{server.server_port}",
        "DD_CIVISIBILITY_FLAKY_RETRY_COUNT": "2",
        "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "0",
    }.items():
        monkeypatch.setenv(name, value)
    git = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    project.test(FLAKY.format(retry=""))
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["commit", "-qm", "x"],
        ["remote", "add", "origin", "https://git.example/a.git"],
    ):
        subprocess.run([*git, *command], cwd=project.path, check=True)
    yield ["-p", "ddtrace.testing.internal.pytest.entry_point", "--ddtrace"]
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("version", "failed"), [("2.0", 0), ("3.0", 1)])
def test_the_last_try_of_a_test_that_ddtrace_retries_counts_once(project, datadog, version, failed):
    """Each try, even the last, is reported as a retry, followed by a report that sums up."""
    result = project.run_apart(*datadog, f"--model-version={version}", "--modelcheck-report=r.json")
    assert result.ret == failed
    result.stdout.fnmatch_lines(
        ["test_triage.py *R*", "1 failed; answers*" if failed else "1 passed; answers*"]
    )
    assert (project.path / "r.json").read_text().count('"status":"failed"') >= failed


def test_an_unknown_outcome_is_no_failure(project):
    project.test()
    project.write(
        "quarantine.py",
        """
        import pytest

        @pytest.hookimpl(wrapper=True, tryfirst=True)
        def pytest_runtest_makereport(item, call):
            report = yield
            if report.failed:
                report.outcome = "quarantined"
            return report

        def pytest_report_teststatus(report):
            if report.outcome == "quarantined":
                return "quarantined", "q", "QUARANTINED"
        """,
    )
    project.pytester.syspathinsert()
    result = project.run("-p", "quarantine", "--model-version=3.0", "--modelcheck-report=r.json")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*xfail test_known_tickets*", "1 xfailed; answers*", "*1 quarantined*"])
    assert '"status":"xfailed"' in (project.path / "r.json").read_text()


@pytest.mark.parametrize("strict", [False, True])
def test_an_expected_failure_is_shown_as_pytest_shows_it(project, strict):
    project.test(f"@pytest.mark.xfail(strict={strict})\n{HELD.replace(', max_drop=0', '')}")
    options = ("--modelcheck-report=gitlab:quality.json", "--junitxml=junit.xml")
    result = project.run("--model-version=2.1", *options)
    result.assert_outcomes(xfailed=1)
    assert project.verdict(result).status is Status.FAILED
    result.stdout.fnmatch_lines([" xfail test_it*", "1 xfailed; answers*"])
    assert 'name="modelcheck.status" value="xfailed"' in (project.path / "junit.xml").read_text()
    assert "FAIL" not in result.stdout.str()
    assert (project.path / "quality.json").read_text() == "[]\n"
    passing = project.run("--model-version=2.0")
    assert passing.ret == (1 if strict else 0)
    passing.stdout.fnmatch_lines(["1 passed; answers*"])


def test_a_check_whose_worker_crashed_is_lost(project):
    pytest.importorskip("xdist")
    project.test("""
        import os
        import pytest

        @pytest.mark.golden("tickets.yaml")
        def test_fine(triage, case):
            assert triage(case.input) == case.expected

        @pytest.mark.golden("tickets.yaml")
        def test_crash(triage, case):
            os._exit(3)

        def test_plain():
            os._exit(3)
    """)
    result = project.run_apart("-p", "xdist", "-n1", "--model-version=2.0", "--modelcheck-report=r.json")
    assert result.ret == 1
    lost = "test_triage.py::test_crash (worker 'gw0' crashed while running*)"
    result.stdout.fnmatch_lines(["*pass test_fine*", f"lost: {lost}"])
    assert "lost: test_triage.py::test_plain" not in result.stdout.str()
    assert "crashed while running" in (project.path / "r.json").read_text()


def test_a_group_of_xdist_is_no_part_of_a_check_and_a_crash_there_is_lost(project):
    """Up to pytest 9.0 the group is part of the node id, but only once tests were collected."""
    pytest.importorskip("xdist")
    crash = f"{HELD.replace('test_it', 'test_crash').rstrip()} or __import__('os')._exit(3)\n"
    project.test("".join(f'\n@pytest.mark.xdist_group("a")\n{each}' for each in (HELD, crash)))
    project.approve()
    grouped = ["-p", "xdist", "-n1", "--dist=loadgroup", "--max-worker-restart=0", "--model-version=2.1"]
    result = project.run_apart(*grouped)
    assert "unused baseline" not in result.stdout.str()
    result.stdout.fnmatch_lines(
        [
            "2 broke, 0 fixed: a net loss of 2 cases*",
            "*pytest test_triage.py::test_it --model-version=2.1*",
            "*FAIL test_it *100%*",
            "lost: test_triage.py::test_crash* (worker*crashed*",
        ]
    )


def test_a_repetition_of_pytest_repeat_is_the_same_check(project):
    pytest.importorskip("pytest_repeat")
    project.test(HELD + '\n@pytest.mark.parametrize("n", ["x", "1-2"])\n' + HELD.replace("it(", "each(n, "))
    project.approve()
    result = project.run_apart("-p", "pytest_repeat", "--count=2", "--model-version=2.1")
    result.assert_outcomes(failed=6)
    assert "no approved baseline" not in result.stdout.str()
    assert "unused baseline" not in result.stdout.str()
    checks = [each for each in ("test_each[[]1-2]", "test_each[[]x]", "test_it") for _ in range(2)]
    result.stdout.fnmatch_lines([f"*FAIL {check} *100%*" for check in checks])


def test_blocked_sockets_stop_the_loop_of_an_async_model_in_words_with_a_remedy(project):
    pytest.importorskip("pytest_socket")
    project.model("""
        @model_fixture
        def triage(model_version):
            async def ask(text):
                return text
            return ask
    """)
    project.golden('["a"]', 'assert triage(case.input) == "a"')
    blocked = ["-p", "pytest_socket", "--disable-socket", "--model-version=1", "--modelcheck-cache=off"]
    refused = project.run_apart(*blocked, "-W", "ignore")
    refused.assert_outcomes(failed=1)
    refused.stdout.fnmatch_lines(["*an `async` model needs an event loop*--allow-unix-socket"])
    assert "executors.py" not in refused.stdout.str()
    project.run_apart(*blocked, "--allow-unix-socket").assert_outcomes(passed=1)


def test_a_scenario_of_pytest_bdd_is_run_for_each_case(project):
    pytest.importorskip("pytest_bdd")
    project.write(
        "known.feature", "Feature: a\n  Scenario: known\n    Given a ticket\n    Then its label is right\n"
    )
    project.test("""
        import pytest
        from pytest_bdd import given, scenario, then

        @pytest.mark.golden("tickets.yaml")
        @scenario("known.feature", "known")
        def test_it(triage, case):
            pass

        @given("a ticket", target_fixture="ticket")
        def _(case):
            return case

        @then("its label is right")
        def _(triage, ticket):
            assert triage(ticket.input) == ticket.expected
    """)
    result = project.run_apart("-p", "pytest_bdd.plugin", "--model-version=2.1")
    result.stdout.fnmatch_lines(["8/10 cases pass*", "*t-07 *", "*expected 'refund', got 'other'"])


REPORTERS = {
    "without a writer": "",
    "with a writer of its own": "self._tw = object()",
    "with pytest's writer alone": "self._tw = create_terminal_writer(config)",
}


@pytest.mark.parametrize("kind", REPORTERS)
def test_any_object_may_be_the_terminal(project, kind):
    project.test()
    project.write(
        "reporter.py",
        f"""
        import pytest
        from _pytest.config import create_terminal_writer

        class Reporter:
            reportchars = ""  # pytest-rerunfailures reads it

            def __init__(self, config):
                self.config = config
                {REPORTERS[kind]}

            @pytest.hookimpl(wrapper=True)
            def pytest_sessionfinish(self):
                result = yield
                self.config.hook.pytest_terminal_summary(
                    terminalreporter=self, exitstatus=0, config=self.config
                )
                return result

        @pytest.hookimpl(trylast=True)
        def pytest_configure(config):
            config.pluginmanager.unregister(name="terminalreporter")
            config.pluginmanager.register(Reporter(config), "terminalreporter")
        """,
    )
    project.pytester.syspathinsert()
    result = project.run("-p", "reporter", "--model-version=2.1")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*= modelcheck =*", "*FAIL test_known_tickets*"])


@pytest.mark.parametrize("plugin", ["pytest_tldr", "pytest_sugar"])
def test_reporters_of_other_plugins(project, plugin):
    pytest.importorskip(plugin)
    project.test()
    result = project.run_apart("-p", plugin, "--model-version=2.1")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*= modelcheck =*", "*FAIL test_known_tickets*"])
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()


SURROGATES = {
    "in_an_answer": "assert triage(case.input) + '\\ud83d' == case.expected",
    "in_an_error_of_the_model": "raise ValueError('\\ud83d')",
    "in_a_message": "assert not triage(case.input), 'oh \\ud83d'",
    "in_what_is_printed": "print('\\ud83d'); assert triage(case.input) == 'nothing'",
    "in_a_warning": "import warnings; warnings.warn('\\ud83d'); assert triage(case.input) == 'nothing'",
    "where_the_test_ends": "pytest.exit('\\ud83d') if case.id == 'none' else pytest.fail('\\ud83d')",
}


@pytest.mark.parametrize("workers", [[], ["-p", "xdist", "-n1"]], ids=["alone", "xdist"])
def test_a_lone_surrogate_never_ends_a_run_nor_hides_an_error(project, workers):
    pytest.importorskip("xdist")
    source = "import pytest\nfrom pytest_modelcheck import model_fixture\n\n"
    for place, body in SURROGATES.items():
        source += f"@pytest.mark.golden('tickets.yaml')\ndef test_{place}(triage, case):\n    {body}\n\n"
    source += "@model_fixture\ndef broken(model_version):\n    raise OSError('no \\ud83d here')\n\n"
    project.test(f"{source}def test_broken(broken):\n    pass\n\ndef test_after(triage):\n    pass\n")
    result = project.run_apart(*workers, "--model-version=2.0", "--modelcheck-report=r.json")
    result.assert_outcomes(failed=len(SURROGATES), passed=1, errors=1)
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()
    result.stdout.fnmatch_lines_random([f"*FAIL test_{place} *" for place in SURROGATES])
    result.stdout.fnmatch_lines_random(["*OSError: no \\ud83d here"])


def test_time_that_a_session_froze_stops_no_loop_and_makes_no_answer_fast(project):
    pytest.importorskip("freezegun")
    project.model("""
        import asyncio
        import threading

        import freezegun

        freezegun.freeze_time("2199-01-01").start()

        @model_fixture(timeout=20)
        def slow(model_version):
            async def answer(text):
                await asyncio.sleep(0.05)
                return text

            return answer

        @model_fixture
        def late(model_version):
            def answer(text):
                threading.Event().wait(0.05)
                return text

            return answer
    """)
    limits = '@pytest.mark.golden(["a", "b"], max_latency_p95=0.01)\n'
    project.test(
        f"{limits}async def test_slow(slow, case):\n    assert await slow(case.input) == case.input\n"
        f"{limits}def test_late(late, case):\n    assert late(case.input) == case.input\n"
    )
    result = project.run_apart("-p", "no:cacheprovider", "--model-version=1", timeout=60)
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["95% of 2 answers within *, within 0.01 s required (2 took longer)"] * 2)


def test_testmon_is_warned_of_where_it_selects(project):
    pytest.importorskip("testmon")
    project.test()
    warned = ["*ModelcheckWarning: pytest-testmon skips tests*--testmon-noselect*"]
    plugin = ["-p", "testmon.pytest_testmon", "--model-version=2.0"]
    project.run_apart(*plugin, "--testmon").stdout.fnmatch_lines(warned)
    advised = project.run_apart(*plugin, "--testmon", "--testmon-noselect", "--model-version=2.1")
    assert advised.ret != 0  # the check ran again, though no code has changed
    assert "ModelcheckWarning" not in advised.stdout.str()
    assert "ModelcheckWarning" not in project.run_apart(*plugin).stdout.str()


def test_a_cassette_that_is_recorded_with_the_cache_off_has_every_call(project):
    pytest.importorskip("vcr")
    project.model("""
        import urllib.request

        @model_fixture
        def triage(model_version):
            def ask(text):
                with open("address") as file:
                    address = file.read()
                request = urllib.request.Request(address, text.encode())
                return urllib.request.urlopen(request).read().decode()
            return ask
    """)
    project.test("""
        import pytest
        import vcr

        @pytest.fixture
        def cassette():
            with vcr.use_cassette("calls.yaml", record_mode="new_episodes", match_on=["body"]):
                yield

        @pytest.mark.golden([{"input": "a", "expected": "A"}, {"input": "b", "expected": "B"}])
        def test_it(cassette, triage, case):
            assert triage(case.input) == case.expected
    """)

    class Upper(BaseHTTPRequestHandler):
        def do_POST(self):
            text = self.rfile.read(int(self.headers["Content-Length"])).upper()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Upper) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        (project.path / "address").write_text(f"http://127.0.0.1:{server.server_port}")
        assert project.run_apart("--model-version=1").ret == 0
        (project.path / "calls.yaml").unlink()
        assert project.run_apart("--model-version=1").ret == 0
        assert not (project.path / "calls.yaml").exists()  # all answers were at hand: nothing to record
        assert project.run_apart("--model-version=1", "--modelcheck-cache=off").ret == 0
        server.shutdown()
    assert (project.path / "calls.yaml").read_text().count("- request:") == 2
    assert project.run_apart("--model-version=1", "--modelcheck-cache=off").ret == 0
