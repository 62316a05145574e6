"""MixUp and CutMix are what their papers say, on pixels, without rounding."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from foveal.errors import UsageError
from foveal.training import NetworkConfig
from foveal.training.optimisation.mixing import mix

IMAGES = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (6, 10, 12, 3), np.uint8))


def test_nothing_happens_when_both_are_off():
    mixed = mix(IMAGES, NetworkConfig(), 1)
    assert mixed.inputs is IMAGES
    assert mixed.partner is None


@pytest.mark.parametrize("seed", range(5))
def test_mixup_blends_each_photo_with_its_partner(seed):
    mixed = mix(IMAGES, NetworkConfig(mixup=0.4), seed)
    wanted = mixed.share * IMAGES.double() + (1 - mixed.share) * IMAGES[mixed.partner].double()
    assert mixed.inputs.dtype == torch.float32
    torch.testing.assert_close(mixed.inputs.double(), wanted, rtol=1e-6, atol=1e-4)


@pytest.mark.parametrize("seed", range(20))
def test_cutmix_pastes_one_box_and_counts_its_area(seed):
    mixed = mix(IMAGES, NetworkConfig(cutmix=1.0), seed)
    numbered = torch.arange(6, dtype=torch.uint8).view(6, 1, 1, 1).expand(6, 10, 12, 3)
    origin = mix(numbered.contiguous(), NetworkConfig(cutmix=1.0), seed)
    foreign = origin.inputs[..., 0] != numbered[..., 0]
    pasted = foreign[mixed.partner != torch.arange(6)]
    if len(pasted):
        assert mixed.share == pytest.approx(1 - pasted[0].float().mean().item())
        rows, columns = pasted[0].any(dim=1).sum(), pasted[0].any(dim=0).sum()
        assert pasted[0].sum() == rows * columns  # a box
    whose = torch.where(foreign[..., None], IMAGES[mixed.partner].float(), IMAGES.float())
    assert torch.equal(mixed.inputs.float(), whose)


def test_the_shares_have_the_distribution_asked_for():
    shares = [mix(IMAGES[:2], NetworkConfig(mixup=0.2), seed).share for seed in range(2000)]
    expected = np.random.default_rng(0).beta(0.2, 0.2, 200_000)
    assert np.mean(shares) == pytest.approx(0.5, abs=0.03)
    assert np.std(shares) == pytest.approx(expected.std(), abs=0.02)


def test_with_both_on_each_slice_takes_one_of_them():
    both = NetworkConfig(mixup=1.0, cutmix=1.0)
    kinds = [mix(IMAGES, both, seed).inputs.dtype for seed in range(200)]
    assert 70 < kinds.count(torch.uint8) < 130


def test_the_seed_alone_decides():
    config = NetworkConfig(mixup=1.0)
    assert torch.equal(mix(IMAGES, config, 7).inputs, mix(IMAGES, config, 7).inputs)
    assert not torch.equal(mix(IMAGES, config, 7).inputs, mix(IMAGES, config, 8).inputs)


MAPS = torch.randn(6, 8, 10, 12, generator=torch.Generator().manual_seed(0))


def test_activations_are_blended_like_photos_at_the_same_places():
    blended = mix(MAPS, NetworkConfig(mixup=0.4), 3)
    wanted = blended.share * MAPS + (1 - blended.share) * MAPS[blended.partner]
    torch.testing.assert_close(blended.inputs, wanted)
    cut = mix(MAPS, NetworkConfig(cutmix=1.0), 3)
    as_photos = mix(IMAGES, NetworkConfig(cutmix=1.0), 3)
    foreign = (as_photos.inputs != IMAGES).any(dim=3)[:, None]
    assert torch.equal(cut.inputs, torch.where(foreign, MAPS[cut.partner], MAPS))
    assert (cut.share, cut.partner.tolist()) == (as_photos.share, as_photos.partner.tolist())


def test_channels_last_activations_stay_so():
    last = MAPS.contiguous(memory_format=torch.channels_last)
    for config in (NetworkConfig(mixup=0.4), NetworkConfig(cutmix=1.0)):
        mixed = mix(last, config, 3).inputs
        assert mixed.is_contiguous(memory_format=torch.channels_last)
        assert torch.equal(mixed, mix(MAPS, config, 3).inputs)


def test_vectors_are_blended_and_no_box_is_cut_from_them():
    vectors = MAPS.flatten(1)
    mixed = mix(vectors, NetworkConfig(mixup=0.4), 3)
    assert torch.equal(mixed.inputs, mix(MAPS, NetworkConfig(mixup=0.4), 3).inputs.flatten(1))
    with pytest.raises(UsageError, match="`cutmix` must be 0 where no map is left to cut a box"):
        mix(vectors, NetworkConfig(cutmix=0.2), 0)


def test_maps_of_a_few_cells_get_a_box_too():
    config, small = NetworkConfig(cutmix=1.0), MAPS[..., :2, :2]
    shares = [mix(small, config, seed).share for seed in range(400)]
    assert set(shares) == {0.0, 0.5, 0.75, 1.0}
    assert 0.3 < np.mean(shares) < 0.7
    with pytest.raises(UsageError, match="`cutmix` must be 0 where no map is left to cut a box"):
        mix(MAPS[..., :1, :1], config, 0)
