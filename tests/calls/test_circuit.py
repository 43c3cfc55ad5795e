import pytest

from pytest_modelcheck.calls.throttle import Circuit
from pytest_modelcheck.errors import OutageError


def failing(circuit, times):
    for _ in range(times):
        circuit.failed(ConnectionError("refused"))


def test_an_answer_in_between_starts_the_count_anew():
    circuit = Circuit("triage 2.1", 3)
    failing(circuit, 2)
    circuit.succeeded()
    failing(circuit, 2)
    circuit.check()
    failing(circuit, 1)
    with pytest.raises(OutageError, match="triage 2.1 was given up after 3 calls in a row failed: Conn"):
        circuit.check()


def test_zero_is_never():
    circuit = Circuit("triage 2.1", 0)
    failing(circuit, 100)
    circuit.check()


def test_the_first_reason_stays():
    circuit = Circuit("triage 2.1", 1)
    failing(circuit, 1)
    circuit.open("for another reason")
    circuit.succeeded()
    assert circuit.reason == "triage 2.1 was given up after a call failed: ConnectionError: refused"
