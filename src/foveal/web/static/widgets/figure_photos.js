// Live figures made of photos: a filter on a photo, its colour planes, augmented views.

import { filterPlane } from "../math/convolution.js";
import { paint, planeFacts } from "../math/display.js";
import { short } from "../math/format.js";
import * as server from "../server.js";
import { h, isDark, onTheme, setText } from "./dom.js";
import { readPhoto } from "./photo.js";

async function load(name) {
  const { photos } = await server.photos();
  const about = photos.find((photo) => photo.name === name) ?? photos[0];
  const response = await fetch(server.photoAddress(about.name));
  return { about, photo: await readPhoto(await response.blob(), about.title) };
}

const credit = (about) => h("p", { class: "small muted" }, `Photo: ${about.credit}`);

function canvasFigure(title) {
  const canvas = h("canvas", { class: "map", role: "img" });
  const caption = h("figcaption", {}, title);
  return { canvas, caption, root: h("figure", {}, canvas, caption) };
}

function draw(canvas, pixels, width, height, label) {
  [canvas.width, canvas.height] = [width, height];
  canvas.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
  canvas.setAttribute("aria-label", label);
}

async function photoFilter(box, data) {
  const [{ kernels }, { about, photo }] = await Promise.all([server.kernels(), load(data.photo)]);
  const select = h("select", {}, kernels.map(({ name, title }) => h("option", { value: name, selected: name === data.kernel }, title)));
  const [before, after] = [canvasFigure("Brightness"), canvasFigure("Filtered")];
  const purpose = h("p", { class: "muted" });
  const { plane, width, height } = photo;
  const show = () => {
    const kernel = kernels.find((one) => one.name === select.value);
    const output = filterPlane(plane, width, height, kernel.weights, kernel.divisor);
    const range = planeFacts(output, width);
    const display = kernel.total === 0 ? "raw" : "clamp";
    draw(after.canvas, paint(output, display, range, isDark()), width, height,
      `${kernel.title} of ${about.title}: from ${short(range.least)} to ${short(range.most)}`);
    setText(after.caption, `${kernel.title}: from ${short(range.least)} to ${short(range.most)}, mean ${short(range.mean)}`);
    setText(purpose, kernel.purpose);
  };
  draw(before.canvas, paint(plane, "clamp", planeFacts(plane, width), false), width, height, `${about.title} in grey`);
  box.append(h("label", { class: "row" }, "Filter", select), h("div", { class: "maps" }, before.root, after.root), purpose, credit(about));
  select.addEventListener("change", show);
  show();
  return onTheme(show);
}

async function colourChannels(box, data) {
  const { about, photo } = await load(data.photo);
  const { rgb, width, height, plane } = photo;
  const pick = (of) => {
    const pixels = new Uint8ClampedArray(plane.length * 4);
    for (let i = 0; i < plane.length; i += 1) {
      pixels.set(of(rgb[i * 3], rgb[i * 3 + 1], rgb[i * 3 + 2], plane[i]), i * 4);
      pixels[i * 4 + 3] = 255;
    }
    return pixels;
  };
  const kinds = [
    ["As it is: R, G, B", (r, g, b) => [r, g, b]], ["Red plane", (r) => [r, r, r]],
    ["Green plane", (_, g) => [g, g, g]], ["Blue plane", (_r, _g, b) => [b, b, b]],
    ["Brightness", (_r, _g, _b, l) => [l, l, l]], ["Read as BGR: red and blue swapped", (r, g, b) => [b, g, r]],
  ];
  box.append(h("div", { class: "planes" }, kinds.map(([title, of]) => {
    const { canvas, root } = canvasFigure(title);
    draw(canvas, pick(of), width, height, `${about.title}: ${title}`);
    return root;
  })), credit(about));
  return null;
}

async function augmentation(box, data) {
  const { photos } = await server.photos();
  const about = photos.find((photo) => photo.name === data.photo) ?? photos[0];
  const strength = h("select", {}, ["light", "medium", "heavy"].map((name) =>
    h("option", { value: name, selected: name === (data.strength ?? "medium") }, name)));
  const planes = h("div", { class: "planes" });
  const settings = h("p", { class: "small muted" });
  let first = 1;
  const show = async () => {
    const facts = await server.augmented(about.name, strength.value);
    const views = [0, ...Array.from({ length: 5 }, (_, i) => 1 + ((first - 1 + i) % (facts.views - 1)))];
    planes.replaceChildren(...views.map((view) => h("figure", {},
      h("img", { src: server.augmentedAddress(about.name, strength.value, view), width: 224, height: 224,
        alt: view ? `${about.title}, augmented view ${view}` : `${about.title} as it is` }),
      h("figcaption", {}, view ? `View ${view}` : "As it is"))));
    setText(settings, `Drawn by foveal.images.Augment.preset("${strength.value}"), seed 0.`);
  };
  const next = h("button", { type: "button", class: "small", onclick: () => { first += 5; return show(); } }, "Other views");
  strength.addEventListener("change", show);
  box.append(h("div", { class: "row" }, h("label", { class: "row" }, "Strength", strength), next), planes, settings, credit(about));
  await show();
  return null;
}

export const figures = { "photo-filter": photoFilter, "colour-channels": colourChannels, augmentation };
