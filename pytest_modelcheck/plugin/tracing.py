"""Line coverage that stays right while bodies are suspended.

Coverage's tracer keeps a stack of the files that it is in, pushed at calls and popped at returns. Greenlets
switch without either, so that lines would be booked to the wrong file. The tracer can keep one stack a
greenlet (as ``concurrency = greenlet`` in coverage's configuration makes it do): it only has to be told how
to tell greenlets apart, for as long as we switch between them.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def _coverage_tracer(name: str) -> object | None:
    tracer = getattr(sys.gettrace(), "__self__", sys.gettrace())
    kind = type(tracer)
    return tracer if kind.__name__ == name and kind.__module__.startswith("coverage") else None


@contextmanager
def aware_of_greenlets() -> Iterator[None]:
    """Tell coverage's C tracer, where it traces, to keep greenlets apart."""
    tracer = _coverage_tracer("CTracer")
    if tracer is None or getattr(tracer, "concur_id_func", tracer) is not None:
        yield
        return
    from greenlet import getcurrent

    tracer.concur_id_func = getcurrent  # type: ignore[attr-defined]
    try:
        yield
    finally:
        tracer.concur_id_func = None  # type: ignore[attr-defined]


def forbids_switching() -> bool:
    """Whether coverage's tracer in pure Python traces, which cannot tell greenlets apart."""
    return _coverage_tracer("PyTracer") is not None
