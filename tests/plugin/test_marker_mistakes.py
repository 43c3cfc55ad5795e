"""An invalid marker is a usage error at collection: file and line, and what to write."""

import pytest

TICKETS = '"tickets.yaml"'
BODY = "    assert triage(case.input) == case.expected\n"


def mistaken(marker, signature="triage, case"):
    return f"\nimport pytest\n\n{marker}\ndef test_known({signature}):\n{BODY}"


# After @pytest.mark.golden("tickets.yaml", …; more of them, with their remedies, are in test_remedies.py.
KEYWORDS = {
    "atleast=0.9": "golden() has no keyword 'atleast'; did you mean at_least?",
    "zzz=1": "golden() has no keyword 'zzz' (it takes at_least, *",
    'at_least="95%"': "at_least='95%' is not a rate: *",
    "max_changed=True": "max_changed=True is not an allowance: *",
    '"more.yaml"': "golden() takes one source of cases, not 2; give the rest by keyword",
    "under=str.upper": "golden() uses the cases as they are and takes no under=; *",
    "wrong_if=ValueError()": "wrong_if=ValueError(): write a type of exception, or a tuple of them",
    'wrong_if=(ValueError, "KeyError")': "wrong_if=(*ValueError*, 'KeyError'): write a type of exception, *",
    "slices=5": "slices=5: write a list of metadata keys, *",
    **{
        f'slices=["language"], max_slice_drop=0.1, {other}': "max_slice_drop= holds each declared slice: *"
        for other in (
            'score_as="pass@2", repeats=2',
            'population="sample"',
            'cluster="language"',
            'metric="accuracy"',
            "early_stop=True",
        )
    },
    'population=["sample"]': 'population=*: write "fixed" (the cases are the contract) or *',
    'seed="today"': "seed='today': write a whole number from 0",
    'model=["triage"]': "model=*: write the name of a model, as a text",
    'model="traige"': "*model='traige'*: the test uses no such model (it uses: triage)",
    "input=0": "input=0: name the field of the rows, such as input='text'",
}
MARKERS = {
    'golden("ticket.yaml")': "no file ticket.yaml: looked in *; did you mean tickets.yaml?",
    'golden("conftest.py")': "conftest.py*",
    "golden(at_least=0.9)": "@pytest.mark.golden() names no cases: give a file or a list, *",
    'invariance("tickets.yaml")': "invariance() needs under=, *",
    'directional("tickets.yaml")': "directional() needs under=, *",
    'invariance("tickets.yaml", under=3)': "*3 is not a perturbation: *",
    'golden("tickets.yaml")\n@pytest.mark.invariance("tickets.yaml", under=str.upper)': (
        "@pytest.mark.golden and @pytest.mark.invariance on one test: a test is one check; write two tests"
    ),
}
SIGNATURES = {
    "triage": "@pytest.mark.golden on a test that takes no `case`: *",
    "case": "@pytest.mark.golden on a test that uses no model: *",
    "triager, case": (
        "*: take a fixture made with @model_fixture. There is no fixture 'triager': a model fixture is named "
        "like its function, *"
    ),
    "triage, judge, case": (
        "@pytest.mark.golden: the test uses several models (judge, triage); say which one is judged: model=*"
    ),
}
JUDGE = """
from pytest_modelcheck import model_fixture

@model_fixture
def judge():
    return str.upper
"""
IN_A_CLASS = """
class TestTriage:
    def test_fine(self):
        pass

    @pytest.mark.golden("tickets.yaml", at_least=95)
    def test_known(self, triage, case):
        assert triage(case.input)
"""


def assert_refused(result, *refusals):
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    text = result.stdout.str() + result.stderr.str()
    assert "Traceback" not in text
    assert "INTERNALERROR" not in text
    assert "pytest_modelcheck/" not in text
    result.stderr.fnmatch_lines_random(
        [f"*{where}: {message.replace('[', '[[]')}" for where, message in refusals]
    )


def test_every_mistake_of_a_project_is_reported_at_once(project):
    """One mistake a file, so that each is found by its place."""
    files = [
        *(
            (mistaken(f"@pytest.mark.golden({TICKETS}, {each})"), message)
            for each, message in KEYWORDS.items()
        ),
        *((mistaken(f"@pytest.mark.{each}"), message) for each, message in MARKERS.items()),
        *(
            (mistaken(f"@pytest.mark.golden({TICKETS})", each) + JUDGE, message)
            for each, message in SIGNATURES.items()
        ),
    ]
    for number, (source, _) in enumerate(files):
        project.test(source, f"test_{number}.py")
    project.test(IN_A_CLASS, "test_class.py")
    refusals = [(f"test_{number}.py:3", message) for number, (_, message) in enumerate(files)]
    result = project.run("--model-version=2.0")
    assert_refused(result, *refusals, ("test_class.py:7", "at_least=95 is not a rate: *"))
    assert project.calls == []


def test_a_mistake_in_the_case_file_names_its_line(project):
    project.write("tickets.yaml", "- {id: a, input: Hello}\n- {id: b, inptu: Hello}\n")
    project.test()
    result = project.run()
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*tickets.yaml:2: *'inptu'*'input'*"])
    assert "pytest_modelcheck/" not in result.stdout.str()


def test_slices_that_no_case_has_fail_the_test_in_words(project):
    project.test(mistaken('@pytest.mark.golden("tickets.yaml", slices=["langauge"])'))
    result = project.fails()
    result.stdout.fnmatch_lines(
        ["FAILED *slices=[[]'langauge'[]]: no case has such metadata (they have: *'language')"]
    )
    result.stdout.no_fnmatch_line("*pytest_modelcheck/*")


def test_slices_by_a_field_of_the_input_say_what_to_do(project):
    rows = '[{"input": {"region": "north"}, "expected": 1}], slices=["region"]'
    project.test(f"import pytest\n\n@pytest.mark.golden({rows})\ndef test_known(triage, case):\n    pass\n")
    result = project.fails()
    remedy = "'region' is a field of the input: give it to the cases as metadata, too"
    result.stdout.fnmatch_lines([f"*slices=*'region'*: no case has such metadata (they have: *); {remedy}*"])


def test_a_mistake_leaves_an_editor_its_tree_of_tests(project):
    """The extension of VS Code reads it from the session after a run with ``--collect-only``."""
    project.test(
        "def test_plain():\n    pass\n\n@pytest.mark.golden('tickets.yaml', atleast=1)\n"
        "def test_half_typed(triage, case):\n    pass\n"
    )
    result = project.run("--collect-only", "-q")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["test_triage.py::test_plain", "test_triage.py::test_half_typed"])
    result.stderr.fnmatch_lines(["*: test_triage.py:5: golden() has no keyword 'atleast'*"])
    project.run().assert_outcomes()


def test_a_damaged_approval_leaves_an_editor_and_lint_a_sentence(project):
    """Also with a header, which reads the approved version, that of the damaged file."""
    project.test("@pytest.mark.golden('tickets.yaml')\ndef test_it(triage, case):\n    triage(case.input)\n")
    project.approve("2.0")
    (approved,) = project.path.rglob("approved.yaml")
    approved.write_text("<<<<<<< ours\n", encoding="utf-8")
    project.ini("addopts = -p modelcheck")
    error = ["*ERROR: *approved.yaml:1: an unresolved git conflict*"]
    result = project.run("--collect-only")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["*<Function test_it>*"])
    result.stderr.fnmatch_lines(error)
    lint = project.command("lint", ".")
    assert lint.ret != 0
    lint.stderr.fnmatch_lines(error)
    assert "INTERNALERROR" not in result.stdout.str() + lint.stdout.str() + lint.stderr.str()
    assert "test_triage.py::test_it" not in lint.stderr.str()


def test_is_refused_under_xdist_too(project):
    pytest.importorskip("xdist")
    project.test(mistaken('@pytest.mark.golden("tickets.yaml", at_least=95)'))
    result = project.run_apart("-p", "xdist", "-n", "1")
    assert_refused(result, ("test_triage.py:3", "at_least=95 is not a rate: *"))
