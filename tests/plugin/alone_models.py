"""The models of the projects that ``alone.py`` runs: one echo, in each form that a model can have."""

import asyncio
import os
import time

from pytest_modelcheck import model_fixture

_LOG = os.open(os.environ["CALLS"], os.O_CREAT | os.O_APPEND | os.O_WRONLY)
_WRITE = os.write
_SLEEP = time.sleep
_WAIT = asyncio.sleep


def log(model, question):
    """Note a call, also in a test that patches ``os`` or ``time``."""
    _WRITE(_LOG, f"{model} {question}\n".encode())


def plain(name, answer):
    def echo(question):
        log(name, question)
        return answer(question)

    return echo


def batched(name, answer):
    def echo(questions):
        log(name, " ".join(map(str, questions)))
        return [answer(question) for question in questions]

    return echo


def threaded(name, answer):
    def echo(question):
        log(name, question)
        _SLEEP(0.001)
        return answer(question)

    return echo


def awaited(name, answer):
    async def echo(question):
        log(name, question)
        await _WAIT(0.001)
        return answer(question)

    return echo


KINDS = {
    "plain": (plain, {}),
    "batched": (batched, {"batch": True}),
    "single": (batched, {"batch": True, "batch_size": 1}),
    "threaded": (threaded, {"concurrency": 4}),
    "awaited": (awaited, {}),
}


def model(kind, name, answer=lambda question: question, **options):
    """A model fixture of one of the kinds, whose answers no other check has been given."""
    make, declared = KINDS[kind]

    @model_fixture(**{"name": name, "deterministic": True, **declared, **options})
    def echo(model_version):
        return make(name, answer)

    return echo
