"""The last step: what a run saw is left behind, for `modelcheck diff` and `modelcheck approve`.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.baselines import baseline, lines
from pytest_modelcheck.baselines.header import Header
from pytest_modelcheck.session.evidence import as_approved

if TYPE_CHECKING:
    from pytest_modelcheck.models.model import Model
    from pytest_modelcheck.session.inquiry import Inquiry
    from pytest_modelcheck.session.ledger import Ledger


def leave_candidate(inquiry: Inquiry) -> None:
    """Write what the model did, unless only some cases were run, or its version has no name."""
    spec, subject, session, evidence = inquiry.spec, inquiry.subject, inquiry.session, inquiry.evidence
    if spec.partial or subject.version is None:
        return
    header = header_of(
        inquiry,
        subject,
        systems=tuple(sorted(evidence.systems)),
        # Where bodies compare with the approved answer, how many do so says nothing once this is approved.
        rate=None if evidence.reads_approved else evidence.observed.rate,
        judged=0 if evidence.reads_approved else evidence.observed.cases.judged,
        environment=_environment(),
        findings=tuple(evidence.findings),
        stopped="" if evidence.early is None else str(evidence.early),
    )
    try:
        if evidence.ledger is None:
            session.candidates.write(header, evidence.to_approve())
        else:
            _write_large(inquiry, header, evidence.ledger)
    except OSError as error:
        session.warnings.append(
            f"what was run could not be left for `modelcheck approve` in {session.candidates.root}: "
            f"{error.strerror or error}. Make the folder writable, or name another (modelcheck_cache_dir)"
        )


def header_of(inquiry: Inquiry, model: Model, **more: Any) -> Header:
    """What is to be known of a check as one version of its model was run in it."""
    spec = inquiry.spec
    return Header(
        test=spec.id,
        kind=spec.kind,
        model=model.name,
        version=model.version,
        fingerprint=model.fingerprint,
        body=spec.provenance.body,
        source=spec.provenance.source,
        files=spec.provenance.files,
        others={other.name: other.version or "" for other in spec.others},
        plugin=inquiry.session.plugin,
        **more,
    )


def _write_large(inquiry: Inquiry, header: Header, ledger: Ledger) -> None:
    rows = ledger.lines.in_order(baseline.id_of)
    if inquiry.evidence.reads_approved:
        rows = ((case, lines.encode(as_approved(lines.decode(row)))) for case, row in rows)
    inquiry.session.candidates.write_rows(header, rows, len(ledger))


def _environment() -> str:
    """What the model ran on, in a word: ``CPython 3.12.1, Linux x86_64``."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, {platform.system()} {platform.machine()}"
