"""The lock files: hashes, no hosts, nothing missing, and both of one mind."""

import json
import re
import tomllib
from typing import Any

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.repository import ROOT

KINDS = ("runtime", "dev")
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)(?:\s*;\s*([^\\]+))?", re.M)
SYSTEMS = [
    {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
    {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
]


def text_of(kind: str) -> str:
    return (ROOT / "requirements" / f"{kind}.lock").read_text("utf-8")


def pins(kind: str) -> dict[tuple[str, str], str]:
    """Version of each (name, marker) of the lock."""
    return {(canonicalize_name(n), m.strip()): v for n, v, m in PIN.findall(text_of(kind))}


def project() -> dict[str, Any]:
    read: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return read


def wanted(extras: set[str]) -> list[Requirement]:
    """Direct requirements of the project with ``extras``, those of its own extras unfolded."""
    table = project()["project"]
    lines = list(table["dependencies"])
    for extra in extras:
        for line in table["optional-dependencies"][extra]:
            requirement = Requirement(line)
            if requirement.name == "signalos":
                lines += [str(r) for r in wanted(set(requirement.extras))]
            else:
                lines.append(line)
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("kind", [*KINDS, "source", "judge"])
def test_lock_names_no_host(kind: str) -> None:
    text = text_of(kind)
    assert "://" not in text
    assert not re.search(r"^\s*(-i|--index|--extra-index|--find-links|--trusted)", text, re.M)


def test_the_dashboards_lock_names_no_host() -> None:
    lock = json.loads((ROOT / "dashboard" / "package-lock.json").read_text("utf-8"))
    named = [name for name, entry in lock["packages"].items() if "://" in json.dumps(entry)]
    assert named == [], "remove `resolved` and `funding` from the packages that npm has written anew"


@pytest.mark.parametrize("kind", [*KINDS, "source", "judge"])
def test_every_pin_has_hashes(kind: str) -> None:
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text_of(kind))
    without = [b.splitlines()[0] for b in blocks if PIN.match(b) and "--hash=sha256:" not in b]
    assert pins(kind)
    assert without == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("system", SYSTEMS, ids=lambda s: s["platform_system"])
def test_what_the_project_asks_for_is_locked_on_every_system(kind: str, system: dict[str, str]) -> None:
    extras = {
        "runtime": {"prices", "server", "telegram", "qr", "llm", "wine", "screen", "build"},
        "dev": {"dev"},
    }[kind]
    environment = {**system, "implementation_name": "cpython", "platform_python_implementation": "CPython"}
    locked = {
        name: version
        for (name, marker), version in pins(kind).items()
        if not marker or Marker(marker).evaluate(environment)
    }
    for requirement in wanted(extras):
        if requirement.marker is None or requirement.marker.evaluate(environment):
            version = locked.get(canonicalize_name(requirement.name))
            assert version is not None, f"{requirement} is not in {kind}.lock: renew it (CONTRIBUTING.md)"
            assert requirement.specifier.contains(version, prereleases=True), (
                f"{requirement} is locked as {version}"
            )


def test_event_loop_without_a_windows_build_is_not_asked_for_there() -> None:
    markers = [marker for (name, marker) in pins("runtime") if name == "uvloop"]
    assert markers
    assert not any(Marker(m).evaluate({"sys_platform": "win32"}) for m in markers)


def test_development_lock_holds_the_runtime_lock() -> None:
    # By name: what the product needs on one system alone, a tool may need on all.
    runtime = {(name, version) for (name, _), version in pins("runtime").items()}
    dev = {(name, version) for (name, _), version in pins("dev").items()}
    assert runtime - dev == set()


def test_build_backend_is_locked() -> None:
    backends = [Requirement(line) for line in project()["build-system"]["requires"]]
    locked = {name for name, _ in pins("runtime")}
    assert {canonicalize_name(b.name) for b in backends} <= locked


def test_dashboard_lock_names_no_host_and_fits_its_package_file() -> None:
    folder = ROOT / "dashboard"
    lock = json.loads((folder / "package-lock.json").read_text("utf-8"))
    package = json.loads((folder / "package.json").read_text("utf-8"))
    top = lock["packages"][""]
    for kind in ("dependencies", "devDependencies"):
        assert top.get(kind, {}) == package.get(kind, {}), "run npm install in dashboard/"
        loose = [
            name
            for name, version in package.get(kind, {}).items()
            if not re.fullmatch(r"[\d.]+[\w.-]*", version)
        ]
        assert loose == [], "versions are exact"
    for name, entry in lock["packages"].items():
        assert "resolved" not in entry, name
        assert not name or entry.get("link") or "integrity" in entry or entry.get("inBundle"), name
