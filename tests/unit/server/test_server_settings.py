"""Settings from the environment, refused with a sentence where they cannot be used."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from signalos.domain.errors import ConfigError
from signalos.kit.ids import SystemIds
from signalos.server.settings import Settings, read_settings

EVERYWHERE = "0.0.0.0"  # noqa: S104 -- the address that must be refused
GOOD = "kQ3vZ1t8Xw0LrY7uBn5mHc2eJd9sGa6fPo4iTq-_"


def read(home: Path, **environ: str) -> Settings:
    return read_settings(SystemIds(), {"SIGNALOS_HOME": str(home), **environ})


def test_the_defaults_are_loopback_and_a_database_in_the_state_folder(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert (settings.host, settings.port, settings.loopback) == ("127.0.0.1", 5000, True)
    assert settings.database == tmp_path / "server" / "signalos.sqlite"
    assert settings.rates is not None


def test_in_development_a_secret_is_made_once_and_kept_to_the_owner(tmp_path: Path) -> None:
    first = read(tmp_path).session_secret
    assert len(first) >= 32
    assert read(tmp_path).session_secret == first
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / "server" / "session_secret").stat().st_mode) == 0o600


def test_the_secret_is_not_shown_with_the_settings(tmp_path: Path) -> None:
    assert GOOD not in repr(read(tmp_path, SESSION_SECRET=GOOD))


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"SIGNALOS_ENV": "production"}, "SESSION_SECRET is missing"),
        ({"SIGNALOS_ENV": "production", "SESSION_SECRET": "short"}, "too short"),
        ({"SIGNALOS_ENV": "production", "SESSION_SECRET": "changeme" * 5}, "default"),
        ({"SIGNALOS_ENV": "production", "SESSION_SECRET": "a" * 64}, "default"),
        ({"SESSION_SECRET": "short"}, "too short"),
        ({"SIGNALOS_ENV": "staging"}, "development or production"),
        ({"HOST": EVERYWHERE}, "without encryption"),
        ({"HOST": EVERYWHERE, "SIGNALOS_TLS": "proxy"}, "without encryption"),
        ({"HOST": "example.org"}, "without encryption"),
        ({"HOST": EVERYWHERE, "SIGNALOS_ENV": "production", "SESSION_SECRET": GOOD}, "without encryption"),
        ({"SIGNALOS_TLS_CERT": "cert.pem"}, "belong together"),
        ({"PORT": "99999"}, "PORT"),
        ({"PORT": "http"}, "PORT"),
        ({"DATABASE_URL": "postgresql://db/signalos"}, "does not speak yet"),
        ({"DATABASE_URL": "mysql://db"}, "sqlite:///"),
        ({"DATABASE_URL": "sqlite:///"}, "sqlite:///"),
        ({"SIGNALOS_RATE_LIMIT": "never"}, "SIGNALOS_RATE_LIMIT"),
        (
            {
                "SIGNALOS_RATE_LIMIT": "off",
                "HOST": EVERYWHERE,
                "SIGNALOS_ENV": "production",
                "SESSION_SECRET": GOOD,
                "SIGNALOS_TLS": "proxy",
            },
            "loopback",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_with_words(
    tmp_path: Path, environ: dict[str, str], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        read(tmp_path, **environ)


def test_production_behind_a_proxy_may_listen_everywhere(tmp_path: Path) -> None:
    settings = read(
        tmp_path, SIGNALOS_ENV="production", SESSION_SECRET=GOOD, HOST=EVERYWHERE, SIGNALOS_TLS="proxy"
    )
    assert settings.secure
    assert settings.session_secret == GOOD.encode()


def test_rates_may_be_switched_off_or_set(tmp_path: Path) -> None:
    assert read(tmp_path, SIGNALOS_RATE_LIMIT="off").rates is None
    rates = read(tmp_path, SIGNALOS_RATE_LIMIT="10").rates
    assert rates is not None
    assert rates.user == 10


def test_a_database_may_lie_elsewhere(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/elsewhere.sqlite"
    assert read(tmp_path, DATABASE_URL=url).database == tmp_path / "elsewhere.sqlite"
