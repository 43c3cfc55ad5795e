import sys
import threading
from contextvars import ContextVar, copy_context
from dataclasses import replace

import pytest

from pytest_modelcheck.canonical import Codec
from pytest_modelcheck.models.cache import PredictionCache
from pytest_modelcheck.models.calling import Arguments, caller_of
from pytest_modelcheck.models.definition import Definition
from pytest_modelcheck.models.model import Answers, Model, Unstored, copied, plain


@pytest.fixture
def answers():
    return Answers(PredictionCache(None).shelf("triage", keep=False), Codec())


def model(answers, version="2.0", route=lambda model, x: (model.name, x)):
    definition = Definition(name="triage", source="", location="conftest.py:1")
    return Model(definition, len, version, None, caller_of(definition, len), answers, route)


def test_an_added_answer_is_found_and_built_again(answers):
    raw = answers.add(b"k" * 16, {"label": "refund"})
    assert answers.find(b"k" * 16) == raw == b'{"label":"refund"}'
    assert answers.decode(raw) == {"label": "refund"}
    assert answers.decode(raw) is not answers.decode(raw)
    assert answers.find(b"x" * 16) is None


def test_an_answer_that_cannot_be_read_back_is_held_for_the_run_and_reported_once(answers):
    lock = threading.Lock()
    raw = answers.add(b"k" * 16, lock)
    assert isinstance(raw, Unstored)
    assert answers.decode(raw) is lock
    assert answers.find(b"k" * 16) is None  # it cannot be copied: the next reader calls the model again
    assert plain(raw).startswith(b"{")
    answers.add(b"l" * 16, threading.Lock())
    assert len(answers.warnings) == 1


class Client:
    """Closes itself when it is collected, as the clients of httpx do."""

    def __init__(self):
        self.lock, self.state = threading.Lock(), "open"

    def __del__(self):
        self.state += ", then closed"


def test_half_a_copy_of_a_client_is_dropped_without_a_sound(answers, monkeypatch):
    """pytest would report what its ``__del__`` raises, and with ``-W error`` fail the test."""
    heard = []
    monkeypatch.setattr(sys, "unraisablehook", heard.append)
    client = Client()
    raw = answers.add(b"k" * 16, client)
    assert answers.decode(raw) is client
    assert copied(client) is client
    assert not heard
    broken = Client()
    del broken.state, broken
    assert len(heard) == 1


def test_an_answer_without_a_key_is_not_cached(answers):
    assert answers.add(None, "refund") == b'"refund"'
    assert isinstance(answers.add(None, threading.Lock()), Unstored)


def test_a_model_is_called_with_one_input(answers):
    assert model(answers)("Where is it?") == ("triage", "Where is it?")
    with pytest.raises(TypeError):
        model(answers)("a", "b")


def test_names_for_people(answers):
    assert repr(model(answers)) == "<model triage 2.0>"
    assert model(answers, version=None).label == "triage (unversioned)"


def test_an_input_without_a_digest_has_no_key_and_is_reported_once(answers):
    one = model(answers)
    assert one.key("a") == one.key("a") != one.key("a", 1)
    assert one.key(threading.Lock()) is None
    assert one.key(threading.Lock()) is None
    [warning] = answers.warnings
    assert warning.startswith("a call cannot be cached")


def test_copies_are_deep_and_what_has_none_is_handed_over():
    nested, lock = [["a"]], threading.Lock()
    assert copied(nested) == nested
    assert copied(nested)[0] is not nested[0]
    assert copied({"a": [{"b": [1]}]}) == {"a": [{"b": [1]}]}
    part = [1]
    first, second = copied([part, part])
    assert first is second is not part
    around: list[object] = []
    around.append(around)
    assert copied(around)[0] is not around
    assert copied(lock) is lock
    arguments = copied(Arguments((nested,), {"y": nested}))
    assert arguments.positional == (nested,)
    assert arguments.positional[0] is not nested
    assert arguments.named["y"] is not nested


def test_a_context_variable_of_none_is_neither_its_default_nor_unset(answers):
    """A model that read its default shared an answer with one that read None."""
    tenant, region = ContextVar("tenant", default="nobody"), ContextVar("region")

    def keys(variable):
        one = model(answers)
        one.definition = replace(one.definition, context=[variable])
        contexts = [copy_context() for _ in range(3)]
        for context, value in zip(contexts[1:], (None, "nobody"), strict=True):
            context.run(variable.set, value)
        return [context.run(one.key, "a") for context in contexts]

    unset, none, named = keys(tenant)
    assert unset == named != none
    assert len(set(keys(region))) == 3
