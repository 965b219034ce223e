"""The app that forgets the latch when it sends."""

from tests.fault.variants.stops import ForgetfulLatches, run

if __name__ == "__main__":
    run(latches=ForgetfulLatches)
