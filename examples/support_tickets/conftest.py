"""Tells pytest-modelcheck how the application gets its model."""

from models import load_classifier
from triage import Triage

from pytest_modelcheck import model_fixture


@model_fixture(batch=True, returns=Triage)
def triage(model_version):
    return load_classifier(model_version)
