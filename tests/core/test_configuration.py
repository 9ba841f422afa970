"""plugins.toml and the environment: values, their origins, and every mistake at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest
from msgspec import Meta

from core.configuration import core_settings, read, survey
from core.loading import in_order
from core.plugins import OWN, Plugin, PluginError
from core.reading import Source, read_table
from core.settings import Secret, Settings, masked


def write(folder: Path, text: str) -> Path:
    file = folder / "plugins.toml"
    file.write_text(text)
    return file


def problems(folder: Path, text: str, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(PluginError) as caught:
        read(write(folder, text), environ or {})
    return caught.value.problems


def test_values_come_from_the_file_and_the_environment_wins(tmp_path: Path) -> None:
    file = write(tmp_path, 'enabled = ["todo"]\n[core]\nport = 8001\nworkers = 3\n')
    plugins = read(file, {"TENFOLD_CORE__PORT": "8002"})
    core = core_settings(plugins)
    assert (core.port, core.workers, core.host) == (8002, 3, "127.0.0.1")
    origins = plugins["core"].origins
    assert origins["port"] == "$TENFOLD_CORE__PORT"
    assert origins["workers"] == "plugins.toml:4"
    assert origins["host"] == "default"


def test_without_a_file_cores_own_plugins_are_on(tmp_path: Path) -> None:
    assert [plugin.name for plugin in read(tmp_path / "none.toml", {})] == list(OWN)


def test_the_environment_decides_what_is_enabled(tmp_path: Path) -> None:
    file = write(tmp_path, "enabled = []")
    plugins = read(file, {"TENFOLD_ENABLED": " todo ,"})
    assert "todo" in plugins


def test_all_mistakes_are_shown_at_once_with_their_places(tmp_path: Path) -> None:
    text = (
        'enabled = ["todo", "tood"]\n[core]\nprot = 1\nport = 70000\nsecret = "x"\n'
        "[tdo]\ncolour = 1\n"
    )
    found = "\n".join(problems(tmp_path, text, {"TENFOLD_AUTH__BCRYPT_ROUNDS": "many"}))
    assert "tood: no such plugin; did you mean 'todo'?" in found
    assert "plugins.toml:3  core.prot: unknown setting; did you mean 'port'?" in found
    assert "plugins.toml:4  core.port: expected `int` <= 65535" in found
    assert "plugins.toml:5  core.secret: a secret does not belong in a file" in found
    assert "plugins.toml:6  [tdo]: no plugin has this name; did you mean 'todo'?" in found
    assert "$TENFOLD_AUTH__BCRYPT_ROUNDS  auth.bcrypt_rounds: expected `int`" in found


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("LIMIT_READ", "lots", "write 600/minute, 20 per 10 seconds, off or usual"),
        ("CACHE", "http://x", "write memory://, redis://:password@host:6379/0 or rediss://…"),
        ("TRUSTED_PROXIES", "10.0.0.0/8", 'is a list: write ["a", "b"]'),
        ("LOG", "xml", "write plain or json"),
        ("DATABASE", "mysql://h/x", "write sqlite:///data/x.db or postgres://user:password@host/"),
        ("DATABASE", "postgres://h:port/x", "write sqlite:///data/x.db or postgres://"),
        ("DATABASE", "postgres://me:secret@h", "names no database: write postgres://…@host/name"),
        ("DATABASE", "sqlite:///:memory:", "names no file: write sqlite:///data/x.db"),
        ("DATABASE", "sqlite:///", "names no file: write sqlite:///data/x.db"),
    ],
)
def test_a_mistake_says_what_to_write(
    tmp_path: Path, setting: str, value: str, sentence: str
) -> None:
    found = "\n".join(problems(tmp_path, "", {f"TENFOLD_CORE__{setting}": value}))
    assert f"core.{setting.lower()}: {sentence}" in found
    assert "secret@" not in found


@pytest.mark.parametrize("url", ["postgres:///x?host=/run/pg", "postgresql://u@h:1/x", ""])
def test_a_database_is_named_in_any_way_that_its_driver_reads(tmp_path: Path, url: str) -> None:
    file = write(tmp_path, "")
    assert core_settings(read(file, {"TENFOLD_CORE__DATABASE": url})).database == url


def test_a_disabled_plugin_keeps_its_settings(tmp_path: Path) -> None:
    file = write(tmp_path, "enabled = []\n[todo]\nanything = 1\n")
    assert "todo" not in read(file, {})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("enabled = [", "plugins.toml"),
        ('enabled = "todo"', "must be a list"),
        ("enabled = [1]", "must be a list"),
        ('enabled = ["todo", "todo"]', "written twice"),
        ("core = 1", "must be a table"),
    ],
)
def test_a_broken_file_is_told(tmp_path: Path, text: str, words: str) -> None:
    assert words in "\n".join(problems(tmp_path, text))


def test_a_variable_of_nobody_is_told(tmp_path: Path) -> None:
    assert "$TENFOLD_CROE__PORT" in problems(tmp_path, "", {"TENFOLD_CROE__PORT": "1"})[0]


def test_what_can_be_used_is_used_while_another_plugin_is_broken(tmp_path: Path) -> None:
    plugins, found = survey(write(tmp_path, 'enabled = ["nothing", "todo"]'), {})
    assert [plugin.name for plugin in plugins] == [*OWN, "todo"]
    assert len(found) == 1


class Example(Settings, frozen=True):
    """Settings with every kind of trouble."""

    size: Annotated[int, Meta(gt=0)]
    tags: tuple[str, ...] = ()
    key: Secret = ""


def source(values: dict[str, object], environ: dict[str, str] | None = None) -> Source:
    return Source("example", values, environ or {}, {})


def test_a_required_setting_says_where_to_write_it() -> None:
    (problem,) = read_table(Example, source({})).problems
    assert problem == (
        "example.size: required; write it under [example] or set $TENFOLD_EXAMPLE__SIZE"
    )


def test_lists_are_read_from_the_environment_as_json() -> None:
    environ = {"TENFOLD_EXAMPLE__SIZE": "3", "TENFOLD_EXAMPLE__TAGS": '["a", "b"]'}
    values = read_table(Example, source({}, environ)).values
    assert values == Example(size=3, tags=("a", "b"))
    assert read_table(Example, source({}, {"TENFOLD_EXAMPLE__TAGS": "[a"})).problems


def test_a_secret_is_read_from_a_file_but_never_from_the_toml(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("hidden\n")
    environ = {"TENFOLD_EXAMPLE__KEY_FILE": str(tmp_path / "key")}
    values = read_table(Example, source({"size": 1}, environ)).values
    assert values == Example(size=1, key="hidden")
    assert "does not belong" in read_table(Example, source({"size": 1, "key": "x"})).problems[0]
    lost = {"TENFOLD_EXAMPLE__KEY_FILE": "/nowhere"}
    (problem,) = read_table(Example, source({"size": 1}, lost)).problems
    assert problem.endswith("KEY_FILE  example.key: /nowhere: No such file or directory")


def test_any_setting_may_be_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "size").write_text("7\n")
    (tmp_path / "tags").write_text('["a"]\n')
    environ = {
        f"TENFOLD_EXAMPLE__{name.upper()}_FILE": str(tmp_path / name) for name in ("size", "tags")
    }
    reading = read_table(Example, source({"size": 1}, environ))
    assert reading.values == Example(size=7, tags=("a",))
    assert reading.origins["size"] == str(tmp_path / "size")
    (tmp_path / "size").write_text("many")
    (problem,) = read_table(Example, source({}, environ)).problems
    assert problem.startswith("$TENFOLD_EXAMPLE__SIZE_FILE  example.size: ")


def test_passwords_in_urls_are_masked() -> None:
    assert masked("postgres://ada:secret@host/db") == "postgres://ada:****@host/db"
    assert masked("postgres://ada:sec@ret@host/db") == "postgres://ada:****@host/db"
    assert masked("redis://:secret@host/0") == "redis://:****@host/0"
    assert masked("sqlite:///data/x.db") == "sqlite:///data/x.db"


def plugin(name: str, requires: list[str] | None = None, after: list[str] | None = None) -> Plugin:
    return Plugin(name=name, title=name, requires=requires or [], after=after or [])


def test_order_follows_requirements_and_else_the_file() -> None:
    named = [plugin("c", requires=["a"]), plugin("b", after=["c", "z"]), plugin("a"), plugin("d")]
    assert in_order({each.name: each for each in named}) == ["a", "c", "b", "d"]


def test_missing_requirements_and_circles_are_told() -> None:
    with pytest.raises(PluginError, match="requires 'z', which is not enabled"):
        in_order({"a": plugin("a", requires=["z"])})
    with pytest.raises(PluginError, match="circle: "):
        in_order({"a": plugin("a", requires=["b"]), "b": plugin("b", requires=["a"])})
