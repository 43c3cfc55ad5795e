"""Calls that are made elsewhere: by any ``concurrent.futures.Executor``, such as a pool of processes.

What is sent to another process, and how, is the executor's business: the standard library's pools pickle the
function and its inputs between processes of one's own, on one machine. Nothing of it is ever kept.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import threading
from concurrent.futures import BrokenExecutor, Executor, wait
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.engine.threads import LateError
from pytest_modelcheck.errors import ModelError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_modelcheck.models.calling import Caller

_RENEWALS = 2
"""How often a call is sent again, after the pool that it was in has broken."""


class Elsewhere:
    """An executor: the user's own, or one made of his factory, which is ours to close and to renew.

    Args:
        given: The executor, or what makes one.
        label: The model, with its version.
    """

    def __init__(self, given: Executor | Callable[[], Executor], label: str) -> None:
        self._given = given
        self._label = label
        self._lock = threading.Lock()
        self._executor: Executor | None = None
        self._left_behind = False

    def call(self, caller: Caller, inputs: list[Any], seconds: float | None) -> list[Any]:
        """Make one call there, and wait for it.

        Raises:
            LateError: it took longer than ``seconds``.
            ModelError: it cannot be sent, or its worker died each time.
            Exception: whatever the model raises.
        """
        for renewal in range(_RENEWALS + 1):
            executor = self._open()
            try:
                return self._call(executor, caller, inputs, seconds)
            except BrokenExecutor as error:
                self._drop(executor)
                if executor is self._given or renewal == _RENEWALS:
                    raise ModelError(
                        f"{self._label}: a worker of its executor died while it was asked ({error})"
                    ) from error
        raise LateError  # not reached: the last renewal raises or returns

    def close(self) -> None:
        """End the executor, where it is ours; workers that hang are not waited for."""
        with self._lock:
            executor, self._executor = self._executor, None
        if executor is None or executor is self._given:
            return
        processes = list((getattr(executor, "_processes", None) or {}).values())
        executor.shutdown(wait=not self._left_behind, cancel_futures=True)
        for process in processes if self._left_behind else ():
            process.kill()

    def _call(
        self, executor: Executor, caller: Caller, inputs: list[Any], seconds: float | None
    ) -> list[Any]:
        future = executor.submit(caller.call, inputs)
        in_time = False
        try:
            in_time = bool(wait([future], seconds).done)
        finally:
            if not in_time and not future.cancel():
                self._left_behind = True
        if not in_time:
            raise LateError
        error = future.exception()
        if error is None:
            return future.result()
        if _is_about_pickling(error):
            raise ModelError(
                f"{self._label} cannot be sent to its executor ({type(error).__name__}: {error}): let the "
                "fixture return a function of a module, or per_worker(load, ...), and give collate= no lambda"
            ) from error
        raise error

    def _open(self) -> Executor:
        with self._lock:
            if self._executor is None:
                self._executor = executor_of(self._given, self._label)
            return self._executor

    def _drop(self, broken: Executor) -> None:
        with self._lock:
            if self._executor is broken and broken is not self._given:
                self._executor = None
        broken.shutdown(wait=False, cancel_futures=True)


def executor_of(given: Any, label: str) -> Executor:
    """The executor itself, or what its factory makes.

    Raises:
        UsageError: neither.
    """
    made = given if _is_executor(given) else given()
    if not _is_executor(made):
        raise UsageError(f"executor= of {label} made a {type(made).__name__}, which is no executor")
    return made  # type: ignore[no-any-return]


def _is_executor(value: Any) -> bool:
    return isinstance(value, Executor) or (
        not isinstance(value, type) and callable(getattr(value, "submit", None))
    )


def _is_about_pickling(error: BaseException) -> bool:
    """What pickle raises for the same thing differs from one Python to the next."""
    return type(error).__name__ == "PicklingError" or (
        isinstance(error, (TypeError, AttributeError))
        and ("pickle" in str(error) or "local object" in str(error))
    )
