import contextvars
import threading

import pytest

from pytest_modelcheck.engine.tickets import Ticket
from pytest_modelcheck.errors import ModelError

HERE = contextvars.copy_context()


def answer(lab, model, x, repeat=0):
    return lab.switchboard.answer(lab.switchboard.handle(model), x, model.key(x, repeat), repeat)


def foreseen(lab, handle, *inputs, trial=0):
    tickets = []
    for number, x in enumerate(inputs, trial):
        tickets.append(lab.switchboard.foresee(handle, x, handle.model.key(x), 0, number))
    return tickets


def test_a_ticket_that_was_never_begun_is_marked(lab):
    handle = lab.switchboard.handle(lab.model(str.upper))
    with pytest.raises(ModelError, match="was ended from outside"):
        Ticket(handle, "a", None, 0).result()


def test_an_error_reaches_each_body_that_waited_for_it_once(lab):
    model = lab.model(lambda xs: [1 / 0 for _ in xs], batch=True)
    handle = lab.switchboard.handle(model)
    [ticket] = foreseen(lab, handle, "a")
    foreseen(lab, handle, "a", trial=1)
    lab.switchboard.take(ticket, HERE)
    assert [ticket.taken_by(trial) for trial in (0, 0, 1, 2)] == [True, False, True, False]


def test_an_error_of_a_call_in_place_reaches_all_who_waited(lab):
    handle = lab.switchboard.handle(lab.model(str.upper))
    ticket = Ticket(handle, "a", None, 0)
    assert not ticket.taken_by(0)
    ticket.error = ValueError("gone")
    assert [ticket.taken_by(trial) for trial in (0, 0, 1)] == [True] * 3


class Picky(Exception):
    def __init__(self, text, *, code):
        super().__init__(text)
        self.code = code


class Marked(Exception):
    def __init__(self, text):
        super().__init__(f"<{text}>")


@pytest.mark.parametrize(
    ("error", "taken"),
    [
        (OSError(2, "gone"), [True, True]),
        (ExceptionGroup("both", [ValueError(1)]), [True, True]),
        (Picky("a", code=1), [True, False]),
        (Marked("a"), [True, False]),
    ],
)
def test_each_body_gets_an_error_of_its_own(lab, error, taken):
    """One that cannot be made again is for one body; the next one makes the call itself."""

    def broken(xs):
        raise error from KeyError("cause")

    handle = lab.switchboard.handle(lab.model(broken, batch=True))
    [ticket] = foreseen(lab, handle, "a")
    foreseen(lab, handle, "a", trial=1)
    lab.switchboard.take(ticket, HERE)
    raised = []
    for trial in (0, 1):
        if ticket.taken_by(trial):
            with pytest.raises(type(error)) as caught:
                ticket.result()
            raised.append(caught.value)
            caught.value.add_note("seen")
    assert len(raised) == sum(taken)
    assert len(set(map(id, raised))) == len(raised)
    for each in raised:
        assert (repr(each), each.__notes__) == (repr(error), ["seen"])
        assert repr(each.__cause__) == "KeyError('cause')"
        assert [entry.name for entry in caught.traceback][-1] == "broken"


def test_an_answer_that_cannot_be_copied_is_for_one_body(lab):
    lock = threading.Lock()
    handle = lab.switchboard.handle(lab.model(lambda xs: [lock for _ in xs], batch=True))
    [ticket] = foreseen(lab, handle, "a")
    foreseen(lab, handle, "a", trial=1)
    lab.switchboard.take(ticket, HERE)
    assert [ticket.taken_by(trial) for trial in (0, 1)] == [True, False]


def test_answers_count_as_successes_until_the_next_call(lab):
    model = lab.model(str.upper)
    handle = lab.switchboard.handle(model)
    answer(lab, model, "a")
    assert handle.find(model.key("a")) == b'"A"'
    assert [Ticket(handle, x, None, 0).after_success for x in "bc"] == [True, False]
