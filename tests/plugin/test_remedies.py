"""Advice is tested: a row has a mistake, its message, and the project that follows the advice."""

import datetime as dt
import re
from collections import defaultdict
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from pytest_modelcheck import Trajectory, cases, perturb
from pytest_modelcheck.baselines.store import read_approved
from pytest_modelcheck.canonical import Codec, digest
from pytest_modelcheck.cli.targets import meant, target
from pytest_modelcheck.errors import ModelcheckError
from pytest_modelcheck.trajectories.calls import ToolCall, ToolCalls, in_order

TICKETS = '"tickets.yaml"'
BODY = "assert triage(case.input) == case.expected"
CALL = "triage(case.input)"
BOTH = "triage(case.perturbed), triage(case.input)"
OLD = ["--model-version=2.0"]


def check(marker=TICKETS, body=BODY, arguments="triage, case", kind="golden"):
    """A test file with one check."""
    head = "import pytest\nfrom pytest_modelcheck import perturb\n"
    return f"{head}\n@pytest.mark.{kind}({marker})\ndef test_it({arguments}):\n    {body}\n"


def fixture(options="", body="return lambda text: 'refund'", arguments="model_version", name="triage"):
    """A conftest file with one model."""
    head = "import pytest\nfrom pytest_modelcheck import model_fixture\n"
    return f"{head}\n@model_fixture({options})\ndef {name}({arguments}):\n    {body}\n"


def with_options(*rows):
    """Rows about options of pytest."""
    return {message: ({"options": wrong}, {"options": right}) for message, wrong, right in rows}


def configured(*rows):
    """Rows about the ini file."""
    return {message: ({"ini": wrong}, {"ini": right}) for message, wrong, right in rows}


SAME = "assert triage(case.perturbed) == triage(case.input)"
SCORED = "triage(case.perturbed); score(0)"
JUDGES = (
    fixture()
    + "\n@model_fixture\ndef other(model_version):\n    return str\n"
    + '\n@model_fixture(role="support")\ndef judge(model_version):\n    return str\n'
)
TWO = [f"--model-version={name}=1" for name in ("triage", "other", "judge")]

# fmt: off
# An argument of a marker: the message, the mistake, the remedy.
ARGUMENTS = (
    ("may mean one case or all of them: write max_drop=1 for one case", "max_drop=1.0", "max_drop=1"),
    ("write a number of cases (max_drop=3)", "max_drop=-1", "max_drop=3"),
    ("write a number from 0.0 to 1.0", "at_least=95", "at_least=0.95"),
    ("write a number between 0 and 0.5", "false_fail_rate=1", "false_fail_rate=0.01"),
    ('write "warn" or "fail"', "inconclusive='no'", "inconclusive='fail'"),
    ('write "fail", "warn" or "off"', "slice_regressions='no'", "slice_regressions='warn'"),
    ('write "fixed" (the cases are the contract) or "sample"', "population='all'", "population='sample'"),
    ("write a fraction above 0, such as 0.05", "tolerance=0", "tolerance=0.05"),
    ('write "pass@2" (one of two runs passes)', "score_as='best'", "score_as='pass@2', repeats=2"),
    ("needs repeats=2 or more", "score_as='pass@2'", "score_as='pass@2', repeats=2"),
    ('name of a metadata field of the cases, cluster="template"', "cluster=1", "cluster='language'"),
    ("max_latency_p95=-1: write a number of seconds above 0", "max_latency_p95=-1", "max_latency_p95=60"),
    ('write a list of metadata keys, slices=["language"]', "slices='language'", "slices=['language']"),
    ('name them, slices=["language"]', "max_slice_drop=0.1", "max_slice_drop=0.1, slices=['language']"),
    ('write shape="approved"', "shape='json'", "shape=None"),
    ("write a type of exception, or a tuple of them", "wrong_if='KeyError'", "wrong_if=KeyError"),
    ("gather='yes': write True or False", "gather='yes'", "gather=True"),
    ("shrink=1: write True or False", "shrink=1", "shrink=True"),
    ("repeats=0: write a whole number from 1", "repeats=0", "repeats=1"),
    ("seed=-1: write a whole number from 0", "seed=-1", "seed=0"),
    ("bounds=(0, 100), or bounds=None for no bounds", "bounds=5", "bounds=(0, 100)"),
)
UNDER = (
    ("name at least one perturbation, such as perturb.typos()", "under=[]", "under=perturb.typos()"),
    ("makes a perturbation; call it: perturb.casing()", "under=perturb.casing", "under=perturb.casing()"),
    ("name them: under={'first': …, 'second': …}",
     "under=[perturb.typos(), perturb.typos()]", "under={'a': perturb.typos(), 'b': perturb.typos()}"),
    ("allow_constant=1: write True or False",
     "under=perturb.typos(), allow_constant=1", "under=perturb.typos(), allow_constant=True"),
    ("needs under=, a perturbation or a list of them (under=perturb.typos())", "at_least=0.1",
     "under=perturb.typos(), at_least=0.1"),
)
# Of an option of a model fixture.
OPTIONS = (
    ("batch_size=0): write a whole number from 1", "batch_size=0", "batch_size=1"),
    ("retries=-1): write a whole number from 0", "retries=-1", "retries=0"),
    ("recorded=1): write True or False", "recorded=1", "recorded=True"),
    ("timeout=0): write a number of seconds", "timeout=0", "timeout=5"),
    ("max_cost=0): write an amount above 0", "max_cost=0", "max_cost=1, cost=lambda answer: 0.0"),
    ("): write a number of seconds", "timeout=10**400", "timeout=5"),
    ("write a function that is given an answer", "cost=1", "cost=lambda answer: 0.0"),
    ('ways to parts of an answer: ("id", "usage.*")', "ignore=3", 'ignore=("id", "usage.*")'),
    ('names, with dots between them: ("id", "usage.*")', "ignore=('a..b',)", 'ignore=("id", "usage.*")'),
    ('write "support" (a judge: @judge_fixture)', "role='helper'", "role='model'"),
    ("write a concurrent.futures.Executor", "executor=1",
     "executor=lambda: __import__('concurrent.futures').futures.ThreadPoolExecutor(1)"),
    ("write a list of contextvars.ContextVar", "context='user'", "context=[]"),
    ("write a type of exception, a tuple of them, or a function",
     "retry_on=1", "retry_on=OSError, retries=1"),
    ("says when to retry: retries= is missing", "retry_on=OSError", "retry_on=OSError, retries=1"),
    ('write a number of calls and a time, "500/minute"', "rate_limit='fast'", "rate_limit='500/minute'"),
    ("write dates by version",
     "retires='soon'", "retires={'2.0': __import__('datetime').date(2999, 1, 14)}"),
    ("files() names no file. Write files(", "fingerprint=__import__('pytest_modelcheck').files()",
     "fingerprint=__import__('pytest_modelcheck').files('conftest.py')"),
    ("(a text, a number, files(...), or a callable that returns one)", "fingerprint=lambda: None",
     "fingerprint=lambda: 'a'"),
    ("no file matches, looking from", "fingerprint=__import__('pytest_modelcheck').files('*.joblib')",
     "fingerprint=__import__('pytest_modelcheck').files('*.py')"),
    ("or leave returns= out", "returns=__import__('io').StringIO", ""),
)
PROJECTS = {
    "on a test that takes no `case`": (
        {"test": check(arguments="triage", body="triage('a')")},
        {"test": check(arguments="triage, case", body=CALL)},
    ),
    "names no cases: give a file or a list": ({"test": check("")}, {"test": check(TICKETS)}),
    "let the test take a fixture `cases` as an argument": (
        {"test": check("") + "\n@pytest.fixture\ndef cases():\n    return 'tickets.yaml'\n"},
        {"test": check("", arguments="triage, case, cases")
                 + "\n@pytest.fixture\ndef cases():\n    return 'tickets.yaml'\n"},
    ),
    "on a test that uses no model: take a fixture made with @model_fixture": (
        {"test": check(arguments="case", body="pass")}, {"test": check()},
    ),
    "on one test: a test is one check; write two tests": (
        {"test": check().replace("\ndef", f"\n@pytest.mark.golden({TICKETS})\ndef")},
        {"test": check() + check().partition("perturb\n")[2].replace("test_it", "test_too")},
    ),
    "both would run it for many inputs. Give the strategy to the marker": (
        {"test": "from hypothesis import given, strategies as st\n"
                 + check("", CALL, "triage, case, x").replace("def ", "@given(st.text())\ndef ")},
        {"test": "from hypothesis import given, strategies as st\n" + check("st.text(), n=3", CALL)},
    ),
    "Use plain assertions, or a check for each of them": (
        {"test": check(arguments="triage, case, subtests")}, {"test": check()},
    ),
    "say which one is judged: model=...": (
        {"model": JUDGES, "options": TWO, "test": check(arguments="triage, other, case", body=CALL)},
        {"model": JUDGES, "options": TWO,
         "test": check(f"{TICKETS}, model='triage'", CALL, "triage, other, case")},
    ),
    "to judge one of them, name it: model='judge'": (
        {"model": JUDGES, "options": TWO, "test": check(arguments="judge, case", body="judge(case.input)")},
        {"model": JUDGES, "options": TWO,
         "test": check(f"{TICKETS}, model='judge'", "judge(case.input)", "judge, case")},
    ),
    "With several models, name them: --model-version NAME=VERSION": (
        {"model": JUDGES, "options": ["--model-version=1", "--model-version=2"]},
        {"model": JUDGES, "options": ["--model-version=triage=1", "--model-version=other=2"],
         "test": check(body=CALL)},
    ),
    'give one of them another name, @model_fixture(name="...")': (
        {"test": check() + fixture().partition("pytest\n")[2]},
        {"test": check(body=CALL) + fixture("name='ours'").partition("pytest\n")[2]},
    ),
    "with the case itself. Call it with its input: triage(case.input)": (
        {"test": check(body="assert triage(case) == case.expected")}, {"test": check()},
    ),
    "does not say what is expected: add `expected:` to it": (
        {"test": check('[{"input": "refund"}]')},
        {"test": check('[{"input": "refund", "expected": "refund"}]')},
    ),
    "or name it in the marker, as in expected='label'": (
        {"test": check('[{"input": "refund", "metadata": {"label": "refund"}}]')},
        {"test": check('[{"input": "refund", "metadata": {"label": "refund"}}], expected="metadata.label"')},
    ),
    "the body returned false: did you mean `assert` instead of `return`?": (
        {"test": check(body=BODY.replace("assert", "return") + " and False")}, {"test": check()},
    ),
    "is a drift check, pass the value to case.record(...)": (
        {"test": check(f"{TICKETS}, metric='accuracy', at_least=0.5", "return triage(case.input)")},
        {"test": check(f"{TICKETS}, metric='accuracy', at_least=0.5", "case.record(triage(case.input))")},
    ),
    "gave a score(): write a number from 0.0 to 1.0, or call score(after - before)": (
        {"test": check(f"{TICKETS}, under=perturb.append('!'), at_least=-0.5", SAME, kind="directional")},
        {"test": check(f"{TICKETS}, under=perturb.append('!'), at_least=-0.5", SCORED, "triage, case, score",
                       "directional")},
    ),
    "is not the model, but returns it, and takes model_version or other fixtures": (
        {"model": fixture(arguments="text", body="return 'refund'")},
        {"model": fixture(arguments="model_version", body="return lambda text: 'refund'"),
         "test": check(body=CALL)},
    ),
    "write an ordinary function that returns the `async` callable": (
        {"model": fixture(body="return str").replace("def", "async def")},
        {"model": "from pytest_modelcheck import model_fixture\n@model_fixture\ndef triage(model_version):\n"
                  "    async def ask(text):\n        return text\n    return ask\n",
         "test": check(body=CALL)},
    ),
    "Use it in the body, or in a function that the body calls": (
        {"test": check(body="shown", arguments="triage, case, shown")
                 + "\n@pytest.fixture\ndef shown(case):\n    return case.input\n"},
        {"test": check(body="triage(shown(case))") + "\ndef shown(case):\n    return case.input\n"},
    ),
    "needs to know the cases: mark the test with @pytest.mark.golden(...)": (
        {"test": check().replace(f"@pytest.mark.golden({TICKETS})", "")}, {"test": check()},
    ),
    "does not say: write at_least=": (
        {"test": check(f"{TICKETS}, bounds=None", "triage(case.input); score(3)", "triage, case, score")},
        {"test": check(f"{TICKETS}, bounds=None, at_least=2", "triage(case.input); score(3)",
                       "triage, case, score")},
    ),
    **with_options(
        ("runs part of one: use one of the two",
         ["--modelcheck-update", "--modelcheck-case=t-01"], ["--modelcheck-update"]),
        ("write an exit code from 1 to 255",
         ["--modelcheck-exit-inconclusive=256"], ["--modelcheck-exit-inconclusive=255"]),
        ("which format? Let the name end in", ["--modelcheck-report=r.txt"], ["--modelcheck-report=r.html"]),
        ("or write FORMAT:PATH with one of", ["--modelcheck-report=r"], ["--modelcheck-report=md:r"]),
    ),
    **configured(
        ("modelcheck_cache='no': write use, refresh or off", "modelcheck_cache=no", "modelcheck_cache=off"),
        ("write a whole number from 0", "modelcheck_shrink_calls=-1", "modelcheck_shrink_calls=0"),
        ("modelcheck_approval_runs=0: write a whole number from 1",
         "modelcheck_approval_runs=0", "modelcheck_approval_runs=1"),
        ("max_calls=x: write a whole number from 0", "modelcheck_max_calls=x", "modelcheck_max_calls=50"),
        ("invalid truth value 'maybe': write true or false",
         "modelcheck_shrink=maybe", "modelcheck_shrink=true"),
    ),
}
# fmt: on


def output_of(result):
    return " ".join((result.stdout.str() + result.stderr.str()).split())


def numbered(source, number):
    """Several models of one project, with names of their own."""
    return source.replace("triage", f"triage_{number}")


FILES = {
    "arguments": [
        (message, check(f"{TICKETS}, {wrong}"), check(f"{TICKETS}, {right}"))
        for message, wrong, right in ARGUMENTS
    ],
    "under": [
        (message, *(check(f"{TICKETS}, {each}", BOTH, kind="invariance") for each in (wrong, right)))
        for message, wrong, right in UNDER
    ],
    "options": [
        (message, *(numbered(fixture(each) + check(body=CALL), number) for each in (wrong, right)))
        for number, (message, wrong, right) in enumerate(OPTIONS)
    ],
}


@pytest.mark.parametrize("about", FILES)
def test_files_that_take_the_advice_pass(project, monkeypatch, about):
    """All rows in one run, each in a file."""
    monkeypatch.setenv("COLUMNS", "1000")  # so that the summary at the end has whole messages
    for passes in (False, True):
        for number, (_, wrong, right) in enumerate(FILES[about]):
            project.test(right if passes else wrong, f"test_{number}.py")
        result = project.run(*OLD, "--modelcheck-update", "--continue-on-collection-errors")
        output = output_of(result)
        _, *parts = re.split(r"test_(\d+)\.py", output)
        outputs = defaultdict(str)
        for number, text in zip(parts[::2], parts[1::2], strict=True):
            outputs[int(number)] += text
        given = [message for number, (message, *_) in enumerate(FILES[about]) if message in outputs[number]]
        assert given == ([] if passes else [message for message, *_ in FILES[about]]), output
        assert (result.ret == 0) is passes, output
        assert "pytest_modelcheck/plugin/" not in output  # a mistake of theirs shows no frame of ours


@pytest.mark.parametrize("message", PROJECTS)
def test_a_project_that_takes_the_advice_passes(project, message):
    for given, passes in zip(PROJECTS[message], (False, True), strict=True):
        project.test(given.get("test", check()))
        if "model" in given:
            project.write("conftest.py", given["model"])
        project.ini(given.get("ini", ""))
        options = given.get("options", [])
        version = [] if any("model-version" in option for option in options) else ["--model-version=2.0"]
        result = project.run(*version, *options)
        output = output_of(result)
        assert (message in output) is not passes, output
        assert (result.ret == 0) is passes, output
        assert "pytest_modelcheck/plugin/" not in output  # a mistake of theirs shows no frame of ours


NEW = ["--model-version=2.1"]
COSTLY = fixture("max_cost=1{}", "return lambda text: text")
MOVED = check("[str(n) for n in range(12)], under=perturb.append('!'){}",
              "assert triage(case.perturbed) == triage(case.input)", kind="directional")  # fmt: skip

# Each ends in a run that passes. A text is a test file or the conftest file of a model; a list has options.
STORIES = {
    "Run it once: pytest --model-version=1.9": [
        [*NEW, "--modelcheck-baseline=1.9"],
        ["--model-version=1.9"],
        [*OLD, "--modelcheck-baseline=1.9"],
    ],
    "Run once without --modelcheck-offline": [
        [*OLD, "--modelcheck-offline"],
        OLD,
        [*OLD, "--modelcheck-offline"],
    ],
    "no version. Name it: pytest --model-version=VERSION": [
        ["--modelcheck-update"],
        [*OLD, "--modelcheck-update"],
    ],
    "give its fixture cost=, or answer with Answer(value, usage=...)": [
        check(body=CALL),
        COSTLY.format(""),
        OLD,
        COSTLY.format(", cost=lambda answer: 0.0"),
        OLD,
    ],
    "or answer with Answer(value, usage=...)": [
        check(body=CALL),
        COSTLY.format(""),
        OLD,
        COSTLY.format(", cost=lambda answer: 0.0").replace(
            "lambda text: text",
            "lambda text: __import__('pytest_modelcheck').Answer(text, usage={'input_tokens': 1})",
        ),
        OLD,
    ],
    "If standing still is right here, say allow_constant=True": [
        MOVED.format(""),
        fixture(body="return lambda text: 'refund'"),
        OLD,
        MOVED.format(", allow_constant=True"),
        OLD,
    ],
    "give it a version of its own": [
        fixture("fingerprint='a'"),
        check(body=CALL),
        [*OLD, "--modelcheck-update"],
        fixture("fingerprint='b'"),
        OLD,
        NEW,
    ],
}


@pytest.mark.parametrize("message", STORIES)
def test_a_story_in_which_the_advice_is_taken_ends_well(project, message):
    project.test()
    outputs = []
    for step in STORIES[message]:
        if isinstance(step, list):
            result = project.run(*step)
            outputs.append((result.ret, output_of(result)))
        elif "@model_fixture" in step:
            project.write("conftest.py", step)
        else:
            project.test(step)
    assert any(code != 0 and message in output for code, output in outputs[:-1]), outputs
    code, output = outputs[-1]
    assert code == 0, output
    assert message not in output


def nested(depth):
    """A list in a list in a list."""
    deep = 1
    for _ in range(depth):
        deep = [deep]
    return deep


def approval(text):
    """Read an ``approved.yaml``."""
    Path("approved.yaml").write_text(text)
    return read_approved(Path("approved.yaml"))


def file(name="cases.yaml", **options):
    """Make a function that reads all of a case file with some content."""

    def read(text):
        Path(name).write_text(text)
        return list(cases.load(name, base=Path(), **options))

    return read


def combined(number):
    """Combine all values of a template, or draw some."""
    drawn = {"n": number} if number else {}
    return list(cases.template("{a} {b} {c}", a=range(99), b=range(99), c=range(999), **drawn))


def previewed(make):
    """Make a function that gives options to a perturbation, and previews a record."""
    return lambda given: make(**given[0]).preview(given[1])


answer = Codec().encode
typos, distractors = previewed(perturb.typos), previewed(partial(perturb.distractors, ["x"]))
DOCUMENT = {"question": "q", "documents": ["a"]}
TWO_LISTS, TWO_TEXTS = {**DOCUMENT, "more": []}, {"a": "word", "b": "word"}
ROW = [{"input": "a"}]
REFUNDS = ToolCalls([ToolCall("refund", {"amount": 1}), ToolCall("refund", {"amount": 2})])
RECORDS = np.zeros(2, "V4")
VERSIONS = {"triage": {"2.0", "2.1"}, "spam": {"2.0"}}
WHEN = dt.datetime(2026, 1, 1)  # noqa: DTZ001
ZONE = type("Zone", (dt.tzinfo,), {"utcoffset": lambda self, _: dt.timedelta(0)})()
LAZY = defaultdict(lambda: 1, a=1)
CONFLICT = "<<<<<<< a\n{}\n=======\n{}\n>>>>>>> b\n"
A, B = "- {input: a}\n", "- {input: b}\n"

# fmt: off
# A function, an argument that it refuses, and the one that it advises.
VALUES = {
    'names no version. Write: version: "2.0"': (approval, "fingerprint: a\n", 'version: "2.0"\n'),
    "Write it as 2027-01-14, or ": (
        approval, 'version: "2"\nretires: soon\n', 'version: "2"\nretires: 2027-01-14\n'),
    "The sides approve different versions: take the whole folder of baselines from one": (
        approval, CONFLICT.format("version: a", "version: b"), "version: a\n"),
    "names no version. Write triage=VERSION": (lambda it: meant(it, VERSIONS), "triage=", "triage=2.1"),
    "of which model? Several have it; write one of: triage=2.0 spam=2.0": (
        lambda it: target(it, VERSIONS), "2.0", "spam=2.0"),
    "Say which: calls.all('refund')[0]": (
        lambda it: it(REFUNDS), lambda calls: calls["refund"], lambda calls: calls.all("refund")[0]),
    "write names of tools, or pairs of a name and its arguments": (
        lambda it: in_order(*it), [["refund", 3]], ["check_policy", ("refund", {"amount": 20})]),
    "Pass its messages, as dicts with `role` and `content`": (
        Trajectory.of, object(), [{"role": "user", "content": "a"}]),
    "the default_factory of this defaultdict is a function. Answer dict(...) of it": (
        answer, LAZY, dict(LAZY)),
    "Answer with another: value.astimezone(datetime.timezone.utc)": (
        answer, WHEN.replace(tzinfo=ZONE), WHEN.replace(tzinfo=dt.UTC)),
    "cannot be written as numbers. Answer array.tolist()": (answer, RECORDS, RECORDS.tolist()),
    "Answer flatter data": (lambda it: answer(nested(it)), 100_000, 3),
    "Pass a value that is less nested": (lambda it: digest(nested(it)), 100_000, 3),
    "cases cannot come from a int; give a path, a list of mappings or a table": (cases.load, 3, ROW),
    "put each case into a list": (
        lambda it: list(cases.load(it)), {"a": 1}, [{"input": "a", "expected": 1}]),
    "choose 'refuse' or 'number'": (lambda it: cases.load([], repeated_ids=it), "no", "number"),
    "write pathlib.Path(…) into the cases": (
        lambda it: list(cases.load(*it[0], **it[1])),
        ([ROW], {"paths": "input"}), ([[{"input": Path("a")}]], {})),
    "take a sample of existing cases with cases.load(…).sample(n)": (
        lambda it: it(ROW), lambda rows: cases.load(rows, n=1), lambda rows: cases.load(rows).sample(1)),
    "write all cases in one list": (file(), f"{A}---\n{B}", A + B),
    "write other information about a case under metadata": (
        file(), "- {input: a, lang: en}\n", "- {input: a, metadata: {lang: en}}\n"),
    "say input='input' and all other fields are metadata": (
        lambda it: file(**it)("- {input: a, lang: en}\n"), {}, {"input": "input"}),
    "write each case on its own line": (file("a.jsonl"), '[\n{"input": "a"}\n]\n', '{"input": "a"}\n'),
    "is not JSON; write null, or leave the field out": (
        file("a.json"), '[{"input": 1, "expected": NaN}]', '[{"input": 1, "expected": null}]'),
    "remove the lines that begin with <<<<<<<, ======= and >>>>>>>": (
        file(), CONFLICT.format("- {input: a}", "- {input: b}"), A + B),
    "in a table, write a JSON list": (
        file("a.csv"), "input,variants\na,b\n", 'input,variants\na,"[""b""]"\n'),
    "Rename it": (file("a.csv"), "input,expectd\na,b\n", "input,expected\na,b\n"),
    "draw some of them with n=500, for example": (combined, None, 500),
    "choose one of 'horizontal'": (perturb.flip, "up", "horizontal"),
    "give a list of at least 1 documents": (perturb.distractors, "x", ["x"]),
    "say where the documents are: into='documents'": (
        distractors, ({}, TWO_LISTS), ({"into": "documents"}, TWO_LISTS)),
    "say where its text is with field='…'": (typos, ({}, ["a", "b"]), ({"field": "question"}, DOCUMENT)),
    "choose one with field='…'": (typos, ({}, TWO_TEXTS), ({"field": "b"}, TWO_TEXTS)),
    "name at least one field": (typos, ({"field": []}, DOCUMENT), ({"field": ["question"]}, DOCUMENT)),
    "give either a list of categories or seen=inputs": (
        lambda it: perturb.swap_category("a", *it), [], [["x", "y"]]),
}
# fmt: on


@pytest.mark.parametrize("message", VALUES)
def test_a_value_that_takes_the_advice_is_accepted(message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call, wrong, right = VALUES[message]
    with pytest.raises((ModelcheckError, AssertionError, TypeError)) as caught:
        call(wrong)
    assert message in " ".join(str(caught.value).split())
    call(right)
