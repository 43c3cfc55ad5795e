"""Trajectories from real results of agent frameworks and client libraries, without a network.

``.ci/compat`` installs the libraries and runs this; each test is skipped where its library is not there.
Run as a script in such an environment, this writes the libraries' results for the ordinary tests.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_modelcheck import Trajectory, in_order
from pytest_modelcheck.canonical import Codec, same

HERE = Path(__file__).parent
RECORDED = HERE.parent / "trajectories" / "recorded.json"

OPENING = "My mug came broken"
ARGUMENTS = {"order": "A-17", "amount": 20}
ANSWER = "You get your money back."


def look_up(order: str) -> str:
    """Look an order up."""
    return json.dumps({"status": "delivered", "order": order})


def refund(order: str, amount: int) -> str:
    """Refund an order."""
    return f"refunded {amount} for {order}"


TOOLS = {"look_up": look_up, "refund": refund}
RESULTS = [{"status": "delivered", "order": "A-17"}, "refunded 20 for A-17"]
PLAN = [("look_up", {"order": "A-17"}), ("refund", ARGUMENTS)]


def openai_chat() -> Any:
    """Messages and completions, as an agent loop collects them."""
    chat = pytest.importorskip("openai.types.chat")

    def completion(number: int, message: dict[str, Any], finish: str) -> Any:
        return chat.ChatCompletion.model_validate(
            {
                "id": f"chatcmpl-{number}",
                "object": "chat.completion",
                "created": 1714561815 + number,
                "model": "gpt-4o-mini",
                "choices": [
                    {"index": 0, "finish_reason": finish, "message": {"role": "assistant", **message}}
                ],
                "usage": {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25},
            }
        )

    found: list[Any] = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": OPENING}]
    for number, (name, arguments) in enumerate(PLAN):
        function = {"name": name, "arguments": json.dumps(arguments)}
        call = {"id": f"call_{number}", "type": "function", "function": function}
        found.append(completion(number, {"content": None, "tool_calls": [call]}, "tool_calls"))
        found.append({"role": "tool", "tool_call_id": f"call_{number}", "content": TOOLS[name](**arguments)})
    return [*found, completion(9, {"content": ANSWER}, "stop")]


def openai_responses() -> Any:
    """The input items, and the responses."""
    responses = pytest.importorskip("openai.types.responses")

    def response(number: int, item: dict[str, Any]) -> Any:
        return responses.Response.model_validate(
            {
                "id": f"resp_{number}",
                "object": "response",
                "created_at": 1714561815.0,
                "model": "gpt-4o-mini",
                "output": [{"id": f"rs_{number}", "type": "reasoning", "summary": []}, item],
                "parallel_tool_calls": True,
                "tool_choice": "auto",
                "tools": [],
                "status": "completed",
                "usage": {
                    "input_tokens": 20,
                    "output_tokens": 5,
                    "total_tokens": 25,
                    "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
                    "output_tokens_details": {"reasoning_tokens": 0},
                },
            }
        )

    found: list[Any] = [{"role": "user", "content": OPENING}]
    for number, (name, arguments) in enumerate(PLAN):
        call = {"id": f"fc_{number}", "call_id": f"call_{number}", "type": "function_call", "name": name}
        found.append(response(number, {**call, "arguments": json.dumps(arguments), "status": "completed"}))
        output = {"call_id": f"call_{number}", "output": TOOLS[name](**arguments)}
        found.append({"type": "function_call_output", **output})
    text = {"type": "output_text", "text": ANSWER, "annotations": []}
    message = {"id": "msg", "type": "message", "role": "assistant", "status": "completed", "content": [text]}
    return [*found, response(9, message)]


def anthropic() -> Any:
    """Messages, as an agent loop sends them, and the responses of the client."""
    library = pytest.importorskip("anthropic")

    def message(number: int, block: dict[str, Any], stop: str) -> Any:
        thought = {"type": "thinking", "thinking": "Let me see.", "signature": f"sig{number}"}
        return library.types.Message.model_validate(
            {
                "id": f"msg_{number}",
                "type": "message",
                "role": "assistant",
                "model": "claude-sonnet",
                "content": [thought, block],
                "stop_reason": stop,
                "stop_sequence": None,
                "usage": {"input_tokens": 20, "output_tokens": 5},
            }
        )

    found: list[Any] = [{"role": "user", "content": OPENING}]
    for number, (name, arguments) in enumerate(PLAN):
        use = {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": arguments}
        found.append(message(number, use, "tool_use"))
        content = [{"type": "text", "text": TOOLS[name](**arguments)}]
        block = {"type": "tool_result", "tool_use_id": f"toolu_{number}", "content": content}
        found.append({"role": "user", "content": [block]})
    return [*found, message(9, {"type": "text", "text": ANSWER}, "end_turn")]


def gemini() -> Any:
    """Contents, and the responses of the client."""
    types = pytest.importorskip("google.genai.types")

    def response(part: Any) -> Any:
        thought = types.Part(text="Let me see.", thought=True, thought_signature=b"\x00\x01")
        content = types.Content(role="model", parts=[thought, part])
        usage = types.GenerateContentResponseUsageMetadata(prompt_token_count=20, candidates_token_count=5)
        return types.GenerateContentResponse(
            candidates=[types.Candidate(content=content, finish_reason="STOP")],
            usage_metadata=usage,
            response_id="r",
            model_version="gemini-flash",
        )

    found: list[Any] = [types.Content(role="user", parts=[types.Part(text=OPENING)])]
    for name, arguments in PLAN:
        found.append(response(types.Part(function_call=types.FunctionCall(name=name, args=arguments))))
        given = {"result": TOOLS[name](**arguments)}
        part = types.Part(function_response=types.FunctionResponse(name=name, response=given))
        found.append(types.Content(role="user", parts=[part]))
    return [*found, response(types.Part(text=ANSWER))]


def _langchain_messages() -> list[Any]:
    messages = pytest.importorskip("langchain_core.messages")
    used = {"input_tokens": 20, "output_tokens": 5, "total_tokens": 25}
    found = []
    for number, (name, arguments) in enumerate(PLAN):
        call = {"name": name, "args": arguments, "id": f"call_{number}"}
        found.append(messages.AIMessage("", tool_calls=[call], usage_metadata=used, id=f"run-{number}"))
    return [
        *found,
        messages.AIMessage(ANSWER, usage_metadata=used, response_metadata={"finish_reason": "stop"}),
    ]


def langchain() -> Any:
    """Messages, as a hand-written loop collects them."""
    messages = pytest.importorskip("langchain_core.messages")
    found: list[Any] = [messages.SystemMessage("Be kind."), messages.HumanMessage(OPENING)]
    for message in _langchain_messages():
        found.append(message)
        for call in message.tool_calls:
            content = TOOLS[call["name"]](**call["args"])
            found.append(messages.ToolMessage(content, tool_call_id=call["id"], name=call["name"]))
    return found


def langgraph() -> Any:
    """The state that an agent of LangGraph ends with."""
    prebuilt = pytest.importorskip("langgraph.prebuilt")
    graph = pytest.importorskip("langgraph.graph")
    replies = iter(_langchain_messages())
    built = graph.StateGraph(graph.MessagesState)
    built.add_node("agent", lambda _state: {"messages": [next(replies)]})
    built.add_node("tools", prebuilt.ToolNode([look_up, refund]))
    built.add_edge(graph.START, "agent")
    built.add_conditional_edges("agent", prebuilt.tools_condition)
    built.add_edge("tools", "agent")
    return built.compile().invoke({"messages": [("user", OPENING)]})


def pydantic_ai() -> Any:
    """The result of a run."""
    library = pytest.importorskip("pydantic_ai")
    function = pytest.importorskip("pydantic_ai.models.function")
    parts = pytest.importorskip("pydantic_ai.messages")
    plan = iter(PLAN)

    def model(_messages: Any, _info: Any) -> Any:
        step = next(plan, None)
        part = parts.TextPart(ANSWER) if step is None else parts.ToolCallPart(*step)
        return parts.ModelResponse(parts=[part])

    agent = library.Agent(function.FunctionModel(model), tools=[look_up, refund], instructions="Be kind.")
    return agent.run_sync(OPENING)


def openai_agents() -> Any:
    """The result of a run."""
    library = pytest.importorskip("agents")
    responses = pytest.importorskip("openai.types.responses")
    plan = iter(enumerate(PLAN))

    class Scripted(library.Model):
        async def get_response(self, *_args: Any, **_options: Any) -> Any:
            number, step = next(plan, (9, None))
            if step is None:
                text = responses.ResponseOutputText(annotations=[], text=ANSWER, type="output_text")
                item = responses.ResponseOutputMessage(
                    id="msg", role="assistant", status="completed", type="message", content=[text]
                )
            else:
                item = responses.ResponseFunctionToolCall(
                    arguments=json.dumps(step[1]), call_id=f"c{number}", name=step[0], type="function_call"
                )
            used = library.Usage(requests=1, input_tokens=20, output_tokens=5, total_tokens=25)
            return library.ModelResponse(output=[item], usage=used, response_id=None)

        def stream_response(self, *_args: Any, **_options: Any) -> Any:
            raise NotImplementedError

    library.set_tracing_disabled(True)
    tools = [library.function_tool(look_up), library.function_tool(refund)]
    return library.Runner.run_sync(library.Agent("support", tools=tools, model=Scripted()), OPENING)


def opentelemetry() -> Any:
    """Spans of a run, as the SDK writes them."""
    sdk = pytest.importorskip("opentelemetry.sdk.trace")
    export = pytest.importorskip("opentelemetry.sdk.trace.export")
    memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    exporter, provider = memory.InMemorySpanExporter(), sdk.TracerProvider()
    provider.add_span_processor(export.SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("support")
    history: list[Any] = [{"role": "user", "parts": [{"type": "text", "content": OPENING}]}]

    def chat(part: dict[str, Any], finish: str) -> None:
        message = {"role": "assistant", "parts": [part], "finish_reason": finish}
        with tracer.start_as_current_span("chat gpt-4o-mini") as span:
            span.set_attribute("gen_ai.operation.name", "chat")
            span.set_attribute("gen_ai.request.model", "gpt-4o-mini")
            span.set_attribute("gen_ai.usage.input_tokens", 20)
            span.set_attribute("gen_ai.usage.output_tokens", 5)
            span.set_attribute("gen_ai.response.finish_reasons", [finish])
            span.set_attribute("gen_ai.input.messages", json.dumps(history))
            span.set_attribute("gen_ai.output.messages", json.dumps([message]))
        history.append(message)

    with tracer.start_as_current_span("invoke_agent support") as span:
        span.set_attribute("gen_ai.operation.name", "invoke_agent")
        for number, (name, arguments) in enumerate(PLAN):
            chat(
                {"type": "tool_call", "id": f"c{number}", "name": name, "arguments": arguments}, "tool_calls"
            )
            with tracer.start_as_current_span(f"execute_tool {name}") as tool:
                tool.set_attribute("gen_ai.operation.name", "execute_tool")
                tool.set_attribute("gen_ai.tool.name", name)
                tool.set_attribute("gen_ai.tool.call.id", f"c{number}")
                result = TOOLS[name](**arguments)
            part = {"type": "tool_call_response", "id": f"c{number}", "response": result}
            history.append({"role": "tool", "parts": [part]})
        chat({"type": "text", "content": ANSWER}, "stop")
    return [json.loads(span.to_json()) for span in exporter.get_finished_spans()]


SOURCES = (
    openai_chat,
    openai_responses,
    anthropic,
    gemini,
    langchain,
    langgraph,
    pydantic_ai,
    openai_agents,
    opentelemetry,
)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.__name__)
def test_real_objects_come_in_and_come_back(source):
    done = Trajectory.of(source(), state={"refunds": 1})
    assert done.calls == PLAN
    assert [call.result for call in done.calls] == RESULTS
    assert done.messages[0].text == OPENING
    assert (done.answer, done.steps, done.state) == (ANSWER, 3, {"refunds": 1})
    if source is not pydantic_ai:  # which estimates
        tokens = {"tokens_in": 60, "tokens_out": 15}
        assert done.usage == tokens
    line = Codec().encode(done)
    assert Codec().decode(line) == done
    again = Trajectory.of(source(), state={"refunds": 1})
    assert again == done
    assert same(line, Codec().encode(again))


def test_arguments_compare_with_dirty_equals():
    dirty = pytest.importorskip("dirty_equals")
    calls = Trajectory.of(openai_chat()).calls
    amount = {"order": dirty.IsStr(regex="A-.*"), "amount": dirty.IsPositiveInt}
    assert calls["refund"].arguments == amount
    assert calls == in_order(("refund", amount))
    assert calls != in_order(("refund", {"order": dirty.IsStr, "amount": dirty.IsNegative}))


if __name__ == "__main__":
    from pytest_modelcheck.trajectories.log import plain

    def recorded(found: Any) -> Any:
        """The messages of a result, as JSON."""
        for name in ("all_messages", "to_input_list"):
            found = getattr(found, name)() if hasattr(found, name) else found
        return plain(found)

    RECORDED.write_text(json.dumps({each.__name__: recorded(each()) for each in SOURCES}, indent=1) + "\n")
    sys.stdout.write(f"{RECORDED}\n")
