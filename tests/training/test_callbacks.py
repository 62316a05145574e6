"""Each callback against tables of hand-made histories."""

from __future__ import annotations

import csv
import json

import pytest

from foveal.errors import MissingExtraError, UsageError
from foveal.training import (
    CSVLogger,
    EarlyStopping,
    EpochRecord,
    ModelCheckpoint,
    ProgressCallback,
    ReduceLROnPlateau,
    SaveWeights,
    SetLearningRate,
    Stop,
)
from foveal.training.monitors import monitored


def record(epoch, value, lr=0.1):
    """An epoch whose losses are `value` and whose accuracies are too."""
    return EpochRecord(epoch, value, value, value, value, lr, "scratch")


def answers(callback, values, lr=0.1):
    """What a callback asks for, epoch by epoch; the learning rate follows its wishes."""
    found = []
    for epoch, value in enumerate(values, start=1):
        request = callback.epoch(record(epoch, value, lr))
        if isinstance(request, SetLearningRate):
            lr *= request.factor
        found.append(request)
    return found


def stops_at(callback, values):
    kinds = [isinstance(request, Stop) for request in answers(callback, values)]
    return kinds.index(True) + 1 if True in kinds else None


@pytest.mark.parametrize(
    ("settings", "values", "epoch"),
    [
        ({"patience": 2}, [5, 4, 4, 4, 3], 4),
        ({"patience": 2}, [5, 4, 4.5, 3, 3.5, 3.5], 6),
        ({"patience": 3}, [5, 4, 4, 4], None),
        ({"patience": 1}, [5, 5], 2),
        ({"patience": 2, "min_delta": 0.5}, [5, 4.6, 4.6, 4.0], 3),
        ({"patience": 2, "min_delta": 0.5}, [5, 4.4, 4.0, 3.8], None),
        ({"patience": 2, "monitor": "val_accuracy"}, [0.5, 0.6, 0.6, 0.55], 4),
        ({"patience": 2, "monitor": "train_loss", "mode": "max"}, [1, 2, 3, 2, 1], 5),
    ],
)
def test_early_stopping_waits_as_long_as_it_was_told(settings, values, epoch):
    assert stops_at(EarlyStopping(**settings), values) == epoch


def test_early_stopping_says_why_and_whether_the_best_weights_come_back():
    request = answers(EarlyStopping(patience=1, restore_best_weights=False), [1, 1])[-1]
    assert request == Stop("validation_loss did not improve for 1 epochs", False)


@pytest.mark.parametrize(
    ("settings", "values", "reduced"),
    [
        ({"patience": 2}, [5, 5, 5, 5, 5], [3, 5]),
        ({"patience": 2}, [5, 4, 3, 2, 1], []),
        ({"patience": 1, "cooldown": 2}, [5, 5, 5, 5, 5, 5], [2, 5]),
        ({"patience": 2, "min_delta": 1.0}, [5, 4.5, 4.1, 3.9], [3]),
        ({"patience": 1, "monitor": "accuracy"}, [0.1, 0.2, 0.2], [3]),
    ],
)
def test_the_rate_falls_when_a_figure_stands_still(settings, values, reduced):
    found = answers(ReduceLROnPlateau(**settings), values)
    assert [index for index, request in enumerate(found, start=1) if request] == reduced
    assert all(request.factor == 0.1 for request in found if request)


def test_the_rate_goes_no_lower_than_its_bound():
    callback = ReduceLROnPlateau(patience=1, factor=0.1, min_lr=0.03)
    found = answers(callback, [5, 5, 5, 5], lr=0.1)
    assert [request and request.factor for request in found] == [
        None,
        pytest.approx(0.3),
        None,
        None,
    ]


@pytest.mark.parametrize("cooldown", [0, 2])
def test_the_rate_falls_when_pytorch_s_scheduler_would_lower_it(cooldown):
    import torch

    values = [5, 4, 4, 4, 4, 3, 3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2]
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, patience=1, threshold=0.0, threshold_mode="abs", cooldown=cooldown, eps=0.0
    )
    theirs = []
    for value in values:
        scheduler.step(value)
        theirs.append(optimizer.param_groups[0]["lr"])
    callback = ReduceLROnPlateau(patience=2, min_delta=0.0, cooldown=cooldown)  # PyTorch's 1 is > 1
    ours, lr = [], 1.0
    for request in answers(callback, values, lr):
        lr *= request.factor if request else 1.0
        ours.append(lr)
    assert ours == pytest.approx(theirs)


def test_weights_are_written_for_the_better_epochs_or_for_all(tmp_path):
    best = answers(ModelCheckpoint(tmp_path), [3, 2, 2, 1])
    target = SaveWeights(tmp_path / "best.safetensors")
    assert best == [target, target, None, target]
    every = answers(ModelCheckpoint(tmp_path, save_best_only=False), [3, 4])
    assert every == [SaveWeights(tmp_path / f"epoch-000{n}.safetensors") for n in (1, 2)]


def test_the_table_has_a_row_for_each_epoch_and_goes_on_after_a_resume(tmp_path):
    logger = CSVLogger(tmp_path / "log.csv")
    answers(logger, [3, 2])
    resumed = CSVLogger(tmp_path / "log.csv")
    resumed.load_state(json.loads(json.dumps(logger.state())))
    resumed.epoch(record(3, 1.5))
    with open(tmp_path / "log.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert [row["validation_loss"] for row in rows] == ["3", "2", "1.5"]
    assert rows[0]["phase"] == "scratch"


def test_progress_is_one_line_an_epoch():
    lines = []
    answers(ProgressCallback(lines.append), [0.5, 0.25])
    assert lines[1] == (
        "epoch 2: loss 0.2500, accuracy 25.0%; validation loss 0.2500, accuracy 25.0%; "
        "learning rate 0.1"
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda: EarlyStopping(patience=3),
        lambda: ReduceLROnPlateau(patience=2, cooldown=1),
        lambda: ModelCheckpoint("folder"),
    ],
)
@pytest.mark.parametrize("cut", range(1, 7))
def test_a_callback_goes_on_from_its_state_as_if_nothing_had_happened(make, cut):
    values = [5, 4, 4, 4, 3, 3, 3, 3, 3]
    whole = answers(make(), values)
    first, second = make(), make()
    found = answers(first, values[:cut])
    second.load_state(json.loads(json.dumps(first.state())))
    found += [second.epoch(record(n, v)) for n, v in enumerate(values[cut:], start=cut + 1)]
    assert [bool(request) for request in found] == [bool(request) for request in whole]


@pytest.mark.parametrize("kind", [EarlyStopping, ReduceLROnPlateau])
def test_a_figure_that_does_not_exist_is_refused_with_a_list_of_those_that_do(kind):
    with pytest.raises(
        UsageError,
        match="one of train_loss, train_accuracy, validation_loss, validation_accuracy; got 'f1'",
    ):
        kind(monitor="f1")
    with pytest.raises(UsageError, match="`patience` must be at least 1; got 0"):
        kind(patience=0)
    with pytest.raises(UsageError, match="`mode` must be auto, min or max; got 'most'"):
        kind(mode="most")
    with pytest.raises(UsageError, match="`min_delta` must be 0 or more; got -1"):
        kind(min_delta=-1)


def test_numbers_out_of_range_are_refused():
    with pytest.raises(UsageError, match="`factor` must be between 0 and 1; got 2"):
        ReduceLROnPlateau(factor=2)
    with pytest.raises(UsageError, match="`cooldown` and `min_lr` must be 0 or more"):
        ReduceLROnPlateau(cooldown=-1)


def test_weights_that_training_does_not_keep_cannot_be_restored():
    with pytest.raises(UsageError, match="restore the weights of the best validation_accuracy"):
        EarlyStopping(monitor="val_accuracy").start(monitored("val_loss"))
    EarlyStopping(monitor="val_accuracy", restore_best_weights=False).start(monitored("val_loss"))


def test_tensorboard_gets_a_point_for_each_epoch_and_figure(tmp_path):
    pytest.importorskip("tensorboard", reason="needs the extra `tensorboard`")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    from foveal.training import TensorBoard

    callback = TensorBoard(tmp_path)
    answers(callback, [3, 2])
    callback.close()
    resumed = TensorBoard(tmp_path)
    resumed.load_state(callback.state())
    resumed.epoch(record(3, 1))
    resumed.close()
    read = EventAccumulator(str(tmp_path)).Reload()
    points = [(point.step, point.value) for point in read.Scalars("validation_loss")]
    assert points == [(1, 3.0), (2, 2.0), (3, 1.0)]


def test_without_tensorboard_the_extra_is_named(tmp_path, monkeypatch):
    import sys

    from foveal.training import TensorBoard

    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(MissingExtraError, match=r"TensorBoard .* pip install 'foveal\[tensorb"):
        TensorBoard(tmp_path)
