"""What an unquoted word of a YAML case file means: what it would in JSON, else text.

YAML 1.1 reads ``no`` as false (and so the language Norwegian), ``12:30`` as 750, ``010`` as 8 and
``2024-05-01`` as a date. In a file of inputs and labels that is never what was meant.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
from typing import Any, Final

_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORDS: Final[dict[str, Any]] = {
    "": None,
    "~": None,
    "null": None,
    "true": True,
    "false": False,
    ".inf": float("inf"),
    "-.inf": float("-inf"),
    ".nan": float("nan"),
}
_MAY_BEGIN: Final = frozenset("-0123456789")
_TAG: Final = "tag:yaml.org,2002:"
_BOOLEANS: Final = {"true": True, "false": False}


def plain(text: str) -> Any:
    """The value of an unquoted scalar.

    Raises:
        ValueError: The number has more digits than Python converts.

    >>> [plain(text) for text in ("3", "-2.5", "1e3", "true", "null", "no", "010", "12:30", "1.2.3")]
    [3, -2.5, 1000.0, True, None, 'no', '010', '12:30', '1.2.3']
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _MAY_BEGIN:
        return text
    number = _NUMBER.fullmatch(text)
    if number is None:
        return text
    return int(text) if number[1] is None and number[2] is None else float(text)


def tagged(tag: str, text: str) -> Any:
    """The value of a scalar with an explicit tag, such as ``!!str 12`` or ``!!binary``.

    Raises:
        ValueError: The tag is not one of plain data, or the text is not of that type.

    >>> tagged("tag:yaml.org,2002:str", "12"), tagged("tag:yaml.org,2002:binary", "aGk=")
    ('12', b'hi')
    """
    kind = tag.removeprefix(_TAG)
    if tag == "!" or kind == "str":
        return text
    if kind == "int":
        return int(text)
    if kind == "float":
        value = plain(text)
        return value if isinstance(value, float) else float(text)
    if kind == "bool":
        return _boolean(text)
    if kind == "null":
        return None
    if kind == "binary":
        import base64

        return base64.b64decode("".join(text.split()), validate=True)
    if kind == "timestamp":
        from datetime import datetime

        return datetime.fromisoformat(text)
    raise ValueError(f"the tag {tag_name(tag)} is not plain data, and case files hold nothing else")


def tag_name(tag: str) -> str:
    """A tag as it is written.

    >>> tag_name("tag:yaml.org,2002:python/object:os.system"), tag_name("!Ref")
    ('!!python/object:os.system', '!Ref')
    """
    return "!!" + tag.removeprefix(_TAG) if tag.startswith(_TAG) else tag


def _boolean(text: str) -> bool:
    if text not in _BOOLEANS:
        raise ValueError(f"{text!r} is neither true nor false")
    return _BOOLEANS[text]
