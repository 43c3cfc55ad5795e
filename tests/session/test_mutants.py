"""Damages to stored answers: their list, and each changes what its name says and nothing else."""

import json

import pytest

from pytest_modelcheck.canonical import Codec
from pytest_modelcheck.session.mutants import REPLAYS, mutants
from pytest_modelcheck.trajectories.trajectory import Trajectory


def keyed(answers):
    return {number.to_bytes(2): answer for number, answer in enumerate(answers)}


def made(answers, slices=None):
    return {mutant.name: mutant for mutant in mutants(keyed(answers), slices or {})}


def only(mutant):
    """The answers of its one replay, by number."""
    (replay,) = mutant.answers
    return {int.from_bytes(key): answer for key, answer in replay.items()}


LABELS = ["refund"] * 6 + ["other"] * 3 + ["account"] * 3


def test_of_labels():
    found = made(LABELS)
    assert list(found) == [
        "10% exchanged",
        "30% exchanged",
        "always the same answer",
        "one value never given",
    ]
    assert only(found["always the same answer"]) == dict.fromkeys(range(6, 12), "refund")
    never = found["one value never given"].answers
    assert [set(replay.values()) for replay in never] == [{"other"}, {"refund"}, {"refund"}]
    assert [len(replay) for replay in never] == [6, 3, 3]


def test_a_share_is_exchanged_for_other_answers_in_each_replay():
    exchanged = made(LABELS)["30% exchanged"].answers
    assert len(exchanged) == REPLAYS
    assert {len(replay) for replay in exchanged} == {4}
    before = keyed(LABELS)
    assert all(answer != before[key] for replay in exchanged for key, answer in replay.items())
    assert len({tuple(sorted(replay)) for replay in exchanged}) > 1


def test_the_same_dice_give_the_same_mutants():
    assert made(LABELS) == made(LABELS)


def test_of_one_answer_to_everything():
    assert "10% exchanged" not in made(["yes"] * 12)
    assert "always the same answer" not in made(["yes"] * 12)


def test_answers_that_differ_only_in_uncompared_parts_are_the_same_answer():
    answers = keyed([{"nr": number, "label": label} for number, label in enumerate(LABELS)])
    compared = {key: answer["label"].encode() for key, answer in answers.items()}
    some = frozenset(list(answers)[:4])
    found = {mutant.name: mutant for mutant in mutants(answers, {"en": some}, compared)}
    always = only(found["always the same answer"])
    assert always == {number: {"nr": 0, "label": "refund"} for number in range(6, 12)}
    for name in ("30% exchanged", "en wrong"):
        for replay in found[name].answers:
            assert len(replay) == 4
            assert all(answer["label"] != answers[key]["label"] for key, answer in replay.items())


def test_the_bookkeeping_of_a_response_is_not_damaged():
    def fields(**usage):
        found = made(
            [
                {"id": f"x{n}", "created": n, "label": label, "detail": {"id": n, "of": 3}, **usage}
                for n, label in enumerate(LABELS)
            ]
        )
        return {name.partition(":")[0] for name in found if ":" in name}

    assert fields() == {"id", "created", "label", "detail.id", "detail.of"}
    response = fields(usage={"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}, model="small")
    assert response == {"label", "detail.id", "detail.of"}
    assert fields(usage_metadata={"input_tokens": 3, "output_tokens": 4}) == response


def test_of_texts_that_are_no_labels():
    texts = [f"Dear customer {number}, thank you." for number in range(30)]
    found = made(texts)
    assert only(found["empty"]) == dict.fromkeys(range(30), "")
    assert only(found["cut to half"])[3] == texts[3][: len(texts[3]) // 2]
    assert set(only(found["a refusal"]).values()) == {"I'm sorry, but I can't help with that."}
    assert "one value never given" not in found


def test_of_fields():
    found = made([{"label": label, "sure": {"by": 0.5}} for label in LABELS])
    assert only(found["label: missing"])[0] == {"sure": {"by": 0.5}}
    assert only(found["label: null"])[0] == {"label": None, "sure": {"by": 0.5}}
    assert only(found["sure.by: scaled by 1.5"])[0] == {"label": "refund", "sure": {"by": 0.75}}
    assert found["sure.by: scaled by 1.5"].where == "sure.by"
    assert only(found["sure.by: missing"])[0] == {"label": "refund", "sure": {}}


def test_of_numbers():
    found = made([1, 2, 3] * 4)
    assert [set(replay.values()) for replay in found["off by one"].answers] == [{2, 3, 4}, {0, 1, 2}]
    assert only(found["scaled by 1.5"]) == {n: (3, 4)[n % 3 - 1] for n in range(12) if n % 3}
    assert "one value never given" in found
    assert "off by one" not in made([0.5, 0.25])


def test_of_booleans():
    found = made([True, False] * 6)
    assert only(found["true and false exchanged"])[0] is False
    assert [set(replay.values()) for replay in found["one value never given"].answers] == [{False}, {True}]


def test_of_lists():
    found = made([["a", "b", "c", "d"], ["e"], []])
    assert only(found["cut to half"]) == {0: ["a", "b"], 1: []}
    assert only(found["reversed"]) == {0: ["d", "c", "b", "a"]}
    assert only(found["first item repeated"]) == {0: ["a", "a", "b", "c", "d"], 1: ["e", "e"]}


@pytest.mark.parametrize(
    ("given", "name", "damaged"),
    [
        ([1, 2], "part: cut to half", [1]),
        (3, "part: off by one", 4),
        (True, "part: true and false exchanged", False),
        ("Dear customer", "part: empty", ""),
    ],
)
def test_values_that_are_null_in_some_answers_stay_so(given, name, damaged):
    answers = [{"part": value} for value in (given, None)]
    assert made(answers)[name].answers[0] == {b"\0\0": {"part": damaged}}


def test_of_the_fields_of_a_lists_items():
    found = made([{"lines": [{"total": 2}, {"total": 4, "note": "x"}]}, {"lines": []}])
    assert only(found["lines[].total: null"]) == {
        0: {"lines": [{"total": None}, {"total": None, "note": "x"}]}
    }
    assert only(found["lines[].total: scaled by 1.5"])[0]["lines"][0] == {"total": 3}
    assert only(found["lines[].note: missing"]) == {0: {"lines": [{"total": 2}, {"total": 4}]}}
    assert made([[{"n": 1}, {"n": 2}]])["[].n: off by one"].answers[0] == {b"\0\0": [{"n": 2}, {"n": 3}]}


def test_of_mappings_with_other_keys_in_every_answer_only_some_are_damaged():
    found = made([{f"word {number}": 1, "total": number} for number in range(200)])
    assert "total: off by one" in found
    assert len({mutant.where for mutant in found.values()}) <= 41


def test_of_a_slice():
    slices = {"language=es": frozenset({b"\x00\x01", b"\x00\x02"})}
    for replay in made(LABELS, slices)["language=es wrong"].answers:
        assert set(replay) <= slices["language=es"]


def test_values_in_a_form_of_ours_are_left_alone():
    assert [name for name in made([{"$bytes": "YQ=="}, {"$bytes": "Yg=="}]) if ":" in name] == []


def test_the_tags_of_an_object_are_not_among_its_fields():
    answers = [{"$type": "app.Triage", "label": label, "$default": ["note"]} for label in LABELS]
    assert {mutant.where for mutant in made(answers).values()} == {"", "label"}


def test_of_tool_calls():
    done = Trajectory.of(
        [
            {"role": "user", "content": "My mug is broken"},
            {"role": "assistant", "tool_calls": [_call("find"), _call("refund")]},
            {"role": "assistant", "tool_calls": [_call("mail")]},
            {"role": "assistant", "content": "Done."},
        ]
    )
    codec = Codec(Trajectory, requested=True)
    found = made([json.loads(codec.encode(done))])

    def names(mutant):
        (answer, *_) = (replay[b"\x00\x00"] for replay in found[mutant].answers)
        return [call.name for call in codec.decode(json.dumps(answer).encode()).calls]

    assert names("tool calls: reversed") == ["mail", "refund", "find"]
    assert names("tool calls: all dropped") == []
    assert names("tool calls: the last repeated") == ["find", "refund", "mail", "mail"]
    assert len(names("tool calls: one dropped")) == 2
    assert only(found["answer: empty"])[0]["$trajectory"]["answer"] == ""


def _call(name):
    return {"id": name, "function": {"name": name, "arguments": "{}"}}
