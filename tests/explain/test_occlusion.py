"""Occlusion against a backend whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from foveal.errors import UsageError
from foveal.explain import occlusion


class Brightness:
    """Class 0 gains with the mean of the left half, class 1 has nothing to gain."""

    name, batch = "fake", 2

    def run(self, images_NHWC):
        left = (
            images_NHWC[:, :, : images_NHWC.shape[2] // 2].astype(np.float32).mean(axis=(1, 2, 3))
        )
        return np.stack([left / 100, 0 * left], axis=1)

    def stream(self, batches):
        for tag, images in batches:
            assert len(images) <= 2
            yield tag, self.run(images)


def share(brightness):
    return 1 / (1 + np.exp(-brightness / 100))


@pytest.fixture
def image():
    return np.full((4, 4, 1), 200, np.uint8)


def test_each_place_gets_the_fall_that_covering_it_causes(image):
    falls = occlusion(Brightness(), image, [0, 1], fill=[0], patch=2, stride=2)
    fall = share(200) - share(100)  # half of the left half is covered
    assert falls.shape == (2, 4, 4)
    assert falls[0, :, :2] == pytest.approx(fall)
    assert falls[0, :, 2:] == pytest.approx(0)
    assert falls[1] == pytest.approx(-falls[0])


def test_places_under_several_squares_get_the_mean(image):
    falls = occlusion(Brightness(), image, [0], fill=[0], patch=2, stride=1)[0]
    whole, half = share(200) - share(100), share(200) - share(150)
    assert falls[0].tolist() == pytest.approx([whole, (whole + half) / 2, half / 2, 0], abs=1e-6)


def test_the_last_square_ends_where_the_image_ends(image):
    falls = occlusion(Brightness(), image, [0], fill=[0], patch=3, stride=3)
    assert np.isfinite(falls).all()


def test_what_does_not_fit_says_so(image):
    with pytest.raises(UsageError, match="`patch` must fit into 4×4 pixels"):
        occlusion(Brightness(), image, [0], fill=[0], patch=5)
    with pytest.raises(UsageError, match="got patch 2 and stride 3"):
        occlusion(Brightness(), image, [0], fill=[0], patch=2, stride=3)
    with pytest.raises(UsageError, match="`fill` must have 1 values, one a channel; got 3"):
        occlusion(Brightness(), image, [0], fill=[0, 0, 0])
