import threading

from pytest_modelcheck.calls.attempts import copied
from pytest_modelcheck.models.calling import Arguments


def test_copies_are_deep_and_what_has_none_is_handed_over():
    nested, lock = [["a"]], threading.Lock()
    assert copied(nested) == nested
    assert copied(nested)[0] is not nested[0]
    assert copied(lock) is lock
    arguments = copied(Arguments((nested,), {"y": nested}))
    assert arguments.positional == (nested,)
    assert arguments.positional[0] is not nested
    assert arguments.named["y"] is not nested
