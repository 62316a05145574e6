"""A classifier from nothing: what cannot work is refused before a photo is read."""

from __future__ import annotations

import pytest

from conftest import write_photos
from foveal.data import ImageData
from foveal.errors import UnknownNameError, UsageError
from foveal.workflow.scratch import ScratchClassifier


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    photos = tmp_path_factory.mktemp("scratch") / "photos"
    return ImageData.from_folder(write_photos(photos, {"blue": 8, "red": 8}))


def test_a_size_that_the_network_cannot_see_is_refused_before_a_photo_is_read(data):
    with pytest.raises(UsageError, match="`image_size` must be at least 75 for 'inception_v3'"):
        ScratchClassifier("inception_v3", data, image_size=74)


def test_an_initialisation_that_there_is_not_is_refused_before_a_photo_is_read(data):
    with pytest.raises(UnknownNameError, match="unknown initialisation 'zeros'"):
        ScratchClassifier("lenet5", data, initialisation="zeros")
