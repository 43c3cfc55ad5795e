import random

import pytest

from pytest_modelcheck.session.distinct import Distinct


@pytest.mark.parametrize("held", [10, 1 << 16])
def test_different_digests_are_counted(held):
    generator = random.Random(1)
    keys = [generator.randbytes(16) for _ in range(300)]
    found = Distinct(held)
    for _ in range(3):
        for key in keys:
            found.update([key, None])
    assert len(found) == 301
    found.update([b"one more than all"])
    assert len(found) == 302


def test_nothing_asked():
    assert len(Distinct()) == 0
