"""What the blocks of a network answer to images, and what a class score owes to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from foveal.errors import UnknownNameError, UsageError
from foveal.models.convnet import ConvNet


@contextmanager
def evaluating(network: ConvNet) -> Iterator[None]:
    """Put a network into evaluation mode, and back into its own mode afterwards.

    Args:
        network: any network.
    """
    before = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(before)


def block_maps(network: ConvNet, x_NCHW: Tensor, block: str) -> Tensor:
    """Return the output of one block.

    Args:
        network: any network.
        x_NCHW: normalised images, float (N, C, H, W).
        block: the name of one of its blocks.

    Returns:
        Maps, float (N, C', H', W').

    Raises:
        UnknownNameError: there is no such block.
    """
    number = _number(network, block)
    with torch.inference_mode(), evaluating(network):
        return _through(network, x_NCHW, 0, number + 1)


def target_block(network: ConvNet, x_NCHW: Tensor) -> str:
    """Find the last block whose maps still have places: where classes meet positions.

    Args:
        network: any network.
        x_NCHW: a batch of one normalised image or more, float (N, C, H, W).

    Returns:
        Its name.

    Raises:
        UsageError: no block of the network gives maps of more than one place.
    """
    found = None
    with torch.inference_mode(), evaluating(network):
        for name, block in network.blocks.named_children():
            x_NCHW = block(x_NCHW)
            if x_NCHW.ndim == 4 and x_NCHW.shape[2] * x_NCHW.shape[3] > 1:
                found = name
    if found is None:
        raise UsageError(
            f"{network.name!r} has no block with maps of more than one place at this image size; "
            "use larger images, or explain it by occlusion."
        )
    return found


def maps_and_gradients(
    network: ConvNet, x_NCHW: Tensor, classes: Sequence[int], block: str
) -> tuple[Tensor, Tensor]:
    """Return a block's maps, and how the score of a class changes with each of their values.

    Args:
        network: any network.
        x_NCHW: normalised images, float (N, C, H, W).
        classes: one class index for each image.
        block: the name of one of its blocks.

    Returns:
        Maps and gradients of the logits before softmax, both float (N, C', H', W').

    Raises:
        UnknownNameError: there is no such block.
        UsageError: the number of classes is not that of the images, a class is out of range, or
            the block gives no maps.
    """
    number = _number(network, block)
    _check_classes(classes, len(x_NCHW), network.num_classes)
    with torch.enable_grad(), evaluating(network):
        with torch.no_grad():
            maps = _through(network, x_NCHW, 0, number + 1)
        if maps.ndim != 4:
            raise UsageError(
                f"block {block!r} of {network.name!r} gives {maps.ndim - 1}-dimensional answers, "
                "not maps; choose an earlier block."
            )
        maps = maps.detach().requires_grad_()
        # A copy, since the next block may work in place, which PyTorch refuses on a leaf.
        rest = _through(network, maps.clone(), number + 1, len(network.blocks))
        logits = network.head(network.pool(rest))
        score = logits[torch.arange(len(classes)), torch.tensor(list(classes))].sum()
        (gradients,) = torch.autograd.grad(score, maps)
    return maps.detach(), gradients


def _through(network: ConvNet, x: Tensor, start: int, stop: int) -> Tensor:
    for block in list(network.blocks)[start:stop]:
        x = block(x)
    return x


def _number(network: ConvNet, block: str) -> int:
    names = network.block_names
    if block not in names:
        raise UnknownNameError("block", block, names)
    return names.index(block)


def _check_classes(classes: Sequence[int], images: int, count: int) -> None:
    if len(classes) != images:
        raise UsageError(
            f"`classes` must hold one class for each of {images} images; got {len(classes)}."
        )
    for index in classes:
        if not 0 <= index < count:
            raise UsageError(f"`classes` must be from 0 to {count - 1}; got {index}.")
