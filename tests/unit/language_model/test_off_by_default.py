"""Off unless config.json says otherwise: nothing is imported, nobody is asked, and no key is in the file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from signalos.desktop.config import load_config
from signalos.desktop.model_key import ModelKeys
from signalos.domain.errors import ConfigError
from signalos.language_model.settings import KEY_VARIABLE, LanguageModelSettings

TERMINALS = [{"id": "demo", "type": "simulated", "address": "127.0.0.1:18812"}]
ON = {"enabled": True, "base_url": "http://127.0.0.1:11434/v1/", "model": "small:7b"}


def written(folder: Path, language_model: Any = None) -> Path:
    path = folder / "config.json"
    document: dict[str, Any] = {"terminals": TERMINALS}
    if language_model is not None:
        document["language_model"] = language_model
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def load(folder: Path, language_model: Any = None) -> LanguageModelSettings:
    return load_config(written(folder, language_model), {}).language_model


def test_it_is_off_and_its_settings_are_read(tmp_path: Path) -> None:
    assert load(tmp_path) == LanguageModelSettings()
    assert (load(tmp_path).enabled, load(tmp_path).timeout_seconds) == (False, 5.0)
    on = load(tmp_path, ON)
    assert (on.base_url, on.model, on.enabled) == ("http://127.0.0.1:11434/v1", "small:7b", True)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"enabled": True}, "language_model.base_url is missing"),
        ({"enabled": True, "base_url": "https://models.example/v1"}, "language_model.model is missing"),
        (ON | {"base_url": "http://models.example/v1"}, "language_model.base_url cannot be used"),
        (ON | {"timeout_seconds": 0}, "language_model.timeout_seconds is 0"),
        (ON | {"timeout_seconds": 31}, "language_model.timeout_seconds is 31"),
        (ON | {"model": ""}, "language_model.model is"),
        (ON | {"api_key": "sk-key"}, "language_model.api_key is no setting"),
        ({"base_url": "https://sk-key@models.example"}, "language_model.base_url cannot be used"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(tmp_path: Path, settings: Any, words: str) -> None:
    with pytest.raises(ConfigError) as told:
        load(tmp_path, settings)
    assert words in str(told.value)
    assert "sk-key" not in str(told.value)


STARTS_OFF = """
import sys
from pathlib import Path
from signalos.desktop.app import App
from signalos.desktop.parts import load
folder = Path(sys.argv[1])
App(load(folder / "config.json", folder / "home", {}), {})
wrong = {"openai", "httpx2", "pydantic", "signalos.desktop.model_reading", "signalos.language_model.fence"}
sys.exit(", ".join(wrong & set(sys.modules)) or 0)
"""

MISSES_THE_EXTRA = """
import asyncio, sys
from pathlib import Path
sys.modules["openai"] = None  # as Python itself marks what cannot be imported
from signalos.desktop.model_key import ModelKeys, build_model
from signalos.domain.errors import ConfigError
from signalos.language_model.settings import LanguageModelSettings
settings = LanguageModelSettings(enabled=True, base_url="http://127.0.0.1:9/v1", model="m")
try:
    asyncio.run(build_model(settings, ModelKeys(Path(sys.argv[1]), {})))
except ConfigError as why:
    sys.exit(str(why))
"""


def python(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, timeout=60, check=False
    )


def test_an_app_without_it_imports_none_of_it(tmp_path: Path) -> None:
    written(tmp_path, ON | {"enabled": False})
    done = python(STARTS_OFF, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_missing_extra_is_named(tmp_path: Path) -> None:
    done = python(MISSES_THE_EXTRA, tmp_path)
    assert done.returncode == 1
    assert "install signalos[llm]" in done.stderr


# -- the key


def test_the_key_comes_from_the_environment_else_from_the_store(tmp_path: Path) -> None:
    environ = {"SIGNALOS_PASSPHRASE": "open sesame"}
    assert ModelKeys(tmp_path, environ).read() is None
    assert "encrypted file" in ModelKeys(tmp_path, environ).write("sk-kept")
    assert ModelKeys(tmp_path, environ).read() == "sk-kept"
    assert ModelKeys(tmp_path, environ | {KEY_VARIABLE: " sk-named "}).read() == "sk-named"
    with pytest.raises(ConfigError, match=KEY_VARIABLE):
        ModelKeys(tmp_path, {"SIGNALOS_PASSPHRASE": "another"}).read()
    everything = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    assert b"sk-kept" not in everything
    ModelKeys(tmp_path, environ).forget()
    assert ModelKeys(tmp_path, environ).read() is None


def login(home: Path, *more: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "signalos.cli", "desktop", "login", "--language-model"]
    return subprocess.run(
        [*command, "--home", str(home), "--config", "unread.json", *more],
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "SIGNALOS_PASSPHRASE": "open sesame"},
    )


def test_the_command_keeps_and_forgets_the_key(tmp_path: Path) -> None:
    kept = login(tmp_path, typed="sk-typed\n")
    assert (kept.returncode, "sk-typed" in kept.stdout + kept.stderr) == (0, False)
    keys = ModelKeys(tmp_path, {"SIGNALOS_PASSPHRASE": "open sesame"})
    assert keys.read() == "sk-typed"
    assert login(tmp_path, typed="\n").returncode != 0
    assert login(tmp_path, "--sign-out").returncode == 0
    assert keys.read() is None
