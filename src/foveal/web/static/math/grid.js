// Where the windows of a kernel lie on an image: the mirror of foveal.ops.grid and ops.shapes.

export class GeometryError extends Error {}

export const PADDING_MODES = ["zero", "reflect", "replicate"];

const whole = (value, least) => Number.isInteger(value) && value >= least;

function requireWhole(value, name, least) {
  if (!whole(value, least)) {
    throw new GeometryError(`${name} must be a whole number of at least ${least}; got ${value}.`);
  }
}

const span = (kernel, dilation) => dilation * (kernel - 1) + 1;

/** Cells added before and after one axis. padding: "valid", "same", a number or [before, after]. */
export function paddingAmounts(size, kernel, stride, padding, dilation) {
  requireWhole(size, "size", 1);
  requireWhole(kernel, "kernel", 1);
  requireWhole(stride, "stride", 1);
  requireWhole(dilation, "dilation", 1);
  if (padding === "valid") return [0, 0];
  if (padding === "same") {
    const total = Math.max(
      (Math.ceil(size / stride) - 1) * stride + span(kernel, dilation) - size, 0);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  }
  const amounts = Array.isArray(padding) ? padding : [padding, padding];
  amounts.forEach((amount) => requireWhole(amount, "padding", 0));
  return amounts;
}

/** Output cells along one axis, with the formula they came from. */
export function outputSize(size, kernel, stride, padding, dilation) {
  const [before, after] = paddingAmounts(size, kernel, stride, padding, dilation);
  if (padding === "same") {
    const value = Math.ceil(size / stride);
    return { value, formula: `⌈${size} / ${stride}⌉ = ${value}` };
  }
  const reach = span(kernel, dilation);
  const room = size + before + after - reach;
  if (room < 0) {
    throw new GeometryError(
      `The window spans ${reach} cells (${kernel} with dilation ${dilation}), but the padded ` +
      `input has ${size + before + after} (${size} + ${before} + ${after}): use a smaller ` +
      "window, less dilation or more padding.");
  }
  const added = before === after ? `2·${before}` : `${before} + ${after}`;
  const taken = dilation === 1 ? `${kernel}` : `${dilation}·(${kernel} − 1) − 1`;
  const value = Math.floor(room / stride) + 1;
  return { value, formula: `⌊(${size} + ${added} − ${taken}) / ${stride}⌋ + 1 = ${value}` };
}

const pair = (value) => (Array.isArray(value) ? value : [value, value]);

/**
 * The geometry of an operator that slides a window.
 * padding: "valid", "same", a number, or [[top, bottom], [left, right]].
 */
export function windowGrid({ size, kernel, stride = 1, padding = "valid", dilation = 1,
  mode = "zero" }) {
  if (!PADDING_MODES.includes(mode)) {
    throw new GeometryError(`Padding must be one of ${PADDING_MODES.join(", ")}; got ${mode}.`);
  }
  const [sizes, kernels] = [pair(size), pair(kernel)];
  const [strides, dilations] = [pair(stride), pair(dilation)];
  const axes = [0, 1].map((axis) => [
    sizes[axis], kernels[axis], strides[axis],
    Array.isArray(padding) ? padding[axis] : padding, dilations[axis]]);
  const pads = axes.map((axis) => paddingAmounts(...axis));
  const sides = axes.map((axis) => outputSize(...axis));
  pads.forEach((amounts, axis) => {
    if (mode === "reflect" && Math.max(...amounts) >= sizes[axis]) {
      throw new GeometryError(
        `Reflecting needs less padding than the input has cells; got ${Math.max(...amounts)} ` +
        `for a side of ${sizes[axis]}: use less padding or another kind.`);
    }
  });
  const output = sides.map((side) => side.value);
  const padded = sizes.map((cells, axis) => cells + pads[axis][0] + pads[axis][1]);
  const unused = [0, 1].map((axis) => padded[axis] - (output[axis] - 1) * strides[axis]
    - span(kernels[axis], dilations[axis]));
  return {
    size: sizes, kernel: kernels, stride: strides, dilation: dilations, padding: pads, mode,
    output, padded, unused, formulas: sides.map((side) => side.formula),
  };
}

/** Which input row (axis 0) or column (axis 1) a padded one holds; -1 where it holds zeros. */
export function source(grid, axis, padded) {
  const size = grid.size[axis];
  const position = padded - grid.padding[axis][0];
  const inner = Math.min(Math.max(position, 0), size - 1);
  if (grid.mode === "zero") return position === inner ? position : -1;
  return grid.mode === "replicate" ? inner : 2 * inner - position;
}

/** The padded rows (axis 0) or columns (axis 1) under the kernel at one output position. */
export function paddedTaps(grid, axis, at) {
  return Array.from({ length: grid.kernel[axis] },
    (_, tap) => at * grid.stride[axis] + tap * grid.dilation[axis]);
}

const taps = (grid, axis, at) => paddedTaps(grid, axis, at).map((p) => source(grid, axis, p));

/** For an output cell: one [row, column] a weight, in rows; null where it is zero padding. */
export function windowCells(grid, row, column) {
  const columns = taps(grid, 1, column);
  return taps(grid, 0, row).map((r) => columns.map((c) => (r < 0 || c < 0 ? null : [r, c])));
}

const positions = (grid, axis, cell) => [...Array(grid.output[axis]).keys()]
  .filter((at) => taps(grid, axis, at).includes(cell));

/** Every output cell that one input cell feeds, in reading order. */
export function outputsOf(grid, row, column) {
  const columns = positions(grid, 1, column);
  return positions(grid, 0, row).flatMap((r) => columns.map((c) => [r, c]));
}

function touched(grid, axis, tap) {
  const found = new Set();
  for (let at = 0; at < grid.output[axis]; at += 1) found.add(taps(grid, axis, at)[tap]);
  found.delete(-1);
  return [...found].sort((a, b) => a - b);
}

/** Every input cell that one weight is multiplied with, in reading order, each once. */
export function inputsOfWeight(grid, row, column) {
  const columns = touched(grid, 1, column);
  return touched(grid, 0, row).flatMap((r) => columns.map((c) => [r, c]));
}
