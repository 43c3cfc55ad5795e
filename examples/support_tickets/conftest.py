"""The application's model, as a model fixture of pytest-modelcheck."""

from models import load_classifier
from triage import Triage

from pytest_modelcheck import files, model_fixture


@model_fixture(
    batch=True, returns=Triage, deterministic=True, fingerprint=files("models.py", "training/*.csv")
)
def triage(model_version):
    return load_classifier(model_version)
