// The same convolution as a Python program that prints the same numbers.

const list = (rows) => `[\n${rows.map((row) => `    [${row.join(", ")}],`).join("\n")}\n]`;

/** A program that runs where `foveal` is installed. */
export function asPython({ image, weights, divisor, state, cell }) {
  const padding = typeof state.pad === "string" ? `"${state.pad}"` : state.pad;
  const truth = (value) => (value ? "True" : "False");
  return `import numpy as np

from foveal.ops import trace_convolution

np.set_printoptions(linewidth=120)
image = np.array(${list(image)})
kernel = np.array(${list(weights)})
trace = trace_convolution(
    image,
    kernel,
    bias=${state.bias},
    stride=${state.stride},
    padding=${padding},
    dilation=${state.dil},
    divisor=${divisor},
    padding_mode="${state.mode}",
    flip_kernel=${truth(state.flip)},
    relu=${truth(state.relu)},
)
print(trace.grid.explain())
print(trace.output)
print(trace.at(${cell[0]}, ${cell[1]}).explain())
`;
}
