"""Collect a trajectory from messages, calls and results in any order, or from OpenTelemetry spans."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical import encode_plain
from pytest_modelcheck.models.usage import usage_of
from pytest_modelcheck.trajectories.calls import ASSISTANT, Message, ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


ROLES: Final = {"ai": ASSISTANT, "AIMessageChunk": ASSISTANT, "model": ASSISTANT, "human": "user"}
_INSTRUCTING: Final = ("system", "developer")
_ABOUT: Final = ("model", "model_name", "model_version", "modelVersion")
# Keys of transport data: they differ between requests, and say nothing about the agent's behaviour.
_PASSING: Final = (
    "id", "timestamp", "created", "created_at", "signature", "thought_signature", "encrypted_content"
)  # fmt: skip


@dataclass(slots=True)
class Log:
    """Collects the parts of a trajectory while its source is read."""

    messages: list[Message] = field(default_factory=list)
    instructions: list[str] = field(default_factory=list)
    about: dict[str, Any] = field(default_factory=dict)
    usage: dict[str, Any] = field(default_factory=dict)
    finish: str | None = None
    answer: Any = None
    is_answered: bool = False
    state: Any = None
    ids: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Calls without a result, by id: the index of the message, and of the call in it."""

    def add_message(
        self, role: str, text: str = "", more: tuple[Any, ...] = (), *, goes_on: bool = False
    ) -> None:
        """Add a message, or a further part of the last one.

        Text of the model continues its last message until that has calls; text of another role continues only
        with ``goes_on``.
        """
        role = ROLES.get(role, role)
        if role in _INSTRUCTING:
            self.instructions += [text] if text else []
            return
        last = self.messages[-1] if self.messages else None
        goes_on = goes_on or role == ASSISTANT
        if goes_on and last is not None and last.role == role and not last.calls:
            joined = "\n".join(filter(None, (last.text, text)))
            self.messages[-1] = replace(last, text=joined, more=(*last.more, *more))
        elif text or more or role == ASSISTANT:
            self.messages.append(Message(role, text, (), more))

    def call(self, name: str, arguments: Any, ident: Any = None) -> None:
        """Add a call to the last message, which is made if it is not the model's."""
        if not self.messages or self.messages[-1].role != ASSISTANT:
            self.messages.append(Message(ASSISTANT))
        last = self.messages[-1]
        place = (len(self.messages) - 1, len(last.calls))
        self.ids[str(ident or place)] = place
        self.messages[-1] = replace(last, calls=(*last.calls, ToolCall(str(name), loaded(plain(arguments)))))

    def result(self, ident: Any, name: str | None, value: Any, error: Any = None) -> None:
        """Add a result to the call with this id, else to the first call of this name without a result."""
        value = loaded(plain(value))
        # Some formats have no field for an error: a result with the only key "error" is one.
        if error is None and isinstance(value, Mapping) and set(value) == {"error"} and value["error"]:
            error = value["error"]
        place = self.ids.pop(str(ident), None) if ident else None
        if place is None:
            open_calls = [(key, at) for key, at in self.ids.items() if name in (None, self._at(at).name)]
            if not open_calls:  # a log that was cut off has results without their calls
                self.call(name or "unknown tool", None, ident)
                open_calls = list(self.ids.items())[-1:]
            key, place = open_calls[0]
            del self.ids[key]
        text = None if error is None else error if isinstance(error, str) else encode_plain(error).decode()
        call = replace(self._at(place), result=None if error is not None else value, error=text)
        message = self.messages[place[0]]
        calls = (*message.calls[: place[1]], call, *message.calls[place[1] + 1 :])
        self.messages[place[0]] = replace(message, calls=calls)

    def _at(self, place: tuple[int, int]) -> ToolCall:
        return self.messages[place[0]].calls[place[1]]

    def think(self, thought: Any) -> None:
        """Keep a thought of the model in ``about``, which is not compared."""
        self.about.setdefault("reasoning", []).append(thought)

    def spend(self, reported: Any) -> None:
        """Add the reported usage to that of the trajectory."""
        found = usage_of(reported)
        for name in ("tokens_in", "tokens_out", "cost"):
            if (amount := getattr(found, name)) is not None:
                self.usage[name] = self.usage.get(name, 0) + amount

    def end(self, finish: Any, piece: Mapping[str, Any] = MappingProxyType({})) -> None:
        """Record why the model stopped, and the model's name and version."""
        self.finish = str(finish) if finish else self.finish
        self.about |= {name: piece[name] for name in _ABOUT if isinstance(piece.get(name), str)}

    def parts(self) -> dict[str, Any]:
        """Return the fields of the trajectory, by name."""
        last = self.messages[-1] if self.messages else None
        text = last.text if last is not None and last.role == ASSISTANT and last.text else None
        return {
            "messages": tuple(self.messages),
            "answer": self.answer if self.is_answered else text,
            "finish": self.finish,
            "state": self.state,
            "usage": self.usage,
            "instructions": tuple(self.instructions),
            "about": self.about,
        }

    def answered(self, value: Any) -> None:
        """Set the final answer to the output that the framework reports."""
        self.answer, self.is_answered = plain(value), True


def plain(value: Any) -> Any:
    """Convert a value to plain JSON data."""
    kind: Any = type(value)
    if value is None or kind in (str, int, float, bool):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, (dt.datetime, dt.date)):
        return value.isoformat()
    if hasattr(kind, "model_fields") and hasattr(kind, "model_dump"):
        # Field by field, because pydantic's model_dump() warns of values that have not the declared type.
        declared = {name: getattr(value, name) for name in kind.model_fields}
        return plain(declared | (getattr(value, "__pydantic_extra__", None) or {}))
    if dataclasses.is_dataclass(value):
        return {each.name: plain(getattr(value, each.name, None)) for each in dataclasses.fields(value)}
    return json.loads(encode_plain(value))


def loaded(value: Any, begins: str = "{[") -> Any:
    """Parse a JSON text, if it begins as one of an object or list does; return any other value unchanged."""
    if isinstance(value, str) and value.strip() and value.lstrip()[0] in begins:
        with suppress(ValueError):
            return json.loads(value)
    return value


def pruned(value: Any) -> Any:
    """Return a part of unknown type without the data that differs between requests, such as ids."""
    if isinstance(value, dict):
        return {
            key: pruned(item)
            for key, item in value.items()
            if item is not None and key not in _PASSING and not key.endswith("_id")
        }
    return [pruned(item) for item in value] if isinstance(value, list) else value


Span = dict[str, Any]


def read_spans(pieces: list[Span], log: Log, read: Callable[[Any, Log], None]) -> None:
    """Read the spans of one agent run, as the SDK (``to_json``) or the OTLP exporter writes them.

    The last call of the model carries the whole conversation. If no span carries messages, which is the
    default of most instrumentations, the calls are read from the spans of the tools.
    """
    spans = sorted(_flat(pieces), key=lambda span: (span["start"], span["order"]))
    chats = [span for span in spans if span["operation"] in ("chat", "generate_content", "text_completion")]
    tools = [span for span in spans if span["operation"] == "execute_tool"]
    agents = [span for span in spans if span["operation"] == "invoke_agent"]
    for span in chats or agents:
        log.spend(
            {
                "input_tokens": span.get("gen_ai.usage.input_tokens"),
                "output_tokens": span.get("gen_ai.usage.output_tokens"),
            }
        )
    source = next((span for span in (*chats[::-1], *agents[::-1]) if _messages(span)), None)
    if source is not None:
        for message in _messages(source):
            read(message, log)
        for text in _loaded(source.get("gen_ai.system_instructions")) or ():
            log.add_message("system", text.get("content", "") if isinstance(text, dict) else str(text))
    for span in tools:
        ident, name = span.get("gen_ai.tool.call.id"), span.get("gen_ai.tool.name")
        error = span.get("error.type")
        known = ident in log.ids if source is not None else False
        if source is None:
            log.call(name or "", _loaded(span.get("gen_ai.tool.call.arguments")), ident)
        if source is None or known:
            log.result(ident, name, _loaded(span.get("gen_ai.tool.call.result")), error)
    last = chats[-1] if chats else agents[-1] if agents else {}
    if last and source is None:
        log.add_message(ASSISTANT)
    reasons = _loaded(last.get("gen_ai.response.finish_reasons")) or [log.finish]
    log.end(reasons[0], {"model": last.get("gen_ai.response.model") or last.get("gen_ai.request.model")})


def _messages(span: Span) -> list[Any]:
    """Return input and output, in attributes or, before version 1.37 of the conventions, in events."""
    found = [
        message
        for name in ("gen_ai.input.messages", "gen_ai.output.messages")
        for message in _loaded(span.get(name)) or ()
    ]
    if found:
        return found
    for event in span["events"]:
        kind, body = event["name"], {key: _loaded(item) for key, item in event["body"].items()}
        if kind == "gen_ai.choice":
            found.append({"role": ASSISTANT, **(body.get("message") or {})})
        elif kind.startswith("gen_ai.") and kind.endswith(".message"):
            found.append({"role": kind.split(".")[1], **body, "tool_call_id": body.get("id")})
    return found


def _flat(pieces: list[Span]) -> Iterator[Span]:
    """Yield each span as a dict of its attributes, with its start, order, operation and events."""
    spans = [
        span
        for piece in pieces
        for each in (piece.get("resourceSpans") or [{"scopeSpans": [{"spans": [piece]}]}])
        for scope in each.get("scopeSpans", ())
        for span in scope.get("spans", ())
    ]
    for order, span in enumerate(spans):
        attributes = _attributes(span.get("attributes"))
        start = span.get("start_time") or span.get("startTimeUnixNano") or ""
        events = [
            {"name": event.get("name", ""), "body": _attributes(event.get("attributes"))}
            for event in span.get("events") or ()
        ]
        operation = attributes.get("gen_ai.operation.name")
        yield {**attributes, "start": str(start), "order": order, "operation": operation, "events": events}


def _attributes(given: Any) -> dict[str, Any]:
    """Return attributes by name, from the SDK's dict or from OTLP's list of typed values."""
    if isinstance(given, list):
        return {one["key"]: _value(one.get("value")) for one in given}
    return dict(given or {})


def _value(given: Any) -> Any:
    if not isinstance(given, dict) or len(given) != 1:
        return given
    ((kind, inside),) = given.items()
    if kind == "arrayValue":
        return [_value(item) for item in inside.get("values", ())]
    if kind == "kvlistValue":
        return _attributes(inside.get("values", []))
    return int(inside) if kind == "intValue" else inside


def _loaded(value: Any) -> Any:
    return loaded(value, '{["')  # attributes cannot be nested, so that all of them may be JSON
