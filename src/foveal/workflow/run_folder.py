"""The files of a run folder, each written whole or not at all.

::

    runs/flowers-001/
        config.json     every setting, versions, device, threads, data fingerprint
        split.csv       path, class, split
        history.csv     one row per epoch
        metrics.json    figures of every split, seconds of every part
        rejected.csv    path, reason, remedy
        report.html     all of it for people, in one file; comes last
        checkpoints/    what `foveal train --resume` continues from
        model/          the classifier; see `foveal.runtime.model_folder`
"""

from __future__ import annotations

import csv
import datetime
import io
import platform
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from foveal.evaluation import Evaluation, ReportData, render_report
from foveal.runtime.cores import usable_cores
from foveal.storage import write_json, write_text
from foveal.training.record import EpochRecord
from foveal.workflow.base import TrainableClassifier
from foveal.workflow.scores import calibration_of
from foveal.workflow.start import Start

FORMAT_VERSION = 1
CHECKPOINTS, REPORT = "checkpoints", "report.html"


@dataclass(frozen=True)
class Run:
    """What a training run gave."""

    folder: Path
    """The run folder."""
    classifier: TrainableClassifier
    """The trained classifier."""
    evaluations: Mapping[str, Evaluation]
    """By split; ``"test"`` only where there is one."""
    timing: dict[str, float]
    """Seconds, by the names of ``metrics.json``."""
    warnings: Sequence[str]
    """What the user should know about the data."""
    next_steps: Sequence[str]
    """What to try next."""
    closing: str | None = None
    """What fine-tuning would cost and bring, where it was not done."""

    @property
    def main(self) -> Evaluation:
        """The evaluation to quote: the test's, or validation where there is no test."""
        return self.evaluations.get("test", self.evaluations["validation"])


def write_run(run: Run, start: Start, began: float) -> None:
    """Fill a run folder; its ``report.html`` comes last.

    Args:
        run: what the run gave; its `timing` gains the total.
        start: how it began.
        began: when this process began to work on it, by ``time.perf_counter()``.

    Raises:
        StorageError: a file cannot be written; the message names it.
    """
    folder, data = run.folder, run.classifier.data
    config = run_config(run, start)
    temperature = run.classifier.trained().temperature
    splits = {
        name: result.as_dict() | {"ece_uncalibrated": calibration_of(result, temperature).before}
        for name, result in run.evaluations.items()
    }
    write_json(folder / "config.json", config)
    data.write_split(folder / "split.csv")
    write_text(folder / "history.csv", history_csv(run.classifier.trained().history))
    write_text(
        folder / "rejected.csv",
        _csv(["path", "reason", "remedy"], [[r.path, r.reason, r.remedy] for r in data.rejected]),
    )
    run.classifier.save(folder / "model", metrics=splits)
    for name in ("decode", "encode", "head", "finetune"):
        run.timing.setdefault(f"{name}_seconds", 0.0)
    run.timing["total_seconds"] = time.perf_counter() - began
    metrics = {"classes": list(data.classes), "splits": splits, "timing": run.timing}
    write_json(folder / "metrics.json", metrics)
    write_text(folder / REPORT, render_report(report_data(run, start, config)))


def run_config(run: Run, start: Start) -> dict[str, Any]:
    """Return everything that is needed to make a run again.

    Args:
        run: what the run gave.
        start: how it began.

    Returns:
        The content of ``config.json``.
    """
    data = run.classifier.data
    return {
        "format_version": FORMAT_VERSION,
        "created": start.created,
        "command": start.settings.command(),
        "settings": start.settings.as_dict(),
        "training": run.classifier.facts,
        "classes": list(data.classes),
        "data_root": str(data.root.absolute()),
        "split_source": data.split_source,
        "machine": {"system": platform.platform(), "threads": usable_cores()},
        **run.classifier.provenance(),
    }


def report_data(run: Run, start: Start, config: Mapping[str, Any]) -> ReportData:
    """Collect what the report shows.

    Args:
        run: what the run gave.
        start: how it began.
        config: the content of ``config.json``.

    Returns:
        What `foveal.evaluation.render_report` takes.
    """
    data, model, settings = run.classifier.data, run.classifier.trained(), start.settings
    return ReportData(
        title=settings.folder.absolute().stem,
        run_name=run.folder.name,
        created=_date(str(config["created"])),
        classes=data.classes,
        counts={str(split): classes for split, classes in data.counts().items()},
        evaluations=run.evaluations,
        history=[asdict(record) for record in model.history if record.phase == model.phase],
        best_epoch=model.best_epoch,
        timing=run.timing,
        warnings=run.warnings,
        rejected=data.rejected,
        settings=_flat(config),
        command=settings.command(),
        next_steps=run.next_steps,
        temperature=model.temperature,
        image_root=data.root.absolute(),
    )


def history_csv(history: Sequence[EpochRecord]) -> str:
    """Return the content of ``history.csv``.

    Args:
        history: one record an epoch.

    Returns:
        A header and one row an epoch.
    """
    names = [item.name for item in fields(EpochRecord)]
    return _csv(names, [[getattr(record, name) for name in names] for record in history])


def _date(iso: str) -> str:
    moment = datetime.datetime.fromisoformat(iso)
    return f"{moment.day} {moment:%B %Y, %H:%M}"


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= value if isinstance(value, dict) else {key: value}
    return flat


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
