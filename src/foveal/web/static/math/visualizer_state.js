// The visualizer's state and its round trip through the address: versioned, checked, below 2 KB.

import { PADDING_MODES } from "./grid.js";
import { DISPLAYS } from "./display.js";
import { number } from "./format.js";
import { pattern, PATTERNS, resized } from "./patterns.js";

export const VERSION = "1";
export const LIMITS = {
  n: [3, 12], stride: [1, 4], dil: [1, 4], pad: [0, 4], div: [1, 9999], seed: [0, 9999],
  speed: [0.5, 10], bias: [-9999, 9999], weight: [-999, 999], cell: [-999, 999], k: [1, 5],
};
export const PARTS = ["choices", "kernel", "formula", "geometry", "display", "photo", "output"];

export const DEFAULTS = Object.freeze({
  pattern: "vertical_edge", seed: 1, n: 8, custom: null, kernel: "vertical_edge", weights: null,
  div: 1, bias: 0, relu: false, flip: false, pad: "valid", mode: "zero", stride: 1, dil: 1,
  show: "raw", cell: Object.freeze([0, 2]), speed: 2, hide: Object.freeze([]), source: "pattern",
});

export { number };

const whole = (text, limits) => number(text, limits, { whole: true });

/** "1,2.3,4" is [[1, 2], [3, 4]]: rows joined by dots. Decimals are written with "~": 0~5. */
export function readCells(text, limits, options) {
  const rows = text.split(".").map((row) =>
    row.split(",").map((cell) => number(cell.replace("~", "."), limits, options)));
  const even = rows.every((row) => row.length === rows[0].length && !row.includes(null));
  return even ? rows : null;
}

export const writeCells = (rows) =>
  rows.map((row) => row.map((cell) => String(cell).replace(".", "~")).join(",")).join(".");

function square(rows, [low, high]) {
  return rows && rows.length === rows[0].length && rows.length >= low && rows.length <= high
    ? rows : null;
}

const oneOf = (value, names, fallback) => (names.includes(value) ? value : fallback);

/** What an address says; whatever cannot be read is as if it were not there. */
export function decode(params, kernelNames) {
  const state = { ...DEFAULTS };
  if (params.has("v") && params.get("v") !== VERSION) return state;
  const take = (key, read) => {
    const value = params.has(key) ? read(params.get(key)) : null;
    if (value !== null && value !== undefined) state[key] = value;
  };
  for (const key of ["n", "seed", "stride", "dil", "div"]) {
    take(key, (text) => whole(text, LIMITS[key]));
  }
  for (const key of ["bias", "speed"]) take(key, (text) => number(text, LIMITS[key]));
  for (const key of ["relu", "flip"]) take(key, (text) => text === "1");
  take("pad", (text) => (["valid", "same"].includes(text) ? text : whole(text, LIMITS.pad)));
  take("mode", (text) => oneOf(text, PADDING_MODES, null));
  take("show", (text) => oneOf(text, Object.keys(DISPLAYS), null));
  take("pattern", (text) => oneOf(text, [...Object.keys(PATTERNS), "custom"], null));
  take("kernel", (text) => oneOf(text, [...kernelNames, "custom"], null));
  take("hide", (text) => text.split(",").filter((part) => PARTS.includes(part)));
  take("cell", (text) => {
    const found = /^(\d{1,2}),(\d{1,2})$/.exec(text);
    return found && [Number(found[1]), Number(found[2])];
  });
  const cells = params.has("x")
    ? square(readCells(params.get("x"), LIMITS.cell, { whole: true }), LIMITS.n) : null;
  if (state.pattern === "custom") {
    if (cells) [state.custom, state.n] = [cells, cells.length];
    else state.pattern = DEFAULTS.pattern;
  }
  const weights = params.has("k") ? square(readCells(params.get("k"), LIMITS.weight), LIMITS.k) : null;
  if (state.kernel === "custom") {
    if (weights) state.weights = weights;
    else state.kernel = DEFAULTS.kernel;
  }
  return state;
}

/** The query of an address: only what differs from the defaults. Photos never enter it. */
export function encode(state) {
  const parts = [`v=${VERSION}`];
  const put = (key, value) => parts.push(`${key}=${value}`);
  for (const key of ["pattern", "seed", "kernel", "div", "bias", "pad", "mode", "stride", "dil",
    "show", "speed"]) {
    if (state[key] !== DEFAULTS[key]) put(key, state[key]);
  }
  if (state.pattern === "custom") put("x", writeCells(state.custom));
  else if (state.n !== DEFAULTS.n) put("n", state.n);
  if (state.kernel === "custom") put("k", writeCells(state.weights));
  for (const key of ["relu", "flip"]) if (state[key]) put(key, 1);
  if (state.cell.join() !== DEFAULTS.cell.join()) put("cell", state.cell.join(","));
  if (state.hide.length) put("hide", state.hide.join(","));
  return parts.length > 1 ? parts.join("&") : "";
}

/** The input cells a state means (a photo's come from elsewhere). */
export function inputCells(state) {
  return state.pattern === "custom"
    ? resized(state.custom, state.n) : pattern(state.pattern, state.n, state.seed);
}

/** The whole weights and the divisor a state means. `kernels` is the server's table. */
export function kernelOf(state, kernels) {
  if (state.kernel === "custom") return { weights: state.weights, divisor: state.div };
  const named = kernels.find((kernel) => kernel.name === state.kernel);
  return { weights: named.weights, divisor: named.divisor };
}
