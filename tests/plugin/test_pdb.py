"""``--pdb`` enters the first body that failed, at its failing line."""

import json

import pytest

RECORDER = """
import json, pdb, sys

class Recorder(pdb.Pdb):
    def interaction(self, frame, traceback):
        traceback = getattr(traceback, "__traceback__", traceback)
        while traceback is not None and traceback.tb_next is not None:
            traceback = traceback.tb_next
        frame = frame if traceback is None else traceback.tb_frame
        line = frame.f_lineno if traceback is None else traceback.tb_lineno
        seen = {name: repr(frame.f_locals[name]) for name in ("answer", "case") if name in frame.f_locals}
        with open("seen.jsonl", "a") as log:
            log.write(json.dumps({"function": frame.f_code.co_name, "line": line, "locals": seen}) + "\\n")
        self.set_continue()
"""


@pytest.fixture
def debugged(project):
    project.ini("pythonpath = .")
    project.write("recorder.py", RECORDER)

    def run(*arguments):
        result = project.run("--pdbcls=recorder:Recorder", *arguments)
        log = project.path / "seen.jsonl"
        return result, [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    return run


def test_enters_at_the_failing_assert_of_the_first_case_that_failed(project, debugged):
    project.test("""
        import pytest

        @pytest.mark.golden("tickets.yaml")
        def test_known(triage, case):
            answer = triage(case.input)
            assert answer == case.expected
    """)
    result, seen = debugged("--pdb", "--model-version=2.1")
    result.assert_outcomes(failed=1)
    (stop,) = seen
    assert (stop["function"], stop["line"]) == ("test_known", 6)
    assert stop["locals"]["answer"] == "'other'"
    assert stop["locals"]["case"] == "<case t-07>"


def test_enters_in_application_code_where_that_is_what_broke(project, debugged):
    project.write("app.py", "def parse(label):\n    return {'refund': 1}[label]\n")
    project.test("""
        import pytest
        from app import parse

        @pytest.mark.golden("tickets.yaml")
        def test_known(triage, case):
            assert parse(triage(case.input))
    """)
    _, seen = debugged("--pdb", "--model-version=2.0")
    (stop,) = seen
    assert (stop["function"], stop["line"]) == ("parse", 2)


def test_does_not_enter_where_the_limits_are_met(project, debugged):
    project.test("""
        @pytest.mark.golden("tickets.yaml", at_least=0.5)
        def test_known(triage, case):
            assert triage(case.input) == case.expected
    """)
    result, seen = debugged("--pdb", "--model-version=2.1")
    result.assert_outcomes(passed=1)
    assert seen == []


def test_enters_for_an_async_body_too(project, debugged):
    project.test("""
        import pytest

        @pytest.mark.golden("tickets.yaml")
        async def test_known(triage, case):
            answer = await triage(case.input)
            assert answer == case.expected
    """)
    _, seen = debugged("--pdb", "--model-version=2.1")
    (stop,) = seen
    assert (stop["function"], stop["line"]) == ("test_known", 6)


def test_set_trace_in_a_body_stops_there_with_the_case(project, debugged):
    project.test("""
        import pytest

        @pytest.mark.golden("tickets.yaml")
        def test_known(triage, case):
            answer = triage(case.input)
            if case.id == "t-03":
                pytest.set_trace()
            assert answer == case.expected
    """)
    result, seen = debugged("--model-version=2.0")
    result.assert_outcomes(passed=1)
    assert [(one["function"], one["locals"]["case"]) for one in seen] == [("test_known", "<case t-03>")]


def test_trace_stops_at_the_start_of_a_body(project, debugged):
    project.test("""
        @pytest.mark.golden([{"id": "one", "input": "Hello"}])
        def test_known(triage, case):
            assert triage(case.input)
    """)
    _, seen = debugged("--trace", "--model-version=2.0")
    assert seen
    assert seen[0]["function"] in ("test_known", "runcall")


def test_enters_at_the_body_of_a_failed_check_of_the_modelcheck_fixture(project, debugged):
    project.test("""
        import pytest

        def test_known(triage, modelcheck):
            def right(case):
                assert triage(case.input) == case.expected

            modelcheck.golden(right, "tickets.yaml")
    """)
    _, seen = debugged("--pdb", "--model-version=2.1")
    (stop,) = seen
    assert (stop["function"], stop["line"]) == ("right", 5)
