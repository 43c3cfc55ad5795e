"""Real objects of the libraries that models are called with, made from recorded wire data.

``.ci/compat`` installs the libraries and runs this; each test is skipped where its library is not there.
"""

from __future__ import annotations

import copy
import datetime as dt
import json
from pathlib import Path
from typing import Any

import pydantic
import pytest

from pytest_modelcheck.canonical import Codec, NotStored, gained, same

WIRE = json.loads(Path(__file__).with_name("wire.json").read_bytes())
COMPLETION, RESPONSE = WIRE["completion"], WIRE["response"]
MESSAGE, GENERATED = WIRE["message"], WIRE["generated"]
TOOLS = {**COMPLETION, "choices": WIRE["tool_choice"]}
MOMENT = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)


class Triage(pydantic.BaseModel):
    label: str
    priority: int = 0


def comes_back(answer: Any, other: Any, returns: Any, again: Any = None) -> bytes:
    """Assert that an answer is stored whole, and that another answer is seen to be another."""
    codec, warm = Codec(returns), Codec(returns)
    line = codec.encode(answer)
    back = warm.decode(line)
    assert type(back) is type(answer)
    assert repr(back) == repr(answer)
    if isinstance(answer, pydantic.BaseModel):
        assert back == answer
        assert back.model_fields_set == answer.model_fields_set
        assert back.model_dump(exclude_unset=True) == answer.model_dump(exclude_unset=True)
    assert warm.encode(back) == line
    if again is not None:
        assert same(line, warm.encode(again))
    assert not same(line, codec.encode(other))
    return line


def changed(wire: dict[str, Any], *path: Any) -> dict[str, Any]:
    """The same wire data with another text at the end of a path."""
    wire = copy.deepcopy(wire)
    part: Any = wire
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = "other"
    return wire


# -- openai -------------------------------------------------------------------------------------------


def openai_client(wire: dict[str, Any]) -> Any:
    """A client of openai's whose transport answers with recorded data."""
    openai = pytest.importorskip("openai")
    try:
        import httpx2 as httpx
    except ImportError:
        import httpx

    def answer(_request: Any) -> Any:
        return httpx.Response(200, json=wire, headers={"x-request-id": "req_1"})

    transport = httpx.MockTransport(answer)
    return openai.OpenAI(api_key="none", http_client=httpx.Client(transport=transport), max_retries=0)


def complete(wire: dict[str, Any]) -> Any:
    messages = [{"role": "user", "content": "Where is my money?"}]
    return openai_client(wire).chat.completions.create(model="gpt-4o-mini", messages=messages)


@pytest.mark.parametrize("wire", [COMPLETION, TOOLS], ids=["text", "tool call"])
def test_an_openai_completion(wire):
    pytest.importorskip("openai")
    from openai.types.chat import ChatCompletion

    other = complete(changed(wire, "choices", 0, "finish_reason"))
    line = comes_back(complete(wire), other, ChatCompletion, again=complete(wire))
    assert b"unheard_of" in line


def test_an_openai_message():
    pytest.importorskip("openai")
    from openai.types.chat import ChatCompletionMessage

    answer = complete(TOOLS).choices[0].message
    comes_back(answer, complete(COMPLETION).choices[0].message, ChatCompletionMessage)


def test_an_openai_response():
    pytest.importorskip("openai")
    from openai.types.responses import Response

    def respond(wire: dict[str, Any]) -> Any:
        return openai_client(wire).responses.create(model="gpt-4o", input="Where is my money?")

    other = respond(changed(RESPONSE, "output", 0, "content", 0, "text"))
    comes_back(respond(RESPONSE), other, Response, again=respond(RESPONSE))


def test_an_openai_parsed_completion():
    pytest.importorskip("openai")
    from openai.types.chat import ChatCompletion, ParsedChatCompletion

    def parse(wire: dict[str, Any]) -> Any:
        return openai_client(wire).chat.completions.parse(
            model="gpt-4o", messages=[{"role": "user", "content": "?"}], response_format=Triage
        )

    other = parse({**COMPLETION, "model": "other"})
    codec = Codec(ParsedChatCompletion[Triage])
    back = codec.decode(codec.encode(parse(COMPLETION)))
    assert back == parse(COMPLETION)  # of a class that the client makes for each call
    assert type(back.choices[0].message.parsed) is Triage
    assert codec.encode(back) == codec.encode(parse(COMPLETION))
    with pytest.raises(NotStored, match=r"returns=ChatCompletion \| ParsedChatCompletion \| Triage\)"):
        Codec(ChatCompletion).encode(parse(COMPLETION))
    codec = Codec(ChatCompletion | ParsedChatCompletion | Triage)
    assert type(codec.decode(codec.encode(parse(COMPLETION)))) is ParsedChatCompletion
    assert not same(codec.encode(back), codec.encode(other))


def test_openai_embeddings():
    pytest.importorskip("openai")
    from openai.types import CreateEmbeddingResponse

    def embed(numbers: list[float]) -> Any:
        data = [{"object": "embedding", "index": 0, "embedding": numbers}]
        wire = {
            "object": "list",
            "model": "m",
            "data": data,
            "usage": {"prompt_tokens": 1, "total_tokens": 1},
        }
        return openai_client(wire).embeddings.create(model="m", input="x", encoding_format="float")

    comes_back(
        embed([0.25, 0.5]), embed([0.25, 0.75]), CreateEmbeddingResponse, again=embed([0.25, 0.5 + 1e-12])
    )


def test_fields_that_a_newer_client_gained_are_no_change():
    """The answer from the same wire data with a client whose models have more fields."""
    pytest.importorskip("openai")
    from openai.types.chat import ChatCompletion

    codec = Codec(ChatCompletion)
    now = codec.encode(complete(COMPLETION))
    then = json.loads(now)
    missing = then.keys() & then["$default"]
    assert missing
    older = {name: part for name, part in then.items() if name not in missing and name != "$default"}
    line = json.dumps(older).encode()
    assert same(line, now)
    assert set(gained(line, now)) == missing
    assert not same(now, line)
    assert codec.decode(line) == complete(COMPLETION)


# -- the others ---------------------------------------------------------------------------------------


def test_an_anthropic_message():
    pytest.importorskip("anthropic")
    from anthropic._models import construct_type
    from anthropic.types import Message

    def message(wire: dict[str, Any]) -> Any:
        return construct_type(type_=Message, value=wire)

    other = message(changed(MESSAGE, "content", 1, "input", "order"))
    comes_back(message(MESSAGE), other, Message, again=message(MESSAGE))


def test_a_gemini_response():
    pytest.importorskip("google.genai")
    from google.genai.types import GenerateContentResponse

    def response(wire: dict[str, Any]) -> Any:
        return GenerateContentResponse.model_validate(wire)

    other = response(changed(GENERATED, "candidates", 0, "content", "parts", 0, "text"))
    comes_back(response(GENERATED), other, GenerateContentResponse, again=response(GENERATED))


def langchain_message(content: Any = "refund", **more: Any) -> Any:
    from langchain_core.messages import AIMessage

    return AIMessage(
        content,
        id="run-1",
        usage_metadata={"input_tokens": 3, "output_tokens": 1, "total_tokens": 4},
        response_metadata={"model_name": "m", "logprobs": None},
        **more,
    )


def test_a_langchain_message():
    pytest.importorskip("langchain_core")
    from langchain_core.messages import AIMessage

    calls = [{"name": "lookup", "args": {"order": 3}, "id": "call_1", "type": "tool_call"}]
    answer, other = langchain_message(tool_calls=calls), langchain_message("other", tool_calls=calls)
    comes_back(answer, other, AIMessage, again=langchain_message(tool_calls=calls))


def test_langchain_content_blocks():
    pytest.importorskip("langchain_core")
    from langchain_core.messages import AIMessage

    blocks = [{"type": "text", "text": "refund"}, {"type": "reasoning", "reasoning": "since"}]
    comes_back(langchain_message(blocks), langchain_message(blocks[:1]), AIMessage)


def test_a_langchain_text():
    pytest.importorskip("langchain_core")
    text, other = langchain_message().text, langchain_message("other").text
    with pytest.raises(NotStored, match=f"returns={type(text).__name__}"):
        Codec().encode(text)
    comes_back(text, other, type(text))


def test_a_langchain_document():
    pytest.importorskip("langchain_core")
    from langchain_core.documents import Document

    def documents(text: str) -> list[Any]:
        return [Document("a", metadata={"page": 3}), Document(text, id="d-2")]

    comes_back(documents("b"), documents("c"), list[Document])


def test_a_langchain_result():
    pytest.importorskip("langchain_core")
    from langchain_core.messages import AIMessage
    from langchain_core.outputs import ChatGeneration, ChatResult

    def result(text: str) -> Any:
        return ChatResult(generations=[ChatGeneration(message=langchain_message(text))], llm_output={"a": 1})

    text = type(langchain_message().text)
    with pytest.raises(NotStored, match=f"returns=ChatResult \\| AIMessage \\| {text.__name__}"):
        Codec(ChatResult | AIMessage).encode(result("a"))
    comes_back(result("a"), result("b"), ChatResult | AIMessage | text)


def test_a_pydantic_ai_result():
    pytest.importorskip("pydantic_ai")
    from pydantic_ai import Agent
    from pydantic_ai.models.test import TestModel

    def run(label: str) -> Any:
        agent = Agent(TestModel(custom_output_args={"label": label}), output_type=Triage)
        return agent.run_sync("Where is my money?")

    result, other = run("refund"), run("other")
    comes_back(result.output, other.output, Triage, again=run("refund").output)
    with pytest.raises(NotStored, match=r"answer\._state.*Let the model answer its data"):
        Codec(type(result)).encode(result)


def test_a_pydantic_ai_response():
    pytest.importorskip("pydantic_ai")
    from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
    from pydantic_ai.usage import RequestUsage

    def response(text: str) -> Any:
        parts = [TextPart(text), ToolCallPart("lookup", {"order": 3}, tool_call_id="call_1")]
        return ModelResponse(parts, usage=RequestUsage(input_tokens=3), model_name="m", timestamp=MOMENT)

    comes_back(response("a"), response("b"), ModelResponse, again=response("a"))


def test_a_litellm_response():
    pytest.importorskip("litellm")
    from litellm import ModelResponse
    from litellm.types.utils import Usage

    def response(wire: dict[str, Any]) -> Any:
        return ModelResponse(**copy.deepcopy(wire))

    other = response(changed(COMPLETION, "choices", 0, "message", "content"))
    with pytest.raises(NotStored, match=r"returns=ModelResponse \| Usage\)"):
        Codec(ModelResponse).encode(response(COMPLETION))
    comes_back(response(COMPLETION), other, ModelResponse | Usage, again=response(COMPLETION))


def test_a_dspy_prediction():
    dspy = pytest.importorskip("dspy")

    def predict(label: str) -> Any:
        return dspy.Prediction(label=label, priority=2)

    comes_back(predict("refund"), predict("other"), dspy.Prediction)


def test_an_annotation_of_dspys_stops_nothing():
    dspy = pytest.importorskip("dspy")
    assert Codec(dspy.Prediction | dspy.Module, requested=False).encode([1]) == b"[1]"


def test_an_instructor_answer():
    instructor = pytest.importorskip("instructor")

    def extract(wire: dict[str, Any]) -> Any:
        client = instructor.from_openai(openai_client(wire))
        messages = [{"role": "user", "content": "Where is my money?"}]
        return client.chat.completions.create(model="m", messages=messages, response_model=Triage)

    answer = extract(TOOLS)
    assert answer._raw_response is not None
    codec = Codec(Triage)
    back = codec.decode(codec.encode(answer))
    assert type(back) is Triage
    assert back.model_dump(exclude_unset=True) == answer.model_dump(exclude_unset=True)
    assert codec.encode(back) == codec.encode(answer) == codec.encode(extract(TOOLS))


def test_a_llama_index_response():
    pytest.importorskip("llama_index.core")
    from llama_index.core.llms import ChatMessage, ChatResponse, CompletionResponse

    def chat(text: str) -> Any:
        return ChatResponse(message=ChatMessage(role="assistant", content=text), raw={"id": "x"})

    comes_back(chat("a"), chat("b"), ChatResponse, again=chat("a"))
    comes_back(CompletionResponse(text="a"), CompletionResponse(text="b"), CompletionResponse)


def test_llama_index_nodes():
    pytest.importorskip("llama_index.core")
    from llama_index.core.base.response.schema import Response
    from llama_index.core.schema import NodeWithScore, TextNode

    def nodes(text: str) -> list[Any]:
        return [NodeWithScore(node=TextNode(text=text, id_="n-1"), score=0.5)]

    comes_back(nodes("a"), nodes("b"), list[NodeWithScore | TextNode])
    comes_back(Response("a", nodes("x")), Response("b", nodes("x")), Response | NodeWithScore | TextNode)


def test_haystack_messages():
    pytest.importorskip("haystack")
    from haystack import Document
    from haystack.dataclasses import ChatMessage, GeneratedAnswer, ToolCall

    def message(text: str) -> Any:
        return ChatMessage.from_assistant(
            text, tool_calls=[ToolCall("lookup", {"order": 3})], meta={"model": "m"}
        )

    comes_back(message("a"), message("b"), ChatMessage, again=message("a"))

    def answer(text: str) -> Any:
        return GeneratedAnswer(text, "?", [Document(id="d", content="c", score=0.5)], {"a": 1})

    comes_back(answer("a"), answer("b"), GeneratedAnswer | Document)


def test_a_msgspec_struct():
    msgspec = pytest.importorskip("msgspec")

    class Answer(msgspec.Struct, frozen=True):
        label: str
        scores: list[float] = []

    class Open(msgspec.Struct):
        label: str
        inner: Answer | msgspec.UnsetType | None = None

    comes_back(Open("a", msgspec.UNSET), Open("a"), Open)
    comes_back(Answer("a", [0.5]), Answer("b", [0.5]), Answer)
    comes_back(Open("a", Answer("x")), Open("a", Answer("y")), Open | Answer)
    with pytest.raises(NotStored, match=r"returns=Open \| Answer\)"):
        Codec().encode(Open("a", Answer("x")))


def test_unparsed_answers_of_langchain():
    """``with_structured_output(..., include_raw=True)`` answers with the error that it met."""
    pytest.importorskip("langchain_core")
    from langchain_core.exceptions import OutputParserException
    from langchain_core.messages import AIMessage

    def answer(text: str) -> dict[str, Any]:
        error = OutputParserException(text, llm_output="{")
        return {"raw": AIMessage("{", id="r"), "parsed": None, "parsing_error": error}

    line = comes_back(answer("a"), answer("b"), AIMessage | OutputParserException, again=answer("a"))
    back = Codec(AIMessage | OutputParserException).decode(line)
    assert back["parsing_error"].llm_output == "{"


def test_moments_in_zones_of_pytz():
    """A zone of pytz is an object for each offset; two of one name are not the same."""
    pytz = pytest.importorskip("pytz")
    paris = pytz.timezone("Europe/Paris")
    night = dt.datetime(2024, 10, 27, 2, 30)  # noqa: DTZ001
    moments = [
        paris.localize(night, is_dst=True),
        paris.localize(night, is_dst=False),
        night.replace(tzinfo=paris),
        night.replace(tzinfo=pytz.utc),
        night.replace(tzinfo=pytz.FixedOffset(90)),
    ]
    lines = [Codec().encode(moment) for moment in moments]
    backs = [Codec().decode(line) for line in lines]
    assert [repr(back) for back in backs] == [repr(moment) for moment in moments]
    assert len(set(lines)) == len(lines)
