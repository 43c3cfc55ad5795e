"""The result file of a check: what ``modelcheck diff``, ``review``, ``approve`` and ``report`` work from.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import platform
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.baselines import baseline
from pytest_modelcheck.baselines.header import Header
from pytest_modelcheck.models.definition import retires_on

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_modelcheck.models.model import Model
    from pytest_modelcheck.session.check import Check


def header_of(check: Check, model: Model, **more: Any) -> Header:
    """The first line of the result file of a check that one version of its model was run in."""
    spec = check.spec
    return Header(
        test=spec.id,
        kind=spec.kind,
        model=model.name,
        metric="" if spec.metric is None else spec.metric.name,
        version=model.version,
        fingerprint=model.fingerprint,
        body=spec.provenance.body,
        source=spec.provenance.source,
        files=spec.provenance.files,
        others={other.name: other.version or "" for other in spec.others},
        plugin=check.plugin,
        retires=str(retires_on(model.definition, model.version) or ""),
        **more,
    )


def leave(check: Check, header: Header, rows: Iterable[bytes]) -> Path | None:
    """Leave the result file as the candidate of its version; ``None`` where it cannot be written."""
    try:
        return check.candidates.write(header, rows)
    except OSError as error:
        check.warn(
            f"the results could not be saved for `modelcheck approve` in {check.candidates.root}: "
            f"{error.strerror or error}. Make the folder writable, or name another (modelcheck_cache_dir)"
        )
        return None


def leave_for_the_report(header: Header, rows: Iterable[bytes]) -> Path:
    """Leave the result file of a run that is not a candidate, for whoever reports the run, and removes it."""
    with tempfile.NamedTemporaryFile(prefix="modelcheck-", suffix=".jsonl", delete=False) as file:
        file.writelines(baseline.chunks(header, rows))
    return Path(file.name)


def environment() -> str:
    """The model's surroundings, in a word: ``CPython 3.12.1, Linux x86_64``."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, {platform.system()} {platform.machine()}"
