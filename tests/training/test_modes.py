"""Precision and memory format: the same arithmetic, chosen by a measurement."""

from __future__ import annotations

import shutil

import pytest
import torch

from foveal.errors import UsageError
from foveal.training import evaluate
from foveal.training.optimisation.modes import Mode, candidates, has_bf16, measure_modes
from tiny_training import Pictures, digest, settings, small_network, trainer

CPU = torch.device("cpu")


def test_settings_leave_these_modes_open():
    open_modes = candidates(settings(precision="auto", channels_last="auto"), CPU)
    assert len(open_modes) == (4 if has_bf16(CPU) else 2)
    assert candidates(settings(precision="f32", channels_last="off"), CPU) == [Mode("f32", False)]
    half = candidates(settings(precision="bf16", channels_last="auto"), CPU)
    assert {mode.precision for mode in half} == {"bf16"}


def test_a_measurement_times_every_mode_and_leaves_the_network_alone():
    network = small_network().eval()
    before, generator = digest(network.state_dict()), torch.get_rng_state()
    data = Pictures(16)
    images, targets = torch.from_numpy(data.pixels), torch.from_numpy(data.targets_N)
    modes = [Mode("f32", True), Mode("f32", False), Mode("bf16", True)]
    timings = measure_modes(network, images, targets, modes, CPU)
    assert {timing.mode for timing in timings} == set(modes)
    seconds = [timing.seconds for timing in timings]
    assert seconds == sorted(seconds)
    assert seconds[0] > 0
    assert timings[0].as_json().keys() == {
        "precision",
        "channels_last",
        "compile",
        "seconds",
        "samples",
    }
    assert digest(network.state_dict()) == before
    assert torch.equal(torch.get_rng_state(), generator)
    assert not network.training


@pytest.mark.parametrize("mode", [Mode("f32", False), Mode("bf16", True), Mode("bf16", False)])
def test_every_mode_gives_about_the_same_logits(mode):
    data = Pictures(20)
    expected = evaluate(small_network(), data)
    network = small_network()
    mode.prepare(network)
    found = evaluate(network, data, mode=mode)
    tolerance = 1e-5 if mode.precision == "f32" else 0.05
    assert abs(found - expected).max() < tolerance


@pytest.mark.parametrize("last", [True, False])
def test_maps_lie_in_memory_as_the_mode_says(last):
    mode = Mode("f32", last)
    pixels = mode.arrange(torch.zeros(2, 5, 6, 3, dtype=torch.uint8), pixels=True)
    assert pixels.shape == (2, 5, 6, 3)
    maps = pixels.permute(0, 3, 1, 2)
    activations = mode.arrange(torch.zeros(2, 7, 5, 6), pixels=False)
    for tensor in (maps, activations):
        assert tensor.is_contiguous(memory_format=torch.channels_last) == last
        assert tensor.is_contiguous() != last
    vectors = torch.zeros(2, 7)
    assert mode.arrange(vectors, pixels=False) is vectors


def test_a_fit_records_what_was_measured_and_chosen():
    fitted = trainer(settings(epochs=1, precision="auto", channels_last="auto")).fit()
    assert fitted.mode in {timing.mode for timing in fitted.timings}


def test_compiling_without_a_compiler_says_what_is_missing(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(UsageError, match=r"`compile` needs a C\+\+ compiler and none was found"):
        trainer(settings(compile=True)).fit()


def test_a_mode_reads_like_a_phrase():
    assert str(Mode("bf16", True, True)) == "bf16, channels-last, compiled"
    assert str(Mode("f32", False)) == "f32"


@pytest.mark.long
@pytest.mark.timeout(900)  # compiling takes minutes on a busy machine
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PyTorch's compiler uses old parts
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_a_compiled_network_trains_like_any_other():
    if not shutil.which("g++"):
        pytest.skip("no C++ compiler")
    made = trainer(settings(epochs=2, compile=True), count=64)
    loss = made.fit().history[-1].validation_loss
    plain = trainer(settings(epochs=2), count=64)
    assert loss == pytest.approx(plain.fit().history[-1].validation_loss, rel=0.2)
    assert made.network.state_dict().keys() == plain.network.state_dict().keys()
