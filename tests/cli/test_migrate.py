from pytest_modelcheck.baselines import header, migration


def test_where_everything_is_of_today_it_says_so(project, command):
    project.run({"a": 1})
    command("approve", "2.1")
    assert command("migrate").output == "Nothing to migrate: every baseline in baselines has today's form.\n"


def test_what_is_older_is_migrated(project, command, monkeypatch):
    project.run({"a": 1})
    command("approve", "2.1")
    monkeypatch.setattr(header, "SCHEMA", 2)
    monkeypatch.setattr(migration.migrate, "__defaults__", ({1: migration.Step(dict, dict)},))
    assert command("migrate").output.startswith("1 baseline in baselines migrated:")
    assert "Nothing to migrate" in command("migrate").output
