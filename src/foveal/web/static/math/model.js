// From the visualizer's state to everything that is shown: pure, and worked out once per change.

import { convolve, flipped, gridFor, padded, step } from "./convolution.js";
import { facts } from "./format.js";
import { GeometryError } from "./grid.js";
import { inputCells, kernelOf } from "./visualizer_state.js";

/** photoCells: rows that stand in for the pattern, or null. */
export function derive(state, kernels, photoCells = null) {
  const image = photoCells ?? inputCells(state);
  const { weights: own, divisor } = kernelOf(state, kernels);
  const weights = state.flip ? flipped(own) : own;
  const settings = { divisor, bias: state.bias, relu: state.relu };
  const top = photoCells ? 255 : 10;
  try {
    const grid = gridFor(image, weights, {
      stride: state.stride, padding: state.pad, dilation: state.dil, mode: state.mode });
    const output = convolve(image, weights, { ...settings, grid });
    return {
      image, own, weights, divisor, settings, grid, output, top, error: null,
      padded: padded(image, grid), range: { ...facts(output), top },
    };
  } catch (error) {
    if (!(error instanceof GeometryError)) throw error;
    return { image, own, weights, divisor, settings, grid: null, top, error: error.message };
  }
}

/** The step of one output cell of a model. */
export const stepOf = (model, [row, column]) =>
  step(model.image, model.weights, model.grid, row, column, model.settings);

/** All steps, in reading order. */
export const allSteps = (model) => model.output.flatMap((line, row) =>
  line.map((_, column) => stepOf(model, [row, column])));
