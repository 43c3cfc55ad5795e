"""Spans of OpenTelemetry that follow its semantic conventions for generative AI, as JSON.

https://opentelemetry.io/docs/specs/semconv/gen-ai/

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.trajectories.calls import ASSISTANT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_modelcheck.trajectories.log import Log

Span = dict[str, Any]


def read_spans(pieces: list[Span], log: Log, read: Callable[[Any, Log], None]) -> None:
    """Read the spans of one agent run, as the SDK (``to_json``) or the OTLP exporter writes them.

    The last call of the model has the whole conversation in its messages. Where no span has messages, which
    is the default of most instrumentations, the calls are read from the spans of the tools.

    Args:
        pieces: Spans, or exports of many.
        log: Where they are told.
        read: Reads a message.
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
            log.say("system", text.get("content", "") if isinstance(text, dict) else str(text))
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
        log.say(ASSISTANT)
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
    """Every span as a dict of its attributes, with its start, its order, its operation and its events."""
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
    """Attributes by name: a dict of the SDK, or the list of OTLP in which each value says its type."""
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
    """Parse a JSON text, since attributes hold no nested values; return any other value itself."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "[", '"'):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
