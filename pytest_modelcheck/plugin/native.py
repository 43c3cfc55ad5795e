"""Values of ours in TOML whose type is not the one that pytest expects.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.errors import UsageError, located

if TYPE_CHECKING:
    import pytest

_LISTS: Final = ("modelcheck_report", "modelcheck_lint_ignore")
_SWITCHES: Final = {"true": True, "false": False, "yes": True, "no": False, "on": True, "off": False}
_BOOLEAN: Final = ("modelcheck_offline", "modelcheck_github", "modelcheck_shrink", "modelcheck_gather")


def native(config: pytest.Config, name: str) -> Any:
    """The value of an option as the ini file spells it, as the type that the option has elsewhere.

    Raises:
        UsageError: It cannot be meant.
    """
    path = config.inipath
    if path is None:
        raise UsageError(f"{name} has a value that cannot be meant")
    # Numbers stay the text that they are: the readers of our options know what to make of it.
    content = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=str)
    table = content.get("tool", content) if path.name == "pyproject.toml" else content
    value = table["pytest"][name]
    if name in _LISTS:
        value = value if isinstance(value, list) else [value]
        return [_text(each, name, path) for each in value]
    if isinstance(value, list):
        return "\n".join(_text(each, name, path) for each in value)
    text = _text(value, name, path)
    if name in _BOOLEAN:
        if text.lower() not in _SWITCHES:
            raise UsageError(located(f"{name} = {value!r}: write true or false", str(path)))
        return _SWITCHES[text.lower()]
    return text


def _text(value: Any, name: str, path: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, int)):
        return str(value)
    raise UsageError(located(f"{name} = {value!r}: write text or a number", str(path)))
