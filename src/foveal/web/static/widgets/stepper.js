// First, previous, play, next, last, scrubber and speed. The animation is a whole number that
// requestAnimationFrame raises, so that a step can be tested without time.

import { h, s, setText } from "./dom.js";

const ICONS = {
  first: "M5 4h3v16H5zM20 4v16L9 12z", previous: "M17 4v16L6 12z", next: "M7 4v16l11-8z",
  last: "M16 4h3v16h-3zM4 4v16l11-8z",
};
const LONGEST_FRAME = 250; // ms; a tab that was hidden must not leap

export class Stepper {
  /** on: {go(index), play(), pause(index), tick(index), speed(cells per second)} */
  constructor(container, { speed, limits, on, playLabel = "Animate" }) {
    Object.assign(this, { on, speed, playLabel, count: 1, index: 0, playing: false, frame: 0, enabled: true });
    const button = (name, label, act) => h("button", {
      class: "icon-button", "aria-label": label, title: label, onclick: act, data: { step: name },
    }, s("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" },
      s("path", { d: ICONS[name], fill: "currentColor" })));
    this.play = h("button", {
      class: "primary play", onclick: () => this.toggle(), data: { step: "play" } });
    this.scrubber = h("input", {
      type: "range", min: "1", value: "1", "aria-label": "Step",
      oninput: () => this.manual(Number(this.scrubber.value) - 1) });
    this.place = h("span", { class: "number" });
    this.pace = h("input", {
      type: "range", min: limits[0], max: limits[1], step: "0.5", value: speed,
      "aria-label": "Speed in cells a second",
      oninput: () => {
        this.speed = Number(this.pace.value);
        this.showPace();
        on.speed?.(this.speed);
      } });
    this.paceText = h("span", { class: "number" });
    this.root = h("div", { class: "stepper", role: "group", "aria-label": "Stepper" },
      h("div", { class: "buttons" },
        button("first", "First cell", () => this.manual(0)),
        button("previous", "Previous cell", () => this.manual(this.index - 1)),
        this.play,
        button("next", "Next cell", () => this.manual(this.index + 1)),
        button("last", "Last cell", () => this.manual(this.count - 1))),
      h("div", { class: "ranges" },
        h("label", {}, "Step", this.scrubber, this.place),
        h("label", {}, "Speed", this.pace, this.paceText)));
    container.append(this.root);
    this.showPace();
    this.showPlay();
  }

  update({ count, index, speed }) {
    [this.count, this.index] = [count, index];
    if (this.scrubber.max !== String(count)) {
      this.scrubber.max = count;
    }
    this.scrubber.value = index + 1;
    setText(this.place, `${index + 1} / ${count}`);
    if (speed !== undefined && speed !== this.speed) {
      this.speed = speed;
      this.pace.value = speed;
      this.showPace();
    }
  }

  showPace() {
    setText(this.paceText, `${this.speed} / s`);
    this.pace.setAttribute("aria-valuetext", `${this.speed} cells a second`);
  }

  showPlay() { setText(this.play, this.playing ? "Pause" : this.playLabel); }

  /** Without an output there is nothing to step through. */
  enable(enabled) {
    this.enabled = enabled;
    if (!enabled) this.stop(false);
    this.root.querySelectorAll("button").forEach((button) =>
      button.setAttribute("aria-disabled", String(!enabled)));
  }

  manual(index) {
    if (!this.enabled) return;
    if (this.playing) this.stop(false);
    this.on.go(Math.min(Math.max(index, 0), this.count - 1));
  }

  toggle() {
    if (this.playing) this.stop(true);
    else this.start();
  }

  start() {
    if (this.playing || !this.enabled) return;
    this.playing = true;
    this.showPlay();
    if (this.index >= this.count - 1) this.on.tick(0);
    this.on.play?.();
    let last = null;
    let progress = 0;
    const tick = (now) => {
      if (!this.playing) return;
      progress += Math.min(now - (last ?? now), LONGEST_FRAME) * this.speed / 1000;
      last = now;
      const steps = Math.floor(progress);
      if (steps > 0) {
        progress -= steps;
        this.on.tick(Math.min(this.index + steps, this.count - 1));
      }
      if (this.index >= this.count - 1) this.stop(true);
      else this.frame = requestAnimationFrame(tick);
    };
    this.frame = requestAnimationFrame(tick);
  }

  /** tell: whether this is a pause that should be summed up. */
  stop(tell) {
    if (!this.playing) return;
    this.playing = false;
    cancelAnimationFrame(this.frame);
    this.showPlay();
    this.on.pause?.(this.index, tell);
  }
}
