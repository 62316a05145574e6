"""The headline: how good it is, and how exactly that is known."""

from __future__ import annotations

from foveal.evaluation import plots
from foveal.evaluation.evaluate import Evaluation
from foveal.evaluation.markup import Html, element, join, name
from foveal.evaluation.parts import figure, paragraph
from foveal.evaluation.prose import (
    counted,
    duration,
    headline,
    of_hundred,
    percent,
    uncertainty,
)
from foveal.evaluation.report_data import ReportData

_SEEN = {
    "validation": "These photos were not learned from, but they decided when to stop. "
    "A separate test split would give a stricter figure.",
}


def result_section(data: ReportData) -> Html:
    """Return the headline with its interval, and the key figures.

    Args:
        data: the report.

    Returns:
        A ``section`` element.
    """
    result = data.main
    if result is None or result.accuracy is None:
        words = "No photos were kept back, so how good it is has not been measured."
        content = paragraph(words, class_="headline")
    else:
        content = element("div", _words(result), _icons(result), class_="hero")
    return element(
        "section",
        element("h2", "The result", id="result-heading", class_="unseen"),
        content,
        _notice(data),
        _key_figures(data),
        id="result",
        aria_labelledby="result-heading",
    )


def baseline(result: Evaluation) -> tuple[str, float] | None:
    """Return the most frequent class and how often naming always it would be right.

    Args:
        result: one split.

    Returns:
        The class and a share from 0 to 1; None without photos.
    """
    if not result.n:
        return None
    counts = result.confusion.sum(axis=1)
    most = int(counts.argmax())
    return result.classes[most], float(counts[most] / result.n)


def _words(result: Evaluation) -> Html:
    """Return the sentences of the headline and the strip below them."""
    exact = f"Exactly: {result.correct:,} of {result.n:,}. " if result.n > 100 else ""
    return element(
        "div",
        paragraph(headline(result), class_="headline"),
        paragraph(uncertainty(result), class_="lead"),
        _strip(result),
        paragraph(exact, _SEEN.get(result.split), _comparison(result), class_="quiet"),
    )


def _strip(result: Evaluation) -> Html | None:
    """Return the accuracy on its line, with a legend."""
    interval, usual = result.accuracy_ci95, baseline(result)
    if interval is None or usual is None or result.accuracy is None:
        return None
    low, high = (percent(end) for end in interval)
    keys = [
        ("measured", [f"measured: {percent(result.accuracy)}"]),
        ("band", [f"where the true figure very likely lies: {low} to {high} (95 % interval)"]),
        ("baseline", ["always answering ", name(usual[0], 24), f": {percent(usual[1])}"]),
    ]
    legend = [element("li", plots.swatch(kind), element("span", *words)) for kind, words in keys]
    return figure(
        plots.interval_strip(result.accuracy, interval, usual[1]),
        element("ul", *legend, class_="legend"),
        class_="strip-figure",
    )


def _comparison(result: Evaluation) -> str | None:
    """Return a warning where the classifier may be no better than a constant answer."""
    interval, usual = result.accuracy_ci95, baseline(result)
    if interval is None or usual is None or interval[0] > usual[1]:
        return None
    return " This is not clearly better than always giving the same answer."


def _icons(result: Evaluation) -> Html:
    """Return one mark per photo, or per hundredth of many photos."""
    many = result.n > 100
    right = of_hundred(result.accuracy or 0) if many else result.correct
    total = 100 if many else result.n
    one = "Each mark is one of every 100 photos" if many else "Each mark is one photo"
    return figure(
        plots.icon_array(right, total - right),
        f"{one}: a disc was named correctly, a cross was not.",
        class_="icons-figure",
    )


def _notice(data: ReportData) -> Html | None:
    """Return a pointer to what is wrong with the photos, if anything is."""
    found = []
    if data.warnings:
        found.append(counted(len(data.warnings), "remark") + " about the photos")
    if data.rejected:
        found.append(counted(len(data.rejected), "file") + " that could not be used")
    if not found:
        return None
    link = element("a", "see The photos", href="#photos")
    words = f"Before you rely on it, look at {' and '.join(found)}: "
    return paragraph(words, link, ".", class_="notice")


def _key_figures(data: ReportData) -> Html:
    """Return a row of figures, each with its meaning."""
    main = data.main
    ranked = sorted(data.evaluations.values(), key=lambda result: result is not main)
    figures = [_accuracy_figure(result) for result in ranked if result.n]
    if main is not None and main.top5_accuracy is not None:
        figures.append(
            (percent(main.top5_accuracy, 1), "right within five guesses", "top-5 accuracy")
        )
    total = sum(sum(split.values()) for split in data.counts.values())
    learned = sum(data.counts.get("train", {}).values())
    figures.append((f"{total:,}", "photos", f"{learned:,} to learn from"))
    figures.append((f"{len(data.classes):,}", "classes", "to tell apart"))
    if "total_seconds" in data.timing:
        figures.append(
            (duration(data.timing["total_seconds"]), "from start to end", "on this computer")
        )
    cards = [
        element("div", element("dt", what), element("dd", value), element("dd", note))
        for value, what, note in figures
    ]
    return element("dl", join(cards), class_="figures")


def _accuracy_figure(result: Evaluation) -> tuple[str, str, str]:
    note = f"{result.correct:,} of {result.n:,} photos"
    return percent(result.accuracy, 1), f"{result.split} accuracy", note
