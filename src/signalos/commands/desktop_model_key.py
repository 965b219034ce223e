"""``signalos desktop login --language-model``: keep the key of the language model's endpoint, or remove it."""

from __future__ import annotations

import argparse
import getpass
import os
import sys

from signalos.domain.errors import ConfigError


def run(options: argparse.Namespace) -> int:
    """Ask for the key without showing it, and keep it where the app finds it. Raises ConfigError."""
    from signalos.desktop.model_key import ModelKeys

    keys = ModelKeys(options.home, os.environ)
    if options.sign_out:
        keys.forget()
        print("the language model's key is removed from this machine", flush=True)
        return 0
    key = getpass.getpass("Key: ").strip() if sys.stdin.isatty() else sys.stdin.readline().strip()
    if not key:
        raise ConfigError(
            "no key was given; an endpoint on this machine that asks for none needs none here"
        )
    print(f"the language model's key is in {keys.write(key)}", flush=True)
    return 0
