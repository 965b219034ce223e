"""Nothing that is asked for leads out of the folder, and every write is whole."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalos.desktop.secure_file_handler import SecureFileHandler
from signalos.domain.errors import NotAllowed

posix = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes as POSIX has them")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "outside.txt").write_bytes(b"secret")
    return tmp_path / "root"


@pytest.fixture
def files(root: Path) -> SecureFileHandler:
    return SecureFileHandler(root, size_limit=1000)


def test_what_is_written_comes_back(files: SecureFileHandler, root: Path) -> None:
    for name in ("a.json", "deep/er/b.json", "deep\\c.json", "ünï 📄.txt", ".hidden"):
        files.safe_write(name, name.encode())
        files.safe_write(name, b"2" + name.encode())
        assert files.safe_read(name) == b"2" + name.encode()
        assert files.validate_path(name).is_relative_to(root.resolve())
    assert sum(1 for p in root.rglob("*") if p.is_file()) == 5


@posix
def test_files_are_for_their_owner_alone(files: SecureFileHandler, root: Path) -> None:
    files.safe_write("sub/a", b"x")
    assert (root / "sub" / "a").stat().st_mode & 0o777 == 0o600
    assert (root / "sub").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../outside.txt",
        "a/../../outside.txt",
        "a\\..\\..\\outside.txt",
        "/etc/passwd",
        "\\\\server\\share",
        "C:\\Windows",
        "c:x",
        "a//b",
        "a/",
        "a\0b",
        "a\nb",
        "file.txt:stream",
        "NUL",
        "con.txt",
        "x/COM1",
        "lpt9.log.gz",
        "aux ",
        "CONIN$",
        "trailing.",
        "trailing ",
        "what?",
        "x" * 201,
        "a/" * 600,
        "half \ud800",
    ],
)
def test_names_that_could_lead_elsewhere_are_refused(
    files: SecureFileHandler, root: Path, name: str
) -> None:
    for act in (files.validate_path, files.safe_read, lambda n: files.safe_write(n, b"x")):
        with pytest.raises(NotAllowed):
            act(name)
    assert (root.parent / "outside.txt").read_bytes() == b"secret"
    assert list(root.iterdir()) == []


@given(name=st.text(alphabet=st.sampled_from("ab./\\:~ \0CON\u202e"), max_size=14))
def test_no_name_at_all_leads_out(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    top = tmp_path_factory.mktemp("top", numbered=True)
    files = SecureFileHandler(top / "root")
    try:
        files.safe_write(name, b"x")
    except NotAllowed:
        assert list((top / "root").iterdir()) == []
    else:
        assert files.safe_read(name) == b"x"
    assert [p.name for p in top.iterdir()] == ["root"]


@posix
def test_links_are_never_followed(files: SecureFileHandler, root: Path) -> None:
    (root / "link.txt").symlink_to(root.parent / "outside.txt")
    (root / "folder").symlink_to(root.parent)
    (root / "dangling").symlink_to(root.parent / "made-by-write")
    for name in ("link.txt", "folder/outside.txt", "dangling"):
        with pytest.raises(NotAllowed):
            files.safe_read(name)
        with pytest.raises(NotAllowed):
            files.safe_write(name, b"x")
    assert (root.parent / "outside.txt").read_bytes() == b"secret"
    assert not (root.parent / "made-by-write").exists()


@posix
def test_a_link_put_there_after_the_check_is_not_followed(root: Path) -> None:
    class Raced(SecureFileHandler):
        """The folder becomes a link between the check and the opening."""

        def validate_path(self, name: str) -> Path:
            checked = super().validate_path(name)
            (self.root / "sub").rename(self.root / "away")
            (self.root / "sub").symlink_to(self.root.parent)
            return checked

    def reads(files: SecureFileHandler) -> None:
        files.safe_read("sub/outside.txt")

    def writes(files: SecureFileHandler) -> None:
        files.safe_write("sub/outside.txt", b"x")

    for act in (reads, writes):
        files = Raced(root)
        for left in root.iterdir():
            left.unlink() if left.is_symlink() else left.rmdir()
        (root / "sub").mkdir()
        with pytest.raises(NotAllowed):
            act(files)
    assert (root.parent / "outside.txt").read_bytes() == b"secret"


@posix
def test_only_regular_files_are_touched(files: SecureFileHandler, root: Path) -> None:
    os.mkfifo(root / "pipe")
    (root / "folder").mkdir()
    for name in ("pipe", "folder"):
        with pytest.raises(NotAllowed):
            files.safe_read(name)
        with pytest.raises(NotAllowed):
            files.safe_write(name, b"x")


def test_sizes_are_limited(files: SecureFileHandler, root: Path) -> None:
    files.safe_write("a", b"x" * 1000)
    with pytest.raises(NotAllowed, match="at most 1000"):
        files.safe_write("a", b"x" * 1001)
    assert files.safe_read("a") == b"x" * 1000
    (root / "big").write_bytes(b"x" * 1001)
    with pytest.raises(NotAllowed, match="larger than 1000"):
        files.safe_read("big")


def test_a_missing_file_is_missing(files: SecureFileHandler) -> None:
    with pytest.raises(FileNotFoundError):
        files.safe_read("a")
    with pytest.raises(FileNotFoundError):
        files.safe_read("no/folder")


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    files: SecureFileHandler, root: Path
) -> None:
    files.safe_write("a", b"old")
    # What a writer that was killed leaves behind does not stop the next one.
    (root / f".a.{os.getpid()}.new").write_bytes(b"half")
    files.safe_write("a", b"new")
    assert files.safe_read("a") == b"new"
    assert [p.name for p in root.iterdir()] == ["a"]
