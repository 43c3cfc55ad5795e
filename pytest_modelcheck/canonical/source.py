"""Python source and signatures, where versions of Python differ."""

from __future__ import annotations

import ast
import inspect
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def parsed(source: str | bytes) -> ast.Module:
    """Parse Python source.

    CPython 3.11 raises a ``SystemError`` where an object that is collected while the tree is built parses
    something, too (https://github.com/python/cpython/issues/106905): a task whose error nobody retrieved, for
    instance, of which asyncio prints the traceback. What was collected then is not there the next time.
    """
    for _ in range(2):
        with suppress(SystemError):
            return ast.parse(source)
    return ast.parse(source)


def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """The signature of a function, also if its annotations name what only a type checker imports.

    Raises:
        TypeError: It is not callable.
        ValueError: Python cannot read it, as of some builtins.
    """
    if sys.version_info >= (3, 14):  # where annotations are evaluated when they are read
        from annotationlib import Format

        return inspect.signature(function, annotation_format=Format.FORWARDREF)
    return inspect.signature(function)


def annotations_of(kind: type) -> dict[str, Any]:
    """The annotations that a class has itself; a name that only a type checker knows stays unresolved."""
    if sys.version_info >= (3, 14):
        from annotationlib import Format, get_annotations

        return get_annotations(kind, format=Format.FORWARDREF)
    return inspect.get_annotations(kind)
