"""Files of cases, written and read at once."""

import json

import pytest

from pytest_modelcheck import cases
from pytest_modelcheck.errors import CaseError


@pytest.fixture
def read(tmp_path, monkeypatch, request):
    """Write a file and load its cases. Its name is the module's ``NAME`` by default."""
    monkeypatch.chdir(tmp_path)

    def read(content, name=None, **names):
        name = name or request.module.NAME
        text = json.dumps(content) if isinstance(content, list) else content
        (tmp_path / name).write_bytes(text.encode() if isinstance(text, str) else text)
        return list(cases.load(name, base=tmp_path, **names))

    return read


@pytest.fixture
def refused(read):
    """The message of the error that such a file is."""

    def refused(content, name=None, **names):
        with pytest.raises(CaseError) as caught:
            read(content, name, **names)
        return str(caught.value)

    return refused
