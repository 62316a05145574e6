// What can be done here, in one screen.

import { h, s } from "../widgets/dom.js";

const TILES = [
  ["workbench", "Train your own classifier", "From your photos or webcam to a classifier that answers: photos, check, train, use. No code.", "Your own"],
  ["lessons", "Four lessons", "Images as arrays, convolution and pooling, architectures, transfer learning. With code that runs.", "About an hour"],
  ["visualizer", "Filter visualizer", "Slide a filter over numbers you choose, and see every product and every sum.", "Start here"],
  ["gradient", "Gradient lens", "Watch gradient descent recover a hidden filter, window by window.", "Lab"],
  ["channels", "Channels and pooling", "How colour planes add up to one map, and what a maximum keeps.", "Lab"],
  ["features", "What layers see", "Feature maps of every block of a trained network, on a photo you choose.", "Lab"],
  ["explorer", "Architecture explorer", "Shapes, parameters and receptive fields of every network here, with the formula behind each.", "Explore"],
  ["check", "Knowledge check", "Six questions, a reason for every answer, new numbers every time.", "Five minutes"],
  ["takeaways", "Key takeaways", "What to remember, on one page. And a glossary of the field’s words.", "Review"],
];

const INPUT = [0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1];

function art() {
  const cell = (x, y, fill, size = 34) => s("rect", { x, y, width: size, height: size, rx: 6, fill, stroke: "var(--line)" });
  const shade = ["var(--surface)", "var(--ink)"];
  const grid = INPUT.map((value, i) => cell(10 + (i % 5) * 38, 40 + Math.floor(i / 5) * 38, shade[value]));
  const colours = ["var(--accent)", "var(--surface)", "var(--warm)"];
  const output = Array.from({ length: 9 }, (_, i) =>
    cell(270 + (i % 3) * 38, 78 + Math.floor(i / 3) * 38, colours[(i * 2 + Math.floor(i / 3)) % 3]));
  return s("svg", { viewBox: "0 0 400 270", "aria-hidden": "true", focusable: "false" },
    grid, output,
    s("rect", { x: 44, y: 74, width: 118, height: 118, rx: 10, fill: "none", stroke: "var(--accent)", "stroke-width": 4 }),
    s("path", { d: "M162 74 L308 116 M162 192 L308 150", stroke: "var(--accent)", "stroke-width": 1.5, "stroke-dasharray": "5 5", fill: "none" }),
    s("rect", { x: 306, y: 114, width: 38, height: 38, rx: 8, fill: "none", stroke: "var(--warm)", "stroke-width": 4 }));
}

export function mount(page) {
  page.append(
    h("div", { class: "hero" },
      h("div", {},
        h("h1", { tabindex: "-1" }, "See how networks see"),
        h("p", { class: "lead" }, "Convolutional networks, from the pixels up. Every number on these pages is worked out in front of you, and you can change it."),
        h("div", { class: "row" },
          h("a", { class: "button primary", href: "#/visualizer" }, "Open the visualizer"),
          h("a", { class: "button primary", href: "#/workbench" }, "Train your own classifier"),
          h("a", { class: "button", href: "#/lessons" }, "Read the lessons"))),
      h("div", { class: "hero-art" }, art())),
    h("h2", { class: "visually-hidden" }, "What you can do here"),
    h("ul", { class: "tiles" }, TILES.map(([path, title, text, kind]) => h("li", {},
      h("a", { class: "tile", href: `#/${path}` }, h("em", {}, kind), h("strong", {}, title), h("span", {}, text))))));
  return { title: "Start" };
}
