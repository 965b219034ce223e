"""What the documents name exists: files, modules, settings, decisions."""

import re
from pathlib import Path

import pytest

from tests.house.repository import MADE, ROOT, files, name_of

DOCUMENTS = [path for path in files(".md") if not name_of(path).startswith("dashboard/public")]
TOPS = {
    "src",
    "tests",
    "docs",
    "dashboard",
    "tools",
    "examples",
    "benchmarks",
    "deploy",
    "requirements",
    ".ci",
}
PACKAGES = {path.parent.name for path in (ROOT / "src" / "signalos").glob("*/__init__.py")}
BACKTICKS = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
DOCUMENTED = re.compile(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)`")
OF_THE_SYSTEM = {"PATH", "HOME", "SYSTEMROOT", "APPDATA", "LOCALAPPDATA", "HTTPS_PROXY", "NO_COLOR", "CI"}


def named_paths(text: str) -> list[str]:
    """Repository paths in backticks: those that begin with a folder at the top, or with a package of the product."""
    found = []
    for quoted in BACKTICKS.findall(text):
        word = quoted.split()[0].rstrip(":,.").split("::")[0] if " " not in quoted.strip() else ""
        first = word.split("/")[0]
        if "/" in word and not re.search(r"[{}<>*$]|\.\.\.", word):
            if first in TOPS:
                found.append(word)
            elif first in PACKAGES and not word.endswith("/"):
                found.append(f"src/signalos/{word}")
    return found


def exists(name: str) -> bool:
    made = any(part in MADE for part in Path(name).parts)
    path = ROOT / name
    return made or path.exists() or (path.suffix == "" and path.with_suffix(".py").exists())


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_named_paths_exist(document: Path) -> None:
    absent = [name for name in named_paths(document.read_text("utf-8")) if not exists(name)]
    assert absent == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere_inside_the_repository(document: Path) -> None:
    for target in LINK.findall(document.read_text("utf-8")):
        if "://" in target or target.startswith("mailto:"):
            continue
        path = (document.parent / target).resolve()
        assert path.is_relative_to(ROOT), target
        assert path.exists(), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_named_modules_exist(document: Path) -> None:
    for dotted in re.findall(r"`(signalos(?:\.\w+)+)`", document.read_text("utf-8")):
        *path, last = dotted.split(".")
        parent = ROOT / "src" / Path(*path)
        module = parent.with_suffix(".py")
        inside = module.read_text("utf-8") if module.exists() else ""
        known = (parent / f"{last}.py").exists() or (parent / last).is_dir()
        assert known or re.search(rf"^(class|def|async def) {last}\b|^{last}\b", inside, re.M), dotted


def test_every_page_of_the_documentation_is_listed() -> None:
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    for page in files(".md", under="docs"):
        inside = page.relative_to(ROOT / "docs")
        if inside.as_posix() != "README.md":
            assert inside.as_posix() in index or f"({inside.parts[0]}/)" in index, inside


# -- settings


def read_settings() -> set[str]:
    """Names of environment variables that product, set-up and tests read."""
    pattern = re.compile(
        r"""environ(?:\.get\(|\[)["']([A-Z][A-Z0-9_]+)["']|process\.env\[?\.?["']?([A-Z][A-Z0-9_]+)"""
        r"""|["']((?:SIGNALOS|MT5|TELEGRAM)_[A-Z0-9_]+)["']"""
    )
    places = [*files(".py", under="src"), *files(".py", under="tools"), ROOT / "tests" / "conftest.py"]
    places += list((ROOT / "dashboard").glob("*.ts"))
    found: set[str] = set()
    for path in places:
        for groups in pattern.findall(path.read_text("utf-8")):
            found.update(name for name in groups if name)
    return found - OF_THE_SYSTEM


def test_every_setting_is_described() -> None:
    described = set(DOCUMENTED.findall((ROOT / "docs" / "guides" / "settings.md").read_text("utf-8")))
    assert read_settings() - described == set()


def test_every_described_setting_exists() -> None:
    described = set(DOCUMENTED.findall((ROOT / "docs" / "guides" / "settings.md").read_text("utf-8")))
    assert described - read_settings() == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_settings_named_in_other_documents_exist(document: Path) -> None:
    named = set(re.findall(r"\b(?:SIGNALOS|MT5)_[A-Z0-9_]+\b", document.read_text("utf-8")))
    assert named - read_settings() == set()


# -- decisions


def test_decisions_are_numbered_without_gaps_and_titled() -> None:
    pages = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(len(pages)))
    for page in pages:
        lines = page.read_text("utf-8").splitlines()
        assert re.fullmatch(r"\d{4}(-[a-z0-9]+)+\.md", page.name), page.name
        assert lines[0].startswith(f"# {int(page.name[:4])}. "), page.name
        assert re.match(r"Status: (proposed|accepted|replaced by \d{4})", lines[2]), page.name
        for part in ("## Context", "## Decision", "## Consequences"):
            assert part in lines, f"{page.name}: {part}"
