// The window and its leader lines, drawn over the stage. Decoration: hidden from assistive tools.

import { s } from "./dom.js";

export class Overlay {
  constructor(stage) {
    this.stage = stage;
    this.window = s("rect", { class: "window", rx: 7 });
    this.lines = [0, 1].map(() => s("line", { class: "lead-line" }));
    this.svg = s("svg", { class: "overlay", "aria-hidden": "true", focusable: "false" },
      this.lines, this.window);
    stage.append(this.svg);
  }

  /** Where the cells of a table lie: reading this makes the browser lay out, so it is kept. */
  measure(tds) {
    const origin = this.stage.getBoundingClientRect();
    const first = tds[0][0].getBoundingClientRect();
    const last = tds.at(-1).at(-1).getBoundingClientRect();
    const [rows, columns] = [tds.length - 1, tds[0].length - 1];
    return {
      left: first.left - origin.left, top: first.top - origin.top, width: first.width,
      height: first.height, right: columns ? (last.left - first.left) / columns : 0,
      down: rows ? (last.top - first.top) / rows : 0,
    };
  }

  hide() { this.svg.style.display = "none"; }

  /** From cell `first` to cell `last` of one measured table, with lines to a cell of another. */
  draw(input, first, last, output, target) {
    this.svg.style.display = "";
    const box = {
      x: input.left + first[1] * input.right - 2, y: input.top + first[0] * input.down - 2,
      width: (last[1] - first[1]) * input.right + input.width + 4,
      height: (last[0] - first[0]) * input.down + input.height + 4,
    };
    for (const [name, value] of Object.entries(box)) this.window.setAttribute(name, value);
    this.lines.forEach((line, index) => {
      line.setAttribute("x1", box.x + box.width);
      line.setAttribute("y1", box.y + index * box.height);
      line.setAttribute("x2", output.left + target[1] * output.right);
      line.setAttribute("y2", output.top + target[0] * output.down + index * output.height);
    });
  }
}
