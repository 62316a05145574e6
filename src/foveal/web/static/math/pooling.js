// Max and average pooling of rows of numbers, and where each maximum was.

import { windowCells, windowGrid } from "./grid.js";

/** Pool rows. Returns rows of {value, cells, at}: `at` is the input cell a maximum came from. */
export function pool(image, { op = "max", size = 2, stride = 2 } = {}) {
  const grid = windowGrid({
    size: [image.length, image[0].length], kernel: size, stride, padding: "valid" });
  const rows = Array.from({ length: grid.output[0] }, (_, r) =>
    Array.from({ length: grid.output[1] }, (_unused, c) => {
      const cells = windowCells(grid, r, c).flat();
      const values = cells.map(([y, x]) => image[y][x]);
      const most = Math.max(...values);
      const total = values.reduce((sum, value) => sum + value, 0);
      return {
        cells, values, total, at: cells[values.indexOf(most)],
        value: op === "max" ? most : total / values.length,
      };
    }));
  return { grid, rows };
}
