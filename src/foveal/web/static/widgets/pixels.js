// Pixels from the server onto a canvas.

import { paint } from "../math/display.js";
import { isDark } from "./dom.js";

/** Bytes of base64. */
export const decode = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

export function drawRgb(canvas, rgb, width, height) {
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i += 1) for (let k = 0; k < 3; k += 1) pixels[i * 4 + k] = rgb[i * 3 + k];
  [canvas.width, canvas.height] = [width, height];
  canvas.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
}

/** A map of bytes between its smallest and largest value: blue above 0, orange below. */
export function drawMap(canvas, { width, height, min, max, values }) {
  const plane = Float32Array.from(decode(values), (level) => min + ((max - min) * level) / 255);
  [canvas.width, canvas.height] = [width, height];
  const pixels = paint(plane, "raw", { least: min, most: max }, isDark());
  canvas.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
}
