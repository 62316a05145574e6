"""The light AdamW is PyTorch's AdamW, and it is light."""

from __future__ import annotations

import subprocess
import sys

import torch

from foveal.training.transfer.adamw import AdamW


def test_every_step_equals_pytorch_s_optimiser():
    torch.manual_seed(0)
    ours = [torch.randn(4, 3, requires_grad=True), torch.randn(4, requires_grad=True)]
    theirs = [tensor.detach().clone().requires_grad_() for tensor in ours]
    light = AdamW(ours, lr=0.03, weight_decay=0.5)
    reference = torch.optim.AdamW(theirs, lr=0.03, weight_decay=0.5, fused=True)
    x = torch.randn(5, 3)
    for step in range(6):
        light.lr = reference.param_groups[0]["lr"] = 0.03 / (step + 1)
        light.step((x @ ours[0].T + ours[1]).square().sum())
        reference.zero_grad()
        (x @ theirs[0].T + theirs[1]).square().sum().backward()
        reference.step()
        for one, other in zip(ours, theirs, strict=True):
            assert torch.equal(one, other)


def test_training_a_head_does_not_import_pytorch_s_compiler():
    code = """
import sys, numpy as np
from foveal.training import HeadConfig
from foveal.training.transfer.head import Features, train_head
data = Features(np.random.default_rng(0).normal(size=(8, 1, 4)).astype("f4"), np.arange(8) % 2)
train_head(data, data, 2, HeadConfig(epochs=2))
assert "torch" in sys.modules and "torch._dynamo" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
