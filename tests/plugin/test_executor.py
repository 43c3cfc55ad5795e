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

CONFTEST = """
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pytest_modelcheck import model_fixture, per_worker
import classifier

@model_fixture({options})
def triage(model_version):
    return {model}
"""

TEST = """
import pytest

CASES = [(f"text {number}", f"TEXT {number}") for number in range(24)]

@pytest.mark.golden(CASES)
def test_labels(triage, case):
    assert triage(case.input) == case.expected
"""

POOL = "executor=lambda: ProcessPoolExecutor(2)"


@pytest.fixture
def elsewhere(project, monkeypatch):
    project.write("classifier.py", MODULE)
    project.test(TEST)
    monkeypatch.setenv("PYTHONPATH", f"{project.path}:{':'.join(sys.path)}")

    def run(model, options=POOL, *arguments):
        project.write("conftest.py", CONFTEST.format(model=model, options=options))
        return project.run_apart("--model-version=1", "-rA", *arguments, timeout=180)

    run.path = project.path
    run.again = lambda: project.run_apart("--model-version=1", "-rA", timeout=180)
    return run


def test_a_function_of_a_module_is_called_in_the_processes_of_a_pool(elsewhere):
    elsewhere("classifier.shout").assert_outcomes(passed=1)
    pids = set((elsewhere.path / "pids").read_text().split())
    assert 1 <= len(pids) <= 2


def test_a_model_is_loaded_once_in_each_process(elsewhere):
    model = "per_worker(classifier.load, model_version)"
    elsewhere(model, f'{POOL}, method="predict", batch_size=4').assert_outcomes(passed=1)
    assert 1 <= len(list(elsewhere.path.glob("loaded-*"))) <= 2


def test_an_executor_of_ones_own_is_used(elsewhere):
    result = elsewhere("classifier.shout", "executor=ThreadPoolExecutor(3)")
    result.assert_outcomes(passed=1)


def test_a_worker_that_dies_is_replaced_and_the_call_made_again(elsewhere):
    elsewhere("classifier.dies_once").assert_outcomes(passed=1)
    assert (elsewhere.path / "died").exists()


def test_a_model_that_kills_each_worker_is_an_error_that_says_so(elsewhere):
    result = elsewhere("classifier.dies", f"{POOL}, concurrency=1, give_up_after=1")
    result.assert_outcomes(failed=1)
    assert "triage 1: a worker of its executor died during the call" in result.stdout.str()


def test_a_call_that_hangs_keeps_neither_the_run_nor_the_interpreter(elsewhere):
    result = elsewhere("classifier.hangs", f"{POOL}, timeout=1.5, concurrency=2")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*1/24 cases raised an error: CallTimeoutError*"])


def test_what_a_model_raises_in_another_process_is_shown(elsewhere):
    result = elsewhere("classifier.refuses")
    result.stdout.fnmatch_lines(["*1/24 cases raised an error: ValueError: cannot read text 3*"])


def test_a_model_that_cannot_be_sent_is_refused_with_what_to_do(elsewhere):
    result = elsewhere("lambda text: text.upper()")
    result.stdout.fnmatch_lines(["*triage 1 cannot be sent to its executor (*"])
    assert "per_worker(load, ...)" in result.stdout.str()


def test_an_awaited_model_takes_no_executor(project):
    project.model("""
        from concurrent.futures import ThreadPoolExecutor

        @model_fixture(executor=ThreadPoolExecutor(2))
        def triage(model_version):
            async def ask(text):
                return text
            return ask
    """)
    project.test()
    result = project.run("--model-version=1")
    result.stdout.fnmatch_lines(["*executor= makes calls elsewhere, and the model 'triage' is `async`*"])


def test_what_is_no_executor_is_refused(project):
    project.model("""
        @model_fixture(executor=lambda: 3)
        def triage(model_version):
            return str.upper
    """)
    project.test()
    result = project.run("--model-version=1")
    result.stdout.fnmatch_lines(["*executor= of triage 1 made a int, which is not an executor*"])


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
    result = elsewhere.again()
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


def test_dask_survives_a_worker_that_is_killed_in_the_middle(project, monkeypatch):
    # Not imported here: it takes the distributions of this process over (importlib_metadata), and then no
    # plugin of the runs that follow in it is found.
    if importlib.util.find_spec("distributed") is None:
        pytest.skip("could not find 'distributed'")
    project.write("classifier.py", DASK_MODULE)
    project.write("conftest.py", DASK)
    project.test(TEST)
    monkeypatch.setenv("PYTHONPATH", f"{project.path}:{':'.join(sys.path)}")
    result = project.run_apart("--model-version=1", "-W", "ignore", timeout=180)
    result.assert_outcomes(passed=1)
    assert (project.path / "killed").exists()
    assert len(list(project.path.glob("loaded-*"))) >= 3
    result.stdout.fnmatch_lines(["*pass test_labels*24/24*  24  *", "*1 passed; answers: 0 cached, 24 new*"])
