"""Two versions of a small text model, to stand in for a large one behind the endpoint.

They learn the topics and the urgency of tickets from ``training.csv``, at each start.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from random import SystemRandom
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import Pipeline, make_pipeline, make_union

TRAINING = Path(__file__).with_name("training.csv")
_DICE = SystemRandom()


@dataclass(frozen=True)
class Made:
    """The settings of a version: reading of letters, case of letters, and smoothing."""

    letters: bool
    capitals: bool
    alpha: float

    def pipeline(self) -> Pipeline:
        """The model, untrained."""
        words = TfidfVectorizer(lowercase=not self.capitals, sublinear_tf=True)
        letters = TfidfVectorizer(
            lowercase=not self.capitals, analyzer="char_wb", ngram_range=(2, 4), min_df=2, sublinear_tf=True
        )
        reads = make_union(words, letters) if self.letters else words
        return make_pipeline(reads, MultinomialNB(alpha=self.alpha))


VERSIONS = {
    "assistant-1": Made(letters=False, capitals=False, alpha=0.03),
    # Reads word endings, which helps. Unnoticed, it also distinguishes capitals from small letters.
    "assistant-2": Made(letters=True, capitals=True, alpha=0.1),
}


class TextModel:
    """One version, trained.

    Args:
        version: One of ``VERSIONS``.
    """

    def __init__(self, version: str) -> None:
        made = VERSIONS[version]
        rows = list(csv.DictReader(TRAINING.read_text(encoding="utf-8").splitlines(keepends=True)))
        texts = [row["text"] for row in rows]
        self._label = made.pipeline().fit(texts, [row["label"] for row in rows])
        self._urgent = made.pipeline().fit(texts, [row["urgent"] for row in rows])
        self.fingerprint = f"fp_{sha256(repr(made).encode() + TRAINING.read_bytes()).hexdigest()[:10]}"

    def answer(self, text: str, temperature: float) -> dict[str, Any]:
        """A label and an urgency, drawn with the chances that the model gives them.

        A temperature below 1 sharpens the chances, 0 takes the likeliest. Nothing seeds the draw.
        """
        labels, chances = self.chances(text, temperature)
        urgent, urgencies = self.urgencies(text, temperature)
        return {
            "label": _DICE.choices(labels, chances)[0],
            "urgent": _DICE.choices(urgent, urgencies)[0] == "yes",
        }

    @lru_cache(maxsize=4096)  # noqa: B019 - a model lives as long as the server
    def chances(self, text: str, temperature: float) -> tuple[list[str], list[float]]:
        """The labels and the probability of each."""
        return _sharpened(self._label, text, temperature)

    @lru_cache(maxsize=4096)  # noqa: B019 - a model lives as long as the server
    def urgencies(self, text: str, temperature: float) -> tuple[list[str], list[float]]:
        """``"no"`` and ``"yes"``, and the probability of each."""
        return _sharpened(self._urgent, text, temperature)


def _sharpened(model: Pipeline, text: str, temperature: float) -> tuple[list[str], list[float]]:
    chances = model.predict_proba([text])[0]
    if temperature == 0:
        chances = (chances == chances.max()).astype(float)
    else:
        logs = np.log(np.maximum(chances, 1e-300)) / temperature
        chances = np.exp(logs - logs.max())
    return model.classes_.tolist(), (chances / chances.sum()).tolist()
