"""The model of this project: VADER, a sentiment lexicon, in two versions that must answer alike.

``3.3.2`` is the library, called for each text. ``recorded`` gives its earlier answers, read from a
file: a model that takes no time at all.
"""

from __future__ import annotations

import gzip
import json
import math
import os
from pathlib import Path

from pytest_modelcheck import model_fixture

SUITE = Path(os.environ["MODELCHECK_DATA"], "checklist-sentiment")


@model_fixture(batch=True)
def vader(model_version):
    return recorded() if model_version == "recorded" else live()


def recorded():
    with gzip.open(SUITE / "predictions-vader.jsonl.gz", "rt", encoding="utf-8") as lines:
        answers = {row.pop("input"): row for row in map(json.loads, lines)}
    return lambda texts: [answers[text] for text in texts]


def live():
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    scores = SentimentIntensityAnalyzer().polarity_scores
    return lambda texts: [sentiment(scores(text)["compound"]) for text in texts]


def sentiment(compound):
    """The label of a compound score (0 negative, 1 neutral, 2 positive) and the probability of each label."""
    label = 2 if compound >= 0.05 else 0 if compound <= -0.05 else 1
    weights = [math.exp(5 * (-compound - 0.05)), 1.0, math.exp(5 * (compound - 0.05))]
    return {"label": label, "probs": [round(weight / sum(weights), 6) for weight in weights]}
