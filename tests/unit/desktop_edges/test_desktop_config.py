"""config.json: read as a whole, and each mistake named with its place and what is allowed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from signalos.desktop.config import DesktopConfig, load_config, load_demo_time
from signalos.domain.errors import ConfigError
from signalos.kit.clock import DemoTime
from signalos.sources.export import ExportSettings
from signalos.sources.file import FileSettings

SIMULATED = {"id": "demo", "type": "simulated", "address": "127.0.0.1:18812"}
MT5 = {"id": "main", "type": "mt5"}
WINE = {"id": "wine", "type": "mt5linux", "address": "127.0.0.1:18813"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.json"


def load(path: Path, document: Any, environ: dict[str, str] | None = None) -> DesktopConfig:
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return load_config(path, environ or {})


def test_reads_everything(path: Path) -> None:
    config = load(
        path,
        {
            "server_url": "https://signals.example/",
            "mt5_settings": {"magic_number": 99, "slippage": 5},
            "strategy": {"risk_percentage": 2},
            "sources": [
                {"type": "file", "path": "in.jsonl", "name": "desk"},
                {"type": "export", "path": "channel/result.json", "time_zone": "Europe/Berlin"},
            ],
            "terminals": [SIMULATED, MT5 | {"login": 5, "password": "geheim", "server": "Broker-Demo"}],
            "routes": [{"source": "desk", "terminals": ["main"], "strategy": {"risk_percentage": 1}}],
            "demo_clock": "clock.json",
            "logs_folder": "logs",
        },
    )
    folder = path.parent.resolve()
    assert config.server_url == "https://signals.example"
    assert (config.mt5_settings.magic_number, config.mt5_settings.slippage) == (99, 5)
    assert config.strategy == {"risk_percentage": 2}
    file, export = config.sources
    assert isinstance(file, FileSettings)
    assert isinstance(export, ExportSettings)
    assert file.path == str(folder / "in.jsonl")
    assert export.path == str(folder / "channel" / "result.json")
    assert [t.id for t in config.terminals] == ["demo", "main"]
    assert config.routes[0].strategy == {"risk_percentage": 1}
    assert config.demo_clock == folder / "clock.json"
    assert config.logs_folder == folder / "logs"


def test_the_least_there_may_be(path: Path) -> None:
    config = load(path, {"terminals": [MT5]})
    assert config.server_url is None
    assert config.strategy == {}
    assert config.sources == []
    assert config.routes == []
    assert config.mt5_settings.magic_number == 517_001
    assert config.terminals[0].login is None


def test_a_terminal_under_wine_keeps_its_path_as_wine_names_it(path: Path) -> None:
    program = "C:\\Program Files\\MetaTrader 5\\terminal64.exe"
    config = load(
        path, {"terminals": [WINE | {"path": program}]}, {"MT5_LOGIN": "7", "MT5_PASSWORD": "hush"}
    )
    (terminal,) = config.terminals
    assert (terminal.path, terminal.address) == (program, "127.0.0.1:18813")
    assert (terminal.login, terminal.password) == (7, "hush")


def test_a_file_saved_by_notepad_is_read(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps({"terminals": [MT5]}).replace(", ", ",\r\n").encode())
    assert load_config(path, {}).terminals[0].id == "main"


def test_the_strategy_may_lie_in_its_own_file(path: Path) -> None:
    (path.parent / "mine.json").write_text('{"risk_percentage": 3}')
    assert load(path, {"terminals": [MT5], "strategy_file": "mine.json"}).strategy == {"risk_percentage": 3}
    with pytest.raises(ConfigError, match=r"other\.json cannot be read"):
        load(path, {"terminals": [MT5], "strategy_file": "other.json"})
    with pytest.raises(ConfigError, match="not both"):
        load(path, {"terminals": [MT5], "strategy_file": "mine.json", "strategy": {}})


def test_the_environment_wins(path: Path) -> None:
    environ = {
        "SIGNALOS_SERVER_URL": "http://127.0.0.1:5000/",
        "MT5_LOGIN": "777",
        "MT5_PASSWORD": "secret words",
        "MT5_SERVER": "Broker-Live",
    }
    document = {"server_url": "https://other.example", "terminals": [SIMULATED, MT5 | {"login": 1}]}
    config = load(path, document, environ)
    assert config.server_url == "http://127.0.0.1:5000"
    simulated, mt5 = config.terminals
    assert (mt5.login, mt5.password, mt5.server) == (777, "secret words", "Broker-Live")
    assert (simulated.login, simulated.password) == (None, None)
    assert "secret words" not in repr(config)
    assert load(path, {"terminals": [SIMULATED]}, environ).terminals[0].login is None


def test_the_environment_must_be_clear(path: Path) -> None:
    two = {"terminals": [MT5, MT5 | {"id": "second"}]}
    with pytest.raises(ConfigError, match="2 MetaTrader terminals"):
        load(path, two, {"MT5_LOGIN": "1"})
    with pytest.raises(ConfigError, match="MT5_LOGIN is 'me'"):
        load(path, {"terminals": [MT5]}, {"MT5_LOGIN": "me"})


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({}, ["`terminals` is empty"]),
        ([], ["must be one object"]),
        ("{", ["line 1, column 2", "no JSON"]),
        ('{"server_url": null, "server_url": null}', ["`server_url` is given twice"]),
        ("[" * 100_000, ["config.json"]),
        (
            {"terminals": [MT5], "sevrer_url": None},
            ["sevrer_url is no setting", "Did you mean `server_url`"],
        ),
        ({"terminals": [MT5], "mt5_settings": {"slipage": 1}}, ["mt5_settings.slipage", "`slippage`"]),
        (
            {"terminals": [MT5], "mt5_settings": {"slippage": "5"}},
            ['mt5_settings.slippage is "5"', "`int`"],
        ),
        ({"terminals": [MT5], "mt5_settings": {"magic_number": 0}}, ["magic_number is 0", ">= 1"]),
        ({"terminals": [MT5], "mt5_settings": 5}, ["mt5_settings is 5", "object"]),
        ({"terminals": [{"id": "x"}]}, ["terminals[0]", "`type`"]),
        ({"terminals": [MT5 | {"type": "mt4"}]}, ['terminals[0].type is "mt4"']),
        ({"terminals": [MT5, MT5]}, ['terminals[1].id is "main"', "terminals[0].id"]),
        ({"terminals": [MT5 | {"id": "../x"}]}, ["terminals[0].id"]),
        ({"terminals": [MT5 | {"address": "127.0.0.1:1"}]}, ["terminals[0].address"]),
        ({"terminals": [MT5 | {"login": -1}]}, ["terminals[0].login is -1"]),
        ({"terminals": [{"id": "d", "type": "simulated"}]}, ["terminals[0]", "needs `address`"]),
        (
            {"terminals": [SIMULATED | {"address": "10.0.0.5:99"}]},
            ['"10.0.0.5:99"', "only spoken to on this machine"],
        ),
        ({"terminals": [SIMULATED | {"address": "broker.example:99"}]}, ["only spoken to on this machine"]),
        ({"terminals": [WINE | {"address": None}]}, ["terminals[0]", "type mt5linux needs `address`"]),
        (
            {"terminals": [WINE | {"address": "192.168.1.5:18813"}]},
            ["terminals[0].address is", "only spoken to on this machine", "runs programs there"],
        ),
        (
            {"terminals": [MT5, WINE, WINE | {"id": "wine 2"}]},
            ["terminals[2].address is", "as terminals[1].address", "one mt5linux server is one terminal"],
        ),
        ({"terminals": [WINE | {"address": "0.0.0.0:18813"}]}, ["only spoken to on this machine"]),
        ({"terminals": [SIMULATED | {"address": "127.0.0.1"}]}, ["host:port"]),
        ({"terminals": [SIMULATED | {"address": "127.0.0.1:99999"}]}, ["host:port"]),
        ({"terminals": [SIMULATED | {"login": 1}]}, ["terminals[0].login belongs to MetaTrader"]),
        ({"terminals": [MT5], "sources": [{"path": "x"}]}, ["sources[0].type is null", '"export", "file"']),
        ({"terminals": [MT5], "sources": [{"type": "carrier pigeon"}]}, ["sources[0].type"]),
        ({"terminals": [MT5], "sources": [{"type": "file"}]}, ["sources[0]", "`path`"]),
        (
            {"terminals": [MT5], "sources": [{"type": "file", "path": "x", "pol_ms": 1}]},
            ["sources[0].pol_ms", "`poll_ms`"],
        ),
        (
            {"terminals": [MT5], "sources": [{"type": "file", "path": "x", "poll_ms": 0}]},
            ["sources[0].poll_ms is 0"],
        ),
        (
            {"terminals": [MT5], "sources": [{"type": "file", "path": "x"}] * 2},
            ['sources[1].name is "file"'],
        ),
        (
            {"terminals": [MT5], "routes": [{"source": "x"}]},
            ['routes[0].source is "x"', "none is configured"],
        ),
        (
            {
                "terminals": [MT5],
                "sources": [{"type": "file", "path": "x"}],
                "routes": [{"source": "file", "terminals": ["main", "b"]}],
            },
            ['routes[0].terminals[1] is "b"', '"main"'],
        ),
        (
            {"terminals": [MT5], "server_url": "http://signals.example"},
            ["server_url", "plain http", "https"],
        ),
        ({"terminals": [MT5], "server_url": "signals.example"}, ["server_url", "https://"]),
        ({"terminals": [MT5], "server_url": "https://me:pw@signals.example"}, ["name or password"]),
    ],
)
def test_each_mistake_is_named(path: Path, document: Any, words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        load(path, document)
    for word in words:
        assert word in str(caught.value)
    assert "me:pw" not in str(caught.value)


def test_a_wrong_password_is_not_shown(path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(path, {"terminals": [MT5 | {"password": 12345678}]})
    assert "terminals[0].password is a hidden value" in str(caught.value)
    assert "12345678" not in str(caught.value)


def test_files_that_cannot_be_read(path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(path, {})
    path.write_bytes(b'{"a": "\xff"}')
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_config(path, {})
    path.write_bytes(b" " * (5 << 20))
    with pytest.raises(ConfigError, match="bytes"):
        load_config(path, {})


def test_the_demo_clock_is_read(path: Path) -> None:
    at = datetime(2024, 3, 4, tzinfo=UTC)
    demo = DemoTime(at, at, 60.0, at, ((at, at),))
    path.write_bytes(msgspec.json.encode(demo))
    assert load_demo_time(path) == demo
    path.write_bytes(b"{}")
    with pytest.raises(ConfigError, match="demo clock"):
        load_demo_time(path)
