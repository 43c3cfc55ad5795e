"""The assistant and the judge, as model fixtures of pytest-modelcheck."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

import pytest
from server import Provider

from pytest_modelcheck import files, judge_fixture, model_fixture

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    with Provider() as provider:
        yield provider.url


def ask(url, **fields):
    with urlopen(Request(url, json.dumps(fields).encode()), timeout=30) as response:  # noqa: S310 - of our own
        return json.load(response)


@model_fixture(deterministic=False, concurrency=8, retries=3)
def assistant(model_version, endpoint):
    return lambda question: ask(endpoint, version=model_version, question=question)["answer"]


@judge_fixture(
    labels="labels/helpful.jsonl",
    fingerprint=files("rubrics/helpful.md"),
    compare_by=lambda verdict: verdict["helpful"],
    deterministic=False,
    concurrency=8,
    retries=3,
)
def helpful(model_version, endpoint):
    return lambda question, answer: ask(
        f"{endpoint}/judge", version=model_version, question=question, answer=answer
    )
