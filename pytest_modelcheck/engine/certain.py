"""What every body of a test is certain to ask, read off its instructions.

A question may be asked ahead of the body only where nothing in the body can prevent it. "Usually asks" is
no proof. So the instructions are followed from the first one on, as long as none of them can raise, branch or
call anything but a model; the first other one ends the proof.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import dis
import inspect
import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_modelcheck.models.model import Model

ASKED: Final = ("input", "perturbed")
"""The attributes of a case that reading cannot break."""

_NOTHING: Final = frozenset({"RESUME", "NOP", "CACHE", "PRECALL", "NOT_TAKEN"})
_LOADS: Final = frozenset({"LOAD_FAST", "LOAD_FAST_BORROW", "LOAD_FAST_CHECK"})
_PAIRS: Final = frozenset({"LOAD_FAST_LOAD_FAST", "LOAD_FAST_BORROW_LOAD_FAST_BORROW"})


class _Unknown:
    """Some value of which nothing is known."""


class _Attribute(str):
    """An attribute of the case, by its name."""

    __slots__ = ()


_UNKNOWN: Final = _Unknown()
_NULL: Final = _Unknown()
_CASE: Final = _Unknown()


def certain_asks(
    function: Callable[..., Any], case: str, models: Mapping[str, Model]
) -> tuple[tuple[Model, str], ...]:
    """The questions that begin every run of a function: which model, about which attribute of the case.

    Args:
        function: The test, or a method.
        case: The name of the parameter that the case is given by.
        models: The models, by the names of the parameters that they are given by.

    >>> def body(triage, case):
    ...     before, after = triage(case.input), triage(case.perturbed)
    ...     assert before == after
    >>> certain_asks(body, "case", {"triage": "T"})
    (('T', 'input'), ('T', 'perturbed'))

    >>> def careful(triage, case):
    ...     assert case.input.strip()
    ...     assert triage(case.input) == "refund"
    >>> certain_asks(careful, "case", {"triage": "T"})
    ()
    """
    code = getattr(function, "__code__", None)
    if code is None or hasattr(function, "__wrapped__") or code.co_flags & _SUSPENDS:
        return ()
    given = {case: _CASE, **models}
    reading = _Reading({name: given[name] for name in _parameters(code) if name in given})
    for instruction in dis.get_instructions(code):
        if not reading.follow(instruction.opname, instruction.arg or 0, instruction.argval):
            break
    return tuple(reading.asks)


_SUSPENDS: Final = inspect.CO_COROUTINE | inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR


def _parameters(code: Any) -> tuple[str, ...]:
    count: int = code.co_argcount + code.co_kwonlyargcount
    return tuple(code.co_varnames[:count])


_KNOWN: Final = (_Unknown, _Attribute, tuple)
"""What may lie on the stack that is no model."""


class _Reading:
    """Instructions followed so far: what lies on the stack, in the variables, and was asked."""

    def __init__(self, variables: dict[str, Any]) -> None:
        self.asks: list[tuple[Model, str]] = []
        self._variables = variables
        self._stack: list[Any] = []

    def follow(self, name: str, arg: int, value: Any) -> bool:
        """Follow one instruction; give back whether that was possible."""
        stack = self._stack
        if name in _NOTHING:
            return True
        if name in _LOADS:
            return self._load(value)
        if name in _PAIRS:
            return self._load(value[0]) and self._load(value[1])
        if name == "PUSH_NULL":
            stack.append(_NULL)
        elif name in ("LOAD_CONST", "LOAD_SMALL_INT"):
            stack.append(_UNKNOWN)
        elif name == "LOAD_ATTR":
            return self._attribute(arg, value)
        elif name == "CALL":
            return self._call(arg)
        else:
            return self._arrange(name, arg, value)
        return True

    def _load(self, name: str) -> bool:
        if name not in self._variables:
            return False  # a parameter that is nothing to us, or a variable that may not be there
        self._stack.append(self._variables[name])
        return True

    def _attribute(self, arg: int, name: str) -> bool:
        if self._stack.pop() is not _CASE or name not in ASKED or _is_method_load(arg):
            return False
        self._stack.append(_Attribute(name))
        return True

    def _call(self, count: int) -> bool:
        stack = self._stack
        if count != 1 or len(stack) < 3:
            return False
        what = stack.pop()
        callees = [one for one in (stack.pop(), stack.pop()) if one is not _NULL]
        if len(callees) != 1 or isinstance(callees[0], _KNOWN) or type(what) is not _Attribute:
            return False
        self.asks.append((callees[0], str(what)))
        stack.append(_UNKNOWN)
        return True

    def _arrange(self, name: str, arg: int, value: Any) -> bool:
        stack = self._stack
        if name == "STORE_FAST":
            self._variables[value] = stack.pop()
        elif name == "STORE_FAST_STORE_FAST":
            self._variables[value[0]], self._variables[value[1]] = stack.pop(), stack.pop()
        elif name == "STORE_FAST_LOAD_FAST":
            self._variables[value[0]] = stack.pop()
            return self._load(value[1])
        elif name == "SWAP":
            stack[-1], stack[-arg] = stack[-arg], stack[-1]
        elif name == "COPY":
            stack.append(stack[-arg])
        elif name == "POP_TOP":
            stack.pop()
        elif name == "BUILD_TUPLE":
            parts = tuple(stack[len(stack) - arg :])
            del stack[len(stack) - arg :]
            stack.append(parts)
        elif name == "UNPACK_SEQUENCE" and isinstance(stack[-1], tuple) and len(stack[-1]) == arg:
            stack.extend(reversed(stack.pop()))
        else:
            return False
        return True


def _is_method_load(arg: int) -> bool:
    """Whether an attribute is loaded to be called, which CPython 3.12 and later say in its lowest bit."""
    return sys.version_info >= (3, 12) and bool(arg & 1)
