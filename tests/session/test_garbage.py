import gc

import pytest

from pytest_modelcheck.session.session import CollectorThrottle

# Earlier tests may leave garbage that complains when it is collected, and that happens here.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


class Node:
    """An object that refers to itself, so that only a collection frees it."""

    def __init__(self, gone):
        self.own = self
        self.gone = gone

    def __del__(self):
        self.gone.append(True)


def test_older_objects_are_not_examined_until_afterwards():
    gone = []
    gc.collect()  # so that none comes in between by itself
    Node(gone)
    with CollectorThrottle()():
        gc.collect()
        assert not gone
    gc.collect()
    assert gone


def test_objects_made_meanwhile_are_collected():
    gone = []
    with CollectorThrottle()():
        Node(gone)
        gc.collect()
        assert gone


def test_an_error_inside_leaves_nothing_frozen():
    with pytest.raises(KeyError), CollectorThrottle()():
        raise KeyError
    assert not gc.get_freeze_count()


def test_objects_that_others_have_frozen_stay_frozen():
    sparing = CollectorThrottle()
    gc.freeze()
    try:
        for _ in range(2):
            with sparing():
                pass
            assert gc.get_freeze_count()
    finally:
        gc.unfreeze()


def test_frozen_objects_are_not_counted_again_and_again(monkeypatch):
    """Counting visits every object: with a million, it took 20 ms for each check."""
    counts = []
    monkeypatch.setattr(gc, "get_freeze_count", lambda: counts.append(1) or 1_000_000)
    sparing = CollectorThrottle()
    for _ in range(3):
        with sparing():
            pass
    assert len(counts) == 1


def test_collections_are_rarer_and_then_as_before():
    before = gc.get_threshold()
    with CollectorThrottle()():
        assert gc.get_threshold()[0] > before[0]
        assert gc.get_threshold()[1:] == before[1:]
    assert gc.get_threshold() == before


def test_a_collector_that_was_switched_off_stays_off():
    before = gc.get_threshold()
    gc.set_threshold(0)
    try:
        with CollectorThrottle()():
            assert gc.get_threshold()[0] == 0
    finally:
        gc.set_threshold(*before)
