"""Outputs for files and CI systems: report files, annotations, summaries, code quality, JUnit properties."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple
from urllib.parse import quote

from pytest_modelcheck.baselines.atomic import replace
from pytest_modelcheck.baselines.identity import git
from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.records import Status
from pytest_modelcheck.reports.jsons import dumps, to_json
from pytest_modelcheck.reports.markdown import to_markdown
from pytest_modelcheck.reports.wording import case_text, regressed_cases, wrong_cases

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_modelcheck.records import CaseResult, Verdict
    from pytest_modelcheck.reports.model import CheckReport, RunReport


_COMMIT: Final = ("GITHUB_SHA", "CI_COMMIT_SHA", "BUILDKITE_COMMIT", "CIRCLE_SHA1", "GIT_COMMIT")
_BRANCH: Final = ("GITHUB_REF_NAME", "CI_COMMIT_REF_NAME", "BUILDKITE_BRANCH", "CIRCLE_BRANCH", "GIT_BRANCH")
_JOB: Final = ("CI_JOB_URL", "BUILDKITE_BUILD_URL", "CIRCLE_BUILD_URL", "BUILD_URL")


def versions(**more: str) -> dict[str, str]:
    """The versions of pytest-modelcheck, of Python, and those given."""
    from pytest_modelcheck import __version__

    return {"pytest-modelcheck": __version__, "Python": platform.python_version(), **more}


def environment(folder: Path, variables: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The operating system, and the commit, branch and CI job as far as known.

    Nothing else is read from the environment, which may hold secrets.
    """

    def first(names: tuple[str, ...]) -> str:
        return next((variables[name] for name in names if variables.get(name)), "")

    found = {
        "system": platform.platform(),
        "commit": first(_COMMIT) or git(folder, "rev-parse", "HEAD"),
        "branch": first(_BRANCH) or git(folder, "branch", "--show-current"),
        "job": first(_JOB),
    }
    parts = [variables.get(name) for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")]
    if not found["job"] and all(parts):
        found["job"] = "{}/{}/actions/runs/{}".format(*parts)
    return {name: value for name, value in found.items() if value}


def place(check: CheckReport, case: CaseResult | None, top: str) -> tuple[str, int]:
    """The file and line of a case; those of its test if the case is ``None`` or in no file.

    ``top`` is the folder of the repository; empty for the current one.
    """
    origin = check.origin
    if case is not None and case.origin is not None and case.origin.line is not None:
        origin = case.origin
    if origin is None:
        return _file_of(check.verdict.check, top), 1
    return _from_top(origin.path, top), origin.line or 1


def _file_of(test: str, top: str) -> str:
    return _from_top(test.partition("::")[0], top)


def _from_top(path: str, top: str) -> str:
    """A path from the repository's top, as CI needs it.

    Paths are relative to pytest's rootdir: the current folder, or any above it.
    """
    here = Path.cwd()
    base = Path(top or here)
    for folder in (here, *here.parents):
        found = folder / path
        if found.is_file():
            # A runner's folder may be a link, which the current folder does not show.
            for above in (base, base.resolve()):
                if found.is_relative_to(above):
                    return found.relative_to(above).as_posix()
    return PurePath(path).as_posix()


# GitHub shows ten annotations of a kind for a step, and drops the rest.
MOST: Final = 10

# What the summary of a step may hold; of one that is larger, GitHub shows nothing at all.
SUMMARY_BYTES: Final = 1 << 20


def append_summary(report: RunReport, path: str) -> None:
    """Append the report to the summary of a CI step, cut to the allowed size.

    Raises:
        OSError: The summary cannot be written.
    """
    with Path(path).open("ab") as file:
        file.write(to_markdown(report, SUMMARY_BYTES - file.tell()).encode())


def workflow_commands(report: RunReport, top: str) -> list[str]:
    """Errors for failed checks, warnings for inconclusive ones; after ten, one counts the rest.

    There is an error for each case that broke, or for a failed check without any; a warning for each check.
    """
    broken = list(regressed_cases(report.checks))
    # A check whose broken cases are annotated needs no annotation of its own: only ten are shown.
    explained = {check.verdict.check for check, _ in broken}
    errors = []
    for check, case in broken:
        verdict = check.verdict
        path, line = place(check, case, top)
        version = None if verdict.comparison is None else verdict.comparison.version
        title = f"{excerpt(case.id, 80)} broke in {excerpt(verdict.check.rpartition('::')[2], 80)}"
        message = "\n".join(case_text(case, version))
        errors.append(workflow_command("error", message, title=title, file=path, line=line))
    checks = report.checks
    failed = [one for one in checks if one.verdict.failed and one.verdict.check not in explained]
    errors += [_of_check("error", check, top) for check in failed]
    unsure = [one for one in checks if one.verdict.status is Status.INCONCLUSIVE]
    warnings = [_of_check("warning", check, top) for check in unsure]
    if len(errors) > MOST:
        more = "more cases broke" if len(broken) == len(errors) else "more cases broke or checks failed"
        count = len(errors) - MOST + 1
        errors[MOST - 1 :] = [workflow_command("error", f"{count} {more}", title="modelcheck")]
    if len(warnings) > MOST:
        count = len(warnings) - MOST + 1
        warnings[MOST - 1 :] = [workflow_command("warning", f"{count} more checks", title="inconclusive")]
    return [*errors, *warnings]


def _of_check(kind: Literal["error", "warning"], check: CheckReport, top: str) -> str:
    verdict = check.verdict
    path, line = place(check, None, top)
    title = f"{excerpt(verdict.check.rpartition('::')[2], 80)} {verdict.status}"
    reveals = "" if verdict.reveals is None else f" ({verdict.reveals})"
    message = f"{excerpt(verdict.headline, 500)}{reveals}"
    return workflow_command(kind, message, title=title, file=path, line=line)


def workflow_command(
    kind: Literal["error", "warning"], message: str, *, title: str, file: str = "", line: int | None = None
) -> str:
    r"""An annotation, with its line if known. Texts are escaped so that they cannot end or begin a command.

    >>> workflow_command("error", "50% broke\nof all", title="a: b", file="x.yaml", line=3)
    '::error file=x.yaml,line=3,title=a%3A b::50%25 broke%0Aof all'
    """
    places = (("file", file), ("line", "" if line is None else str(line)), ("title", title))
    # https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
    data = {ord(character): quote(character) for character in "%\r\n"}
    both = data | {ord(character): quote(character) for character in ":,"}
    properties = ",".join(f"{name}={text.translate(both)}" for name, text in places if text)
    return f"::{kind} {properties}::{message.translate(data)}"


_SEVERITY: Final = {Status.FAILED: "major", Status.INCONCLUSIVE: "minor"}


def to_code_quality(report: RunReport) -> bytes:
    """One issue for each check that did not pass, each of its failing cases, and each test not judged."""
    top = os.environ.get("CI_PROJECT_DIR", "")
    issues = []
    for trouble in report.troubles:
        text = f"{excerpt(trouble.test, 200)} was not judged: {excerpt(trouble.message, 300)}"
        issues.append(_issue(trouble.test, text, "major", (_file_of(trouble.test, top), 1)))
    for check in report.checks:
        verdict = check.verdict
        if verdict.status in (Status.PASSED, Status.XFAILED):
            continue
        summary = f"{excerpt(verdict.check, 200)}: {excerpt(verdict.headline, 300)}"
        identity = f"{verdict.model}\0{verdict.check}\0"
        issues.append(_issue(identity, summary, _SEVERITY[verdict.status], place(check, None, top)))
        version = None if verdict.comparison is None else verdict.comparison.version
        for case in wrong_cases(check):
            severity = "major" if case.change == "regressed" else "minor"
            text = "; ".join(case_text(case, version))
            summary = f"{excerpt(case.id, 80)} ({excerpt(verdict.check, 200)}): {text}"
            issues.append(_issue(identity + case.id, summary, severity, place(check, case, top)))
    return dumps(issues) + b"\n"


def _issue(identity: str, text: str, severity: str, where: tuple[str, int]) -> dict[str, Any]:
    path, line = where
    # GitLab recognises an issue of an earlier run by this, so it holds no text that changes between runs.
    digest = hashlib.sha256(identity.encode(errors="surrogatepass")).hexdigest()
    return {
        "description": text,
        "check_name": "modelcheck",
        "fingerprint": digest,
        "severity": severity,
        "location": {"path": path, "lines": {"begin": line}},
    }


# What all names begin with.
PREFIX: Final = "modelcheck."


def properties(verdicts: Sequence[Verdict]) -> list[tuple[str, str]]:
    """Return the results of a test's checks as JUnit properties; of several, names include the check."""
    found = []
    for verdict in verdicts:
        interval, comparison, cases = verdict.interval, verdict.comparison, verdict.cases
        values: dict[str, object] = {
            "status": verdict.status.value,
            "model": verdict.model,
            "version": verdict.version,
            "approved_version": verdict.approved_version,
            "metric": verdict.metric,
            "rate": verdict.rate,
            "passed": cases.passed,
            "judged": cases.judged,
            "required": verdict.required,
        }
        if interval is not None:
            values |= {"interval_low": interval.low, "interval_high": interval.high}
        if comparison is not None:
            values["approved_rate"] = comparison.approved_rate
            values |= {name: len(getattr(comparison, name)) for name in ("regressed", "fixed", "changed")}
        values |= {"calls": verdict.calls.new, "cached": verdict.calls.cached}
        prefix = PREFIX if len(verdicts) == 1 else f"{PREFIX}{verdict.check.rpartition('::')[2]}."
        found += [(prefix + name, str(value)) for name, value in values.items() if value is not None]
    return found


def _html(report: RunReport) -> bytes:
    from pytest_modelcheck.reports.html import to_html

    return to_html(report)


# By name. All but `gitlab` are endings of file names, too.
FORMATS: Final[dict[str, Callable[[RunReport], bytes]]] = {
    "html": _html,
    "json": to_json,
    "md": lambda report: to_markdown(report).encode(),
    "gitlab": to_code_quality,
}

_ENDINGS: Final = {".html": "html", ".htm": "html", ".json": "json", ".md": "md"}


class ReportTarget(NamedTuple):
    """A report file to write: its format, of :data:`FORMATS`, and its path as the user named it."""

    format: str
    path: str


def target_of(text: str, option: str = "--modelcheck-report") -> ReportTarget:
    """Read ``PATH`` or ``FORMAT:PATH``; an error if neither the prefix nor the file name says the format.

    >>> target_of("out/report.html")
    ReportTarget(format='html', path='out/report.html')
    >>> target_of("gitlab:gl-code-quality.json")
    ReportTarget(format='gitlab', path='gl-code-quality.json')
    """
    name, colon, path = text.partition(":")
    if colon and name in FORMATS and path:
        return ReportTarget(name, path)
    known = next((format_ for ending, format_ in _ENDINGS.items() if text.lower().endswith(ending)), None)
    if known is None:
        raise UsageError(
            f"{option}={text}: which format? Let the name end in {', '.join(_ENDINGS)}, or write "
            f"FORMAT:PATH with one of {', '.join(FORMATS)}"
        )
    return ReportTarget(known, text)


def write(report: RunReport, target: ReportTarget, base: Path) -> None:
    """Write a report to a file, as :func:`write_file` does."""
    write_file(base / target.path, FORMATS[target.format](report))


def write_file(path: Path, content: bytes) -> None:
    """Write a file atomically; its folder is created, and an error names it.

    Special files are written to and never replaced: a device such as ``/dev/stdout``, or a named pipe. Of a
    symbolic link, the target is replaced.
    """
    descriptor = _descriptor(path)
    try:
        if descriptor is not None:
            # What was printed before comes first; and closing the copy leaves the process its own output.
            sys.stdout.flush()
            with os.fdopen(os.dup(descriptor), "wb") as stream:
                stream.write(content)
        # A device or a pipe cannot be replaced by a rename.
        elif path.exists() and not path.is_file():
            with path.open("ab") as stream:
                stream.write(content)
        else:
            # A report can be made again: waiting for the disk would only slow the end of the run.
            replace(path.resolve() if path.is_symlink() else path, [content], durable=False)
    except OSError as error:
        if error.filename is not None or error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error  # as of a full device


def _descriptor(path: Path) -> int | None:
    """The open file descriptor that a path such as ``/dev/fd/1`` refers to.

    >>> from pathlib import Path
    >>> _descriptor(Path("/dev/stdout")), _descriptor(Path("/dev/fd/3")), _descriptor(Path("/dev/null"))
    (1, 3, None)
    """
    parent, name = path.parent.as_posix(), path.name
    if parent == "/dev":
        return {"stdout": 1, "stderr": 2}.get(name)
    return int(name) if parent in ("/dev/fd", "/proc/self/fd") and name.isdecimal() else None
