import asyncio
import sys
import threading
from contextlib import contextmanager, nullcontext, suppress

from pytest_modelcheck.engine.frames import block_between, in_with_block

lock = threading.Lock()


def here():
    frame = sys._getframe(1)
    return in_with_block(frame.f_code, frame.f_lasti)


def test_a_call_outside_of_any_block_is_not_inside_one():
    assert not here()


def test_a_call_in_a_with_block_is_inside_it():
    with lock:
        inside = here()
    assert inside
    assert not here()


def test_a_try_inside_a_with_block_does_not_hide_it():
    seen = []
    with lock:
        try:
            seen.append(here())
            raise ValueError  # noqa: TRY301 - the handler is what is looked at
        except ValueError:
            seen.append(here())
        finally:
            seen.append(here())
        for _ in range(1):
            seen.append(here())
    assert seen == [True, True, True, True]


def test_a_with_block_inside_a_try_ends_where_it_ends():
    seen = []
    try:
        with lock:
            seen.append(here())
        seen.append(here())
    finally:
        seen.append(here())
    assert seen == [True, False, False]


def test_a_try_alone_is_no_with_block():
    seen = []
    try:
        seen.append(here())
        int("x")
    except ValueError:
        seen.append(here())
    assert seen == [False, False]


def test_several_managers_in_one_statement():
    with lock, suppress(ValueError):
        assert here()


def test_a_generator_stands_where_it_is_suspended():
    def generator():
        with nullcontext():
            yield here()
        yield here()

    assert list(generator()) == [True, False]


def test_an_async_with_block_counts():
    class Manager:
        async def __aenter__(self):
            await asyncio.sleep(0)

        async def __aexit__(self, *_):
            await asyncio.sleep(0)

    async def body():
        seen = [here()]
        async with Manager():
            await asyncio.sleep(0)
            seen.append(here())
        return [*seen, here()]

    assert asyncio.run(body()) == [False, True, False]


def test_the_frame_that_stands_in_a_with_block_is_found_from_below():
    def deepest():
        return block_between(sys._getframe(), root.__code__)

    def middle():
        with lock:
            return deepest()

    def root():
        return middle()

    line = middle.__code__.co_firstlineno + 2
    assert root() == f"inside the `with` block at {__file__}:{line}"


def test_blocks_outside_of_the_root_do_not_count():
    def root():
        return block_between(sys._getframe(), root.__code__)

    with lock:
        assert root() is None


def test_decorators_that_patch_stand_between():
    @contextmanager
    def patched():
        yield

    @patched()
    def body():
        return block_between(sys._getframe(), root.__code__)

    def root():
        return body()

    assert root() is not None
