"""The answers of two runs of a body: whether they are the same, and which of them differ.

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

    A trial without an answer differs from none, and so does one whose answers could not be stored. One that
    broke has perhaps not come to its later answers.
    """
    if now.recorded is not None or then.recorded is not None:
        return now.answer is not None and then.answer is not None and are_other(then.answer, now.answer)
    broke = Outcome.ERROR in (now.outcome, then.outcome) or not now.asked or not then.asked
    return answers_differ(then.asked, now.asked, all_made=not broke)


def answers_differ(then: Calls, now: Calls, *, all_made: bool = True) -> bool:
    """Return whether the answers of two runs of a body differ.

    Args:
        then: Its calls then, each with its answer.
        now: Its calls now.
        all_made: Whether each run came to all of its calls, so that their number matters.
    """
    equal, old, new = paired_calls(then, now)
    if any(are_other(*pair) for pair in equal) or any(map(are_other, old, new)):
        return True
    return all_made and len(old) != len(new)


def paired_calls(then: Calls, now: Calls) -> tuple[list[tuple[bytes, bytes]], list[bytes], list[bytes]]:
    """The two answers to each call that two runs of a body both made, and the other answers of either.

    The order of calls says nothing of answers: threads have none, and a set has another one in each process.

    >>> paired_calls([("a", b"1"), ("b", b"2")], [("b", b"3"), ("c", b"4"), ("a", b"1")])
    ([(b'1', b'1'), (b'2', b'3')], [], [b'4'])
    """
    waiting: dict[str, list[bytes]] = {}
    for digest, answer in reversed(now):
        waiting.setdefault(digest, []).append(answer)
    equal, old = [], []
    for digest, answer in then:
        if waiting.get(digest):
            equal.append((answer, waiting[digest].pop()))
        else:
            old.append(answer)
    return equal, old, [answer for answers in reversed(waiting.values()) for answer in reversed(answers)]


def are_other(then: bytes, now: bytes) -> bool:
    """Return whether two answers differ; what could not be stored differs from nothing."""
    return not same(then, now) and why_unkept(then) is None and why_unkept(now) is None


def shown_answers(trial: TrialResult, own: str, then: TrialResult | None = None) -> tuple[bytes | None, ...]:
    """Choose the answers of a trial that a person is shown, beside those of another run of it.

    Of a body that asks several questions that is the first answer that differs; else the one that counts.

    Args:
        trial: The trial.
        own: The digest of the case's own input.
        then: The other run; by default the approved one that the trial carries.

    Returns:
        The answer, the one to the case's own input where another was asked about too, and the same of the
        other run.
    """
    answer, base = trial.answers(own)
    then = then or trial.approved
    if then is None:
        return answer, base, None, None
    before, base_before = then.answers(own)
    if base is None and trial.recorded is None and then.recorded is None:
        equal, old, new = paired_calls(then.asked, trial.asked)
        pairs = [*equal, *zip(old, new, strict=False)]
        before, answer = next((pair for pair in pairs if are_other(*pair)), (before, answer))
    return answer, base, before, base_before
