// Convolution and its steps: the mirror of foveal.ops.convolution and foveal.ops.trace.
// Images and kernels are arrays of rows. The kernel is not flipped (cross-correlation).

import { factor, plain } from "./format.js";
import { source, windowCells, windowGrid } from "./grid.js";

export { windowGrid };

/** Turn a kernel by 180°: what tells convolution from cross-correlation. */
export const flipped = (kernel) => [...kernel].reverse().map((row) => [...row].reverse());

/** Turn a kernel by 90° clockwise. */
export const rotated = (kernel) =>
  kernel[0].map((_, column) => [...kernel].reverse().map((row) => row[column]));

export const gridFor = (image, kernel, options = {}) => windowGrid({
  ...options, size: [image.length, image[0].length], kernel: [kernel.length, kernel[0].length] });

/** The input with its padding, as rows. */
export function padded(image, grid) {
  const [height, width] = grid.padded;
  const columns = Array.from({ length: width }, (_, c) => source(grid, 1, c));
  return Array.from({ length: height }, (_, p) => {
    const row = source(grid, 0, p);
    return columns.map((c) => (row < 0 || c < 0 ? 0 : image[row][c]));
  });
}

/** One output cell: window, products, running sum, division, bias, ReLU. */
export function step(image, kernel, grid, row, column, { divisor = 1, bias = 0, relu = false }) {
  const cells = windowCells(grid, row, column);
  const window = cells.map((line) => line.map((cell) => (cell ? image[cell[0]][cell[1]] : 0)));
  const products = window.map((line, r) => line.map((value, c) => value * kernel[r][c]));
  let total = 0;
  const running = products.flat().map((product) => (total += product));
  const scaled = divisor === 1 ? total : total / divisor;
  const biased = scaled + bias;
  const value = relu ? Math.max(biased, 0) : biased;
  return {
    output: [row, column], cells, window, weights: kernel, products, running, total, divisor,
    scaled, bias, biased, relu, value,
  };
}

/** The sum of a step written out, every number in full: the same text as Step.explain(). */
export function explain(one) {
  const weights = one.weights.flat();
  const terms = one.window.flat().map((x, i) => `${factor(x)}·${factor(weights[i])}`);
  const stages = [`${terms.join(" + ")} = ${plain(one.total)}`];
  if (one.divisor !== 1) stages.push(`${plain(one.total)} / ${one.divisor} = ${plain(one.scaled)}`);
  if (one.bias) stages.push(`${plain(one.scaled)} + ${factor(one.bias)} = ${plain(one.biased)}`);
  if (one.relu) stages.push(`max(0, ${plain(one.biased)}) = ${plain(one.value)}`);
  return stages.join("; ");
}

/** The whole output as rows. */
export function convolve(image, kernel, options = {}) {
  const grid = options.grid ?? gridFor(image, kernel, options);
  const weights = options.flip ? flipped(kernel) : kernel;
  const { divisor = 1, bias = 0, relu = false } = options;
  const lines = padded(image, grid);
  const [down, right] = grid.dilation;
  return Array.from({ length: grid.output[0] }, (_, row) =>
    Array.from({ length: grid.output[1] }, (_unused, column) => {
      let total = 0;
      for (let r = 0; r < weights.length; r += 1) {
        const line = lines[row * grid.stride[0] + r * down];
        for (let c = 0; c < weights[0].length; c += 1) {
          total += line[column * grid.stride[1] + c * right] * weights[r][c];
        }
      }
      const biased = (divisor === 1 ? total : total / divisor) + bias;
      return relu ? Math.max(biased, 0) : biased;
    }));
}

/** A whole photo at once: Float32Array in, Float32Array out; borders repeat, stride 1. */
export function filterPlane(plane, width, height, kernel, divisor = 1) {
  const result = new Float32Array(plane.length);
  const [up, left] = [(kernel.length - 1) >> 1, (kernel[0].length - 1) >> 1];
  const row = (y) => Math.min(Math.max(y, 0), height - 1) * width;
  const column = (x) => Math.min(Math.max(x, 0), width - 1);
  kernel.forEach((weights, r) => weights.forEach((given, c) => {
    if (given === 0) return;
    const weight = given / divisor;
    const across = c - left;
    const [from, to] = [Math.max(0, -across), Math.min(width, width - across)];
    for (let y = 0; y < height; y += 1) {
      const [line, start] = [row(y + r - up), y * width];
      for (let x = 0; x < from && x < width; x += 1) {
        result[start + x] += weight * plane[line + column(x + across)];
      }
      for (let x = from; x < to; x += 1) result[start + x] += weight * plane[line + x + across];
      for (let x = Math.max(to, from); x < width; x += 1) {
        result[start + x] += weight * plane[line + column(x + across)];
      }
    }
  }));
  return result;
}
