"""The app whose stop does not look for orders in flight."""

from tests.fault.variants.stops import BlindTerminal, run

if __name__ == "__main__":
    run(terminal=BlindTerminal)
