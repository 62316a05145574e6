"""Reference operators in NumPy: the definition that everything else is tested against.

Images are (H, W), (C, H, W) or (N, C, H, W). Nothing here needs PyTorch.
"""

from __future__ import annotations

from foveal.ops import shapes
from foveal.ops.convolution import conv2d, convolve2d, depthwise_conv2d
from foveal.ops.explained import Explained
from foveal.ops.gradients import (
    ConvolutionGradients,
    average_pool2d_gradient,
    conv2d_gradients,
    global_average_pool2d_gradient,
    global_max_pool2d_gradient,
    max_pool2d_gradient,
)
from foveal.ops.grid import WindowGrid, window_grid
from foveal.ops.kernels import KERNELS, Kernel, get_kernel
from foveal.ops.layers import batch_norm, dense, relu, softmax
from foveal.ops.pooling import (
    MaxPooled,
    average_pool2d,
    global_average_pool2d,
    global_max_pool2d,
    global_max_pool2d_with_indices,
    max_pool2d,
    max_pool2d_with_indices,
)
from foveal.ops.shapes import (
    Window,
    batch_norm_parameters,
    conv_macs,
    conv_output_size,
    conv_parameters,
    conv_transpose_output_size,
    dense_macs,
    dense_parameters,
    element_count,
    output_stride,
    padding_amounts,
    pool_output_size,
    receptive_field,
)
from foveal.ops.step import Step
from foveal.ops.trace import ConvolutionTrace, trace_convolution
from foveal.ops.transposed import conv_transpose2d

__all__ = [
    "KERNELS",
    "ConvolutionGradients",
    "ConvolutionTrace",
    "Explained",
    "Kernel",
    "MaxPooled",
    "Step",
    "Window",
    "WindowGrid",
    "average_pool2d",
    "average_pool2d_gradient",
    "batch_norm",
    "batch_norm_parameters",
    "conv2d",
    "conv2d_gradients",
    "conv_macs",
    "conv_output_size",
    "conv_parameters",
    "conv_transpose2d",
    "conv_transpose_output_size",
    "convolve2d",
    "dense",
    "dense_macs",
    "dense_parameters",
    "depthwise_conv2d",
    "element_count",
    "get_kernel",
    "global_average_pool2d",
    "global_average_pool2d_gradient",
    "global_max_pool2d",
    "global_max_pool2d_gradient",
    "global_max_pool2d_with_indices",
    "max_pool2d",
    "max_pool2d_gradient",
    "max_pool2d_with_indices",
    "output_stride",
    "padding_amounts",
    "pool_output_size",
    "receptive_field",
    "relu",
    "shapes",
    "softmax",
    "trace_convolution",
    "window_grid",
]
