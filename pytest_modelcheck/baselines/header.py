"""The first line of a baseline: its test and model, and who approved it, when and why."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.baselines.lines import sealed, unsealed
from pytest_modelcheck.errors import BaselineError
from pytest_modelcheck.phrases import percent
from pytest_modelcheck.records import Finding  # noqa: TC001 - read by unpack()
from pytest_modelcheck.records.packing import pack, printable, unpack

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA: Final = 1
"""The version of the file format that is written, and the newest that can be read."""

RESTORE: Final = "Restore the file from git, or remove it, run pytest and approve the check again."
"""The remedy for a damaged file: a baseline, or a candidate in the cache."""

ALTERED: Final = "is not as it was written: it was edited by hand, or damaged"
"""The message for a line with a wrong checksum."""

_UPGRADE = "Upgrade it (pip install -U pytest-modelcheck), or restore the file from git."


@dataclass(frozen=True, slots=True)
class PastApproval:
    """An earlier approval of a check: the version, the day, its pass rate or mean score, and judged cases."""

    version: str
    day: str
    rate: float | None
    judged: int


@dataclass(frozen=True, slots=True)
class Header:
    """The facts about a check's results apart from its cases.

    Attributes:
        test: The pytest node id, exactly.
        kind: ``"golden"``, ``"invariance"``, ``"directional"`` or ``"drift"``.
        model: The name of the judged model.
        version: Its version; ``None`` for a model without one, whose results cannot be approved.
        fingerprint: Distinguishes models of the same version; or ``None``.
        systems: The systems that gave the answers, sorted, if the answers name them.
        body: Digest of the test's source (:func:`~pytest_modelcheck.baselines.provenance.body_digest`).
        source: The place of that source, ``"tests/test_triage.py::TestX.test_known"``: a file relative to the
            project's folder and a qualified name. Empty if it follows from the node id.
        files: Digests of the case files, by path relative to the project's folder.
        cases: The number of cases. Set when the file is written.
        rate: The run's pass rate, mean score, or metric; ``None`` if nothing was judged.
        metric: The name of that metric, or empty.
        mean: ``"mean"`` or ``"mean change"`` of scores, or empty.
        judge: The judge for whose errors ``rate`` is corrected; empty if it is not.
        judged: The number of judged cases.
        shape: The shape of all answers, if the check limits it: the types that may occur in each field.
        kept: How many cases keep the result of an older version, because a reviewer rejected the new one.
        environment: The platform of the run, ``"CPython 3.12.1, Linux"``.
        others: Versions of the other models that took part, by name.
        findings: The findings of the run, for its approval. Empty in a baseline.
        stopped: ``"stopped after 52 of 200 cases"``, or empty if all were run. A stopped run is never
            approved.
        retires: The day on which the version shuts down, ``"2027-01-14"``; empty if unknown.
        reads_approved: Whether bodies compare with the approved answer themselves: cases that fail for that
            reason pass once approved. Never in a baseline.
        run: The data of a report about the run, without its cases, as plain JSON. Empty in a baseline.
        approved_at: The time of the approval; UTC, ISO 8601, whole seconds; empty in a candidate.
        approved_by: Who approved it.
        approved_with: The command, and whether it ran unattended: ``"modelcheck approve, in CI"``.
        reason: The reason for the approval.
        forced: The objections that ``--force`` overrode.
        plugin: The version of pytest-modelcheck that wrote it.
        past: Earlier approvals of the check, oldest first. Empty in a candidate.
    """

    test: str
    kind: str
    model: str
    version: str | None
    fingerprint: str | None = None
    systems: tuple[str, ...] = ()
    body: str = ""
    source: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    cases: int = 0
    rate: float | None = None
    metric: str = ""
    mean: str = ""
    judge: str = ""
    judged: int = 0
    shape: Mapping[str, list[str]] = field(default_factory=dict)
    kept: int = 0
    environment: str = ""
    others: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    stopped: str = ""
    retires: str = ""
    reads_approved: bool = False
    run: Mapping[str, Any] = field(default_factory=dict)
    approved_at: str = ""
    approved_by: str = ""
    approved_with: str = ""
    reason: str = ""
    forced: tuple[str, ...] = ()
    plugin: str = ""
    past: tuple[PastApproval, ...] = ()

    @property
    def shutdown(self) -> date | None:
        """The day of ``retires``."""
        try:
            return date.fromisoformat(self.retires) if self.retires else None
        except ValueError:
            return None  # of a header that was edited by hand; approved.yaml says so where it counts

    @property
    def measure(self) -> str:
        """The name of ``rate``, if it is no pass rate: that of the metric, or of the mean of scores."""
        return self.metric or self.mean

    def rate_text(self, rate: float) -> str:
        """A rate of this check as text: in percent, or on the scale of its metric or scores."""
        return f"{rate:{'+' if self.mean == 'mean change' else ''}.3g}" if self.measure else percent(rate)

    def as_past(self) -> PastApproval:
        """Return this approval as the next one will record it."""
        return PastApproval(self.version or "", self.approved_at.partition("T")[0], self.rate, self.judged)


def encode(header: Header) -> bytes:
    """The header as one line of JSON with a checksum, without its line end; empty fields are left out.

    >>> encode(Header("test_a.py::test", "golden", "triage", "2.0", body="ab", cases=3))[-40:]
    b',"body":"ab","cases":3,"sum":"29bc1600"}'
    """
    import orjson

    line: dict[str, Any] = {"modelcheck": SCHEMA, **pack(header)}
    line |= {name: dict(sorted(line[name].items())) for name in ("files", "others")}
    # They may quote what a model or an error said, down to a lone surrogate, which no file can hold.
    line["findings"] = printable(line["findings"])
    # Empty fields are left out, so that a field added later changes no line of an old baseline.
    kept = {name: value for name, value in line.items() if value or (name in _NUMBERS and value is not None)}
    try:
        return sealed(orjson.dumps(kept))
    except TypeError as error:
        raise BaselineError(f"{header.test}: its header cannot be written as JSON: {error}") from error


def decode(line: bytes, path: str) -> Header:
    """Read the first line of the baseline at ``path``.

    Raises:
        BaselineError: It is not a header, or was altered, or a newer pytest-modelcheck wrote it.
    """
    import orjson

    # Some editors on Windows add a byte order mark.
    line = line.removeprefix(codecs.BOM_UTF8)
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise _damaged(path, f"is not JSON ({error})") from error
    if not isinstance(fields, dict) or "modelcheck" not in fields:
        raise _damaged(path, "is not the header of a baseline")
    schema = fields["modelcheck"]
    if not isinstance(schema, int) or schema < 1:
        raise _damaged(path, f"has no schema number, but {schema!r}")
    if schema > SCHEMA:
        raise BaselineError(
            f"written by a newer pytest-modelcheck (schema {schema}, this version reads {SCHEMA}). "
            + _UPGRADE,
            path,
            1,
        )
    # Before the checksum: a wrong field is a better message than "edited by hand".
    try:
        found = unpack({"version": None} | fields, Header)
    except TypeError as error:
        raise _damaged(path, f"cannot be read ({error})") from error
    if unsealed(line) is None:
        raise _damaged(path, ALTERED)
    return found


_NUMBERS: Final = ("cases", "rate")
"""Fields in which 0 is meaningful and therefore written."""


def _damaged(path: str, what: str) -> BaselineError:
    return BaselineError(f"the first line {what}. {RESTORE}", path, 1)
