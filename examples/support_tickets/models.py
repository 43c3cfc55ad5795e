"""The triage model, as the data team hands it to the application: one function, three releases.

A release learns from ``training/tickets.csv`` what a ticket is about and how urgent it is. That takes less
than a second, so it is done anew at each load; a larger model would be a file that is read here.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.svm import LinearSVC
from triage import Triage

if TYPE_CHECKING:
    from collections.abc import Callable

TRAINING = Path(__file__).parent / "training" / "tickets.csv"


def _words() -> Pipeline:
    """Counts words. Fast and easy to explain, but every misspelt word is a new word."""
    return make_pipeline(CountVectorizer(), ComplementNB())


def _words_and_letters() -> Pipeline:
    """Weighs words and groups of two to four letters, which survive most typos and word endings."""
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), min_df=2, sublinear_tf=True)
    words = TfidfVectorizer(sublinear_tf=True)
    separator = LinearSVC(class_weight="balanced", dual=True, random_state=0)
    return make_pipeline(make_union(words, letters), separator)


@dataclass(frozen=True, slots=True)
class Release:
    """How one version is made: the kind of model, and the inboxes whose tickets it learns from."""

    build: Callable[[], Pipeline]
    inboxes: frozenset[str]


RELEASES = {
    # The first one.
    "1.0": Release(_words, frozenset({"helpdesk", "calls", "social", "devoluciones"})),
    # Reads letters too.
    "2.0": Release(_words_and_letters, frozenset({"helpdesk", "calls", "social", "devoluciones"})),
    # 2.0, trained again on the export of the new ticket system. The colleagues who handle Spanish returns
    # still work in a mailbox of their own, which nobody has moved to it yet.
    "2.1": Release(_words_and_letters, frozenset({"helpdesk", "calls", "social"})),
}


def load_classifier(version: str) -> Callable[[list[str]], list[Triage]]:
    """Load one release: a function from a batch of ticket texts to an answer for each."""
    if version not in RELEASES:
        raise LookupError(f"the triage model has no release {version!r}, only {', '.join(RELEASES)}")
    release = RELEASES[version]
    tickets = [ticket for ticket in _read_training() if ticket["inbox"] in release.inboxes]
    texts = [ticket["text"] for ticket in tickets]
    topic = release.build().fit(texts, [ticket["label"] for ticket in tickets])
    urgency = release.build().fit(texts, [int(ticket["priority"]) for ticket in tickets])

    def classify(batch: list[str]) -> list[Triage]:
        answers = zip(topic.predict(batch), urgency.predict(batch), strict=True)
        return [Triage(str(label), int(priority)) for label, priority in answers]

    return classify


def _read_training() -> list[dict[str, str]]:
    with TRAINING.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
