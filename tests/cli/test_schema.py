import json
from pathlib import Path

from pytest_modelcheck.cases.documents import schema_of_file, schema_of_line


def test_it_is_printed(command):
    assert json.loads(command("schema").output) == schema_of_file()
    assert json.loads(command("schema", "--line").output) == schema_of_line()


def test_its_path_is_printed(command):
    path = Path(command("schema", "--path").output.strip())
    assert json.loads(path.read_text(encoding="utf-8")) == schema_of_file()


def test_a_line_has_no_file(command):
    done = command("schema", "--line", "--path", code=2)
    assert "only the schema of whole files is installed as a file" in done.output
