"""Hostile texts through every output and every command: nothing but data may come out.

    python benchmarks/hostile.py [TEXTS]

Each text is a case id, an input, an answer, a message, a slice, a version, a reason and an environment of
data in the cache and in the baselines, and an argument and an option value of a command. Nothing that is
printed or written may carry a raw control character, an OSC sequence or a character that turns the line,
begin a workflow command of a CI service, or be a traceback. 50,000 texts take some minutes.
"""

import contextlib
import io
import json
import os
import random
import re
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from click.testing import CliRunner

from pytest_modelcheck.baselines import lines, watch
from pytest_modelcheck.baselines.candidates import CandidateStore
from pytest_modelcheck.baselines.header import Header
from pytest_modelcheck.cli.command import modelcheck
from pytest_modelcheck.display import UNSAFE, harmless
from pytest_modelcheck.records import (
    CaseResult,
    Finding,
    FoundSlice,
    Group,
    Nights,
    Outcome,
    ShownCase,
    Status,
    Tally,
    TrialResult,
    Verdict,
)
from pytest_modelcheck.records.packing import pack, printable
from pytest_modelcheck.reports.model import CheckReport, RunInfo, RunReport, Trouble
from pytest_modelcheck.reports.mutation import (
    Cell,
    Mutated,
    Mutation,
    mutation_html,
    mutation_json,
    mutation_lines,
    mutation_markdown,
)
from pytest_modelcheck.reports.outputs import FORMATS, workflow_commands
from pytest_modelcheck.reports.summary import summary_lines
from pytest_modelcheck.reports.terminal import everything, failure

PARTS = (
    *"abc :#[]|`<>&%\\\"'/",
    *map(chr, range(32)),
    *(
        "\x7f",
        "\x85",
        "\x9b",
        "\xa0",
        "\xad",
        "\u200b",
        "\u200f",
        "\u2028",
        "\u202e",
        "\u2066",
        "\ufeff",
        "\ud83d",
    ),
    *("\x1b[31m", "\x1b[2J", "\x1b]0;title\x07", "\x1b]8;;http://x\x1b\\", "\x9d0;t\x9c", "\r\x1b[K"),
    *(
        "::error file=a,line=1::boo",
        "::set-output name=a::b",
        "::stop-commands::x",
        "\n::add-mask::a",
        "::",
        " ::x::",
    ),
    *(
        "##[error]boo",
        "##[group]",
        "##vso[task.complete]",
        "##teamcity[x]",
        "\r\n##[command]",
        "\u00a0::debug::x",
    ),
    *("refund", "返金", "e\u0301", "👩‍🔬", "</script>", " sk-proj-0123456789abcdefgh "),
)
_COMMAND = re.compile(r"^\s*::|##\w*\[", re.MULTILINE)
_OURS = re.compile(r"::(error|warning) [^\n]*::[^\n]*")


def texts(count: int, seed: int = 0) -> list[str]:
    """Hostile texts, each of one to six parts."""
    random_ = random.Random(seed)
    return ["".join(random_.choices(PARTS, k=random_.randint(1, 6))) for _ in range(count)]


def faults(output: str, *, lines_end: bool = True) -> list[str]:
    """The faults of an output."""
    found = [
        f"raw {character!r}" for character in set(UNSAFE.findall(output)) - ({"\n"} if lines_end else set())
    ]
    found += [f"command {match[0]!r}" for match in _COMMAND.finditer(output)][:3]
    found += ["a secret"] * ("sk-proj-0123456789abcdefgh" in output)
    return found + ["a traceback"] * ("Traceback (most recent" in output)


def of_reports(hostile: list[str]) -> dict[str, list[str]]:
    """The faults of reports on checks whose every text is hostile, by output."""
    found: dict[str, list[str]] = {}
    checks = [
        _check(hostile[place : place + 10], number) for number, place in enumerate(range(0, len(hostile), 10))
    ]
    verdicts = [check.verdict for check in checks]
    report = RunReport(
        RunInfo(
            "2026-01-01T00:00:00Z", options={"model_version": hostile[0]}, environment={"commit": hostile[-1]}
        ),
        checks=tuple(checks),
        troubles=(Trouble(hostile[0], hostile[-1]),),
    )
    found["failure"] = faults("\n".join(map(failure, verdicts)))
    found["everything"] = faults("\n".join(line for verdict in verdicts for line in everything(verdict)))
    for width in (40, 80, 160):
        for verbosity in (-1, 0, 2):
            lines = summary_lines(verdicts, width, verbosity=verbosity)
            shown = "\n".join("".join(harmless(text) for text, _ in line) for line in lines)
            found[f"summary {width} {verbosity}"] = faults(shown)
    for name, make in FORMATS.items():
        page = make(report).decode()
        found[name] = faults(
            re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL) if name == "html" else page
        )
    mutation = _mutation(hostile)
    found["mutate"] = faults("\n".join(map(harmless, mutation_lines(mutation))))
    for name, write in (("json", mutation_json), ("html", mutation_html)):
        found[f"mutate {name}"] = faults(write(mutation).decode())
    found["mutate markdown"] = faults(mutation_markdown(mutation))
    commands = workflow_commands(report, "")
    found["github"] = [
        f"not ours: {one!r}" for one in commands if not _OURS.fullmatch(one) or UNSAFE.search(one)
    ]
    return {name: wrong for name, wrong in found.items() if wrong}


def _check(some: list[str], number: int) -> CheckReport:
    def text(place: int) -> str:
        return some[place % len(some)]

    shown = ShownCase(
        text(0), "failed", text(1), text(2), text(3), text(4), text(5), text(6), text(7), text(8), text(9)
    )
    nights = Nights(text(1), number, 14.2, 14.2, 100.0, text(2), calls={text(3): (text(4),)})
    verdict = Verdict(
        check=f"test_{number}.py::{text(5)}",
        kind="golden",
        status=Status.FAILED if number % 2 else Status.INCONCLUSIVE,
        findings=(
            Finding("at_least", Status.FAILED, text(6)),
            Finding("max_drop", Status.FAILED, text(7)),
            Finding("drift", Status.FAILED, text(8), nights=nights),
        ),
        model=text(8),
        version=text(9),
        approved_version=text(0),
        rate=0.5,
        cases=Tally(passed=1, failed=len(some)),
        slices=(Group(f"{text(1)}={text(2)}", 0, 2),),
        found=FoundSlice((text(3), text(2)), 1, 2, 0, 3, 0.01),
        shown=(shown,),
        notes=(text(4), text(5)),
        advice=(("see all", text(6)),),
    )
    cases = tuple(_case(one, text(place + 1)) for place, one in enumerate(some))
    return CheckReport(verdict, cases, fingerprint=text(7), when="", rerun=text(8))


def _case(name: str, answer: str) -> CaseResult:
    raw = json.dumps(printable(answer)).encode()
    trial = TrialResult(Outcome.FAILED, (("0" * 16, raw),), message=answer)
    return CaseResult(
        printable(name), "0" * 16, None, printable(answer), (trial,), input=answer, metadata={name: answer}
    )


def _mutation(some: list[str]) -> Mutation:
    def text(place: int) -> str:
        return some[place % len(some)]

    return Mutation(
        tuple(
            Mutated(
                f"test_{number}.py::{name}",
                "golden",
                text(number // 5),
                text(number + 1),
                9,
                text(number + 2),
                tuple(
                    Cell(text(number + place), "never", text(place), 2, place % 2, measured=text(place + 3))
                    for place in range(3)
                ),
                trouble=text(number + 5) if number % 3 == 0 else "",
            )
            for number, name in enumerate(some[:40])
        )
    )


def of_commands(hostile: list[str], each: int = 500) -> dict[str, list[str]]:
    """The faults of commands' outputs, by command; ``each`` texts lie in a project at a time."""
    found: dict[str, list[str]] = {}
    for place in range(0, len(hostile), each):
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            _fill(Path(folder), hostile[place : place + each])
            for command in COMMANDS:
                _note(found, command)
            for number, text in enumerate(hostile[place : place + each]):
                if _can_be_typed(text):
                    _note(found, [text if word is None else word for word in TYPED[number % len(TYPED)]])
    return found


def _can_be_typed(text: str) -> bool:
    with contextlib.suppress(UnicodeEncodeError):
        return b"\0" not in os.fsencode(text)
    return False


COMMANDS = (
    ["list"],
    ["approve", "b"],
    ["approve", "b", "--force", "--reason", "\u202e::error::x"],
    ["diff", "a"],
    ["diff", "b", "a"],
    *(["diff", "b", "a", "--format", form] for form in ("json", "markdown", "html")),
    ["report", "a"],
    ["report", "c"],
    ["show", "test_a.py"],
    ["show", "test_a.py", "a"],
    ["show", "test_a.py", "--format", "json"],
    ["history"],
    ["history", "--format", "json"],
    ["cache", "why", "a"],
    ["merge", "nights"],
    ["list"],
    ["judge", "j", "--labels", "cases.jsonl"],
    ["review", "b", "--reason", "\u202e::error::x"],
    *(["lint", "cases.jsonl", "--format", form] for form in ("text", "json", "github")),
    ["baselines", "prune", "--yes"],
    ["baselines", "rename", "test_a.py::test_0", "test_a.py::test_\u202e"],
)
TYPED = (
    ["show", None],
    ["show", "test_a.py", None],
    ["diff", None],
    ["diff", "a", None],
    ["diff", "a", "--check", None],
    ["diff", "a", "--slice", None],
    ["diff", "a", "--format", None],
    ["report", "--to", None],
    ["report", None],
    ["list", "--check", None],
    ["history", None],
    ["approve", None],
    ["approve", "a", "--check", None],
    ["baselines", "rename", None, "test_a.py::b"],
    ["baselines", "rename", "test_a.py::b", None],
    ["plan", "--cases", None],
    ["cache", "why", None],
    ["merge", None],
    ["--rootdir", None, "list"],
    ["lint", "--select", None],
    [None],
    ["list", None],
)


def _note(found: dict[str, list[str]], command: list[str]) -> None:
    result = CliRunner().invoke(modelcheck, command, prog_name="modelcheck")
    output = result.output
    wrong = faults(
        "\n".join(
            line for line in output.splitlines() if "github" not in command or not _OURS.fullmatch(line)
        )
    )
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        wrong.append(f"raised {result.exception!r}")
    if wrong:
        found.setdefault(" ".join(map(ascii, command)), []).extend(wrong)


def _fill(root: Path, hostile: list[str]) -> None:
    """A project in which every text that can be hostile is."""
    (root / "pytest.ini").write_text("[pytest]\n")
    with (root / "cases.jsonl").open("w") as cases:
        for number, text in enumerate(hostile):
            cases.write(
                json.dumps(
                    {
                        "id": f"c-{number}",
                        "input": text,
                        "expected": text[:1],
                        "metadata": {text or "k": text},
                    }
                )
                + "\n"
            )
    (root / "test_a.py").write_text("def test_0(): pass\ndef test_1(): pass\n")
    store = CandidateStore(root / ".modelcheck_cache" / "candidates")
    named = list(dict.fromkeys(filter(str.strip, map(printable, hostile))))
    for number, version in enumerate(("a", "b", "c")):
        text = named[number]
        records = sorted(
            (_case(name, named[place - number]) for place, name in enumerate(named)), key=lambda one: one.id
        )
        rows = [lines.encode(replace(record, input="", metadata={})) for record in records]
        header = Header(
            test=f"test_a.py::test_{number // 2}",
            kind="golden",
            model="triage" if number < 2 else "".join(char for char in text if char.isprintable()) or "m",
            version=version,
            cases=len(rows),
            reason=text,
            environment=text,
            fingerprint=text,
            systems=(text,),
            forced=(text,),
            run=printable(pack(replace(_check(named[:10], number), cases=()))),
        )
        store.write(header, rows)
        night = watch.Night(header.model, version, header.test, text, text, 1, text, 14.2, 100.0)
        watch.unite(root / "nights", [night])


def main(count: int) -> int:
    """Print the faults, and the number of texts."""
    hostile = texts(count)
    wrong: dict[str, list[str]] = {}
    for place in range(0, count, 1000):
        for name, found in of_reports(hostile[place : place + 1000]).items():
            wrong.setdefault(name, []).extend(found)
    with contextlib.redirect_stderr(io.StringIO()):
        wrong |= of_commands(hostile)
    for name, found in wrong.items():
        print(f"{name}: {len(found)}, such as {sorted(set(found))[:4]}")
    outputs, commands = len(FORMATS) + 16, len(COMMANDS) + len(TYPED)
    print(f"{count:,} hostile texts through {outputs} outputs and {commands} commands")
    print(f"{sum(map(len, wrong.values()))} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    os.environ["COLUMNS"] = "80"
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000))
