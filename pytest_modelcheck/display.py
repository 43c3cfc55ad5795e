r"""Make text safe to show: without secrets, and without characters that act on a terminal or a log.

Terminals obey control characters, characters that reverse a line mislead readers, and CI services obey log
lines that look like commands. So all text that is shown passes through here, wherever it comes from: case
ids, answers, options, files of other people.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # control characters, including the escape that begins ANSI and OSC sequences
    "\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"  # invisible, or reversing the line
    "\ud800-\udfff"  # lone surrogates, which cannot be printed
    "\U000e0000-\U000e007f]"
)
_NAMED: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_COLOUR: Final = re.compile("(\x1b\\[[0-9;]*m)")
_COMMAND: Final = re.compile(r"^((?:\s|\x1b\[[0-9;]*m)*):(?=:)", re.MULTILINE)
"""A command of GitHub Actions at the beginning of a line, after white space."""
_OLD_COMMAND: Final = re.compile(r"#(?=#\w*\[)")
"""``##[``, ``##vso[``, ``##teamcity[``: commands of CI services that work anywhere in a line."""

HIDDEN: Final = "[redacted]"
KEYS: Final = (
    r"sk-[A-Za-z0-9_-]{16,}",  # OpenAI, Anthropic, DeepSeek, OpenRouter
    r"(?:gsk_|r8_|hf_|xai-|pplx-|nvapi-|tgp_v1_|fw_|csk-|pcsk_|jina_|lsv2_[ps][tk]_)[A-Za-z0-9_-]{20,}",
    r"AIza[A-Za-z0-9_-]{30,}",  # Google
    r"ya29\.[A-Za-z0-9_-]{20,}",
    r"(?:AKIA|ASIA)[A-Z0-9]{16}\b",  # Amazon
    r"(?:gh[opsur]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,}|glpat-[A-Za-z0-9_-]{20,})",
    r"xox[abeoprs]-[A-Za-z0-9-]{10,}",  # Slack
    r"hooks\.slack\.com/services/[A-Za-z0-9/]{20,}",
    r"[rs]k_(?:live|test)_[A-Za-z0-9]{16,}",  # Stripe
    r"dapi[0-9a-f]{32}",  # Databricks
    r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_.-]+",  # JSON web tokens
    r"[Bb]earer\s+[A-Za-z0-9._~+/-]{16,}=*",
    r"(?i:authorization\\{0,7}[\"']?\s{0,2}[:=]\s{0,2}\\{0,7}[\"']?basic\s+)[A-Za-z0-9+/]{8,}=*",
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*-----|\Z)",
    r"(?<=://)[^\s/:@'\"]{0,64}:[^\s/@'\"]{1,256}(?=@)",  # the user and the password in a URL
)
"""The keys of well-known providers. Those of Azure OpenAI, Cohere and Mistral have no mark of their own, and
are found only by a name in front of them."""
_NAMED_KEYS: Final = (
    r"(?P<name>(?i:(?:api|access|account|auth|client|private|secret|shared|subscription)[-_]?(?:access[-_]?)?"
    r"(?:key|token|secret))\\{0,7}[\"']?\s{0,2}[:=]\s{0,2}\\{0,7}[\"']?)"
    r"(?=[A-Za-z+/_.~-]*[0-9])[A-Za-z0-9+/_.~-]{16,}=*"
)
"""Values with the name of a key: ``api_key=…``, ``"x-api-key": "…"``, ``AccountKey=…``. The name is shown."""
_ANY_KEY: Final = f"(?:{'|'.join((*KEYS, _NAMED_KEYS))})"
# A pattern of its own, for speed: every text is searched, and here the first character is rare.
_ESCAPES: Final = (
    r"(?P<escape>\\(?:[abfnrtv]|x[0-9a-f]{2}|u[0-9a-f]{4})|%[0-9A-Fa-f]{2}|(?:\x1b|\\x1b|\\u001b)?\[[0-9;]*m)"
)
"""Escapes that end in a letter or digit and may come right before a key: in repr(), JSON, URLs, colours."""
_PROVIDERS: Final = (
    (re.compile(_ESCAPES + _ANY_KEY), rf"\g<escape>\g<name>{HIDDEN}"),
    (re.compile(rf"(?<![A-Za-z0-9]){_ANY_KEY}"), rf"\g<name>{HIDDEN}"),
)


class Redaction:
    """Hides secrets in texts.

    There is one for the whole process, and callers do not pass it around: it must also hide a secret in the
    message of an unexpected exception.

    Attributes:
        function: Changes a text before it is shown, or ``None``.
        stored: Whether answers are also redacted before they are stored.
    """

    def __init__(self) -> None:
        self.function: Callable[[str], str | None] | None = None
        self.stored = False
        self._patterns = _compiled(())

    def begin(
        self,
        patterns: Iterable[str] = (),
        function: Callable[[str], str | None] | None = None,
        *,
        stored: bool = False,
    ) -> None:
        """Set the patterns to hide in addition to the keys of providers, and a function that hides more.

        Raises:
            ValueError: A pattern is not a regular expression, or matches everywhere.
        """
        self._patterns = _compiled(patterns)
        self.function, self.stored = function, stored

    def __call__(self, text: str) -> str:
        """Return a text without its secrets."""
        for pattern, instead in self._patterns:
            text = pattern.sub(instead, text)
        if self.function is None:
            return text
        try:
            found = self.function(text)
        except Exception as error:  # noqa: BLE001 - raised by a user's hook: do not show an unchecked text
            return f"[withheld: pytest_modelcheck_redact raised {type(error).__name__}]"
        return text if found is None else str(found)

    def finds(self, text: str) -> bool:
        """Return whether a text may contain a secret."""
        return self.function is not None or any(
            pattern.search(text) is not None for pattern, _ in self._patterns
        )


def _compiled(patterns: Iterable[str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Compile the patterns, and pair each with its replacement.

    They are not joined into one: each may have its own flags, groups and back-references.
    """
    own = []
    for pattern in patterns:
        try:
            found = re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
        if found.search("") is not None:
            raise ValueError(f"{pattern!r} matches the empty text, and so everywhere")
        own.append((found, HIDDEN))
    return *_PROVIDERS, *own


redacted: Final = Redaction()


def redacted_value(value: Any) -> Any:
    """Return JSON data without the secrets in its texts.

    >>> redacted_value({"error": ["bad key sk-proj-0123456789abcdef", 1]})
    {'error': ['bad key [redacted]', 1]}
    """
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, dict):
        return {_redacted_key(key): redacted_value(one) for key, one in value.items()}
    return [redacted_value(one) for one in value] if isinstance(value, (list, tuple)) else value


def _redacted_key(key: str) -> str:
    """Return a key without its secrets. Names of fields are kept, even if a pattern matches them."""
    return key if key.isidentifier() and key.islower() else redacted(key)


def harmless(text: str, *, styled: bool = False) -> str:
    r"""Make lines safe to print: hide secrets, and escape characters that would act on a terminal or a log.

    Args:
        text: One line or several.
        styled: Whether to keep colours, which the caller has added.

    >>> print(harmless("::error::x\n\x1b]0;title\x07 ##[group]"))
    \x3a:error::x
    \x1b]0;title\x07 \x23#[group]
    """
    text = redacted(text)
    pieces = _COLOUR.split(text) if styled else [text]
    pieces[::2] = ["\n".join(UNSAFE.sub(escape, line) for line in one.split("\n")) for one in pieces[::2]]
    return _OLD_COMMAND.sub(r"\\x23", _COMMAND.sub(r"\1\\x3a", "".join(pieces)))


def shown_path(path: Path, here: Path | None = None) -> str:
    """A path as a person would type it in a folder (default: the current one): relative if it lies below."""
    here = path.cwd() if here is None else here
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def escape(match: re.Match[str]) -> str:
    """Return the escape of a matched character."""
    character = match[0]
    if character in _NAMED:
        return _NAMED[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def printable_json(text: str) -> str:
    r"""Make JSON safe to print: hide secrets, and write characters that would act as ``\uXXXX``.

    >>> printable_json('["caf\xe9", "\x9b2J", "\u202e", "##[error]"]')
    '["café", "\\u009b2J", "\\u202e", "\\u0023#[error]"]'
    """
    if redacted.finds(text):  # redact each string by itself: a pattern must not remove JSON between strings
        layout = 2 if "\n" in text else None
        text = json.dumps(redacted_value(json.loads(text)), indent=layout, ensure_ascii=False)
    return _OLD_COMMAND.sub(r"\\u0023", UNSAFE.sub(_json_escape, text))


def _json_escape(match: re.Match[str]) -> str:
    if match[0] in _NAMED:
        return match[0]  # JSON escapes these in strings, so that this one is part of the layout
    units = match[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
