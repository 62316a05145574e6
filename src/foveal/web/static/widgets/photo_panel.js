// Choosing a photo (file, paste, drop, webcam, built-in), seeing it filtered, and moving the loupe.

import { filterPlane, flipped } from "../math/convolution.js";
import { paint, planeFacts } from "../math/display.js";
import { short } from "../math/format.js";
import * as server from "../server.js";
import { h, isDark, onTheme, setText } from "./dom.js";
import { PhotoError, readFrame, readPhoto } from "./photo.js";

const SIDE = 8;

export class PhotoPanel {
  /** on: {chosen(photo), moved(top, left), closed()} */
  constructor(container, { on }) {
    this.on = on;
    this.photo = null;
    this.problem = h("p", { class: "problem", role: "alert" });
    this.file = h("input", {
      type: "file", accept: "image/*", class: "visually-hidden", tabindex: "-1", "aria-hidden": "true",
      onchange: () => { this.open(this.file.files[0]); this.file.value = ""; } });
    this.builtIn = h("span", { class: "row" });
    this.video = h("video", { playsinline: true, muted: true, hidden: true, class: "webcam" });
    this.shoot = h("button", { class: "small primary", hidden: true, onclick: () => this.takeFrame() }, "Take picture");
    this.webcam = h("button", { class: "small", onclick: () => this.toggleWebcam() }, "Webcam");
    this.leave = h("button", { class: "small quiet", hidden: true, onclick: () => this.close() }, "Back to patterns");
    this.steps = h("p", { class: "small muted" });
    this.canvases = [0, 1].map((index) => h("canvas", {
      class: "map", role: "img", data: { map: index ? "output" : "input" },
      onclick: (event) => this.point(event) }));
    this.captions = [h("figcaption"), h("figcaption")];
    const slider = (label, axis) => h("input", {
      type: "range", min: "0", "aria-label": label, data: { loupe: axis }, oninput: () => this.slide() });
    this.across = slider("Loupe, columns from the left", "left");
    this.down = slider("Loupe, rows from the top", "top");
    this.maps = h("div", { class: "stack tight", hidden: true },
      h("div", { class: "maps" }, this.canvases.map((canvas, i) =>
        h("figure", {}, canvas, this.captions[i]))),
      h("div", { class: "row loupe" },
        h("label", {}, "Loupe across", this.across), h("label", {}, "Loupe down", this.down)),
      h("p", { class: "small muted" }, "The loupe’s 8 × 8 pixels fill the input grid above. "
        + "Click a photo to move it. The photo stays in this tab."), this.steps);
    this.root = h("div", { class: "stack tight" },
      h("div", { class: "row" },
        h("button", { class: "small primary", onclick: () => this.file.click() }, "Choose a photo…"),
        this.file, this.webcam, this.shoot, this.builtIn, this.leave),
      h("p", { class: "small muted" }, "Or paste one, or drop it here."),
      this.problem, this.video, this.maps);
    container.append(this.root);
    this.listen(container);
    server.photos().then(({ photos }) => this.builtIn.replaceChildren(...photos.map((photo) =>
      h("button", { class: "small", onclick: () => this.openBuiltIn(photo) }, photo.title))))
      .catch((error) => setText(this.problem, error.message));
  }

  listen(container) {
    this.paste = (event) => {
      const file = [...(event.clipboardData?.files ?? [])].find((item) => item.type.startsWith("image/"));
      if (file) this.open(file);
    };
    document.addEventListener("paste", this.paste);
    container.addEventListener("dragover", (event) => {
      event.preventDefault();
      container.classList.add("dropping");
    });
    container.addEventListener("dragleave", () => container.classList.remove("dropping"));
    container.addEventListener("drop", (event) => {
      event.preventDefault();
      container.classList.remove("dropping");
      if (event.dataTransfer.files[0]) this.open(event.dataTransfer.files[0]);
    });
    this.unsubscribe = onTheme(() => this.draw());
  }

  async openBuiltIn({ name, title, credit }) {
    const response = await fetch(server.photoAddress(name));
    await this.open(await response.blob(), title, `Photo: ${credit}. `);
  }

  async open(blob, name = blob?.name || "The photo", credit = "") {
    if (!blob) return;
    setText(this.problem, "");
    try {
      this.use(await readPhoto(blob, name), credit);
    } catch (error) {
      if (!(error instanceof PhotoError)) throw error;
      setText(this.problem, error.message);
    }
  }

  use(photo, credit = "") {
    this.photo = photo;
    this.top = Math.max(0, Math.floor((photo.height - SIDE) / 2));
    this.left = Math.max(0, Math.floor((photo.width - SIDE) / 2));
    this.down.max = Math.max(0, photo.height - SIDE);
    this.across.max = Math.max(0, photo.width - SIDE);
    this.maps.hidden = false;
    this.leave.hidden = false;
    setText(this.steps, `${credit}Preparation: ${photo.steps.join("; ")}.`);
    this.on.chosen(photo);
    this.move(this.top, this.left);
  }

  close() {
    this.stopWebcam();
    this.photo = null;
    this.maps.hidden = true;
    this.leave.hidden = true;
    this.on.closed();
  }

  slide() { this.move(Number(this.down.value), Number(this.across.value)); }

  point(event) {
    const box = event.currentTarget.getBoundingClientRect();
    const at = (share, most) => Math.min(Math.max(0, Math.round(share * (most + SIDE) - SIDE / 2)), most);
    this.move(at((event.clientY - box.top) / box.height, Number(this.down.max)),
      at((event.clientX - box.left) / box.width, Number(this.across.max)));
  }

  move(top, left) {
    [this.top, this.left] = [top, left];
    [this.down.value, this.across.value] = [top, left];
    this.draw();
    this.on.moved(top, left);
  }

  /** Show the photo and what the kernel makes of it. */
  update(weights, divisor, flip, display) {
    const key = JSON.stringify([weights, divisor, flip, display]);
    if (!this.photo || (key === this.key && this.photo === this.drawn)) return;
    [this.key, this.drawn] = [key, this.photo];
    const { plane, width, height } = this.photo;
    this.display = display;
    this.output = filterPlane(plane, width, height, flip ? flipped(weights) : weights, divisor);
    this.draw();
  }

  draw() {
    if (!this.photo || !this.output || this.output.length !== this.photo.plane.length) return;
    const { plane, width, height, name } = this.photo;
    const shown = [[plane, "clamp", "Photo"], [this.output, this.display, "Filtered"]];
    shown.forEach(([values, display, title], i) => {
      const canvas = this.canvases[i];
      [canvas.width, canvas.height] = [width, height];
      const range = planeFacts(values, width);
      const pixels = paint(values, display, range, isDark());
      const pen = canvas.getContext("2d");
      pen.putImageData(new ImageData(pixels, width, height), 0, 0);
      pen.strokeStyle = "#ff8a1f";
      pen.lineWidth = Math.max(1, width / 200);
      pen.strokeRect(this.left, this.top, Math.min(SIDE, width), Math.min(SIDE, height));
      const text = `min ${short(range.least)}, max ${short(range.most)}, mean ${short(range.mean)}, `
        + `peak at row ${range.peak[0] + 1}, column ${range.peak[1] + 1}`;
      canvas.setAttribute("aria-label", `${title} ${name}: ${width} × ${height}; ${text}`);
      setText(this.captions[i], `${title}: ${text}`);
    });
  }

  async toggleWebcam() {
    if (this.stream) return this.stopWebcam();
    setText(this.problem, "");
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: true });
    } catch {
      return setText(this.problem, "The webcam cannot be used: none is there, or it was not allowed.");
    }
    this.video.srcObject = this.stream;
    this.video.hidden = false;
    this.shoot.hidden = false;
    setText(this.webcam, "Stop webcam");
    return this.video.play();
  }

  async takeFrame() {
    if (!this.video.videoWidth) return;
    this.use(await readFrame(this.video));
    this.stopWebcam();
  }

  stopWebcam() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.video.hidden = true;
    this.shoot.hidden = true;
    setText(this.webcam, "Webcam");
  }

  unmount() {
    this.stopWebcam();
    document.removeEventListener("paste", this.paste);
    this.unsubscribe();
  }
}
