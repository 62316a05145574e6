"""The images a classifier is trained and measured on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from foveal.data.assemble import assemble
from foveal.data.checks import check_samples
from foveal.data.findings import DataReport
from foveal.data.folder import read_folder
from foveal.data.records import SPLITS, Listing, Rejection, Sample, Split, counted
from foveal.data.requirements import require_kept
from foveal.data.split import require_fractions
from foveal.data.table import read_table, write_table
from foveal.errors import DataError, UnknownNameError
from foveal.storage import content_hash


@dataclass(frozen=True)
class ImageData:
    """Images with their classes and splits, and what was left out.

    Nothing is decoded when data is listed; every file is read once for its content hash.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> from foveal.data import write_digits
        >>> with TemporaryDirectory() as folder:
        ...     write_digits(f"{folder}/digits")
        ...     data = ImageData.from_folder(f"{folder}/digits", val=0.15, test=0.15, seed=0)
        >>> [len(data.subset(split)) for split in ("train", "validation", "test")]
        [1259, 269, 269]
    """

    root: Path
    """The folder that names are relative to."""

    classes: tuple[str, ...]
    """The classes, sorted by name."""

    samples: tuple[Sample, ...]
    """The images, sorted by path."""

    rejected: tuple[Rejection, ...] = ()
    """Files that are left out, each with its reason."""

    warnings: tuple[str, ...] = ()
    """What the user should know, one sentence each."""

    seed: int = 0
    """The seed of the splits that were made."""

    split_source: str = "seeded"
    """Where the splits come from: ``"folders"`` or ``"table"`` as given, ``"seeded"``, or
    ``"folders+seeded"`` or ``"table+seeded"`` where a missing one was split off train."""

    hidden: tuple[Path, ...] = ()
    """Hidden folders that were passed over."""

    def __repr__(self) -> str:
        """Return one line: thousands of samples help nobody."""
        sizes = {split: sum(classes.values()) for split, classes in self.counts().items()}
        parts = [", ".join(f"{number:,} {split}" for split, number in sizes.items())]
        parts += [f"{len(self.rejected):,} left out"] if self.rejected else []
        return (
            f"<ImageData {str(self.root)!r}: {counted(len(self.samples), 'image')} of "
            f"{counted(len(self.classes), 'class', 'classes')}; {'; '.join(parts)}>"
        )

    @classmethod
    def from_folder(
        cls,
        root: str | Path,
        *,
        val: float = 0.15,
        test: float = 0.15,
        seed: int = 0,
        group_by: str | None = None,
    ) -> ImageData:
        """List a folder of class folders, and make the splits that are not given.

        Args:
            root: ``root/<class>/...`` or ``root/{train,val,test}/<class>/...``. A folder ``train``
                alone has both splits made from it; with ``test`` it gives validation; with ``val``
                it stays as it is, and there is no test split. Validation never comes from test.
            val: fraction for a validation split that must be made, 0 <= val < 1.
            test: fraction for a test split that must be made, 0 <= test < 1.
            seed: 0 or a positive int; see `seeded_split`.
            group_by: a regular expression with one capture group, searched for in each path
                relative to `root`; files with the same capture are never separated.

        Returns:
            The data.

        Raises:
            DataError: the folder cannot be used; the message says what was expected.
            UsageError: an argument is out of range.
        """
        require_fractions(val, test, seed)
        return cls._from_listing(read_folder(root, group_by), "folders", val, test, seed)

    @classmethod
    def from_csv(
        cls,
        table: str | Path,
        *,
        root: str | Path | None = None,
        val: float = 0.15,
        test: float = 0.15,
        seed: int = 0,
    ) -> ImageData:
        """List the images a CSV file names, and make the splits that are not given.

        Args:
            table: columns ``path`` and ``label`` (or ``class``), and if wanted ``split`` and
                ``group``. Paths may lead out of `root`: the table is the user's own.
            root: the folder that relative paths start from; None for the folder of the table.
            val: fraction for a validation split that must be made, 0 <= val < 1.
            test: fraction for a test split that must be made, 0 <= test < 1.
            seed: 0 or a positive int; see `seeded_split`.

        Returns:
            The data.

        Raises:
            DataError: the table cannot be used; lines are named by their numbers.
            UsageError: an argument is out of range.
        """
        require_fractions(val, test, seed)
        return cls._from_listing(read_table(table, root), "table", val, test, seed)

    @classmethod
    def _from_listing(
        cls, listing: Listing, given: str, val: float, test: float, seed: int
    ) -> ImageData:
        samples, made, warnings = assemble(listing.entries, val, test, seed)
        return cls(
            root=listing.root,
            classes=tuple(sorted({sample.label for sample in samples})),
            samples=samples,
            rejected=listing.rejected,
            warnings=(*listing.warnings, *warnings),
            seed=seed,
            split_source={"none": given, "all": "seeded", "some": f"{given}+seeded"}[made],
            hidden=listing.hidden,
        )

    def subset(self, split: Split | str) -> tuple[Sample, ...]:
        """Return the images of one split.

        Args:
            split: ``"train"``, ``"validation"`` or ``"test"``.

        Returns:
            Its images, sorted by path; empty where there is no such split.

        Raises:
            UnknownNameError: `split` is another word.
        """
        if split not in SPLITS:
            raise UnknownNameError("split", split, SPLITS)
        return tuple(sample for sample in self.samples if sample.split == split)

    def targets(self, samples: Iterable[Sample]) -> NDArray[np.int64]:
        """Return the class numbers of images.

        Args:
            samples: images of these classes.

        Returns:
            int64 (N,): positions in `classes`.

        Raises:
            DataError: an image has another class.
        """
        numbers = {label: number for number, label in enumerate(self.classes)}
        found = [(sample, numbers.get(sample.label)) for sample in samples]
        for sample, number in found:
            if number is None:
                raise DataError(
                    f"{sample.path} is labelled {sample.label!r}; expected one of the "
                    f"{len(self.classes)} classes of {self.root}: correct its label."
                )
        return np.array([number for _, number in found], dtype=np.int64)

    def counts(self) -> dict[Split, dict[str, int]]:
        """Count the images of each class in each split.

        Returns:
            Split to class to number, for the splits that have images; classes without images in
            one of them count 0.
        """
        table: dict[Split, dict[str, int]] = {}
        for split in SPLITS:
            subset = self.subset(split)
            if subset:
                table[split] = dict.fromkeys(self.classes, 0)
                for sample in subset:
                    table[split][sample.label] += 1
        return table

    def class_weights(self) -> NDArray[np.float64]:
        """Return weights that make every class count the same in training.

        Returns:
            float64 (K,): n / (K × images of the class), over the train split; their mean over the
            images is 1.
        """
        counts = np.array(list(self.counts()["train"].values()), dtype=np.float64)
        return cast("NDArray[np.float64]", counts.sum() / (len(counts) * counts))

    def fingerprint(self) -> str:
        """Return a hash of what is learned and measured: classes, contents, labels and splits.

        Returns:
            32 hexadecimal digits; independent of paths.
        """
        rows = sorted(f"{s.content} {s.split} {s.label!r}" for s in self.samples)
        return content_hash("\n".join([repr(self.classes), *rows]).encode())

    def check(self, progress: Callable[[int, int], None] | None = None) -> DataReport:
        """Decode every image and report what is wrong with the data.

        Args:
            progress: called with (done, total) images, from the calling thread.

        Returns:
            The findings, the worst first.
        """
        return check_samples(
            self.root, self.classes, self.samples, self.rejected, self.hidden, progress
        )

    def without(self, rejections: Sequence[Rejection]) -> ImageData:
        """Return the data without some files; every other image keeps its split.

        Args:
            rejections: files to leave out, such as `DataReport.unreadable`.

        Returns:
            The same data with fewer samples and more rejections.

        Raises:
            DataError: a class or a whole split would lose its last image.
        """
        gone = {rejection.path: rejection for rejection in rejections}
        known = {rejection.path for rejection in self.rejected}
        kept = tuple(sample for sample in self.samples if sample.path not in gone)
        require_kept(self.samples, kept)
        added = [item for path, item in gone.items() if path not in known]
        return replace(self, samples=kept, rejected=(*self.rejected, *added))

    def write_split(self, path: str | Path, relative_to: str | Path | None = None) -> None:
        """Write which image is in which split, as CSV: columns path, class and split.

        `from_csv` reads it back: with ``root=data.root``, or, where `relative_to` is the folder of
        the table, without more.

        Args:
            path: the file; paths in it are relative to `root` where they lie below it.
            relative_to: a folder that all paths in it are relative to instead.

        Raises:
            StorageError: the file cannot be written.
        """
        base = None if relative_to is None else Path(relative_to)
        write_table(path, self.samples, self.root, base)
