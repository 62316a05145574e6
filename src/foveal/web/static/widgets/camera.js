// The webcam: on after a press only, off when its page goes. Frames come as JPEG files.

import { h, setText } from "./dom.js";

const WIDEST = 640; // px; networks look at less than half of that
const QUALITY = 0.92;

export class Camera {
  /** changed(on) hears when it goes on or off. */
  constructor(container, { changed = () => {}, label = "Webcam" } = {}) {
    this.changed = changed;
    this.problem = h("p", { class: "problem", role: "alert" });
    this.video = h("video", { playsinline: true, muted: true, hidden: true, class: "webcam mirrored", "aria-label": label });
    container.append(this.problem, this.video);
  }

  get on() { return Boolean(this.stream); }

  async start() {
    if (this.stream) return true;
    this.wanted = true;
    setText(this.problem, "");
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: WIDEST } } });
      if (!this.wanted) { // its page went while the browser was asking
        stream.getTracks().forEach((track) => track.stop());
        return false;
      }
      this.stream = stream;
    } catch (error) {
      setText(this.problem, error.name === "NotAllowedError"
        ? "The webcam was not allowed. Allow it for this page in the browser’s address bar, or use photos from files."
        : "No webcam can be used: none is there, or another program has it. Photos from files work too.");
      return false;
    }
    this.stream.getVideoTracks()[0]?.addEventListener("ended", () => this.stop());
    this.video.srcObject = this.stream;
    this.video.hidden = false;
    await this.video.play().catch(() => {}); // stopped meanwhile
    this.changed(this.on);
    return this.on;
  }

  /** The picture of now as a JPEG, or null while there is none. */
  async frame() {
    const { videoWidth, videoHeight } = this.video;
    if (!this.stream || !videoWidth) return null;
    const scale = Math.min(1, WIDEST / Math.max(videoWidth, videoHeight));
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [Math.round(videoWidth * scale), Math.round(videoHeight * scale)];
    canvas.getContext("2d").drawImage(this.video, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => { canvas.toBlob(done, "image/jpeg", QUALITY); });
  }

  stop() {
    this.wanted = false;
    if (!this.stream) return;
    this.stream.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.video.srcObject = null;
    this.video.hidden = true;
    this.changed(false);
  }
}
