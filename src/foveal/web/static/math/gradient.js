// The gradient of a loss with respect to a kernel, as a sum over windows.

import { convolve, gridFor, step } from "./convolution.js";

/** Mean squared error of two outputs, and its gradient with respect to the first. */
export function squaredError(output, target) {
  const count = output.length * output[0].length;
  let loss = 0;
  const slope = output.map((line, r) => line.map((value, c) => {
    const error = value - target[r][c];
    loss += (error * error) / count;
    return (2 * error) / count;
  }));
  return { loss, slope };
}

/** ∂L/∂K: every window of the input, weighed by the slope of its output cell, added up. */
export function kernelGradient(image, slope, kernelSize) {
  const kernel = Array.from({ length: kernelSize }, () => Array(kernelSize).fill(0));
  const grid = gridFor(image, kernel);
  slope.forEach((line, r) => line.forEach((weight, c) => {
    const { window } = step(image, kernel, grid, r, c, {});
    window.forEach((cells, i) => cells.forEach((x, j) => { kernel[i][j] += weight * x; }));
  }));
  return kernel;
}

/** One step of gradient descent with momentum on a kernel; returns the new state. */
export function descend({ image, target, kernel, speed, rate, momentum }) {
  const output = convolve(image, kernel);
  const { loss, slope } = squaredError(output, target);
  const gradient = kernelGradient(image, slope, kernel.length);
  const moved = speed.map((line, i) => line.map((v, j) => momentum * v - rate * gradient[i][j]));
  return {
    loss, output, slope, gradient, speed: moved,
    kernel: kernel.map((line, i) => line.map((w, j) => w + moved[i][j])),
  };
}
