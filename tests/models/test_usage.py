from types import SimpleNamespace

import pytest

from pytest_modelcheck import Trajectory
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.models.usage import Answer, Measured, Usage, UsageReader, usage_of


@pytest.mark.parametrize(
    "reported",
    [
        {"prompt_tokens": 7, "completion_tokens": 2},
        {"input_tokens": 7, "output_tokens": 2},
        SimpleNamespace(prompt_tokens=7, completion_tokens=2),
        SimpleNamespace(input_tokens=7, output_tokens=2),
    ],
)
def test_tokens_by_the_names_in_use(reported):
    assert usage_of(reported) == Usage(7, 2)


@pytest.mark.parametrize(
    "reported", [None, {}, {"prompt_tokens": "many"}, {"cost": -1}, {"cost": float("nan")}, 7]
)
def test_answers_without_usage(reported):
    assert usage_of(reported) == Usage()


def test_a_cost_that_is_reported_counts_without_a_price():
    assert UsageReader(None, None, "triage").read(Answer("x", usage={"cost": 0.5})) == ("x", Usage(cost=0.5))


def test_a_trajectory_tells_what_it_used():
    done, reader = (
        Trajectory(answer="Done", usage={"tokens_in": 900, "tokens_out": 300}),
        UsageReader(None, None, "agent"),
    )
    assert reader.applies_to([done])
    assert reader.read(done) == (done, Usage(900, 300))


def test_a_price_is_computed_from_the_usage_or_else_from_the_answer():
    def price(thing):
        return len(thing)

    assert UsageReader(None, price, "triage").read("four")[1].cost == 4
    assert UsageReader(lambda answer: {"prompt_tokens": 1}, price, "triage").read("four")[1].cost == 1


@pytest.mark.parametrize("cost", [None, "cheap", True, -1, float("inf")])
def test_a_price_must_be_a_number(cost):
    with pytest.raises(UsageError, match="cost= of the model fixture 'triage' gave"):
        UsageReader(None, lambda answer: cost, "triage").read("x")


def test_a_function_that_fails_on_an_answer_is_named():
    with pytest.raises(UsageError, match="usage= of the model fixture 'triage' failed on a str: Attr"):
        UsageReader(lambda answer: answer.usage, None, "triage").read("x")


@pytest.mark.parametrize("line", [b"", b"{}", b"[]", b"null", b'["x"]', b"[1,2,3,4,5]"])
def test_an_unknown_measure_is_none(line):
    assert Measured.read(line) is None


def test_a_measure_is_one_short_line():
    assert Measured("refund", 0.25, Usage()).line() == b"[0.25]"
    assert Measured("refund", 0.25, Usage(cost=0.5)).line() == b"[0.25,null,null,0.5]"


@pytest.mark.parametrize(
    ("reported", "tokens_in", "tokens_out", "other"),
    [
        # Anthropic counts tokens written to and read from the cache apart.
        (
            {
                "input_tokens": 10,
                "cache_creation_input_tokens": 20,
                "cache_read_input_tokens": 300,
                "output_tokens": 5,
            },
            330,
            5,
            (),
        ),
        # litellm gives Anthropic's answers OpenAI's names, which include the cache.
        (
            {"prompt_tokens": 330, "cache_read_input_tokens": 300, "completion_tokens": 5},
            330,
            5,
            (),
        ),
        # Gemini: thoughts are paid for, and no part of the candidates.
        (
            SimpleNamespace(
                prompt_token_count=10,
                candidates_token_count=5,
                thoughts_token_count=90,
                cached_content_token_count=4,
                tool_use_prompt_token_count=None,
                total_token_count=105,
            ),
            10,
            95,
            (),
        ),
        # Gemini, as its REST interface spells it.
        (
            {
                "promptTokenCount": 10,
                "candidatesTokenCount": 5,
                "thoughtsTokenCount": 90,
                "cachedContentTokenCount": 4,
                "toolUsePromptTokenCount": 3,
                "totalTokenCount": 108,
            },
            13,
            95,
            (),
        ),
        # Bedrock
        ({"inputTokens": 10, "outputTokens": 5, "cacheReadInputTokens": 100, "totalTokens": 115}, 110, 5, ()),
        # Unknown kinds of tokens are kept by name.
        (
            {"prompt_tokens": 1, "completion_tokens": 2, "audio_tokens": 7, "video_tokens": 0},
            1,
            2,
            (("audio_tokens", 7),),
        ),
        # Gemini leaves the candidates out where it came no further than its thoughts.
        ({"promptTokenCount": 10, "thoughtsTokenCount": 90}, 10, 90, ()),
        # pydantic-ai counts audio among the others.
        ({"input_tokens": 10, "input_audio_tokens": 2, "output_tokens": 3}, 10, 3, ()),
        # Ollama
        ({"message": {}, "prompt_eval_count": 26, "eval_count": 298}, 26, 298, ()),
        ({"prompt_tokens": float("nan"), "completion_tokens": 2}, None, 2, ()),
        ({"prompt_tokens": -1, "completion_tokens": 2}, None, 2, ()),
    ],
)  # fmt: skip
def test_tokens_are_counted_once_and_none_is_dropped(reported, tokens_in, tokens_out, other):
    assert usage_of(reported) == Usage(tokens_in, tokens_out, None, other)


class Response(SimpleNamespace):
    """One of OpenAI's, which also has a limit of its tokens."""

    max_output_tokens = 500

    @property
    def raw(self):
        raise ConnectionError("it was read already")


class Result(SimpleNamespace):
    """One of haystack's, llama-index' or pydantic-ai's, whose usage is no attribute of its own."""

    @property
    def meta(self):
        return {"usage": self.hidden}

    def method(self):
        return self.hidden


class Slotted:
    __slots__ = ("completion_tokens", "prompt_tokens")


def slotted():
    usage = Slotted()
    usage.prompt_tokens, usage.completion_tokens = 7, 2
    return usage


@pytest.mark.parametrize(
    "completion",
    [
        SimpleNamespace(id="x", usage=SimpleNamespace(prompt_tokens=7, completion_tokens=2)),
        SimpleNamespace(usage=slotted()),
        {"usage": {"input_tokens": 7, "output_tokens": 2}},
        SimpleNamespace(usage_metadata={"input_tokens": 7, "output_tokens": 2, "total_tokens": 9}),
        {"usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": 2, "totalTokenCount": 9}},
        SimpleNamespace(response_metadata={"token_usage": {"prompt_tokens": 7, "completion_tokens": 2}}),
        SimpleNamespace(meta={"usage": {"prompt_tokens": 7, "completion_tokens": 2}}),
        SimpleNamespace(usage=lambda: {"input_tokens": 7, "output_tokens": 2}),
        Response(max_output_tokens=500, usage={"input_tokens": 7, "output_tokens": 2}),
        {"max_output_tokens": 500, "usage": {"input_tokens": 7, "output_tokens": 2}},
        {"usage": {"tokens": {"input_tokens": 7, "output_tokens": 2}, "billed_units": {"input_tokens": 1}}},
        SimpleNamespace(raw=SimpleNamespace(usage={"prompt_tokens": 7, "completion_tokens": 2})),
        SimpleNamespace(raw=None, additional_kwargs={"prompt_tokens": 7, "completion_tokens": 2}),
        SimpleNamespace(llm_output={"token_usage": {"prompt_tokens": 7, "completion_tokens": 2}}),
        Result(hidden={"input_tokens": 7, "output_tokens": 2}),
        Result(hidden={"input_tokens": 7, "output_tokens": 2}).method,
    ],
)
def test_a_whole_completion_may_be_given(completion):
    assert usage_of(completion) == Usage(7, 2)


def test_a_limit_of_tokens_is_no_count_of_them():
    assert usage_of(Response(max_output_tokens=500, usage=None)) == Usage()
    assert usage_of({"input_tokens": 7, "output_tokens": 2, "max_tokens": 500}) == Usage(7, 2)


def test_tokens_of_another_name_are_saved():
    measured = Measured(None, 0.25, Usage(1, 2, None, (("audio_tokens", 7),)))
    assert Measured.read(measured.line()) == measured
