r"""Text as it may be shown: nothing but data, and without secrets.

Terminals act on control characters, readers on characters that turn a line around, and the logs of CI
services on lines that look like commands. So whatever is shown passes through here, wherever it comes
from: case ids, answers, options, files that others wrote.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # control characters, and with them the escape that begins ANSI and OSC sequences
    "\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"  # unseen, or turning the line
    "\ud800-\udfff"  # lone surrogates, which cannot be printed at all
    "\U000e0000-\U000e007f]"
)
_NAMED: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_COLOUR: Final = re.compile("(\x1b\\[[0-9;]*m)")
_COMMAND: Final = re.compile(r"^((?:\s|\x1b\[[0-9;]*m)*):(?=:)", re.MULTILINE)
"""What GitHub takes for a command at the beginning of a line, white space apart."""
_OLD_COMMAND: Final = re.compile(r"#(?=#\w*\[)")
"""``##[``, ``##vso[``, ``##teamcity[``: GitHub's older form counts anywhere in a line."""

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
"""The keys of well-known providers. Those of Azure OpenAI, Cohere and Mistral look like any number, and are
found by their names alone."""
_NAMED_KEYS: Final = (
    r"(?P<name>(?i:(?:api|access|account|auth|client|private|secret|shared|subscription)[-_]?(?:access[-_]?)?"
    r"(?:key|token|secret))\\{0,7}[\"']?\s{0,2}[:=]\s{0,2}\\{0,7}[\"']?)"
    r"(?=[A-Za-z+/_.~-]*[0-9])[A-Za-z0-9+/_.~-]{16,}=*"
)
"""What is said to be a key: ``api_key=…``, ``"x-api-key": "…"``, ``AccountKey=…``. The name is shown."""
_ANY_KEY: Final = f"(?:{'|'.join((*KEYS, _NAMED_KEYS))})"
# Apart from where words begin, since that one is looked for in every text: here the first character is rare.
_ESCAPES: Final = (
    r"(?P<escape>\\(?:[abfnrtv]|x[0-9a-f]{2}|u[0-9a-f]{4})|%[0-9A-Fa-f]{2}|(?:\x1b|\\x1b|\\u001b)?\[[0-9;]*m)"
)
"""What may stand right before a key although it ends in a letter: repr(), JSON, URLs, colours."""
_PROVIDERS: Final = (
    (re.compile(_ESCAPES + _ANY_KEY), rf"\g<escape>\g<name>{HIDDEN}"),
    (re.compile(rf"(?<![A-Za-z0-9]){_ANY_KEY}"), rf"\g<name>{HIDDEN}"),
)


class Redaction:
    """The secrets that are hidden from readers, in this process.

    It is one for the process and not handed on from caller to caller: a secret must be hidden also where an
    exception says it that nobody expected.

    Attributes:
        function: Changes a text before it is shown, or ``None``.
        stored: Whether answers are redacted also before they are stored.
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
        """Hide what the patterns match besides the keys of providers, then what the function hides.

        Raises:
            ValueError: A pattern is not a regular expression, or matches everywhere.
        """
        self._patterns = _compiled(patterns)
        self.function, self.stored = function, stored

    def __call__(self, text: str) -> str:
        """A text without secrets."""
        for pattern, instead in self._patterns:
            text = pattern.sub(instead, text)
        if self.function is None:
            return text
        try:
            found = self.function(text)
        except Exception as error:  # noqa: BLE001 - of a user's hook: what it cannot look at is not shown
            return f"[withheld: pytest_modelcheck_redact raised {type(error).__name__}]"
        return text if found is None else str(found)

    def finds(self, text: str) -> bool:
        """Return whether there may be a secret in a text."""
        return self.function is not None or any(
            pattern.search(text) is not None for pattern, _ in self._patterns
        )


def _compiled(patterns: Iterable[str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Each pattern with what is shown in its place.

    Patterns stay apart: each may have flags, groups and references of its own.
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
    """JSON data without secrets in its texts.

    >>> redacted_value({"error": ["bad key sk-proj-0123456789abcdef", 1]})
    {'error': ['bad key [redacted]', 1]}
    """
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, dict):
        return {_redacted_key(key): redacted_value(one) for key, one in value.items()}
    return [redacted_value(one) for one in value] if isinstance(value, (list, tuple)) else value


def _redacted_key(key: str) -> str:
    """A key without secrets; names of fields stay what they are, whatever a pattern says."""
    return key if key.isidentifier() and key.islower() else redacted(key)


def harmless(text: str, *, styled: bool = False) -> str:
    r"""Lines that can be printed whatever they quote: an escape for what would act rather than be read.

    Args:
        text: One line or several.
        styled: Whether colours stay, which the caller has put there.

    >>> print(harmless("::error::x\n\x1b]0;title\x07 ##[group]"))
    \x3a:error::x
    \x1b]0;title\x07 \x23#[group]
    """
    text = redacted(text)
    pieces = _COLOUR.split(text) if styled else [text]
    pieces[::2] = ["\n".join(UNSAFE.sub(escape, line) for line in one.split("\n")) for one in pieces[::2]]
    return _OLD_COMMAND.sub(r"\\x23", _COMMAND.sub(r"\1\\x3a", "".join(pieces)))


def escape(match: re.Match[str]) -> str:
    """The escape of one character."""
    character = match[0]
    if character in _NAMED:
        return _NAMED[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def printable_json(text: str) -> str:
    r"""JSON without secrets, and with what would act on a screen or a log as ``\uXXXX``.

    >>> printable_json('["caf\xe9", "\x9b2J", "\u202e", "##[error]"]')
    '["café", "\\u009b2J", "\\u202e", "\\u0023#[error]"]'
    """
    if redacted.finds(text):  # looked for again text by text: between them, nothing may be taken out
        layout = 2 if "\n" in text else None
        text = json.dumps(redacted_value(json.loads(text)), indent=layout, ensure_ascii=False)
    return _OLD_COMMAND.sub(r"\\u0023", UNSAFE.sub(_json_escape, text))


def _json_escape(match: re.Match[str]) -> str:
    """Outside of its texts, JSON has no such characters but line ends, and those lay it out."""
    if match[0] in _NAMED:
        return match[0]
    units = match[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
