import random

import pytest

from pytest_modelcheck.session.spool import Spool


def filled(lines, room):
    spool = Spool(room)
    for line in lines:
        spool.append(line)
    return spool


@pytest.fixture(params=[0, 50, 1 << 20], ids=["all on disk", "some on disk", "all in memory"])
def room(request):
    return request.param


def test_lines_are_found_by_number_and_in_order(room):
    lines = [f"line {n}".encode() * (n % 5) for n in range(100)]
    spool = filled(lines, room)
    assert len(spool) == 100
    assert list(spool) == lines
    assert [spool[n] for n in range(100)] == lines


def test_reading_and_writing_take_turns(room):
    spool = Spool(room)
    for n in range(100):
        spool.append(str(n).encode())
        assert spool[n] == str(n).encode()
        assert spool[n // 2] == str(n // 2).encode()
    assert [int(line) for line in spool] == list(range(100))


def test_two_readers_do_not_disturb_each_other(room):
    spool = filled([str(n).encode() for n in range(50)], room)
    assert [(int(one), int(two)) for one, two in zip(spool, spool, strict=True)] == [
        (n, n) for n in range(50)
    ]


def test_lines_are_sorted_however_many_there_are(room):
    lines = [str(n).encode() for n in range(500)]
    random.Random(1).shuffle(lines)
    assert [line for _, line in filled(lines, room).in_order(bytes)] == sorted(lines)
    by_number = filled(lines, room).in_order(lambda line: b"%09d" % int(line))
    assert list(by_number) == [(b"%09d" % n, b"%d" % n) for n in range(500)]


def test_nothing_at_all(room):
    assert list(Spool(room)) == list(Spool(room).in_order(bytes)) == []


def test_long_lines_cross_the_blocks_in_which_a_file_is_read():
    lines = [b"x" * 300_000, b"", b"y" * 10, b"z" * 700_000]
    assert list(filled(lines, 0)) == lines
