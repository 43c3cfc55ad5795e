"""``executor=``: calls that are made in other processes, here and by Dask."""

import importlib.util
import sys

import pytest

MODULE = """
import os, time
from pathlib import Path

HERE = Path(__file__).parent

class Classifier:
    def __init__(self, version):
        (HERE / f"loaded-{os.getpid()}").touch(exist_ok=False)  # once in each process
        self.version = version

    def predict(self, texts):
        return [text.upper() for text in texts]

def load(version):
    return Classifier(version)

def shout(text):
    (HERE / "pids").open("a").write(f"{os.getpid()}\\n")
    return text.upper()

def dies_once(text):
    if text == "text 3" and not (HERE / "died").exists():
        (HERE / "died").touch()
        os._exit(1)
    return text.upper()

def dies(text):
    os._exit(1)

def hangs(text):
    if text == "text 3":
        time.sleep(600)
    return text.upper()

def refuses(text):
    if text == "text 3":
        raise ValueError("cannot read text 3")
    return text.upper()
"""

TEST = """
import pytest

CASES = [(f"text {number}", f"TEXT {number}") for number in range(24)]

@pytest.mark.golden(CASES)
def test_triage(triage, case):
    assert triage(case.input) == case.expected
"""

POOL = "executor=lambda: ProcessPoolExecutor(2)"
MODELS = {
    "shout": (POOL, "classifier.shout"),
    "loads_once": (
        f'{POOL}, method="predict", batch_size=4',
        "per_worker(classifier.load, model_version)",
    ),
    "own": ("executor=ThreadPoolExecutor(3)", "str.upper"),
    "dies_once": (POOL, "classifier.dies_once"),
    "dies": (f"{POOL}, concurrency=1, give_up_after=1", "classifier.dies"),
    "hangs": (f"{POOL}, timeout=1.5, concurrency=2", "classifier.hangs"),
    "refuses": (POOL, "classifier.refuses"),
    "unsendable": (POOL, "lambda text: text.upper()"),
}


@pytest.fixture
def elsewhere(project, monkeypatch):
    project.write("classifier.py", MODULE)
    project.test(TEST)
    monkeypatch.setenv("PYTHONPATH", f"{project.path}:{':'.join(sys.path)}")
    return project


def test_calls_are_made_in_the_processes_of_a_pool_and_their_errors_are_reported(elsewhere):
    """Neither the run nor the interpreter waits for a call that hangs."""
    fixtures = (
        f"\n@model_fixture({options})\ndef {name}(model_version):\n    return {model}\n"
        for name, (options, model) in MODELS.items()
    )
    elsewhere.write(
        "conftest.py",
        "from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor\n"
        "from pytest_modelcheck import model_fixture, per_worker\nimport classifier\n" + "".join(fixtures),
    )
    elsewhere.test("".join(TEST.replace("triage", name) for name in MODELS))
    result = elsewhere.run_apart("--model-version=1", timeout=180)
    result.assert_outcomes(passed=4, failed=4)
    result.stdout.fnmatch_lines(
        [
            "FAILED *::test_dies - *",
            "FAILED *::test_hangs - 1/24 cases raised an error: CallTimeoutError*",
            "FAILED *::test_refuses - 1/24 cases raised an error: ValueError: cannot read text 3*",
            "FAILED *::test_unsendable - *",
        ]
    )
    output = result.stdout.str()
    assert "dies 1: a worker of its executor died during the call" in output
    assert "unsendable 1 cannot be sent to its executor (" in output
    assert "per_worker(load, ...)" in output
    assert 1 <= len(set((elsewhere.path / "pids").read_text().split())) <= 2
    assert 1 <= len(list(elsewhere.path.glob("loaded-*"))) <= 2
    assert (elsewhere.path / "died").exists()


@pytest.mark.parametrize(
    ("executor", "asynchronous", "message"),
    [
        (
            "ThreadPoolExecutor(2)",
            "async ",
            "*executor= makes calls elsewhere, and the model 'triage' is `async`*",
        ),
        ("lambda: 3", "", "*executor= of triage 1 made a int, which is not an executor*"),
    ],
)
def test_contradictions_are_refused(project, executor, asynchronous, message):
    project.model(f"""
        from concurrent.futures import ThreadPoolExecutor

        @model_fixture(executor={executor})
        def triage(model_version):
            {asynchronous}def ask(text):
                return text
            return ask
    """)
    project.test()
    project.run("--model-version=1").stdout.fnmatch_lines([message])


RAY = """
import classifier, pytest, ray
from pytest_modelcheck import model_fixture, per_worker

@ray.remote
def call(function, inputs):
    return function(inputs)

class OnRay:
    def submit(self, function, inputs):
        return call.remote(function, inputs).future()

    def shutdown(self, wait=True, cancel_futures=False):
        pass

@pytest.fixture(scope="session")
def cluster():
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()

@model_fixture(executor=OnRay, concurrency=4, method="predict", batch_size=4)
def triage(model_version, cluster):
    return per_worker(classifier.load, model_version)
"""


def test_ray_is_an_executor_of_two_methods(elsewhere):
    if importlib.util.find_spec("ray") is None:  # importing it here would change how later runs find plugins
        pytest.skip("could not find 'ray'")
    elsewhere.path.joinpath("conftest.py").write_text(RAY)
    result = elsewhere.run_apart("--model-version=1", "-rA", timeout=180)
    result.assert_outcomes(passed=1)
    assert list(elsewhere.path.glob("loaded-*"))


DASK = """
import os, signal, sys, time
from pathlib import Path
import pytest
from distributed import Client, LocalCluster
from pytest_modelcheck import model_fixture, per_worker
import classifier

HERE = Path(__file__).parent

@pytest.fixture(scope="session")
def cluster():
    with LocalCluster(n_workers=3, threads_per_worker=1, dashboard_address=None, processes=True,
                      silence_logs=50) as cluster, Client(cluster) as client:
        yield client

@model_fixture(batch=True, batch_size=2, concurrency=6,
               executor=lambda: CLIENT[0].get_executor(pure=False), method="predict")
def triage(model_version, cluster):
    CLIENT.append(cluster)
    return per_worker(classifier.load, model_version)

CLIENT = []
"""

DASK_MODULE = (
    MODULE
    + """

class Slow(Classifier):
    def predict(self, texts):
        if "text 9" in texts and not (HERE / "killed").exists():
            (HERE / "killed").touch()
            os.kill(os.getpid(), 9)
        time.sleep(0.05)
        return super().predict(texts)

def load(version):
    return Slow(version)
"""
)


def test_dask_survives_a_worker_that_is_killed_in_the_middle(elsewhere):
    # Not imported here: it takes over the distributions of this process (importlib_metadata), so that no
    # plugin of later runs in it is found.
    if importlib.util.find_spec("distributed") is None:
        pytest.skip("could not find 'distributed'")
    elsewhere.write("classifier.py", DASK_MODULE)
    elsewhere.write("conftest.py", DASK)
    result = elsewhere.run_apart("--model-version=1", "-W", "ignore", timeout=180)
    result.assert_outcomes(passed=1)
    assert (elsewhere.path / "killed").exists()
    assert len(list(elsewhere.path.glob("loaded-*"))) >= 3
    result.stdout.fnmatch_lines(["*pass test_triage*24/24*  24  *", "*1 passed; answers: 0 cached, 24 new*"])
