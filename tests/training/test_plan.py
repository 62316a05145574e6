"""What fine-tuning says beforehand follows from sizes and two measured rates."""

from __future__ import annotations

import copy
import dataclasses
from functools import cache

import pytest
import torch

from foveal.data import ImageData
from foveal.errors import DataError
from foveal.features import FrozenEncoder, cache_bytes, choose_backbone
from foveal.features.network import load_network
from foveal.images import Preprocess
from foveal.training.transfer.plan import FineTunePlan, Rates, measure_rates, plan_fine_tuning
from foveal.training.transfer.suffix import Suffix, fresh_head, unfreeze_blocks

SMALL = Preprocess.preset("imagenet", image_size=64)


def backbone(blocks=7):
    return choose_backbone("resnet18", SMALL, device="cpu", blocks=blocks, weights="none")


@cache
def network():
    return load_network(backbone())


def planned(frozen=7, budget=10**9, rates=None, views=4):
    chosen = backbone(frozen or None)
    unfreezing = unfreeze_blocks(network(), 9 - frozen)
    suffix = Suffix(network(), frozen, fresh_head(512, 5, seed=0))
    return plan_fine_tuning(
        FrozenEncoder(chosen) if frozen else None,
        suffix,
        unfreezing,
        rates or Rates(frozen=200.0, trained=50.0),
        photos=(1000, 300),
        views=views,
        epochs=8,
        budget_bytes=budget,
    )


def test_cached_the_frozen_part_runs_once_for_each_view():
    plan = planned()
    assert plan.source == "cached"
    assert plan.cache_bytes == cache_bytes(backbone(), 4 * 1000 + 300)
    assert plan.encode_seconds == 4300 / 200
    assert plan.epoch_seconds == pytest.approx((1000 + 100) / 50)
    assert plan.seconds == pytest.approx(4300 / 200 + 8 * 22)


def test_beyond_the_budget_the_frozen_part_runs_in_every_epoch():
    fits = planned()
    plan = planned(budget=fits.cache_bytes - 1)
    assert planned(budget=fits.cache_bytes).source == "cached"
    assert plan.source == "streamed"
    assert plan.encode_seconds == 0
    assert plan.epoch_seconds == pytest.approx(22 + 1300 / 200)


def test_photos_that_change_in_every_epoch_cannot_be_kept():
    plan = dataclasses.replace(planned(), fresh=True)
    assert plan.source == "streamed"
    assert plan.encode_seconds == 0
    assert dict(plan.rows())["activations"] == (
        "computed anew in each epoch: a policy changes the photos each time"
    )


def test_with_nothing_frozen_there_is_nothing_to_keep():
    plan = planned(frozen=0, rates=Rates(0.0, 10.0))
    assert (plan.source, plan.cache_bytes) == ("pixels", 0)
    assert plan.seconds == pytest.approx(8 * 110)
    assert dict(plan.rows())["activations"] == "none are kept: no block is frozen"


def test_it_reads_as_a_table():
    rows = dict(planned().rows())
    assert rows["frozen"] == "7 of 9 blocks"
    assert rows["trained"] == "stage4_1, stage4_2, head"
    assert rows["parameters"] == "8,396,293 are trained"
    assert rows["activations"] == "4 views of each photo are kept, 35 MB of 1.0 GB"
    one = dict(dataclasses.replace(planned(), views=1).rows())
    assert one["activations"].startswith("1 view of each photo is kept, ")
    assert rows["time"] == "about 3 min: 8 epochs of 22 s after 22 s once"
    assert dict(planned(budget=10**7).rows())["activations"] == (
        "computed anew in each epoch: 4 views of each photo would take 35 MB, more than 10 MB"
    )


@pytest.mark.usefixtures("shared_graphs")
def test_measuring_finds_rates_and_leaves_the_suffix_and_the_cache_alone(photos, private_cache):
    samples = ImageData.from_folder(photos).samples
    suffix = Suffix(network(), 7, fresh_head(512, 5, seed=0))
    before = copy.deepcopy(suffix.state_dict())
    rates = measure_rates(FrozenEncoder(backbone()), suffix, samples, backbone())
    assert rates.frozen > 1
    assert rates.trained > 1
    assert all(torch.equal(before[key], value) for key, value in suffix.state_dict().items())
    assert not list(private_cache.rglob("*.shard"))


def test_with_nothing_frozen_only_the_training_step_is_measured():
    rates = measure_rates(None, Suffix(network(), 0), [], backbone())
    assert rates.frozen == 0
    assert rates.trained > 1


@pytest.mark.usefixtures("shared_graphs")
def test_photos_that_cannot_be_read_cannot_be_measured():
    suffix = Suffix(network(), 7)
    with pytest.raises(DataError, match="none of the first training photos can be read"):
        measure_rates(FrozenEncoder(backbone()), suffix, [], backbone())


def test_a_long_plan_is_told_in_hours():
    unfreezing = unfreeze_blocks(network(), 2)
    plan = FineTunePlan(unfreezing, 1, 90000, 0, 4, 8, 1, 0, Rates(100.0, 100.0))
    assert dict(plan.rows())["time"].startswith("about 4.0 h")
