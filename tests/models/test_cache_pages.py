from __future__ import annotations

import json
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_modelcheck.errors import CacheError
from pytest_modelcheck.models.cache_pages import Manifest, read_keys, read_lines, write_page

PAGES = st.dictionaries(
    st.binary(min_size=16, max_size=16),
    st.binary().filter(lambda line: b"\n" not in line),
    min_size=1,
)


@given(PAGES, st.booleans())
def test_a_page_comes_back(lines, merged):
    keys, values = write_page(lines, merged=merged)
    page = read_keys(keys)
    assert page.merged is merged
    assert list(page.digests) == list(lines)
    assert read_lines(page, values) == lines


@given(PAGES, st.data())
def test_a_page_that_was_cut_or_altered_is_refused(lines, data):
    keys, values = write_page(lines)
    with pytest.raises(CacheError):
        read_keys(keys[: data.draw(st.integers(0, len(keys) - 1))])
    if values:
        page = read_keys(keys)
        with pytest.raises(CacheError, match="cut short or was altered"):
            read_lines(page, values[: data.draw(st.integers(0, len(values) - 1))])
        place = data.draw(st.integers(0, len(values) - 1))
        with pytest.raises(CacheError, match="cut short or was altered"):
            read_lines(page, values[:place] + bytes([values[place] ^ 1]) + values[place + 1 :])


def test_a_page_with_too_few_lines_is_refused():
    keys, values = write_page({bytes(16): b"1\n2"})
    with pytest.raises(CacheError, match="as many lines"):
        read_lines(read_keys(keys), values)


def test_an_empty_page_is_refused():
    with pytest.raises(CacheError, match="as many digests"):
        read_keys(write_page({})[0])


def test_only_pages_of_few_and_short_lines_are_small():
    def small(count: int, length: int) -> bool:
        return read_keys(write_page({i.to_bytes(16, "big"): b"x" * length for i in range(count)})[0]).small

    assert small(1, 1)
    assert small(1023, 1)
    assert not small(1024, 1)
    assert not small(2, 1 << 18)


@given(st.lists(st.one_of(st.integers(1, 3), st.sets(st.integers(0, 40))), max_size=20))
def test_a_manifest_knows_its_pages(steps):
    manifest, live, following = Manifest("n"), set(), 0
    for step in steps:
        before = manifest.following
        if isinstance(step, int):
            manifest = manifest.with_pages(step)
            live |= set(range(following, following + step))
        else:
            gone = step & live
            manifest = manifest.merged(1, gone)
            live = live - gone | {following}
        following = manifest.following
        assert following > before
        assert manifest.live == live
        assert Manifest.load(manifest.dump()) == manifest


def test_a_merge_that_leaves_nothing_is_a_change_too():
    assert Manifest("n", 4, ((0, 4),)).merged(0, {1, 2}) == Manifest("n", 5, ((0, 1), (3, 4)))


@pytest.mark.parametrize(
    "form",
    [
        None,
        [],
        {},
        {"namespace": "n", "next": 1},
        {"namespace": "n", "next": 1, "live": [[0, 2]]},
        {"namespace": "n", "next": 1, "live": [[-1, 1]]},
        {"namespace": "n", "next": 1, "live": [["a", "b"]]},
        {"namespace": "n", "next": 2**40, "live": [[0, 2**40]]},
        {"namespace": "n", "next": "x", "live": []},
    ],
)
def test_a_file_that_is_no_manifest_is_refused(form):
    with pytest.raises(CacheError, match="a list of pages cannot be read"):
        Manifest.load(signed(json.dumps(form).encode()))


def signed(text):
    return b"%08x %s" % (crc32(text), text)


def test_invalid_json_is_no_manifest():
    with pytest.raises(CacheError, match="a list of pages cannot be read"):
        Manifest.load(signed(b"\xff"))


def test_a_manifest_that_was_altered_is_none():
    good = Manifest("n", 3, ((0, 3),)).dump()
    assert Manifest.load(good).following == 3
    for place in range(len(good)):
        with pytest.raises(CacheError, match="a list of pages was altered"):
            Manifest.load(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])


def test_a_key_page_that_was_altered_is_none():
    keys, values = write_page({b"0123456789abcdef": b"1", b"fedcba9876543210": b"2"}, merged=True)
    for place in range(len(keys)):
        with pytest.raises(CacheError):
            read_lines(read_keys(keys[:place] + bytes([keys[place] ^ 1]) + keys[place + 1 :]), values)
