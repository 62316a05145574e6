"""Rows of an epoch to pixels. Knows nothing of threads, processes or PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from foveal.data import Sample
from foveal.data.reading import decode_sample
from foveal.images import Augment, Preprocess
from foveal.images.draws import DRAWS
from foveal.images.policies import policy_named
from foveal.images.view_batches import render_views
from foveal.training.inputs.photo_store import Photo, PhotoStore
from foveal.training.order import epoch_draws

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Recipe:
    """What a view looks like, apart from its photo and its numbers."""

    preprocess: Preprocess
    """The geometry."""
    augment: Augment
    """Flips, shifts and the like."""
    policy: str
    """What comes after them; see `policy_named`."""
    seed: int
    """What everything is drawn from, with epoch and row."""

    @property
    def changes(self) -> bool:
        """Whether any view differs from the plain one."""
        return self.needs_photos or self.policy != "none"

    @property
    def needs_photos(self) -> bool:
        """Whether views are cut from the photo anew, or all from the plain view."""
        return self.augment.changes


@dataclass
class Renderer:
    """Renders rows of epochs, alike in any process and in any order.

    Args:
        recipe: what a view looks like.
        samples: the photos.
        store: those that are decoded.
    """

    recipe: Recipe
    samples: Sequence[Sample]
    store: PhotoStore
    _drawn: tuple[int, NDArray[np.float64], NDArray[np.float64]] | None = field(
        default=None, repr=False
    )

    def render(self, epoch: int, rows: Rows) -> NDArray[np.uint8]:
        """Render some rows; safe with threads.

        Args:
            epoch: from 1; 0 for plain views.
            rows: 0 … n − 1 each.

        Returns:
            uint8 (m, S, S, C).

        Raises:
            ImageError: a photo that is not in memory can no longer be read, or has changed.
        """
        photos = [self._photo(row) for row in rows.tolist()]
        recipe, preprocess = self.recipe, self.recipe.preprocess
        if recipe.needs_photos and epoch > 0:
            views = render_views(photos, preprocess, recipe.augment, self.draws(epoch)[0][rows])
        else:
            ready = [preprocess.apply(photo) for photo in photos] if recipe.needs_photos else photos
            size = preprocess.image_size
            views = np.empty((len(ready), size, size, preprocess.channels), np.uint8)
            for index, view in enumerate(ready):
                views[index] = view
        policy = policy_named(recipe.policy)
        if policy is not None and epoch > 0:
            for view, u in zip(views, self.draws(epoch)[1][rows].tolist(), strict=True):
                view[...] = policy.apply(view, u, preprocess.pad_value)
        return views

    def draws(self, epoch: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what chance gives every row in an epoch; kept for the latest epoch.

        Args:
            epoch: from 1.

        Returns:
            float64 (n, 9) for flips, shifts and the like, and float64 (n, …) for the policy.
        """
        drawn = self._drawn
        if drawn is None or drawn[0] != epoch:
            count, seed = len(self.samples), self.recipe.seed
            policy = policy_named(self.recipe.policy)
            drawn = (
                epoch,
                epoch_draws(count, DRAWS, seed=seed, epoch=epoch, purpose="views"),
                epoch_draws(
                    count, policy.draws if policy else 0, seed=seed, epoch=epoch, purpose="policy"
                ),
            )
            self._drawn = drawn
        return drawn[1:]

    def keep(self, row: int) -> None:
        """Decode a photo, and keep what rendering needs of it if there is room.

        Args:
            row: 0 … n − 1.

        Raises:
            ImageError: the photo cannot be used.
        """
        self.store.add(row, self._decoded(row))

    def _photo(self, row: int) -> Photo:
        photo = self.store.get(row)
        return self._decoded(row) if photo is None else photo

    def _decoded(self, row: int) -> Photo:
        sample, preprocess = self.samples[row], self.recipe.preprocess
        photo = decode_sample(sample, preprocess)
        return photo if self.recipe.needs_photos else preprocess.apply(photo)
