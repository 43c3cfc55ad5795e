"""The last step: what a run saw is left behind, for `modelcheck diff` and `modelcheck approve`.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.baselines.header import Header

if TYPE_CHECKING:
    from pytest_modelcheck.session.inquiry import Inquiry


def leave_candidate(inquiry: Inquiry) -> None:
    """Write what the model did, unless only some cases were run, or its version has no name."""
    spec, subject, session = inquiry.spec, inquiry.subject, inquiry.session
    if spec.partial or subject.version is None:
        return
    header = Header(
        test=spec.id,
        kind=spec.kind,
        model=subject.name,
        version=subject.version,
        fingerprint=subject.fingerprint,
        body=spec.provenance.body,
        source=spec.provenance.source,
        files=spec.provenance.files,
        others={model.name: model.version or "" for model in spec.others},
        findings=tuple(inquiry.evidence.findings),
        plugin=session.plugin,
    )
    try:
        session.candidates.write(header, inquiry.evidence.to_approve())
    except OSError as error:
        session.warnings.append(
            f"what {subject.label} did could not be left for `modelcheck approve`: {error}. "
            "Make the folder writable, or name another (modelcheck_cache_dir)"
        )
