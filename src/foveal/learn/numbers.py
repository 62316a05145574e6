"""Numbers in the text of lessons are worked out, not typed.

A lesson writes a call of one of these functions in backticks: `` `=conv_output_size(28, 5)` ``
becomes 24, and `` `==conv_output_size(28, 5)` `` the formula with its numbers put in.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from foveal.errors import UsageError
from foveal.learn.measured import measured
from foveal.models import architecture
from foveal.ops import shapes


def computed(expression: str) -> str:
    """Return what a call in a lesson stands for.

    Args:
        expression: ``"=call"`` for the value, ``"==call"`` for the formula and the value.

    Returns:
        Text, thousands separated by commas.

    Raises:
        UsageError: the call is of no function that lessons may call, or of a variable.

    Example:
        >>> computed("=conv_parameters(32, 64, 3)")
        '18,496'
        >>> computed("==conv_output_size(28, 5)")
        '⌊(28 + 2·0 − 5) / 1⌋ + 1 = 24'
    """
    explain = expression.startswith("==")
    value = _call(expression.lstrip("="))
    if explain:
        if not isinstance(value, shapes.Explained):
            raise UsageError(f"`==` needs a number that explains itself; got {expression!r}.")
        return value.explain()
    return f"{value:,}" if isinstance(value, int) else str(value)


def _call(text: str) -> Any:
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        if not (isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name)):
            raise SyntaxError
        function = _FUNCTIONS[tree.func.id]
        arguments = [ast.literal_eval(argument) for argument in tree.args]
        named = {str(word.arg): ast.literal_eval(word.value) for word in tree.keywords}
    except (SyntaxError, ValueError, KeyError):
        raise UsageError(
            f"a number of a lesson must be a call such as conv_output_size(28, 5); got {text!r}."
        ) from None
    return function(*arguments, **named)


def _field(*windows: tuple[int, int]) -> shapes.Explained:
    """Return the receptive field of a chain of (kernel, stride)."""
    return shapes.receptive_field(shapes.Window(*window) for window in windows)


def _top1(name: str) -> float:
    """Return the quoted accuracy of the weights that Foveal would load."""
    weights = architecture(name).weights
    if weights is None or weights.top1 is None:
        raise UsageError(f"a lesson may quote networks with weights only; {name} has none.")
    return weights.top1


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "batch_norm_parameters": shapes.batch_norm_parameters,
    "conv_macs": shapes.conv_macs,
    "conv_output_size": shapes.conv_output_size,
    "conv_parameters": shapes.conv_parameters,
    "dense_parameters": shapes.dense_parameters,
    "element_count": shapes.element_count,
    "macs": lambda name: architecture(name).macs,
    "measured": lambda name: measured(name).text,
    "parameters": lambda name: architecture(name).parameters,
    "pool_output_size": shapes.pool_output_size,
    "receptive_field": _field,
    "top1": lambda name: f"{_top1(name):.1f} %",
}
