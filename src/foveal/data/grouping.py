"""Groups read out of file names: patients, sessions, cameras."""

from __future__ import annotations

import re

from foveal.data.records import counted, first_few
from foveal.errors import UsageError


def compile_pattern(group_by: str) -> re.Pattern[str]:
    """Check and compile a pattern for groups.

    Args:
        group_by: a regular expression with exactly one capture group.

    Returns:
        The compiled pattern.

    Raises:
        UsageError: it is no regular expression, or has not one capture group.
    """
    try:
        pattern = re.compile(group_by)
    except re.error as error:
        raise UsageError(
            f"`group_by` must be a regular expression; got {group_by!r}: {error}."
        ) from error
    if pattern.groups != 1:
        raise UsageError(
            "`group_by` must have exactly one capture group, such as '(patient[0-9]+)'; "
            f"got {group_by!r} with {pattern.groups}."
        )
    return pattern


def find_groups(names: list[str], group_by: str) -> list[str]:
    """Return the group of each file: what the pattern captures in its relative path.

    Args:
        names: paths relative to the root of the data, with forward slashes.
        group_by: a regular expression with one capture group, searched for in each path.

    Returns:
        One group for each name.

    Raises:
        UsageError: the pattern cannot be used, is not found in a path, or captures nothing there;
            files are named.

    Example:
        >>> find_groups(["cats/p1_a.jpg", "dogs/p2_b.jpg"], "/(p[0-9]+)_")
        ['p1', 'p2']
    """
    pattern = compile_pattern(group_by)
    matches = [pattern.search(name) for name in names]
    groups = [match.group(1) if match else None for match in matches]
    unmatched = [name for name, group in zip(names, groups, strict=True) if not group]
    if unmatched:
        raise UsageError(
            f"`group_by` {group_by!r} must capture a group in every path; it captures nothing in "
            f"{counted(len(unmatched), 'file')}: {first_few(unmatched)}; change the pattern."
        )
    return [group for group in groups if group]
