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

  /** first and last: cells of the window; target: the output cell; any null hides all. */
  draw(first, last, target) {
    const shown = first && last;
    this.svg.style.display = shown ? "" : "none";
    if (!shown) return;
    const origin = this.stage.getBoundingClientRect();
    const [a, b] = [first.getBoundingClientRect(), last.getBoundingClientRect()];
    const box = {
      x: a.left - origin.left - 2, y: a.top - origin.top - 2,
      width: b.right - a.left + 4, height: b.bottom - a.top + 4,
    };
    for (const [name, value] of Object.entries(box)) this.window.setAttribute(name, value);
    const to = target?.getBoundingClientRect();
    this.lines.forEach((line, index) => {
      line.style.display = to ? "" : "none";
      if (!to) return;
      line.setAttribute("x1", box.x + box.width);
      line.setAttribute("y1", box.y + index * box.height);
      line.setAttribute("x2", to.left - origin.left);
      line.setAttribute("y2", (index ? to.bottom : to.top) - origin.top);
    });
  }
}
