// <foveal-practice>: a question with an answer to type, and other numbers to try again with.

import * as server from "../server.js";
import { plain } from "../math/format.js";
import { h, setText, unique } from "./dom.js";

/** Read what people write: 18,496 · 18 496 · 18496.0 · 0.5 */
export function readAnswer(text) {
  const clean = text.trim().replace(/[\s,_’']/g, "").replace("−", "-");
  return /^-?\d+(\.\d+)?$/.test(clean) ? Number(clean) : null;
}

export class FovealPractice extends HTMLElement {
  connectedCallback() {
    if (this.field) return;
    this.question = JSON.parse(this.dataset.question);
    this.turn = 0;
    const id = unique("answer");
    this.field = h("input", {
      type: "text", id, inputmode: "decimal", autocomplete: "off", size: "12",
      onkeydown: (event) => event.key === "Enter" && this.check() });
    this.verdict = h("p", { class: "verdict", role: "status" });
    const box = this.querySelector(".practice");
    box.querySelector(".prompt").after(
      h("div", { class: "try" },
        h("div", { class: "field" }, h("label", { for: id }, "Your answer"), this.field),
        h("button", { type: "button", onclick: () => this.check() }, "Check"),
        h("button", { type: "button", class: "quiet", onclick: () => this.again() }, "Other numbers")),
      this.verdict);
  }

  say(text, state) {
    setText(this.verdict, text);
    this.verdict.dataset.state = state;
  }

  check() {
    const answer = readAnswer(this.field.value);
    if (answer === null) return this.say("Please write a number.", "none");
    const wanted = this.question.answer;
    const right = Math.abs(answer - wanted) <= Math.abs(wanted) * 1e-6 + 1e-9;
    return right ? this.say(`Right: ${plain(wanted)}.`, "right")
      : this.say("Not yet. The hint helps; the worked answer shows the way.", "wrong");
  }

  async again() {
    let questions = null;
    try {
      ({ questions } = await server.practice(this.dataset.kind));
    } catch (error) {
      return this.say(error.message, "wrong");
    }
    this.turn = (this.turn + 1) % questions.length;
    this.question = questions[this.turn];
    this.querySelector(".prompt").innerHTML = this.question.prompt;
    for (const [name, part] of [["hint", "hint"], ["answer", "worked"]]) {
      const details = this.querySelector(`details.${name}`);
      details.open = false;
      details.querySelector("div").innerHTML = this.question[part];
    }
    this.field.value = "";
    this.say("", "none");
    return this.field.focus();
  }
}
