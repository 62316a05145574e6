"""Words of progress."""

from __future__ import annotations

import pytest

from foveal.cli.live_lines import per_second


@pytest.mark.parametrize(
    ("speed", "words"),
    [(1234.6, "1235 a second"), (1.0, "1 a second"), (0.4, "2.5 seconds each")],
)
def test_no_speed_is_told_as_0_a_second(speed, words):
    assert per_second(speed) == words
