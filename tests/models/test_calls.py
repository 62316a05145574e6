"""Watching a network run: what counts as one module after the other, and what does not."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from foveal.models.calls import Passed, is_chain, watch


class Between(nn.Module):
    """Runs two layers and does something between them."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 3, 1), nn.ReLU(inplace=True)
        self.what = what

    def forward(self, x_NCHW: Tensor) -> Tensor:
        y_NCHW = self.first(x_NCHW)
        if self.what == "in place":
            y_NCHW += x_NCHW
        if self.what == "out of place":
            y_NCHW = y_NCHW + x_NCHW
        return self.second(y_NCHW)


@pytest.mark.parametrize(
    ("what", "expected"), [("nothing", True), ("in place", False), ("out of place", False)]
)
@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_only_layers_with_nothing_between_them_are_a_chain(
    what: str, expected: bool, device: str
) -> None:
    network = Between(what).to(device)
    x_NCHW = torch.zeros(1, 3, 4, 4, device=device)
    start = Passed(x_NCHW, x_NCHW._version)
    calls, output = watch(network, lambda: network(x_NCHW))
    assert [call.path for call in calls] == ["first", "second"]
    assert is_chain(calls, start, Passed(output, output._version)) is expected
    assert not is_chain(calls[:1], start, Passed(output, output._version))


def test_the_network_is_left_without_hooks_even_if_it_fails() -> None:
    network = nn.Sequential(nn.Conv2d(3, 3, 1))
    with pytest.raises(RuntimeError, match="channels"):
        watch(network, lambda: network(torch.zeros(1, 4, 2, 2)))
    assert not network[0]._forward_hooks
    assert not network[0]._forward_pre_hooks
