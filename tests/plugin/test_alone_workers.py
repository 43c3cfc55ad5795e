"""What other modules check in one process holds on two workers of pytest-xdist, too."""

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


def test_on_two_workers(came_of):
    found, expected = came_of
    assert found == expected
