"""What training leaves behind: the best weights, an honest record, frozen parts untouched."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import nn

from foveal.errors import BadBatchError, TrainingError, UsageError
from foveal.training import (
    Callback,
    Checkpoints,
    EarlyStopping,
    ModelCheckpoint,
    ParameterGroup,
    ReduceLROnPlateau,
    SetLearningRate,
    Stop,
    evaluate,
)
from foveal.training.trainer.evaluating import loss_and_accuracy
from tiny_training import Activations, Pictures, digest, settings, small_network, trainer

# Far too fast: the loss jumps about, and the best epoch is not the last.
ROUGH = settings(epochs=8, optimizer="sgd", lr=3.0, schedule="constant", seed=1)


@pytest.fixture(autouse=True)
def one_thread():
    """Small sums on one thread: quicker, and the same on every machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def weights(network):
    return digest(network.state_dict())


class Ask(Callback):
    """Asks for something after given epochs."""

    def __init__(self, **requests):
        self.requests = {int(name[1:]): request for name, request in requests.items()}
        self.seen, self.closed = [], False

    def epoch(self, record):
        self.seen.append(record)
        return self.requests.get(record.epoch)

    def close(self):
        self.closed = True


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"optimizer": "sgd", "lr": 0.1, "schedule": "cosine", "warmup": 1, "clip": 1.0},
        {"optimizer": "adam", "schedule": "plateau"},
        {"mixup": 0.2, "cutmix": 1.0, "label_smoothing": 0.1},
        {"class_weights": "balanced", "schedule": "constant"},
        {"sampling": "balanced"},
        {"accumulate": 2, "ema": 0.8},
        {"precision": "bf16", "channels_last": "off"},
    ],
)
def test_a_network_learns_with_every_setting(given):
    made = trainer(settings(epochs=8, **given))
    fitted = made.fit()
    assert fitted.history[-1].validation_accuracy > 0.9
    assert fitted.stopped_because == "all 8 epochs are done"
    assert [record.epoch for record in fitted.history] == list(range(1, 9))


def test_a_training_of_one_epoch_says_so():
    assert trainer(settings(epochs=1)).fit().stopped_because == "the one epoch is done"


def test_training_ends_on_the_weights_of_its_best_epoch():
    made = trainer(ROUGH)
    fitted = made.fit()
    losses = [record.validation_loss for record in fitted.history]
    assert fitted.best_epoch == fitted.weights_of_epoch == 1 + losses.index(min(losses))
    assert fitted.best_epoch < 8
    logits = evaluate(made.network, made.validation, batch=16)
    found = loss_and_accuracy(logits, made.validation.targets_N)
    assert found == (min(losses), fitted.history[fitted.best_epoch - 1].validation_accuracy)
    assert not made.network.training


def test_the_same_seed_gives_the_same_bits_and_another_does_not():
    def run(seed):
        torch.manual_seed(seed + 100)  # no global generator takes part
        made = trainer(settings(seed=seed, mixup=0.2))
        made.fit()
        return weights(made.network)

    first = run(0)
    assert run(0) == first
    assert run(1) != first


def test_training_leaves_the_global_generator_where_it_was():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    trainer(settings(epochs=1)).fit()
    assert torch.equal(before, torch.get_rng_state())


def test_validation_is_plain_and_training_pictures_are_new_each_epoch():
    made = trainer(settings(epochs=2))
    made.fit()
    assert {epoch for epoch, _ in made.validation.rendered} == {0}
    assert {epoch for epoch, _ in made.train.rendered} == {1, 2}
    for epoch in (1, 2):
        rows = [row for number, part in made.train.rendered if number == epoch for row in part]
        assert sorted(rows) == list(range(72))


def test_frozen_parts_do_not_move_by_a_bit_nor_do_their_statistics():
    network = small_network()
    frozen = network.body[:2].requires_grad_(False)
    frozen.train = lambda mode=True: frozen  # stays in evaluation mode, as frozen blocks do
    frozen[1].eval()
    network.train = lambda mode=True: (nn.Module.train(network, mode), frozen[1].eval())[0]
    before, head = digest(frozen.state_dict()), network.body[9].weight.clone()
    fitted = trainer(settings(ema=0.5, accumulate=2), network=network)
    fitted.fit()
    assert digest(frozen.state_dict()) == before
    assert not torch.equal(network.body[9].weight, head)


def test_a_convnet_s_frozen_blocks_stay_as_they_are():
    from foveal.models import create_model
    from foveal.runtime.convert import RawPixels

    network = create_model("simple_resnet", image_size=32, num_classes=3).freeze(4)
    frozen = network.blocks[:4]
    before, later = digest(frozen.state_dict()), digest(network.blocks[4:].state_dict())
    config = settings(epochs=1, batch=8, clip=1.0)
    pixels = RawPixels(network, [120.0] * 3, [60.0] * 3)
    trainer(config, network=pixels, train=Pictures(16, size=32)).fit()
    assert digest(frozen.state_dict()) == before
    assert digest(network.blocks[4:].state_dict()) != later


def test_a_group_without_speed_up_moves_less():
    def moved(mult):
        network = small_network()
        first = network.body[0].weight.detach().clone()
        blocks = tuple(p for layer in network.body[:6] for p in layer.parameters())
        groups = [
            ParameterGroup("blocks", blocks, lr_mult=mult),
            ParameterGroup("head", tuple(network.body[9].parameters())),
        ]
        trainer(settings(epochs=1), network=network, groups=groups).fit()
        return (network.body[0].weight - first).norm().item()

    assert moved(0.01) < 0.1 * moved(1.0)


def test_two_slices_of_a_batch_give_the_gradient_of_the_whole():
    """Without BatchNorm and dropout, which see slices by their nature."""

    def run(slices):
        torch.manual_seed(0)
        network = nn.Sequential(nn.Flatten(), nn.Linear(192, 3))
        data = Activations(74)  # the last batch is short and odd
        config = settings(epochs=2, accumulate=slices, class_weights="balanced", batch=24)
        held_out = Activations(30, seed=1)
        made = trainer(config, network=network, train=data)
        made.validation = held_out
        made.fit()
        return network[1].weight

    whole = run(1)
    for slices in (2, 3):
        torch.testing.assert_close(run(slices), whole, rtol=1e-4, atol=1e-5)


def test_statistics_of_slices_are_averaged_by_their_samples():
    from foveal.training.optimisation.steps import Votes
    from foveal.training.processes.layout import Layout
    from foveal.training.trainer.setup import build_state, new_progress

    made = trainer(settings(accumulate=3))
    network = made.network
    progress = new_progress(trainer_mode(), made.config, made.train, made.processes)
    _, stepper = build_state(
        network, None, made.train, made.config, "scratch", progress, made.processes, []
    )
    rows = [torch.arange(0, 3).numpy(), torch.arange(3, 5).numpy(), torch.arange(5, 7).numpy()]
    images = [torch.from_numpy(made.train.pixels[part]) for part in rows]
    targets = [torch.from_numpy(made.train.targets_N[part]) for part in rows]
    stepper.gradients(iter(images), rows, targets, (1, 0), Layout(1, 3), Votes())
    expected = torch.zeros(8)
    for part, count in zip(images, (3, 2, 2), strict=True):
        x_NCHW = (part.permute(0, 3, 1, 2).float() - network.mean) / network.std
        maps = network.body[0](x_NCHW)
        expected += count / 7 * 0.1 * maps.mean(dim=(0, 2, 3)).detach()
    torch.testing.assert_close(network.body[1].running_mean, expected)
    assert network.body[1].num_batches_tracked == 1


def trainer_mode():
    from foveal.training.optimisation.modes import Mode

    return Mode()


def test_the_moving_average_is_what_is_validated_and_kept():
    made = trainer(settings(ema=0.9, schedule="constant"))
    fitted = made.fit()
    logits = evaluate(made.network, made.validation, batch=16)
    loss, _ = loss_and_accuracy(logits, made.validation.targets_N)
    assert loss == min(record.validation_loss for record in fitted.history)
    plain = trainer(settings(schedule="constant"))
    plain.fit()
    assert weights(made.network) != weights(plain.network)


def test_a_moving_average_follows_its_formula():
    from foveal.training.optimisation.averaging import MovingAverage

    layer = nn.Linear(1, 1, bias=False)
    nn.init.constant_(layer.weight, 0.0)
    average = MovingAverage(layer, {"weight": layer.weight.detach()}, keep=0.9)
    expected = 0.0
    for step in range(1, 200):
        nn.init.constant_(layer.weight, float(step))
        average.update(step)
        keep = min(0.9, (1 + step) / (10 + step))
        expected = keep * expected + (1 - keep) * step
        assert average.network.weight.item() == pytest.approx(expected, rel=1e-5)


def test_a_loss_that_is_no_number_names_the_files_and_keeps_the_last_good_weights(tmp_path):
    class Poisoned(Pictures):
        def batches(self, epoch, slices):
            for rows, images in zip(slices, super().batches(epoch, slices), strict=True):
                yield images * math.nan if epoch == 2 and 7 in rows else images

    data = Poisoned(72)
    checkpoints = Checkpoints(tmp_path)
    made = trainer(settings(), train=data, checkpoints=checkpoints)
    with pytest.raises(BadBatchError, match=r"in epoch 2.*png and 13 more") as caught:
        made.fit()
    assert "pictures/007.png" in caught.value.files
    assert len(caught.value.files) == 16
    kept = checkpoints.latest()
    assert all(tensor.isfinite().all() for tensor in kept.tensors.values())
    assert kept.facts["progress"]["epoch"] == 2
    assert all(tensor.isfinite().all() for tensor in made.network.state_dict().values())


def test_a_validation_loss_that_is_no_number_names_the_photos():
    class LostInEvaluation(nn.Module):
        def __init__(self):
            super().__init__()
            self.network = small_network()

        def forward(self, images):
            return self.network(images) * (1.0 if self.training else math.nan)

    sentence = (
        "the validation loss must be .* in epoch 1 it is not, on pictures/000.png.* and 27 more"
    )
    with pytest.raises(BadBatchError, match=sentence) as caught:
        trainer(settings(), network=LostInEvaluation()).fit()
    assert len(caught.value.files) == 30


def test_with_slices_only_the_bad_one_is_named():
    class Poisoned(Pictures):
        def batches(self, epoch, slices):
            for rows, images in zip(slices, super().batches(epoch, slices), strict=True):
                yield images * math.nan if 7 in rows else images

    with pytest.raises(BadBatchError, match="the loss must be a finite number") as caught:
        trainer(settings(accumulate=4), train=Poisoned(72)).fit()
    assert len(caught.value.files) == 4
    assert "pictures/007.png" in caught.value.files


class LittleMemory(nn.Module):
    """A network that holds only so many samples at once."""

    def __init__(self, most):
        super().__init__()
        self.network, self.most, self.sizes = small_network(), most, []

    def forward(self, images):
        self.sizes.append(len(images))
        if self.training and len(images) > self.most:
            raise torch.OutOfMemoryError("no room")
        return self.network(images)


def test_when_memory_runs_out_slices_are_halved_and_the_batch_stays(tmp_path):
    said = []
    network = LittleMemory(5)
    checkpoints = Checkpoints(tmp_path)
    made = trainer(settings(epochs=8), network=network, say=said.append, checkpoints=checkpoints)
    fitted = made.fit()
    assert fitted.slices == 4
    assert said == [
        "the accelerator's memory cannot hold 16 samples at once: going on with slices of 8; "
        "the batch stays 16.",
        "the accelerator's memory cannot hold 8 samples at once: going on with slices of 4; "
        "the batch stays 16.",
    ]
    assert fitted.history[-1].validation_accuracy > 0.9
    again = trainer(settings(epochs=8, accumulate=4))
    again.fit()
    assert weights(network.network) == weights(again.network)  # as if it had known


def test_when_not_even_two_samples_fit_it_says_so():
    with pytest.raises(TrainingError, match="samples must fit into the accelerator's memory"):
        trainer(settings(), network=LittleMemory(0)).fit()


def test_a_callback_stops_training_and_says_why():
    ask = Ask(e2=Stop("enough"))
    fitted = trainer(settings(), callbacks=[ask]).fit()
    assert (len(fitted.history), fitted.stopped_because) == (2, "enough")
    assert list(fitted.history) == ask.seen
    assert ask.closed


def test_a_callback_may_ask_for_the_last_weights_instead_of_the_best():
    best = trainer(ROUGH).fit().best_epoch
    stop = Ask(**{f"e{best + 1}": Stop("enough", restore_best_weights=False)})
    made = trainer(ROUGH, callbacks=[stop])
    fitted = made.fit()
    assert (fitted.best_epoch, fitted.weights_of_epoch) == (best, best + 1)
    logits = evaluate(made.network, made.validation, batch=16)
    loss, _ = loss_and_accuracy(logits, made.validation.targets_N)
    assert loss == fitted.history[-1].validation_loss


def test_a_callback_changes_the_learning_rate():
    ask = Ask(e1=SetLearningRate(0.1))
    fitted = trainer(settings(schedule="constant"), callbacks=[ask]).fit()
    rates = [record.learning_rate for record in fitted.history]
    assert rates == [0.01, pytest.approx(0.001), pytest.approx(0.001)]


def test_a_callback_has_weights_written(tmp_path):
    from safetensors.torch import load_file

    made = trainer(settings(), callbacks=[ModelCheckpoint(tmp_path)])
    made.fit()
    assert digest(load_file(tmp_path / "best.safetensors")) == weights(made.network)


def test_patience_and_plateau_become_callbacks_unless_they_are_given():
    made = trainer(settings(patience=4, schedule="plateau"))
    kinds = [type(callback) for callback in made.callbacks]
    assert kinds == [EarlyStopping, ReduceLROnPlateau]
    assert (made.callbacks[0].patience, made.callbacks[1].patience) == (4, 2)
    own = EarlyStopping(patience=9)
    assert trainer(settings(patience=4), callbacks=[own]).callbacks == [own]


def test_a_callback_that_cannot_work_is_refused_before_the_first_step():
    with pytest.raises(UsageError, match="give both the same `monitor`"):
        trainer(settings(), callbacks=[EarlyStopping(monitor="val_accuracy")])


def test_too_little_data_is_refused():
    with pytest.raises(TrainingError, match="training data must have at least 2 samples; got 1"):
        trainer(settings(), train=Pictures(1))


def test_a_time_limit_ends_training_inside_an_epoch_and_says_so():
    config = settings(epochs=1000, time_limit=1.5, schedule="cosine")
    fitted = trainer(config, train=Pictures(72, delay=0.02)).fit()
    assert fitted.stopped_because == "its time limit was reached"
    assert 0.5 < fitted.seconds < 2.5
    assert len(fitted.history) < 1000


def test_a_schedule_ends_low_at_the_time_limit():
    config = settings(epochs=1000, time_limit=3.0, schedule="cosine")
    fitted = trainer(config, train=Pictures(72, delay=0.02)).fit()
    assert fitted.history[0].learning_rate > 0.8 * config.lr
    assert fitted.history[-1].learning_rate < 0.2 * config.lr


def test_hooks_are_told_each_step_and_each_epoch():
    steps, epochs = [], []
    made = trainer(
        settings(epochs=2), on_step=lambda *told: steps.append(told), on_epoch=epochs.append
    )
    fitted = made.fit()
    assert [(done, total) for done, total, _, _ in steps] == 2 * [(n, 5) for n in range(1, 6)]
    assert steps[-1][2:] == (fitted.history[1].train_loss, fitted.history[1].train_accuracy)
    assert epochs == list(fitted.history)


def test_one_process_evaluates_in_the_order_of_the_rows():
    network, data = small_network().eval(), Pictures(30)
    logits = evaluate(network, data, batch=7)
    whole = copy.deepcopy(network)(torch.from_numpy(data.pixels)).detach()
    torch.testing.assert_close(torch.from_numpy(logits), whole)
