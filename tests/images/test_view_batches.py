from __future__ import annotations

import numpy as np
import pytest

from foveal.errors import UsageError
from foveal.images import Augment, Preprocess, affine_matrix
from foveal.images.draws import parameters_from
from foveal.images.geometry import brighten, warped_view
from foveal.images.view_batches import affine_matrices, render_views

HEAVY = Augment.preset("heavy")


def noise(count: int, height: int, width: int, seed: int = 0) -> list[np.ndarray]:
    chance = np.random.default_rng(seed)
    return list(chance.integers(0, 256, (count, height, width, 3), dtype=np.uint8))


def draws(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).random((count, 9))


def one_by_one(photos, preprocess, augment, draws_MD):
    views = []
    for photo, u in zip(photos, draws_MD.tolist(), strict=True):
        drawn = parameters_from(augment, u)
        matrix = affine_matrix(drawn, preprocess.image_size)
        if np.array_equal(matrix, np.eye(3)):
            view = preprocess.apply(photo)
        else:
            view = warped_view(photo, preprocess, matrix, augment.fill_mode)
        views.append(view if drawn.brightness == 1 else brighten(view, drawn.brightness))
    return np.stack(views)


@pytest.mark.parametrize("name", ["none", "light", "medium", "heavy"])
@pytest.mark.parametrize("resize", ["crop", "pad", "squash"])
@pytest.mark.parametrize(
    ("size", "height", "width", "channels"),
    [(32, 32, 32, 3), (28, 28, 28, 1), (40, 25, 60, 3), (24, 150, 100, 1)],
)
def test_a_batch_is_what_its_photos_give_one_by_one(name, resize, size, height, width, channels):
    preprocess = Preprocess(image_size=size, resize=resize, channels=channels)
    photos, augment, u = noise(40, height, width), Augment.preset(name), draws(40)
    views = render_views(photos, preprocess, augment, u)
    np.testing.assert_array_equal(views, one_by_one(photos, preprocess, augment, u))


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "area"])
@pytest.mark.parametrize("fill_mode", ["constant", "reflect", "wrap"])
def test_so_it_is_for_every_interpolation_and_border(interpolation, fill_mode):
    preprocess = Preprocess(image_size=24, interpolation=interpolation, pad_value=90)
    augment = Augment(rotation_range=40, zoom_range=0.5, vertical_flip=True, fill_mode=fill_mode)
    photos, u = [*noise(10, 30, 50), *noise(10, 70, 20)], draws(20)
    views = render_views(photos, preprocess, augment, u)
    np.testing.assert_array_equal(views, one_by_one(photos, preprocess, augment, u))


def test_a_view_does_not_depend_on_the_others_of_its_batch():
    preprocess, photos, u = Preprocess(image_size=32), noise(50, 40, 40), draws(50)
    whole = render_views(photos, preprocess, HEAVY, u)
    for start, end in ((0, 1), (7, 20), (49, 50)):
        part = render_views(photos[start:end], preprocess, HEAVY, u[start:end])
        np.testing.assert_array_equal(part, whole[start:end])


def test_the_matrices_are_those_of_single_views():
    u = draws(200)
    together = affine_matrices(HEAVY, u, 32)
    single = [affine_matrix(parameters_from(HEAVY, row), 32)[:2] for row in u.tolist()]
    np.testing.assert_allclose(together, single, atol=1e-12)


def test_a_flip_alone_mirrors_the_pixels_exactly():
    preprocess = Preprocess(image_size=32, crop_fraction=1.0)
    photos, u = noise(20, 32, 32), draws(20)
    views = render_views(photos, preprocess, Augment(horizontal_flip=True), u)
    flipped = u[:, 6] < 0.5
    assert 0 < flipped.sum() < 20
    for view, photo, turned in zip(views, photos, flipped, strict=True):
        np.testing.assert_array_equal(view, photo[:, ::-1] if turned else photo)


def test_no_photos_give_no_views_and_no_photo_is_refused():
    preprocess = Preprocess(image_size=32)
    assert render_views([], preprocess, HEAVY, draws(0)).shape == (0, 32, 32, 3)
    with pytest.raises(UsageError, match=r"`image_HWC` must be uint8 of shape \(H, W, 3\)"):
        render_views([np.zeros((8, 8), np.uint8)], preprocess, HEAVY, draws(1))
