"""The checks of other modules, on two workers of pytest-xdist."""

import pytest

pytest.importorskip("xdist")

KINDS = ("plain", "batched", "threaded")
CHECKS_OF = (
    *("test_alone_async", "test_alone_locks", "test_alone_state_kept", "test_alone_state_set"),
    *("test_alone_threads", "test_alone_values"),
)
EXCEPT = ()
OPTIONS = ("-Werror::DeprecationWarning", "-Werror::UserWarning")
RUNS = ("xdist",)
KINDS_EACH = 1


def test_on_two_workers(outcomes_by_run):
    found, expected = outcomes_by_run
    assert found == expected
