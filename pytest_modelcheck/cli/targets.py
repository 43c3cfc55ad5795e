"""Which versions of which models a command line means.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.errors import VersionError

if TYPE_CHECKING:
    from collections.abc import Sequence


def target(text: str, models: Sequence[str]) -> tuple[str, str]:
    """Read ``VERSION`` or ``MODEL=VERSION``.

    ``MODEL=`` is a prefix only where there is a model of that name: a version may hold a ``=`` itself.

    Args:
        text: What was typed.
        models: The names of the models that anything is remembered of.

    Raises:
        VersionError: It is not clear which model is meant, or no version is named.

    >>> target("2.1", ["triage"]), target("tone=3", ["tone", "triage"]), target("temp=0", ["triage"])
    (('triage', '2.1'), ('tone', '3'), ('triage', 'temp=0'))
    """
    name, equals, version = text.partition("=")
    if not equals or name not in models:
        name, version = _only(models, text), text
    if not version:
        raise VersionError(f"{text!r} names no version. Write {name}=VERSION.")
    return name, version


def targets(texts: Sequence[str], models: Sequence[str]) -> dict[str, str]:
    """Read several, at most one of each model.

    Raises:
        VersionError: As :func:`target` does, and where two versions of one model are named.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, version = target(text, models)
        if name in found:
            raise VersionError(f"two versions of {name}: {found[name]} and {version}. Name one.")
        found[name] = version
    return found


def _only(models: Sequence[str], text: str) -> str:
    if len(models) == 1:
        return models[0]
    choices = "\n  ".join(f"{model}={text}" for model in models)
    raise VersionError(f"{text!r} of which model? There are several; write one of:\n  {choices}")
