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


RIGHT = "answer = triage(case.input)\nassert answer == case.expected"


@pytest.mark.parametrize("how", ["def", "async def"])
def test_enters_at_the_failing_assert_of_the_first_case_that_failed(project, debugged, how):
    project.golden('"tickets.yaml"', RIGHT if how == "def" else RIGHT.replace("triage(", "await triage("))
    path = project.path / "test_triage.py"
    path.write_text(path.read_text().replace("def", how))
    result, seen = debugged("--pdb", "--model-version=2.1")
    result.assert_outcomes(failed=1)
    locals_ = {"answer": "'other'", "case": "<case t-07>"}
    assert seen == [{"function": "test_it", "line": 6, "locals": locals_}]


def test_enters_in_application_code_where_that_is_what_broke(project, debugged):
    project.write("app.py", "def parse(label):\n    return {'refund': 1}[label]\n")
    project.golden('"tickets.yaml"', "from app import parse\nassert parse(triage(case.input))")
    _, seen = debugged("--pdb", "--model-version=2.0")
    assert [(stop["function"], stop["line"]) for stop in seen] == [("parse", 2)]


def test_does_not_enter_where_the_limits_are_met(project, debugged):
    project.golden('"tickets.yaml", at_least=0.5', RIGHT)
    result, seen = debugged("--pdb", "--model-version=2.1")
    result.assert_outcomes(passed=1)
    assert seen == []


def test_set_trace_in_a_body_stops_there_with_the_case(project, debugged):
    project.golden('"tickets.yaml"', f"if case.id == 't-03':\n    pytest.set_trace()\n{RIGHT}")
    result, seen = debugged("--model-version=2.0")
    result.assert_outcomes(passed=1)
    assert [(one["function"], one["locals"]["case"]) for one in seen] == [("test_it", "<case t-03>")]


def test_trace_stops_at_the_start_of_a_body(project, debugged):
    project.golden('["Hello"]', "assert triage(case.input)")
    _, seen = debugged("--trace", "--model-version=2.0")
    assert seen
    assert seen[0]["function"] in ("test_it", "runcall")


def test_enters_at_the_body_of_a_failed_check_of_the_modelcheck_fixture(project, debugged):
    project.test("""
        import pytest

        def test_known(triage, modelcheck):
            def right(case):
                assert triage(case.input) == case.expected

            modelcheck.golden(right, "tickets.yaml")
    """)
    _, seen = debugged("--pdb", "--model-version=2.1")
    assert [(stop["function"], stop["line"]) for stop in seen] == [("right", 5)]
