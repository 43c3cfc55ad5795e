"""Text of models, cases, options and files is data: no command to a terminal or to a CI service."""

import re

import pytest

from pytest_modelcheck.display import UNSAFE

HOSTILE = "\x1b]0;owned\x07\n::error::boo\n##[group]\u202e\x9b2J"
COMMAND = re.compile(r"^\s*::|##\w*\[", re.MULTILINE)


def printed(result):
    return "\n".join([*result.outlines, *result.errlines])


def assert_harmless(result):
    text = printed(result)
    assert UNSAFE.findall(text.replace("\n", "")) == [], text
    assert COMMAND.findall(text) == [], text
    assert "INTERNALERROR" not in text
    assert "Traceback" not in text


def test_of_a_failing_check(project):
    project.model(f"""
        @model_fixture
        def triage(model_version):
            return lambda text: {HOSTILE!r}
    """)
    project.golden(
        '"tickets.yaml", slices=["language"]',
        "answer = triage(case.input)\nassert answer == case.expected, answer",
    )
    result = project.fails(f"--model-version={HOSTILE.splitlines()[1]}", "-vv")
    assert_harmless(result)


@pytest.mark.parametrize(
    "option",
    [
        *(f"--modelcheck-{name}={HOSTILE}" for name in ("case", "baseline", "report", "max-calls", "cache")),
        *(f"--model-version={HOSTILE}", f"--model-version={HOSTILE}=1", f"--against={HOSTILE}"),
    ],
    ids=lambda option: option.partition("=")[0],
)
def test_of_an_option(project, option):
    project.test()
    assert_harmless(project.run(option))


def test_of_a_baseline(project):
    project.test()
    project.approve()
    (path,) = (project.path / "baselines").rglob("test_known_tickets.jsonl")
    hostile = path.read_text().replace('"version":"2.0"', '"version":"2.0\\u001b[2J\\n::error::x"')
    path.write_text(hostile)
    assert_harmless(project.run("--model-version=2.1"))


def test_commands_of_ours_still_act(project, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    project.test()
    result = project.run("--model-version=3.0")
    result.stdout.fnmatch_lines(["::error *title=test_known_tickets failed::*"])
