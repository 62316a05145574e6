// One photo to try: from a file, pasted, dropped, or live from the webcam.

import { Camera } from "./camera.js";
import { h, setText } from "./dom.js";
import { looksLikeImage } from "../math/folders.js";
import { dropZone, picker } from "./picked_files.js";
import { aside, button, card } from "./pieces.js";

const LONGEST = 640; // px of the side that is drawn
const EVERY = 1000; // ms between two live frames

export class PhotoInput {
  /** chosen(blob, name, live): the promise it returns is awaited before the next live frame. */
  constructor(container, { chosen }) {
    this.chosen = chosen;
    this.problem = h("p", { class: "problem", role: "alert" });
    this.canvas = h("canvas", { class: "shown-photo", role: "img", hidden: true });
    this.note = aside();
    this.webcam = button("Use the webcam", () => this.toggle());
    const box = h("div");
    this.root = card("Photo to try",
      h("div", { class: "row" },
        picker("Choose a photo…", { class: "primary", multiple: false, chosen: (files) => this.files(files) }),
        this.webcam),
      aside("Or paste one, or drop it here."), this.problem, box, this.canvas, this.note);
    this.camera = new Camera(box, { changed: (on) => {
      setText(this.webcam, on ? "Stop the webcam" : "Use the webcam");
      this.canvas.hidden = on || !this.name;
      if (on) {
        setText(this.note, ""); // the name of the file before
        this.last = null;
        this.loop();
      } else if (this.last && this.name === "Webcam") this.show(this.last, "Webcam");
    } });
    dropZone(this.root, (files) => this.files(files));
    this.paste = (event) => {
      const file = [...(event.clipboardData?.files ?? [])].find((one) => looksLikeImage(one));
      if (file) this.open(file, file.name);
    };
    document.addEventListener("paste", this.paste);
    container.append(this.root);
  }

  files(files) {
    const photo = files.find(looksLikeImage) ?? files[0];
    if (photo) this.open(photo.blob, photo.name);
  }

  async open(blob, name) {
    this.name = name;
    this.camera.stop();
    setText(this.problem, "");
    await this.show(blob, name);
    return this.chosen(blob, name, false);
  }

  /** Draw the photo; what this browser cannot show may still be read by the server. */
  async show(blob, name) {
    this.canvas.hidden = false;
    setText(this.note, name);
    try {
      const full = await createImageBitmap(blob, { imageOrientation: "from-image" });
      const scale = Math.min(1, LONGEST / Math.max(full.width, full.height));
      [this.canvas.width, this.canvas.height] = [full.width, full.height]
        .map((side) => Math.max(1, Math.round(side * scale)));
      const pen = this.canvas.getContext("2d");
      pen.imageSmoothingQuality = "high";
      pen.drawImage(full, 0, 0, this.canvas.width, this.canvas.height);
      this.canvas.setAttribute("aria-label", `${name}, ${full.width} × ${full.height} pixels`);
      full.close();
    } catch {
      this.canvas.hidden = true;
      setText(this.note, `${name}: this browser cannot show it.`);
    }
  }

  async toggle() {
    if (this.camera.on) return this.camera.stop();
    return this.camera.start();
  }

  /** One frame about each second, the next only when the last is answered. */
  async loop() {
    const turn = (this.turn ?? 0) + 1;
    this.turn = turn;
    while (this.camera.on && turn === this.turn) {
      const from = performance.now();
      const blob = await this.camera.frame();
      if (blob && this.camera.on) {
        this.last = blob;
        this.name = "Webcam";
        if (await this.chosen(blob, "Webcam", true) === false) this.camera.stop();
      }
      await new Promise((done) => { setTimeout(done, Math.max(100, EVERY - (performance.now() - from))); });
    }
  }

  /** Keep the frame of now, so that it can be looked into. */
  async freeze() {
    if (!this.camera.on) return;
    this.turn += 1;
    this.camera.stop();
    if (this.last) await this.show(this.last, "Webcam");
  }

  unmount() {
    this.turn = (this.turn ?? 0) + 1;
    this.camera.stop();
    document.removeEventListener("paste", this.paste);
  }
}
