// Hold a button, by pointer or keyboard, and the webcam's frames become photos.

import { Camera } from "./camera.js";
import { h, setText } from "./dom.js";
import { aside, button } from "./pieces.js";

const EVERY = 250; // ms between two frames

const two = (number) => String(number).padStart(2, "0");
const stamp = (now) => [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join("")
  + `-${[now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join("")}`;

export class Recorder {
  /** taken({name, blob}) for each frame; closed() when the camera goes off. */
  constructor(container, { label, taken, closed }) {
    Object.assign(this, { taken, closed });
    this.hold = h("button", {
      type: "button", class: "primary", disabled: true,
      onpointerdown: (event) => { if (event.button === 0) this.begin(); },
      onkeydown: (event) => this.key(event),
      onkeyup: () => this.end(), onblur: () => this.end(),
      onclick: (event) => this.click(event), oncontextmenu: (event) => event.preventDefault(),
    }, "Hold to record");
    this.count = h("p", { class: "small muted", role: "status" });
    const box = h("div", { class: "stack tight" });
    this.root = h("div", { class: "recorder stack tight", role: "group", "aria-label": `Webcam for ${label}` }, box,
      h("div", { class: "row" }, this.hold,
        button("Take one", () => this.one()),
        button("Turn the webcam off", () => this.close())),
      aside("Hold the button, or the space bar on it, and turn or move the thing a little: about four photos a second. Photos of one go look alike, so record each class several times, in other places and light."),
      this.count);
    this.camera = new Camera(box, { label: `Webcam, for ${label}`, changed: (on) => {
      this.hold.disabled = !on;
      if (!on) this.end();
    } });
    this.release = () => this.end();
    addEventListener("pointerup", this.release);
    addEventListener("pointercancel", this.release);
    container.append(this.root);
  }

  async start() {
    await this.camera.start();
    if (this.camera.on) this.hold.focus();
  }

  key(event) {
    if (![" ", "Enter"].includes(event.key)) return;
    event.preventDefault(); // else releasing the key would also be a click
    if (!event.repeat) this.begin();
  }

  /** A press by an assistive program has neither pointer nor key: it takes one. */
  click(event) {
    if (event.detail === 0 && !this.timer) this.one();
  }

  begin() {
    if (this.timer || !this.camera.on) return;
    this.series = `webcam-${stamp(new Date())}`;
    this.number = 0;
    this.hold.setAttribute("aria-pressed", "true");
    setText(this.hold, "Recording…");
    this.timer = setInterval(() => this.take(), EVERY);
    this.take();
  }

  end() {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = 0;
    this.hold.removeAttribute("aria-pressed");
    setText(this.hold, "Hold to record");
    setText(this.count, `${this.number} recorded in this go.`);
  }

  async one() {
    if (!this.camera.on) return;
    this.series = `webcam-${stamp(new Date())}`;
    this.number = 0;
    await this.take();
    setText(this.count, "1 photo taken.");
  }

  async take() {
    const [series, number] = [this.series, this.number += 1];
    const blob = await this.camera.frame();
    if (blob) this.taken({ name: `${series}-${String(number).padStart(3, "0")}.jpg`, blob });
  }

  close() {
    this.unmount();
    this.root.remove();
    this.closed();
  }

  unmount() {
    this.end();
    this.camera.stop();
    removeEventListener("pointerup", this.release);
    removeEventListener("pointercancel", this.release);
  }
}
