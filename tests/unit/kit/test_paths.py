"""The state folder, and files that are replaced whole."""

import os
import stat
import threading
from pathlib import Path

import pytest

from signalos.kit.paths import state_home, write_atomically


def test_state_home_is_the_named_folder_or_the_users(tmp_path: Path) -> None:
    assert state_home({"SIGNALOS_HOME": str(tmp_path / "x")}) == (tmp_path / "x").resolve()
    assert state_home({"SIGNALOS_HOME": "  "}) == Path.home() / ".signalos"
    assert state_home({}) == Path.home() / ".signalos"
    assert state_home({"SIGNALOS_HOME": "~/elsewhere"}) == (Path.home() / "elsewhere").resolve()


def test_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state.json"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert [p.name for p in path.parent.iterdir()] == ["state.json"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no mode bits; its secrets carry an ACL")
def test_mode_counts_also_where_a_crash_left_a_file(tmp_path: Path) -> None:
    path = tmp_path / "token"
    left = path.with_name(f".token.{os.getpid()}.{threading.get_ident()}.new")
    left.write_bytes(b"")
    left.chmod(0o666)
    write_atomically(path, b"secret", mode=0o600)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_failed_replacement_keeps_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    target.mkdir()
    (target / "inside").write_bytes(b"kept")
    with pytest.raises(OSError, match="folder"):
        write_atomically(target, b"data")
    assert (target / "inside").read_bytes() == b"kept"
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


def test_reader_sees_whole_versions_only(tmp_path: Path) -> None:
    path = tmp_path / "state"
    versions = [bytes([n]) * 50_000 for n in range(1, 40)]
    write_atomically(path, versions[0])
    torn: list[int] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen = path.read_bytes()
            if seen not in versions:
                torn.append(len(seen))

    reader = threading.Thread(target=read)
    reader.start()
    for version in versions:
        write_atomically(path, version)
    done.set()
    reader.join()
    assert torn == []
