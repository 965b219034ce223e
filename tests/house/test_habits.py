"""House rules that are no lint: sizes, names, reasons, waiting, hosts."""

import ast
import re
import subprocess
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from tests.house.repository import ROOT, files, name_of

GUIDE = {".py": 400, ".ts": 250, ".tsx": 250}
TEST_GUIDE = 500
"""Tests may be longer: a table of cases is not read as a whole."""
GENERATED = ("dashboard/src/protocol/generated.ts", "src/signalos/server/db/migrations/versions/")
# Written apart, so that this file passes its own test.
REGISTRIES = tuple(
    f"{name}.{end}"
    for name, end in [("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com")]
)


def escapes() -> dict[str, str]:
    """Files that may be longer than the guide, with their reason."""
    lines = (ROOT / "tests" / "house" / "long_files.txt").read_text("utf-8").splitlines()
    pairs = (line.split(maxsplit=1) for line in lines if line.strip() and not line.startswith("#"))
    return {pair[0]: pair[1] if len(pair) > 1 else "" for pair in pairs}


def length_limit(path: Path) -> int:
    return TEST_GUIDE if "tests" in path.relative_to(ROOT).parts else GUIDE[path.suffix]


def test_files_are_short_or_say_why() -> None:
    named = escapes()
    long = {
        name_of(path): len(path.read_text("utf-8").splitlines())
        for path in files(".py", ".ts", ".tsx")
        if not name_of(path).startswith(GENERATED)
        and len(path.read_text("utf-8").splitlines()) > length_limit(path)
    }
    assert {name: lines for name, lines in long.items() if name not in named} == {}
    assert set(named) - set(long) == set(), "short again: take them off the list"
    assert all(len(reason) >= 20 for reason in named.values())


def test_names_say_what_is_inside() -> None:
    vague = re.compile(r"^(utils?|helpers?|managers?|misc|common|stuff)$")
    names = [p for p in files(".py", ".ts", ".tsx") if vague.match(p.stem) or vague.match(p.parent.name)]
    assert [name_of(p) for p in names] == []


def test_every_package_says_what_it_is() -> None:
    packages = [path for top in ("src", "tools") for path in (ROOT / top).rglob("__init__.py")]
    assert len(packages) >= 10
    silent = [name_of(p) for p in packages if not ast.get_docstring(ast.parse(p.read_text("utf-8")))]
    assert silent == []


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / "src" / "signalos").rglob("*.py")}
    lone = [
        name_of(f)
        for f in sorted(folders)
        if not (f / "__init__.py").exists() and "migrations" not in f.parts
    ]
    assert lone == []


def test_suppressed_lints_give_their_reason() -> None:
    """``# noqa: S608 -- why``, or a comment in the line above; in TypeScript likewise."""
    bare = []
    for path in [
        *files(".py", under="src"),
        *files(".py", under="tools"),
        *files(".ts", ".tsx", under="dashboard/src"),
    ]:
        before = ""
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            suppressed = re.search(r"#\s*noqa\b|eslint-disable|@ts-(ignore|expect-error)", line)
            if (
                suppressed
                and " -- " not in line[suppressed.start() :]
                and not before.startswith(("#", "//"))
            ):
                bare.append(f"{name_of(path)}:{number}")
            before = line.strip()
    assert bare == []


# -- tests


def test_test_files_have_names_of_their_own() -> None:
    counted = Counter(path.name for path in files(".py", under="tests") if path.name.startswith("test_"))
    assert [name for name, times in counted.items() if times > 1] == []
    assert [name_of(p) for p in files(".py", under="tests") if p.name == "__init__.py"] == []


class Waits(ast.NodeVisitor):
    """Finds sleeps outside of a loop that looks for something: such a test hopes that the time is enough."""

    def __init__(self) -> None:
        self.lines: list[int] = []
        self._loops = 0

    def visit_While(self, node: ast.While) -> None:
        self._loops += 1
        self.generic_visit(node)
        self._loops -= 1

    def visit_Call(self, node: ast.Call) -> None:
        words = ast.unparse(node.func)
        zero = len(node.args) == 1 and isinstance(node.args[0], ast.Constant) and node.args[0].value == 0
        if words in {"time.sleep", "asyncio.sleep"} and not zero and not self._loops:
            self.lines.append(node.lineno)
        self.generic_visit(node)


def test_no_test_waits_and_hopes() -> None:
    found = []
    for path in files(".py", under="tests"):
        waits = Waits()
        waits.visit(ast.parse(path.read_text("utf-8")))
        found += [f"{name_of(path)}:{line}" for line in waits.lines]
    assert found == []


def test_waits_are_found() -> None:
    waits = Waits()
    waits.visit(ast.parse("asyncio.sleep(1)\nasyncio.sleep(0)\nwhile True:\n    time.sleep(0.1)\n"))
    assert waits.lines == [1]


def test_our_own_code_is_not_patched() -> None:
    patched = re.compile(r"\bmonkeypatch\.(setattr|setitem|delattr)\b|unittest" + r"\.mock|\bmocker\b")
    # A line that begins with "patched =" is the pattern above.
    found = [
        f"{name_of(path)}:{number}"
        for path in files(".py", under="tests")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if patched.search(line) and "patched = re.compile" not in line
    ]
    assert found == []


# -- hosts and places


def test_no_registry_is_named() -> None:
    found = [
        f"{name_of(path)}: {host}"
        for path in [*files(), *(ROOT / ".ci").iterdir(), ROOT / "dashboard" / ".npmrc"]
        if path.is_file()
        for host in REGISTRIES
        if host in path.read_text("utf-8")
    ]
    assert found == []


def test_no_path_of_one_machine_is_named() -> None:
    """Folders of people, CI machines and containers, on any system."""
    place = re.compile(r"(?<![\w./~-])/(?:work|home|Users|root)/\w|[A-Z]:\\\\?Users\\")
    found = [
        f"{name_of(path)}:{number}: {line.strip()[:80]}"
        for path in files()
        if path.suffix != ".lock" and path != Path(__file__)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if place.search(line)
    ]
    assert found == []


# -- versions and programs


def test_version_is_the_same_everywhere() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert f'__version__ = "{version}"' in (ROOT / "src" / "signalos" / "__init__.py").read_text("utf-8")
    assert f'"version": "{version}"' in (ROOT / "dashboard" / "package.json").read_text("utf-8")


def test_changelog_keeps_its_form() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text("utf-8").splitlines()
    heads = [line for line in lines if line.startswith("## ")]
    assert heads[0] == "## [Unreleased]"
    assert all(re.fullmatch(r"## \[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}", head) for head in heads[1:])
    kinds = {line[4:] for line in lines if line.startswith("### ")}
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


@pytest.mark.skipif(not Path("/bin/bash").exists(), reason="no bash here")
def test_ci_script_can_run() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert subprocess.run(["/bin/bash", "-n", str(script)], check=False).returncode == 0
    text = script.read_text("utf-8")
    assert "set -euo pipefail" in text
    assert "start.py test --require all" in text
