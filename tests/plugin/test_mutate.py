"""``modelcheck mutate``: the suite is replayed on damaged answers, and reports those it would not notice."""

import json
import os
import shutil

import pytest

from pytest_modelcheck.cli import suite

DATABASE = ".modelcheck_cache/predictions/cache.db"  # which changes by being opened

TICKETS = '"tickets.yaml"'
WEAK = """
    @pytest.mark.golden("tickets.yaml", at_least=0.5)
    def test_half_is_enough(triage, case):
        assert triage(case.input) == case.expected

    @pytest.mark.golden("tickets.yaml")
    def test_known_tickets(triage, case):
        assert triage(case.input) == case.expected

    @pytest.mark.golden("tickets.yaml")
    def test_is_a_text(triage, case):
        assert isinstance(triage(case.input), str)

    def test_ordinary(triage):
        triage("nothing that is stored")
"""


@pytest.fixture
def weak(project):
    project.test(WEAK)
    project.run("--model-version=2.0").assert_outcomes(passed=4)
    project.forget_calls()
    return project


def mutated(project, *arguments):
    """The checks in a run's report on its mutants, by name, and the report."""
    result = project.run("--modelcheck-mutate=mutants.json", *arguments)
    assert "INTERNALERROR" not in result.stdout.str()
    report = json.loads((project.path / "mutants.json").read_bytes())
    return {check["check"].partition("::")[2]: check for check in report["checks"]}, report


def cells(check):
    return {cell["mutant"]: cell for cell in check["cells"]}


def shares(check):
    return {name: (cell["failed"], cell["replays"]) for name, cell in cells(check).items()}


def test_each_kind_of_check_notices_its_mutants(weak):
    before = weak.files()
    checks, report = mutated(weak, "--model-version=2.0")
    assert shares(checks["test_known_tickets"]) == {
        "10% exchanged": (5, 5),
        "30% exchanged": (5, 5),
        "always the same answer": (1, 1),
        "expected=other wrong": (5, 5),
        "language=es wrong": (5, 5),
        "one value never given": (4, 4),
    }
    assert not any(failed for failed, _ in shares(checks["test_is_a_text"]).values())
    assert shares(checks["test_half_is_enough"])["10% exchanged"] == (0, 5)
    assert report["score"] == 1.0
    assert report["survivors"] == []
    assert weak.calls == []
    (weak.path / "mutants.json").unlink()
    after = weak.files()
    assert {name for name in before | after if before.get(name) != after.get(name)} <= {DATABASE}


def test_approved_answers_are_enough_and_ordinary_tests_are_left_out(weak):
    weak.approve()
    weak.forget_calls()
    shutil.rmtree(weak.path / ".modelcheck_cache")
    result = weak.run("--modelcheck-mutate=mutants.json", "-k", "known or ordinary")
    result.assert_outcomes(passed=1, deselected=3)
    (check,) = json.loads((weak.path / "mutants.json").read_bytes())["checks"]
    assert shares(check)["always the same answer"] == (1, 1)
    assert weak.calls == []


def test_a_version_that_was_never_run_says_what_to_do(weak):
    checks, report = mutated(weak, "--model-version=3.0")
    assert "10 cases called triage 3.0 without a stored answer" in checks["test_known_tickets"]["trouble"]
    assert report["score"] == 0
    assert weak.calls == []


def test_the_last_run_answers_where_what_is_approved_leads_elsewhere(weak):
    weak.test("""
        @pytest.mark.golden("tickets.yaml")
        def test_twice(triage, helper, case):
            helper(triage(case.input))
    """)
    weak.model("""
        from pathlib import Path

        RUN = Path(__file__).with_name("run")

        @model_fixture(deterministic=False)
        def triage(model_version):
            return lambda text: f"{RUN.read_text()} {text}"

        @model_fixture(role="support")
        def helper(model_version):
            return str.upper
    """)
    weak.write("run", "first")
    weak.approve()
    weak.write("run", "second")
    weak.run("--model-version=2.0", "--modelcheck-cache=refresh", "--model-version=helper=1")
    checks, _ = mutated(weak, "--model-version=2.0", "--model-version=helper=1")
    assert checks["test_twice"]["trouble"] == ""
    assert cells(checks["test_twice"])["empty"]["called"] == 1


@pytest.mark.parametrize("approved", [True, False])
def test_a_case_whose_model_raised_is_left_out_alone(project, approved):
    project.model("""
        class RefusedError(Exception):
            pass

        @model_fixture(deterministic=True)
        def triage(model_version):
            def ask(text):
                if "password" in text:
                    raise RefusedError(text)
                return "refund" if "efund" in text else "other"
            return ask
    """)
    project.golden(
        '"tickets.yaml", at_least=0.3, wrong_if=RefusedError',
        "assert triage(case.input) == case.expected",
    )
    source = (project.path / "test_triage.py").read_text()
    project.test(f"from conftest import RefusedError\n{source}")
    if approved:
        project.approve()
    else:
        project.run("--model-version=2.0")
    checks, report = mutated(project, "--model-version=2.0")
    check = checks["test_it"]
    assert (check["trouble"], check["cases"], check["left_out"]) == ("", 9, 1)
    assert shares(check)["always the same answer"][1] == 1
    assert report["score"] > 0


def test_a_check_that_fails_as_it_is_is_not_replayed(weak):
    weak.run("--model-version=2.1")
    checks, _ = mutated(weak, "--model-version=2.1")
    assert checks["test_known_tickets"]["trouble"].startswith("it fails on the stored answers as they are: ")
    assert checks["test_half_is_enough"]["trouble"] == ""


SIDES = 'assert triage(case.perturbed)["urgent"] {} triage(case.input)["urgent"]'
LABEL = 'assert triage(case.input)["label"] == case.expected'
RIGHT = 'assert (triage(case.input)["label"] == "refund") is ("efund" in case.input)'
WHOLE = "case.same_as_approved(answer), with max_changed="
APPROVED = ('golden("tickets.yaml", max_changed=0)', "assert case.same_as_approved(triage(case.input))")
WEAK_AND_MENDED = {
    "the limit": (
        "30% exchanged",
        "which its limits allow",
        "tighten at_least=0.3",
        ('golden("tickets.yaml", at_least=0.3, max_drop=0.9)', RIGHT),
        ('golden("tickets.yaml", at_least=0.9)', RIGHT),
    ),
    "a regression": (
        "30% exchanged",
        "which its limits allow",
        "",
        ('golden("tickets.yaml", at_least=0.3)', LABEL),
        ('golden("tickets.yaml", at_least=0.3, max_regressed=0)', LABEL),
    ),
    "a field": (
        "urgent: off by one",
        "no case comes out differently",
        "assert what `urgent` holds",
        ('golden("tickets.yaml", at_least=0.3)', LABEL),
        APPROVED,
    ),
    "both sides": (
        "urgent: off by one",
        "answers that change alike",
        WHOLE,
        ('directional("tickets.yaml", under=perturb.append("!"))', SIDES.format(">=")),
        APPROVED,
    ),
    "no movement": (
        "always the same answer",
        "for a model that never moves",
        "",
        ('directional("tickets.yaml", under=perturb.append("!"), allow_constant=True)', SIDES.format(">=")),
        ('directional("tickets.yaml", under=perturb.append("!"))', SIDES.format(">")),
    ),
    "a mean": (
        "urgent: scaled by 1.5",
        "it measures something else, which its limits allow",
        "tighten at_least=0.1",
        ('golden("tickets.yaml", at_least=0.1)', 'score(triage(case.input)["urgent"] / 100)'),
        APPROVED,
    ),
}


SCORED = """
@model_fixture(deterministic=True)
def triage(model_version):
    return lambda text: {"label": "refund" if "efund" in text else "other", "urgent": len(text)}
"""
IDENTIFIED = """
import itertools
import time

count = itertools.count(time.time_ns())  # an id for each call, as providers give


@model_fixture(deterministic=True, ignore=("id",))
def triage(model_version):
    def ask(text):
        label = "refund" if "efund" in text else "other"
        return {"id": next(count), "label": label, "urgent": len(text)}

    return ask
"""


@pytest.mark.parametrize("name", WEAK_AND_MENDED)
def test_the_remedy_of_a_survivor_kills_it(project, name):
    mutant, why, remedy, *checks = WEAK_AND_MENDED[name]
    project.model(IDENTIFIED)
    seen = []
    for marker, body in checks:
        takes = "triage, case, score" if "score(" in body else "triage, case"
        head = "from pytest_modelcheck import perturb\n\n"
        project.test(f"{head}@pytest.mark.{marker}\ndef test_it({takes}):\n    {body}\n")
        project.approve()
        found, report = mutated(project)
        seen.append((shares(found["test_it"])[mutant][0] > 0, report))
    (weak_notices, report), (mended_notices, _) = seen
    assert (weak_notices, mended_notices) == (False, True)
    assert mutant in report["survivors"]
    (reason,) = (one for one in report["explained"] if mutant in one["mutants"])
    assert why in reason["why"]
    assert remedy in reason["remedy"]


def test_a_damage_that_makes_nothing_worse_says_so(project):
    project.model(SCORED)
    project.golden('["a refund", "b", "c"], at_least=0.3', 'assert triage(case.input)["label"] == "other"')
    project.passes("--model-version=2.0")
    _, report = mutated(project, "--model-version=2.0")
    (reason,) = (one for one in report["explained"] if "always the same answer" in one["mutants"])
    assert reason["why"] == "1 case of 3 came out differently, and none worse"


def test_a_damage_to_one_model_is_not_noticed_by_the_checks_of_another(project):
    project.model("""
        @model_fixture
        def triage(model_version):
            return lambda text: "refund" if "efund" in text else "other"

        @model_fixture
        def counter(model_version):
            return lambda text: "long" if len(text) > 20 else "short"
    """)
    project.test("""
        @pytest.mark.golden("tickets.yaml")
        def test_known_tickets(triage, case):
            assert triage(case.input) == ("refund" if "efund" in case.input else "other")

        @pytest.mark.golden("tickets.yaml")
        def test_counts(counter, case):
            assert counter(case.input) in ("long", "short")
    """)
    project.run("--model-version=2.0").assert_outcomes(passed=2)
    _, report = mutated(project, "--model-version=2.0")
    always = {one["model"]: one["noticed"] for one in report["mutants"] if one["mutant"].startswith("always")}
    assert always == {"triage 2.0": 1.0, "counter 2.0": 0.0}
    assert "counter 2.0: always the same answer" in report["survivors"]
    assert {one["check"] for one in report["explained"] if "always the same answer" in one["mutants"]} == {
        "test_counts"
    }


def test_another_models_missing_answer_is_named(project):
    project.model("""
        class Odd:
            __slots__ = ()

        @model_fixture
        def triage(model_version):
            return str.upper

        @model_fixture(role="support")
        def helper(model_version):
            return lambda text: Odd()
    """)
    project.golden('"tickets.yaml"', "helper(triage(case.input))", "triage, helper, case")
    project.passes("--model-version=2.0", "--model-version=helper=1")
    checks, _ = mutated(project, "--model-version=2.0", "--model-version=helper=1")
    assert "called helper 1 without a stored answer" in checks["test_it"]["trouble"]
    assert "cannot be stored" in checks["test_it"]["trouble"]


REFUND = '"refund" if "efund" in text else'


def test_calls_of_a_body_under_a_mutant_are_counted_apart(project):
    project.golden(TICKETS, 'triage("about " + triage(case.input))')
    project.answers("triage", f"lambda text: {REFUND} text[:3]")
    project.passes("--model-version=2.0")
    checks, report = mutated(project, "--model-version=2.0")
    cell = cells(checks["test_it"])["cut to half"]
    assert (cell["called"], cell["failed"]) == (1, 0)
    assert "cut to half" not in [mutant["mutant"] for mutant in report["mutants"]]


def test_confirmation_draws_from_the_stored_runs(project):
    drawn = "__import__('random').choice(['refund', 'refund', 'refund', 'other'])"
    project.answers("triage", f"lambda text: {drawn}", "deterministic=False")
    project.golden(f"{TICKETS}, repeats=3, at_least=0.05", "assert triage(case.input) == case.expected")
    project.passes("--model-version=2.0")
    checks, _ = mutated(project, "--model-version=2.0")
    assert cells(checks["test_it"])["always the same answer"]["called"] == 0


def test_every_kind_of_check_is_replayed(project):
    """Damage that breaks the run itself, here the key of an answer, counts as noticed."""
    project.model(f"""
        from uuid import uuid4

        from pydantic import BaseModel

        class Reply(BaseModel):
            label: str
            system: str
            note: str = ""

        @model_fixture(deterministic=True, returns=Reply, answer_fingerprint=lambda reply: reply.system)
        def typed(model_version):
            return lambda text: Reply(label={REFUND} "other", system="fp_a")

        @model_fixture(ignore=("id",), answer_fingerprint=lambda answer: answer["system"])
        def served(model_version):
            return lambda text: {{"label": {REFUND} "other", "system": "fp_a", "id": str(uuid4())}}

        @model_fixture(deterministic=True, compare_by=lambda answer: answer["label"])
        def keyed(model_version):
            return lambda text: {{"label": {REFUND} "other"}}

        @model_fixture
        def awaited(model_version):
            async def predict(text):
                return {REFUND} "other"
            return predict

        @model_fixture
        def triage(model_version):
            return lambda text: {REFUND} "other"
    """)
    project.test("""
        @pytest.mark.golden("tickets.yaml", at_least=0.3)
        def test_keyed(keyed, case):
            assert keyed(case.input)["label"] == case.expected

        @pytest.mark.golden("tickets.yaml", at_least=0.3)
        def test_typed(typed, case):
            assert typed(case.input).label == case.expected

        @pytest.mark.golden("tickets.yaml", at_least=0.3)
        def test_served(served, case):
            assert served(case.input)["label"] == case.expected

        @pytest.mark.golden("tickets.yaml", at_least=0.3)
        async def test_awaited(awaited, case):
            assert await awaited(case.input) == case.expected

        def test_called(modelcheck, triage):
            def body(case):
                assert triage(case.input) == case.expected
            modelcheck.golden(body, "tickets.yaml", name="known", at_least=0.3)
    """)
    project.run("--model-version=2.0").assert_outcomes(passed=5)
    checks, _ = mutated(project, "--model-version=2.0")
    always = "always the same answer"
    assert shares(checks["test_keyed"])["label: missing"] == (1, 1)
    assert shares(checks["test_typed"])["system: missing"] == (1, 1)
    assert shares(checks["test_typed"])["label: null"] == (1, 1)
    assert not [name for name in cells(checks["test_typed"]) if "$" in name]
    assert "note: null" in cells(checks["test_typed"])
    assert "note: missing" not in cells(checks["test_typed"]), "a missing field gets its default back"
    assert "label: null" in cells(checks["test_served"])
    assert not [name for name in cells(checks["test_served"]) if name.startswith("id")], (
        "ignore= leaves it out"
    )
    assert shares(checks["test_served"])["system: missing"] == (1, 1)
    assert cells(checks["test_awaited"])[always]["replays"] == 1
    assert cells(checks["test_called::known"])[always]["replays"] == 1


def test_parts_that_compare_by_leaves_out_are_damaged_only_where_a_body_reads_them(project):
    project.model(f"""
        from uuid import uuid4

        @model_fixture(compare_by=lambda answer: answer["label"])
        def triage(model_version):
            return lambda text: {{"key": str(uuid4()), "tone": "kind " + text, "label": {REFUND} "other"}}
    """)
    project.test("""
        @pytest.mark.golden("tickets.yaml", at_least=0.3)
        def test_label(triage, case):
            assert triage(case.input)["label"] == case.expected

        @pytest.mark.golden("tickets.yaml", at_least=0.8)
        def test_tone(triage, case):
            assert "kind" in triage(case.input)["tone"]
    """)
    project.run("--model-version=2.0").assert_outcomes(passed=2)
    checks, _ = mutated(project, "--model-version=2.0")
    fields = {name.partition(":")[0] for name in cells(checks["test_label"]) if ":" in name}
    assert fields == {"label"}
    fields = {name.partition(":")[0] for name in cells(checks["test_tone"]) if ":" in name}
    assert fields == {"label", "tone"}
    assert shares(checks["test_tone"])["tone: missing"] == (1, 1)


@pytest.fixture
def command(weak, monkeypatch):
    monkeypatch.setenv("PYTEST_PLUGINS", "pytest_modelcheck.plugin")
    return weak.command


def test_the_command(weak, command):
    done = command("mutate", "2.0")
    assert done.ret == 0
    done.stdout.fnmatch_lines(
        [
            "triage 2.0: 3 checks, * mutants, * replays on stored answers, no call",
            "  [[]1] test_is_a_text  golden, 10 cases, noticed 0%",
            "  failed replays *best*[[]1]*[[]2]*[[]3]*unsure",
            "  10% exchanged *100% *0% *0% *100%",
            "score 100%; * mutants, all noticed",
        ]
    )
    assert max(map(len, done.outlines)) <= 80
    assert weak.calls == []


def test_the_command_below_its_score(command):
    done = command("mutate", "2.0", "--fail-under=0.8", "--format=json", "--", "-k", "is_a_text")
    assert done.ret == 1
    done.stderr.fnmatch_lines(["Error: the score is 0%, and 80% is required"])
    report = json.loads(done.stdout.str())
    assert [check["check"] for check in report["checks"]] == ["test_triage.py::test_is_a_text"]
    assert report["explained"][0]["remedy"]


@pytest.fixture
def replayed(weak, monkeypatch):
    """The command, given the report of a run in this process on a check and a version."""

    def run(version, *arguments):
        _, report = mutated(weak, f"--model-version={version}", "-k", "is_a_text")
        monkeypatch.setattr(suite, "collected_by_pytest", lambda *_, **__: report)
        return weak.command("mutate", version, *arguments)

    return run


@pytest.mark.parametrize(
    ("arguments", "begins", "holds"),
    [
        (["--output=out.json"], "{", '"explained"'),
        (["--output=out.md"], "| `triage 2.0`", "test_is_a_text"),
        (["--output=out.txt"], "triage 2.0: 1 check", "no case comes out differently"),
        (["--output=out", "--format=html"], "<!doctype html>", "no case comes out differently"),
    ],
)
def test_the_name_of_the_file_says_its_form_where_no_option_does(weak, replayed, arguments, begins, holds):
    name = arguments[0].removeprefix("--output=")
    assert replayed("2.0", *arguments).outlines == [f"written: {name}"]
    text = (weak.path / name).read_text()
    assert text.startswith(begins)
    assert holds in text
    assert "<script" not in text


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_special_file_is_written_to_and_never_replaced(weak, replayed):
    pipe = weak.path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    replayed("2.0", f"--output={pipe}")
    assert os.read(reader, 1 << 12).startswith(b"triage 2.0: 1 check")
    os.close(reader)
    assert pipe.is_fifo()


def test_the_command_where_nothing_is_stored(replayed):
    done = replayed("3.0")
    assert done.ret == 2
    done.stderr.fnmatch_lines(["Error: no check could be replayed.", "*Run pytest once with this version*"])
