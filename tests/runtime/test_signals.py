"""What told a program to stop stays that, also in the middle of C++ that calls Python."""

from __future__ import annotations

import signal
import threading

import pytest
from torch import nn

from foveal.runtime.convert import RawPixels, to_openvino
from foveal.runtime.signals import signals_held


class Stopped(KeyboardInterrupt):
    """What the handler of this test raises."""


@pytest.fixture(autouse=True)
def handler():
    def stop(number, frame):
        raise Stopped(f"signal {number}")

    before = signal.signal(signal.SIGTERM, stop)
    yield stop
    signal.signal(signal.SIGTERM, before)


def test_a_signal_while_openvino_converts_a_network_is_not_made_an_error_of_openvino(monkeypatch):
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder as Decoder

    network = RawPixels(nn.Sequential(nn.Conv2d(3, 2, 3)), (0.0,) * 3, (1.0,) * 3)
    ask, sent = Decoder.input_is_none, list[int]()

    def interrupted(*given):
        if not sent:
            sent.append(signal.SIGTERM)
            signal.raise_signal(signal.SIGTERM)
        return ask(*given)

    monkeypatch.setattr(Decoder, "input_is_none", interrupted)
    with pytest.raises(Stopped, match=f"signal {signal.SIGTERM.value}"):
        to_openvino(network, 24, 3)
    assert sent, "the network was converted without a call of Python: test another one"


def test_a_signal_takes_effect_at_the_end_of_the_block_and_the_handler_comes_back(handler):
    done = []

    def work():
        with signals_held():
            signal.raise_signal(signal.SIGTERM)
            done.append("the rest of the block")

    with pytest.raises(Stopped, match="signal"):
        work()
    assert done
    assert signal.getsignal(signal.SIGTERM) is handler


def test_in_another_thread_nothing_is_held():
    seen = []

    def work():
        with signals_held():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGTERM)]
