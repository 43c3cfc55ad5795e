"""Answers that are objects, from the first run to the approved one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pytest_modelcheck.baselines import lines
from pytest_modelcheck.records import Status

CORPUS = """
import importlib.util
import sys
import typing

spec = importlib.util.spec_from_file_location("corpus", PATH)
corpus = sys.modules["corpus"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(corpus)
KINDS = {name: answers for name, *answers, _ in corpus.STORED}
RETURNS = typing.Union[tuple(returns for *_, returns in corpus.STORED if returns is not None)]
"""
ANY_KIND = """
import corpora


@model_fixture(returns=corpora.RETURNS)
def triage(model_version):
    return lambda name: corpora.KINDS[name][int(model_version) - 1]
"""
WHOLE = """
import corpora
import pytest


@pytest.mark.golden(list(corpora.KINDS), max_changed=0)
def test_answers(triage, case):
    answer, made = triage(case.input), corpora.KINDS[case.input][int(triage.version) - 1]
    assert type(answer) is type(made)
    assert corpora.corpus.typed_repr(answer) == corpora.corpus.typed_repr(made)
"""


def test_the_whole_corpus_cold_warm_approved_between_workers_and_changed(project):
    """Every kind of ``tests/canonical/test_answers.py``, through a whole run."""
    corpus = Path(__file__).parents[1] / "canonical" / "test_answers.py"
    project.pytester.makepyfile(corpora=CORPUS.replace("PATH", repr(str(corpus))))
    project.model(ANY_KIND)
    project.test(WHOLE)
    # Each run in a process of its own: here, every run would import polars again, with new types.
    spread = project.run_apart("-p", "xdist", "-n", "2", "--model-version=1", "--modelcheck-update")
    spread.assert_outcomes(passed=1)
    project.run_apart("--model-version=1", "--modelcheck-cache=refresh").assert_outcomes(passed=1)
    warm = project.run_apart("--model-version=1")
    warm.assert_outcomes(passed=1)
    (kinds,) = re.findall(r"(\d+) cached, 0 new", warm.stdout.str())
    assert int(kinds) >= 120
    changed = project.run_apart("--model-version=2")
    changed.assert_outcomes(failed=1)
    changed.stdout.fnmatch_lines([f"*{kinds}/{kinds} answers changed (100%), none allowed*"])


LOCKED = """
import threading


class Held:
    def __init__(self, text):
        self.text, self.lock = text, threading.Lock()


@model_fixture(OPTIONS)
def triage(model_version):
    return lambda text: Held(text if model_version == "1" else text.upper())
"""


def test_an_answer_that_cannot_be_stored_is_the_bodys_alone_and_what_its_refusal_says_helps(project):
    """Its description is not an identity: it is neither known as the approved answer nor as changed."""
    project.model(LOCKED.replace("OPTIONS", ""))
    project.test("""
        @pytest.mark.golden(["a", "b"])
        def test_texts(triage, case):
            assert triage(case.input).text.lower() == case.input

        @pytest.mark.golden(["a", "b"], max_changed=0)
        def test_changes(triage, case):
            assert triage(case.input).text.lower() == case.input

        @pytest.mark.golden(["a", "b"])
        def test_approved(triage, case):
            assert triage(case.input).text == case.approved.text

        @pytest.mark.golden(["a", "b"], max_changed=0)
        def test_recorded(triage, case):
            case.record(triage(case.input).text)
    """)
    project.run("--model-version=1", "--modelcheck-update")
    result = project.run("--model-version=1")
    result.assert_outcomes(passed=2, failed=2, warnings=1)
    output = result.stdout.str()
    unknown = "2 of 2 answers cannot be compared, so it is unknown what changed: answer.lock: a _thread.lock"
    assert unknown in output
    assert "0 answers differ, 2 answers not comparable" in output
    assert "was not stored, so that there is no case.approved: answer.lock: a _thread.lock" in output
    assert "case.record(...)" in output
    result = project.run("--model-version=2", "-k", "recorded")
    result.assert_outcomes(failed=1, warnings=1, deselected=3)
    result.stdout.fnmatch_lines(["*2/2 answers changed*"])
    project.run("--model-version=2", "-k", "test_changes")
    only = ("diff", "2", "--check", "test_triage.py::test_changes", "--exit-code")
    unknown = project.command(*only)
    assert unknown.ret == 1
    unknown.stdout.fnmatch_lines(
        [
            "  triage 1 → 2   2 not comparable",
            "  not comparable: answer.lock: a _thread.lock *",
            "1 check: 2 not*",
        ]
    )
    (found,) = json.loads(project.command(*only, "--format", "json").stdout.str())
    assert (len(found["unseen"]), found["same"]) == (2, 0)
    assert project.command(*only, "--regressed").outlines == ["0 checks: nothing changed"]


def test_the_remedy_of_a_refusal_helps_compare_by(project):
    project.model(LOCKED.replace("OPTIONS", "compare_by=lambda held: held.text"))
    project.test("""
        @pytest.mark.golden(["a", "b"])
        def test_approved(triage, case):
            assert case.same_as_approved(triage(case.input))

        @pytest.mark.golden(["a", "b"], max_changed=0)
        def test_changes(triage, case):
            assert triage(case.input)
    """)
    project.run("--model-version=1", "--modelcheck-update")
    project.run("--model-version=1").assert_outcomes(passed=2, warnings=1)
    result = project.run("--model-version=2")
    result.assert_outcomes(failed=2, warnings=1)
    result.stdout.fnmatch_lines(["*2/2 answers changed*"])


VOLATILE = """
import itertools
import time

count = itertools.count(time.time_ns())


@model_fixture(OPTIONS)
def triage(model_version):
    def ask(text):
        return {"id": next(count), "label": "ANSWER", "usage": {"tokens": next(count)}}

    return ask
"""
CHANGES = """
@pytest.mark.golden(["a", "b"], max_changed=0)
def test_changes(triage, case):
    assert triage(case.input)["label"]

@pytest.mark.golden(["a", "b"])
def test_approved(triage, case):
    assert case.same_as_approved(triage(case.input))
"""


def volatile(project, options, answer="refund"):
    project.model(VOLATILE.replace("OPTIONS", options).replace("ANSWER", answer))


@pytest.mark.parametrize(
    ("options", "same"),
    [
        ('ignore=("id", "usage.*")', "refund"),
        ('compare_by=lambda answer: answer["label"].lower()', "Refund"),
    ],
)
def test_parts_that_are_ignored_or_no_part_of_a_key_are_no_change_in_a_run_nor_in_a_diff(
    project, options, same
):
    volatile(project, options)
    project.test(CHANGES)
    project.run("--model-version=1", "--modelcheck-update").assert_outcomes(passed=2)
    volatile(project, options, same)
    project.run("--model-version=2").assert_outcomes(passed=2)
    assert '"label"' not in project.command("diff", "2").stdout.str()
    volatile(project, options, "other")
    project.run("--model-version=3").assert_outcomes(failed=2)
    assert '"label":"other"' in project.command("diff", "3").stdout.str()


def test_ignored_parts_still_count_in_the_bodys_own_comparison(project):
    volatile(project, 'ignore=("id", "usage.*")')
    project.golden('["a", "b"]', "assert triage(case.input) != case.approved")
    project.run("--model-version=1", "--modelcheck-update")
    project.passes("--model-version=2")


def test_if_all_answers_differ_from_call_to_call_nothing_passes_and_the_fields_are_named(project):
    volatile(project, "")
    project.test(CHANGES)
    project.run("--model-version=1", "--modelcheck-update")
    result = project.run("--model-version=2")
    assert {verdict.status for verdict in project.verdicts(result).values()} == {Status.INCONCLUSIVE}
    words = {verdict.variation for verdict in project.verdicts(result).values()}
    assert words == {"varies: 4 of 4 repeated answers were different (id, usage.tokens)"}
    result.stdout.fnmatch_lines(["*so that no change could be seen*ignore= or compare_by=*"])
    result.stdout.no_fnmatch_line("*cases can reliably reveal only*")  # nor would more cases
    volatile(project, 'ignore=("id", "usage.tokens")')
    result = project.run("--model-version=2")
    assert {verdict.status for verdict in project.verdicts(result).values()} == {Status.PASSED}


def test_every_answer_of_a_body_counts(project):
    """An approved version equals itself, whichever of its runs is compared."""
    project.answers("triage", "lambda text: text if len(text) == 1 else text * int(model_version)")
    project.test("""
        @pytest.mark.golden(["a", "b"], max_changed=0)
        def test_changes(triage, case):
            triage(case.input)
            assert triage(case.input + "!")

        @pytest.mark.golden(["a", "b"], max_changed=0)
        def test_compared(triage, case):
            triage(case.input)
            assert triage(case.input + "!") == case.approved
    """)
    project.run("--model-version=1", "--modelcheck-update")
    project.run("--model-version=1").assert_outcomes(passed=2)
    result = project.run("--model-version=2")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*2/2 answers changed*", "*got 'a!a!'   (approved: 'a!')"])
    project.command("diff", "2").stdout.fnmatch_lines(["*2 changed*", "*'a!' → 'a!a!'"])


def test_an_annotation_that_cannot_be_used_stops_nothing(project):
    project.model("""
        import threading

        @model_fixture
        def triage(model_version):
            def ask(text) -> type(threading.Lock()):
                return text.upper()

            return ask
    """)
    project.golden('["a"]', 'assert triage(case.input) == "A"')
    project.passes("--model-version=1")


def test_a_recorded_value_must_be_comparable(project):
    project.answers("triage", "str.upper")
    project.golden('["a"]', "case.record(__import__('threading').Lock())")
    result = project.run("--model-version=1")
    result.stdout.fnmatch_lines(["*case.record(...): value: a _thread.lock cannot be*"])


@pytest.mark.parametrize("deterministic", [True, None])
def test_a_body_that_asks_otherwise_the_second_time_does_not_make_the_model_vary(project, deterministic):
    """Nor does one that never repeats a call contradict a declaration."""
    project.answers("triage", "str.upper", f"deterministic={deterministic}")
    inputs = {
        "reversed": "[text, text + '!'][:: 1 if count < 2 else -1]",
        "more": "[text] if count < 2 else [text, text + '!']",
        "new": "[f'{text} at {count}']",
    }
    source = "import itertools\nimport pytest\n"
    for name, texts in inputs.items():
        source += f"""
counter_{name} = itertools.count()

@pytest.mark.golden(["a", "b"])
def test_{name}(triage, case):
    count, text = next(counter_{name}), case.input
    assert "C" in [triage(one) for one in ({texts})]
"""
    project.test(source)
    result = project.run("--model-version=1")
    result.assert_outcomes(failed=len(inputs))
    result.stdout.no_fnmatch_line("*declared deterministic=True, but*")
    result.stdout.fnmatch_lines(["*0/2*"] * len(inputs))
    verdicts = project.verdicts(result)
    assert not any(verdicts[f"test_{name}"].variation.startswith("varies") for name in ("reversed", "more"))


def test_threads_of_a_body_may_call_in_any_order(project):
    """Also under repeats, whose answers have keys of their own."""
    project.answers("triage", "str.upper")
    project.test("""
        import itertools, threading

        counter = itertools.count()

        @pytest.mark.golden(["a", "b", "c"], repeats=4, max_changed=0)
        def test_threads(triage, case):
            texts = [case.input, case.input + "!", case.input + "?"]
            for text in texts[:: 1 if next(counter) % 2 else -1]:
                thread = threading.Thread(target=triage, args=[text])
                thread.start()
                thread.join()
            triage(case.input)
    """)
    project.approve("1")
    result = project.passes("--model-version=1")
    assert project.verdict(result).comparison.changed == ()
    content = project.baselines()["baselines/triage/test_triage.py/test_threads.jsonl"]
    cases = [lines.decode(line) for line in content.splitlines()[1:]]
    assert {len({trial.calls for trial in case.trials}) for case in cases} == {1}


EVOLVING = """
import os
from dataclasses import dataclass, field


@dataclass
class Reply:
    label: str
    FIELDS


@model_fixture(returns=list[Reply])
def triage(model_version):
    return lambda text: [Reply("refund"), Reply("other")]
"""
LABELS = """
@pytest.mark.golden(list("abcdef"), max_changed=0)
def test_labels(triage, case):
    assert triage(case.input)[0].label == "refund"
"""


@pytest.fixture
def evolving(project):
    """A project in which a type with one optional field is approved; the fields it has next."""

    def become(fields, version):
        project.model(EVOLVING.replace("FIELDS", fields))
        return project.run(f"--model-version={version}", "-v", "--modelcheck-report=report.json")

    project.test(LABELS)
    become("score: float = 0.0", "1")
    project.command("approve", "1", "--reason", "first")
    return become


def test_fields_that_a_type_gained_are_reported_once_and_are_no_change(project, evolving):
    result = evolving(
        "score: float = 0.0; note: str | None = None; tags: list = field(default_factory=list)", "2"
    )
    result.assert_outcomes(passed=1)
    message = "the type of the answers has gained `[].note`, `[].tags`"
    assert result.stdout.str().count(message) == 1
    assert (project.path / "report.json").read_text().count(message) == 1
    output = project.command("diff", "2").stdout.str()
    assert output.count(message) == 1
    assert "6 cases the same" in output
    markdown = project.command("diff", "2", "--format", "markdown").stdout.str()
    assert markdown.count("has gained `[].note`") == 1
    assert '"gained": [' in project.command("diff", "2", "--format", "json").stdout.str()
    assert project.command("approve", "2", "--reason", "more fields").ret == 0
    assert "has gained" not in project.run("--model-version=2", "-v").stdout.str()


@pytest.mark.parametrize(("fields", "message"), [("", "0.0 → nothing"), ('score: str = "0"', "0.0 → '0'")])
def test_a_field_that_is_gone_or_of_another_type_is_a_change_and_named(
    project, evolving, monkeypatch, fields, message
):
    """Seen from the other side, a field that is gone is one that was gained."""
    monkeypatch.setenv("COLUMNS", "60")  # where whole answers fit, they are shown instead
    result = evolving(fields, "2")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*6/6 answers changed (100%), none allowed*"])
    project.command("diff", "2").stdout.fnmatch_lines([f"*score: {message}"])


READING = """
@pytest.mark.golden(["a", "b"])
def test_the_same(triage, case):
    assert triage(case.input) == case.approved
"""


CHANGING = """

@pytest.mark.golden(["a", "b"], max_changed=0)
def test_changes(triage, case):
    assert triage(case.input)
"""


@pytest.mark.parametrize("fields", ["", "score: float = 0.0; note: str = field(kw_only=True)"])
def test_answers_of_a_type_that_became_another_can_be_approved_again(project, fields):
    """The error of a body that reads ``case.approved`` advises it, and once led nowhere."""
    project.test(READING)
    project.model(EVOLVING.replace("FIELDS", "score: float = 0.0"))
    project.passes("--model-version=1", "--modelcheck-update")
    project.model(EVOLVING.replace("FIELDS", fields).replace('")', '", note="x")' if fields else '")'))
    result = project.fails("--model-version=2")
    output = " ".join(result.stdout.str().split())
    assert "has a different form than today's answers" in output
    assert "Approve the check again (pytest --modelcheck-update)" in output
    project.passes("--model-version=2", "--modelcheck-update")
    project.passes("--model-version=2")


def test_an_answer_that_was_not_stored_can_be_approved_again_once_its_type_is_named(project):
    project.test(READING + CHANGING)
    unnamed = EVOLVING.replace("FIELDS", "score: float = 0.0")
    project.model(unnamed.replace("(returns=list[Reply])", ""))
    project.run("--model-version=1", "--modelcheck-update").assert_outcomes(passed=2, warnings=1)
    result = project.run("--model-version=1")
    result.assert_outcomes(failed=2, warnings=1)
    assert "objects of conftest.Reply" in result.stdout.str()
    assert "modelcheck approve" not in result.stdout.str()  # it would be red again
    project.model(unnamed)
    result = project.run("--model-version=1")
    result.stdout.fnmatch_lines(
        [
            "*was not stored, so that there is no case.approved*",
            "*so it is unknown what changed: the approved answer was not stored. Approve the check again*",
        ]
    )
    project.run("--model-version=1", "--modelcheck-update").assert_outcomes(passed=2)
    project.run("--model-version=1").assert_outcomes(passed=2)


def test_if_all_answers_differ_from_one_approved_run_the_message_says_that_they_vary_and_gives_a_remedy(
    project,
):
    volatile(project, "")
    project.golden('["a", "b"]', "assert triage(case.input) == case.approved")
    project.run("--model-version=1")
    assert project.command("approve", "1", "--reason=first").ret == 0
    result = project.run("--model-version=2")
    result.assert_outcomes(failed=1)
    (verdict,) = project.verdicts(result).values()
    assert verdict.variation == "varies: 4 of 4 repeated answers were different (id, usage.tokens)"
    (finding,) = verdict.findings
    assert "2/2 answers changed (100%)" in finding.summary
    assert "ignore= or compare_by= on the model fixture" in finding.summary
    assert "case.same_as_approved(answer) in the test" in finding.summary
    volatile(project, 'ignore=("id", "usage.tokens")')
    project.golden('["a", "b"]', "assert case.same_as_approved(triage(case.input))")
    project.passes("--model-version=2")
