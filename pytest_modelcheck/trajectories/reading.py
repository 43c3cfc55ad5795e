"""Read the results of agent frameworks and client libraries, by their shape.

Objects are converted to plain data first. Each piece is recognised by keys that only its format has, and
added to a :class:`~pytest_modelcheck.trajectories.log.Log`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.trajectories.calls import ASSISTANT, Message
from pytest_modelcheck.trajectories.log import ROLES, Log, plain, pruned, read_spans

Piece = dict[str, Any]
# Exceptions of reading a piece that has the keys of a format, but other values.
_DAMAGES: Final = (AttributeError, LookupError, TypeError, ValueError)
_LANGCHAIN: Final = ("human", "ai", "AIMessageChunk", "tool", "system", "function")
_TEXTS: Final = ("text", "input_text", "output_text", "refusal")
_THOUGHTS: Final = ("thinking", "redacted_thinking", "reasoning", "reasoning_content")


def read(sources: Sequence[Any]) -> dict[str, Any]:
    """Read sources, in order, into the fields of one trajectory, by name.

    Raises:
        UsageError: A source has no known shape, or deviates from it.
    """
    log = Log()
    for source in sources:
        try:
            _read(source, log)
        except _DAMAGES as error:
            problem = f"a part of it is not as its format says ({type(error).__name__}: {error})"
            raise UsageError(
                f"Trajectory.of(...) cannot read a {type(source).__name__}: {problem}. Pass its messages, as "
                "dicts with `role` and `content`"
            ) from error
    if not log.messages and not log.is_answered:
        raise _unknown(sources[0] if sources else None)
    return log.parts()


# -- the format of a source ----------------------------------------------------------------------------


def _read(source: Any, log: Log) -> None:
    """Read a source: a result, a list, or one message."""
    if hasattr(source, "to_input_list") and hasattr(source, "final_output"):  # OpenAI Agents SDK
        _read(source.to_input_list(), log)
        log.spend(getattr(getattr(source, "context_wrapper", None), "usage", None))
        log.answered(source.final_output)
    elif callable(getattr(source, "all_messages", None)):  # pydantic-ai
        _read(source.all_messages(), log)
        log.answered(source.output)
    elif isinstance(source, Message):
        log.messages.append(source)
    elif isinstance(source, (list, tuple)):
        _read_all(source, log)
    elif isinstance(source, str):
        log.add_message(ASSISTANT, source)
    elif isinstance(source, (dict, Mapping)) and isinstance(source.get("messages"), (list, tuple)):
        _conversation(source, log)
    else:
        piece = plain(source)
        reader = _reader(piece) if isinstance(piece, dict) else None
        if reader is None:
            raise _unknown(source)
        reader(piece, log)


def _read_all(source: Any, log: Log) -> None:
    pieces = [piece for item in source if (piece := plain(item)) and isinstance(piece, dict)]
    if pieces and len(pieces) == len(source) and all(map(_is_span, pieces)):
        read_spans(pieces, log, _read)
        return
    for item in source:
        _read(item, log)


def _conversation(source: Any, log: Log) -> None:
    """Read messages with other fields beside them: the state of a graph, or a request to a model."""
    if source.get("system"):
        log.instructions.append(_text(plain(source["system"])))
    _read(source["messages"], log)
    if source.get("structured_response") is not None:
        log.answered(source["structured_response"])
    if "model" not in source and "tools" not in source:
        read = ("messages", "structured_response", "system")
        kept = {key: item for key, item in source.items() if key not in read}
        log.state = plain(kept) if kept else log.state


def _is_span(piece: Piece) -> bool:
    return "attributes" in piece and ("name" in piece or "traceId" in piece)


def _reader(piece: Piece) -> Callable[[Piece, Log], None] | None:
    """Return the reader of a piece, by the keys that only its format has."""
    parts = piece.get("parts")
    if isinstance(piece.get("choices"), list):
        return _completion
    if isinstance(piece.get("output"), list):
        return _response
    if isinstance(piece.get("candidates"), list):
        return _candidates
    if isinstance(piece.get("contents"), list):
        return _contents
    if "resourceSpans" in piece or _is_span(piece):
        return _spans
    if isinstance(piece.get("kwargs"), dict) and "lc" in piece:
        return _langchain_saved
    if isinstance(parts, list):
        if piece.get("kind") in ("request", "response"):
            return _pydantic_ai
        return _gemini if not any(isinstance(part, dict) and "type" in part for part in parts) else _otel
    if "role" in piece:
        return _message
    if "content" in piece and piece.get("type") in _LANGCHAIN:
        return _langchain
    return _item if isinstance(piece.get("type"), str) else None


def _spans(piece: Piece, log: Log) -> None:
    read_spans([piece], log, _read)


def _unknown(source: Any) -> UsageError:
    return UsageError(
        f"Trajectory.of(...) cannot read {'nothing' if source is None else 'a ' + type(source).__name__}: it "
        "has no shape of OpenAI, Anthropic, Gemini, LangChain, pydantic-ai, OpenAI Agents or OpenTelemetry. "
        "Pass its messages, as dicts with `role` and `content`"
    )


# -- OpenAI ---------------------------------------------------------------------------------------------


def _completion(piece: Piece, log: Log) -> None:
    choice = (piece["choices"] or [{}])[0]
    _message({"role": ASSISTANT, **(choice.get("message") or {})}, log)
    log.end(choice.get("finish_reason"), piece)
    log.spend(piece.get("usage"))


def _response(piece: Piece, log: Log) -> None:
    if isinstance(piece.get("instructions"), str):
        log.add_message("system", piece["instructions"])
    for item in piece["output"]:
        _read(item, log)
    log.end(piece.get("status"), piece)
    log.spend(piece.get("usage"))


def _item(piece: Piece, log: Log) -> None:
    """Read an item of the Responses API; tools that run at the provider are also calls."""
    kind = piece["type"]
    name = piece.get("name") or kind.removesuffix("_call").removesuffix("_output")
    ident = piece.get("call_id") or piece.get("id")
    if kind.endswith("_call_output"):
        output = piece.get("output")
        value = _text(output)
        failed = isinstance(value, str) and value.startswith("An error occurred while running the tool")
        log.result(ident, None, value, value if failed else None)
    elif kind.endswith("_call"):
        known = ("type", "name", "id", "call_id", "status", "output", "error")
        arguments = _first(piece, "arguments", "input", "action")
        rest = {key: item for key, item in pruned(piece).items() if key not in known}
        log.call(name, rest if arguments is None else arguments, ident)
        if piece.get("output") is not None or piece.get("error") is not None:
            log.result(ident, name, piece.get("output"), piece.get("error"))
    elif kind in _THOUGHTS:
        log.think(piece)
    else:
        log.add_message(ASSISTANT, "", (pruned(piece),))


# -- messages with a role: OpenAI chat and Responses, Anthropic, LangChain ---------------------------------


def _message(piece: Piece, log: Log) -> None:
    role, content = str(piece["role"]), piece.get("content")
    if role in ("tool", "function"):
        log.result(piece.get("tool_call_id"), piece.get("name"), _text(content), piece.get("error"))
        return
    blocks = content if isinstance(content, list) else [content] if content is not None else []
    if role == ASSISTANT and not blocks and not piece.get("refusal"):
        log.add_message(role)
    for place, block in enumerate([*blocks, *([piece["refusal"]] if piece.get("refusal") else [])]):
        _block(block, role, log, goes_on=place > 0)
    for call in piece.get("tool_calls") or ():
        inside = call.get("function") or call.get("custom") or call
        log.call(inside.get("name", ""), _first(inside, "arguments", "args", "input"), call.get("id"))
    if piece.get("reasoning_content"):
        log.think(piece["reasoning_content"])
    if piece.get("stop_reason") is not None or "usage" in piece:  # a whole response of Anthropic
        log.end(piece.get("stop_reason"), piece)
        log.spend(piece.get("usage"))


def _block(block: Any, role: str, log: Log, *, goes_on: bool) -> None:
    """Read one part of the content of a message."""
    if not isinstance(block, dict):
        log.add_message(role, str(block), goes_on=goes_on)
        return
    kind = block.get("type")
    if kind in _TEXTS:
        text = str(block.get("text") or block.get(kind) or "")
        more = {key: one for key, one in pruned(block).items() if one and key not in ("type", kind, "text")}
        log.add_message(role, text, (more,) if more else (), goes_on=goes_on)
    elif kind in ("tool_use", "server_tool_use"):
        log.call(block.get("name", ""), block.get("input"), block.get("id"))
    elif isinstance(kind, str) and kind.endswith("tool_result"):
        value = _text(block.get("content"))
        log.result(block.get("tool_use_id"), None, value, value if block.get("is_error") else None)
    elif kind in _THOUGHTS:
        log.think(block)
    else:
        log.add_message(role, "", (pruned(block),), goes_on=goes_on)


def _langchain(piece: Piece, log: Log) -> None:
    kind = piece["type"]
    if kind == "tool":
        value = _text(piece["content"])
        error = value if piece.get("status") == "error" else None
        log.result(piece.get("tool_call_id"), piece.get("name"), value, error)
        return
    # The content of some providers repeats the calls that are in tool_calls.
    content = piece["content"]
    if isinstance(content, list):
        content = [one for one in content if not (isinstance(one, dict) and one.get("type") in _CALLS)]
    broken = [
        {"name": call.get("name") or "", "args": call.get("args"), "id": call.get("id")}
        for call in piece.get("invalid_tool_calls") or ()
    ]
    calls = [*(piece.get("tool_calls") or ()), *broken]
    _message({"role": ROLES.get(kind, kind), "content": content, "tool_calls": calls}, log)
    metadata = piece.get("response_metadata") or {}
    if kind not in ("human", "system"):
        log.end(metadata.get("finish_reason") or metadata.get("stop_reason"), metadata)
        log.spend(piece.get("usage_metadata"))


_CALLS: Final = ("tool_use", "tool_call", "function_call")


def _langchain_saved(piece: Piece, log: Log) -> None:
    """Read a message in the form of ``langchain_core.load.dumpd``."""
    kinds = {"HumanMessage": "human", "AIMessage": "ai", "ToolMessage": "tool", "SystemMessage": "system"}
    name = (piece.get("id") or [""])[-1]
    _langchain({"type": kinds.get(name, "ai"), "content": "", **piece["kwargs"]}, log)


# -- Gemini -----------------------------------------------------------------------------------------------


def _candidates(piece: Piece, log: Log) -> None:
    for candidate in piece["candidates"][:1]:
        _gemini({"role": "model", **(candidate.get("content") or {})}, log)
        log.end(candidate.get("finish_reason") or candidate.get("finishReason"))
    log.end(None, piece)
    used = piece.get("usage_metadata") or piece.get("usageMetadata") or {}
    log.spend({_snake(key): item for key, item in used.items()})


def _contents(piece: Piece, log: Log) -> None:
    for content in piece["contents"]:
        _read(content, log)


def _gemini(piece: Piece, log: Log) -> None:
    role = str(piece.get("role") or "user")
    for place, raw in enumerate(piece.get("parts") or ()):
        part = {_snake(key): item for key, item in raw.items() if item is not None}
        if part.get("thought"):
            log.think(part.get("text"))
        elif "function_call" in part:
            call = part["function_call"]
            log.call(call.get("name", ""), call.get("args"), call.get("id"))
        elif "function_response" in part:
            given = part["function_response"]
            value = given.get("response")
            only = isinstance(value, dict) and set(value) <= {"result", "output"} and len(value) == 1
            log.result(given.get("id"), given.get("name"), next(iter(value.values())) if only else value)
        elif "text" in part:
            log.add_message(role, part["text"], goes_on=place > 0)
        else:
            log.add_message(role, "", (pruned(part),), goes_on=place > 0)


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


# -- pydantic-ai --------------------------------------------------------------------------------------------


def _pydantic_ai(piece: Piece, log: Log) -> None:
    if isinstance(piece.get("instructions"), str):
        log.add_message("system", piece["instructions"])
    for part in piece["parts"]:
        kind, content = part.get("part_kind"), part.get("content")
        name, ident = part.get("tool_name"), part.get("tool_call_id")
        if kind in ("tool-call", "builtin-tool-call"):
            log.call(name, part.get("args"), ident)
        elif kind in ("tool-return", "builtin-tool-return"):
            log.result(ident, name, content, content if part.get("outcome") in ("failed", "denied") else None)
        elif kind == "retry-prompt" and name:
            log.result(ident, name, None, content)
        elif kind in ("user-prompt", "retry-prompt", "system-prompt"):
            role = "system" if kind == "system-prompt" else "user"
            for place, block in enumerate(content if isinstance(content, list) else [content]):
                _block(block, role, log, goes_on=place > 0)
        elif kind == "text":
            log.add_message(ASSISTANT, content)
        elif kind == "thinking":
            log.think(content)
        else:
            log.add_message(ASSISTANT, "", (pruned(part),))
    if piece["kind"] == "response":
        log.end(piece.get("finish_reason"), piece)
        log.spend(piece.get("usage"))


# -- OpenTelemetry ------------------------------------------------------------------------------------------


def _otel(piece: Piece, log: Log) -> None:
    """Read a message of OpenTelemetry's conventions for generative AI: ``role`` and typed ``parts``."""
    role = str(piece.get("role") or ASSISTANT)
    for place, part in enumerate(piece["parts"]):
        kind = part.get("type")
        if kind == "text":
            log.add_message(role, str(part.get("content", "")), goes_on=place > 0)
        elif kind == "tool_call":
            log.call(part.get("name", ""), part.get("arguments"), part.get("id"))
        elif kind == "tool_call_response":
            log.result(part.get("id"), part.get("name"), _first(part, "response", "result"))
        elif kind in _THOUGHTS:
            log.think(part.get("content"))
        else:
            log.add_message(role, "", (pruned(part),), goes_on=place > 0)
    log.end(piece.get("finish_reason"))


def _first(piece: Piece, *names: str) -> Any:
    """Return the first of these values that is not ``None``."""
    return next((piece[name] for name in names if piece.get(name) is not None), None)


def _text(content: Any) -> Any:
    """Return the text of a content that is only text; return any other content unchanged."""
    if isinstance(content, dict) and content.get("type") in _TEXTS:
        content = [content]
    if isinstance(content, list) and content:
        texts = [block.get("text") if isinstance(block, dict) else block for block in content]
        if all(isinstance(text, str) for text in texts):
            return "\n".join(map(str, texts))
    return "" if content is None else content
