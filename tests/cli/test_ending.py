"""Signals that ask a command to end."""

from __future__ import annotations

import signal
import threading

import pytest

from comtrap.cli.ending import ASKING, as_interrupts

HERE = [getattr(signal, name) for name in ASKING if hasattr(signal, name)]


@pytest.fixture(autouse=True)
def as_a_program_begins():
    """Each signal as the system gives it; what the tests' own process has is put back."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in HERE}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", HERE)
def test_each_is_taken_as_an_interruption(number):
    with pytest.raises(KeyboardInterrupt), as_interrupts():
        signal.raise_signal(number)


@pytest.mark.parametrize("number", HERE)
def test_afterwards_each_means_what_it_meant(number):
    with as_interrupts():
        pass

    assert signal.getsignal(number) is signal.SIG_DFL


@pytest.mark.parametrize("number", HERE)
def test_what_is_ignored_stays_so(number):
    signal.signal(number, signal.SIG_IGN)
    with as_interrupts():
        signal.raise_signal(number)
        assert signal.getsignal(number) is signal.SIG_IGN


def test_in_another_thread_nothing_changes():
    found = []

    def look():
        with as_interrupts():
            found.extend(map(signal.getsignal, HERE))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()

    assert found == [signal.SIG_DFL] * len(HERE)
