"""Compares the answers of two runs of a body.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.canonical import same, why_unkept
from pytest_modelcheck.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_modelcheck.records import TrialResult

    Calls = Sequence[tuple[str, bytes]]
    """The digest of each call, and the answer to it."""


def differ(now: TrialResult, then: TrialResult) -> bool:
    """Return whether the answers of two trials differ: the recorded ones, else all of the judged model.

    A trial without answers, or whose answers could not be stored, differs from none. A trial that ended with
    an error may lack later answers.
    """
    if now.recorded is not None or then.recorded is not None:
        return now.answer is not None and then.answer is not None and are_other(then.answer, now.answer)
    broke = Outcome.ERROR in (now.outcome, then.outcome) or not now.asked or not then.asked
    return answers_differ(then.asked, now.asked, all_made=not broke)


def answers_differ(then: Calls, now: Calls, *, all_made: bool = True) -> bool:
    """Return whether the answers of two runs of a body differ.

    Args:
        then: The approved calls, each with its answer.
        now: The current calls.
        all_made: Whether each run made all of its calls, so that their number matters.
    """
    equal, old, new = paired_calls(then, now)
    if any(are_other(*pair) for pair in equal) or any(map(are_other, old, new)):
        return True
    # A body that broke made fewer calls for that reason alone.
    return all_made and len(old) != len(new)


def paired_calls(then: Calls, now: Calls) -> tuple[list[tuple[bytes, bytes]], list[bytes], list[bytes]]:
    """Pair the answers to calls that both runs made, and return the other answers of each run, too.

    The order of calls does not matter: threads have none, and sets have another one in each process.

    >>> paired_calls([("a", b"1"), ("b", b"2")], [("b", b"3"), ("c", b"4"), ("a", b"1")])
    ([(b'1', b'1'), (b'2', b'3')], [], [b'4'])
    """
    waiting: dict[str, list[bytes]] = {}
    for digest, answer in reversed(now):
        # Reversed, so that pop() takes equal calls in their order.
        waiting.setdefault(digest, []).append(answer)
    equal, old = [], []
    for digest, answer in then:
        if waiting.get(digest):
            equal.append((answer, waiting[digest].pop()))
        else:
            old.append(answer)
    return equal, old, [answer for answers in reversed(waiting.values()) for answer in reversed(answers)]


def are_other(then: bytes, now: bytes) -> bool:
    """Return whether two answers differ; an answer that could not be stored differs from none."""
    return not same(then, now) and why_unkept(then) is None and why_unkept(now) is None


def shown_answers(trial: TrialResult, own: str, then: TrialResult | None = None) -> tuple[bytes | None, ...]:
    """Choose the answers of a trial to show, and those of another run of it.

    If a body makes several calls, this is the first answer that differs; else the judged one.

    Args:
        trial: The trial.
        own: The digest of the case's own input.
        then: The other run; by default the trial's approved one.

    Returns:
        The answer; the answer to the case's own input, if the body called the model with another input, too;
        and the same two of the other run.
    """
    answer, base = trial.answers(own)
    then = then or trial.approved
    if then is None:
        return answer, base, None, None
    before, base_before = then.answers(own)
    if base is None and trial.recorded is None and then.recorded is None:
        equal, old, new = paired_calls(then.asked, trial.asked)
        # Calls without a counterpart (an agent's next step differs when the last did) are paired by
        # position.
        pairs = [*equal, *zip(old, new, strict=False)]
        before, answer = next((pair for pair in pairs if are_other(*pair)), (before, answer))
    return answer, base, before, base_before
