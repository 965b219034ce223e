"""docs/contract.md against the code: every name that others rely on exists, and a test shows it."""

from __future__ import annotations

import argparse
import ast
import importlib
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from signalos.cli import COMMANDS
from signalos.desktop import config as desktop_config
from signalos.kit.clock import SystemClock
from signalos.kit.ids import SystemIds
from signalos.language_model.settings import LanguageModelSettings
from signalos.protocol.firebridge import EVENT_DATA
from signalos.protocol.socket import CommandKind
from signalos.server.app import create_app
from signalos.server.problems import CODES
from signalos.server.settings import read_settings as server_settings
from signalos.sources import SOURCES
from tests.house.repository import ROOT
from tests.house.test_documents import read_settings

TABLE = ROOT / "docs" / "contract.md"
ROW = re.compile(r"^\| (?P<names>`.+?`(?:, `.+?`)*) \|.*\| (?P<tests>[^|]*) \|$", re.M)
TEST = re.compile(r"`(?P<path>(?:tests|dashboard/tests)/[\w./-]+)(?:::(?P<name>\w+))?`")
FRAMEWORK = {"/{path:path}"}


@cache
def sections() -> dict[str, list[tuple[list[str], str]]]:
    """Section title -> rows of (names, the cell that says which tests show them)."""
    found: dict[str, list[tuple[list[str], str]]] = {}
    for part in re.split(r"^## ", TABLE.read_text("utf-8"), flags=re.M)[1:]:
        title = part.splitlines()[0].strip()
        found[title] = [(re.findall(r"`(.+?)`", m["names"]), m["tests"]) for m in ROW.finditer(part)]
    return found


def named(title: str) -> set[str]:
    return {name for names, _ in sections()[title] for name in names}


ALL_ROWS = [(title, names, cell) for title, rows in sections().items() for names, cell in rows]


@pytest.mark.parametrize(("title", "names", "cell"), ALL_ROWS, ids=lambda value: str(value)[:40])
def test_each_row_names_tests_that_exist(title: str, names: list[str], cell: str) -> None:
    shown = list(TEST.finditer(cell))
    assert shown, f"{title}: {names} names no test"
    for match in shown:
        path = ROOT / match["path"]
        assert path.exists(), match["path"]
        if match["name"]:
            tree = ast.parse(path.read_text("utf-8"))
            functions = {
                node.name
                for node in ast.walk(tree)
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            }
            assert match["name"] in functions, match[0]


def test_endpoints(tmp_path: Path) -> None:
    settings = server_settings(SystemIds(), {"SIGNALOS_HOME": str(tmp_path)})
    app = create_app(settings, SystemClock(), SystemIds())
    described = {
        f"{method.upper()} {path}" for path, methods in app.openapi()["paths"].items() for method in methods
    }
    plain: set[str] = set()
    for route in app.routes:
        path = getattr(route, "path", "")
        methods = (getattr(route, "methods", None) or {"GET"}) - {"HEAD"}
        if path in ("/api/openapi.json", "/api/docs", "/api/schema.json", "/api/asyncapi.json", "/ws"):
            plain |= {f"{method} {path}" for method in methods}
    assert named("Endpoints") == described | plain


def test_socket_messages_are_spoken_by_the_server() -> None:
    spoken = " ".join(p.read_text("utf-8") for p in (ROOT / "src/signalos/server").rglob("*.py"))
    silent = {name for name in named("Socket messages") if f'"{name}"' not in spoken}
    assert silent == set()


def test_command_and_event_kinds() -> None:
    assert named("Commands to terminals") == set(get_args(CommandKind))
    assert named("Events of desktop apps") == set(EVENT_DATA)


def test_problem_codes() -> None:
    assert named("Problem codes") == set(CODES)


def actions(parser: argparse.ArgumentParser, name: str) -> set[str]:
    """``name`` with the names of all commands below it."""
    found = {name}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child, below in action.choices.items():
                found |= actions(below, f"{name} {child}")
    return found


def test_command_line() -> None:
    known: set[str] = set()
    for name, (module, _) in COMMANDS.items():
        root = argparse.ArgumentParser(prog="signalos")
        importlib.import_module(f"signalos.commands.{module}").add(root.add_subparsers())
        known |= actions(root, "signalos")
        assert any(command.startswith(f"signalos {name}") for command in known)
    leaves = {c for c in known if not any(other.startswith(f"{c} ") for other in known)}
    # A command that also does something by itself stands beside its subcommands.
    leaves |= named("Command line") & known
    assert named("Command line") == leaves


def test_start_commands() -> None:
    text = (ROOT / "start.py").read_text("utf-8") + "".join(
        p.read_text("utf-8") for p in (ROOT / "tools/setup").glob("*.py")
    )
    for name in named("start.py"):
        word = name.split()[-1]
        assert word == "start.py" or f'"{word}"' in text, name


def test_classes() -> None:
    for name in named("Classes"):
        dotted, _, method = name.partition(" ")
        module, _, kind = dotted.rpartition(".")
        assert callable(getattr(getattr(importlib.import_module(module), kind), method)), name


def test_settings_by_environment() -> None:
    assert named("Settings by environment") <= read_settings()


def fields(shape: type) -> set[str]:
    return {field.name for field in msgspec.structs.fields(shape)}


def test_keys_of_the_desktop_configuration() -> None:
    shapes: dict[str, Any] = {
        "mt5_settings": desktop_config.Mt5Settings,
        "language_model": LanguageModelSettings,
        "terminals[]": desktop_config.TerminalConfig,
        "routes[]": desktop_config.RouteConfig,
    }
    known = fields(desktop_config._File)
    known |= {f"{where}.{name}" for where, shape in shapes.items() for name in fields(shape)}
    known |= {f"sources[].type = {kind}" for kind in SOURCES}
    assert named("Keys of config.json") == known


def test_log_files() -> None:
    logs = importlib.import_module("signalos.desktop.logs")
    assert named("Files") >= {logs.RETRY_LOG, logs.RR_CONVERTER_LOG, logs.CONFLICT_LOG}


def test_pages() -> None:
    text = (ROOT / "dashboard/src/app/router.tsx").read_text("utf-8")
    routed = set(re.findall(r"page\('([^']+)'", text)) | set(re.findall(r"path: '([^']+)'", text))
    assert named("Pages") == routed


def test_what_the_project_installs_is_the_command() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["scripts"] == {"signalos": "signalos.cli:main"}
