"""Data: folders and tables of images, seeded splits, checks, and built-in samples."""

from __future__ import annotations

from foveal.data.dataset import ImageData
from foveal.data.findings import KINDS, SEVERITIES, DataReport, Finding, Kind, Severity
from foveal.data.labelled import has_splits, list_labelled
from foveal.data.preflight import check_data
from foveal.data.records import SPLITS, Rejection, Sample, Split, counted, relative_name
from foveal.data.samples import (
    SAMPLES,
    write_digits,
    write_fashion_mnist,
    write_photos,
    write_sample,
)
from foveal.data.split import SplitPlan, seeded_split

__all__ = [
    "KINDS",
    "SAMPLES",
    "SEVERITIES",
    "SPLITS",
    "DataReport",
    "Finding",
    "ImageData",
    "Kind",
    "Rejection",
    "Sample",
    "Severity",
    "Split",
    "SplitPlan",
    "check_data",
    "counted",
    "has_splits",
    "list_labelled",
    "relative_name",
    "seeded_split",
    "write_digits",
    "write_fashion_mnist",
    "write_photos",
    "write_sample",
]
