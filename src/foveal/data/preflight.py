"""The check of photos before anyone trains on them, from the folder or table that they are in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from foveal.data.assemble import assemble
from foveal.data.checks import check_samples
from foveal.data.dataset import ImageData
from foveal.data.findings import DataReport
from foveal.data.folder import read_folder
from foveal.data.requirements import Fault
from foveal.data.table import is_table, read_table

_VAL, _TEST, _SEED = 0.15, 0.15, 0  # the split that training would make by default


def check_data(
    data: ImageData | str | Path, progress: Callable[[int, int], None] | None = None
) -> DataReport:
    """Decode every image of a data set and report what is wrong with it.

    What training would refuse, such as an empty class, is a finding among the others here.

    Args:
        data: the data, a folder of class folders, or a CSV table.
        progress: called with (done, total) images, from the calling thread.

    Returns:
        The findings, the worst first.

    Raises:
        DataError: there are no class folders, or the table cannot be read at all.
    """
    if isinstance(data, ImageData):
        return data.check(progress)
    faults: list[Fault] = []
    note = faults.extend
    listing = read_table(data, note=note) if is_table(data) else read_folder(data, note=note)
    samples, _, _ = assemble(listing.entries, _VAL, _TEST, _SEED, note)
    classes = tuple(sorted({sample.label for sample in samples}))
    return check_samples(
        listing.root, classes, samples, listing.rejected, listing.hidden, progress, faults
    )
