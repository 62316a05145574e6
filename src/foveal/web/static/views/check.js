// The knowledge check: six questions, a reason for every answer, a score, and another round.

import { forget, recall, remember } from "../local.js";
import * as quiz from "../math/quiz.js";
import * as server from "../server.js";
import { h, setText } from "../widgets/dom.js";
import { finish } from "../widgets/elements.js";
import { seeLinks } from "../widgets/see_links.js";

const KEY = "check";

class Check {
  constructor(page) {
    this.page = page;
    const kept = recall(KEY, null);
    this.state = quiz.usable(kept) ? kept : quiz.fresh("test", Math.floor(Math.random() * quiz.SEEDS));
    this.heading = h("h1", { tabindex: "-1" }, "Knowledge check");
    this.body = h("div", { class: "stack" });
    this.status = h("p", { role: "status", class: "visually-hidden" });
    page.classList.add("reading");
    page.append(this.heading, this.body, this.status);
  }

  async load() {
    const { questions } = await server.check(this.state.seed);
    this.all = questions;
    this.questions = quiz.asked(this.state, questions);
    if (!this.questions.length) return this.begin(quiz.fresh("test", this.state.seed));
    this.state.at = Math.min(this.state.at, this.questions.length);
    return this.render();
  }

  save(state) {
    this.state = state;
    remember(KEY, state);
  }

  async begin(state) {
    this.save(state);
    setText(this.status, "");
    await this.load();
    this.heading.focus();
  }

  move(at) {
    this.save({ ...this.state, at });
    setText(this.status, "");
    this.render();
    (this.body.querySelector(".prompt") ?? this.heading).focus();
  }

  render() {
    const { at } = this.state;
    this.body.replaceChildren(this.dots(), at < this.questions.length
      ? this.question(this.questions[at]) : this.result(), this.controls());
    finish(this.body);
  }

  dots() {
    return h("ol", { class: "dots", "aria-label": "Progress" }, this.questions.map((question, i) => {
      const tried = quiz.tries(this.state, question).length > 0;
      const state = tried ? (quiz.firstRight(this.state, question) ? "right" : "wrong") : "open";
      const words = { right: "right", wrong: "wrong", open: "not answered" }[state];
      return h("li", {
        data: { state }, "aria-current": i === this.state.at ? "step" : null },
      h("span", { "aria-hidden": "true" }, { right: "✓", wrong: "✕", open: String(i + 1) }[state]),
      h("span", { class: "visually-hidden" }, `Question ${i + 1}: ${words}`));
    }));
  }

  question(question) {
    const { state } = this;
    const [chosen, done] = [quiz.tries(state, question), quiz.isDone(state, question)];
    const number = this.questions.indexOf(question);
    const prompt = h("div", { class: "prompt", tabindex: "-1", id: "prompt" },
      h("p", { class: "small muted" }, `Question ${number + 1} of ${this.questions.length}`), h("div", { html: question.prompt }));
    const problem = h("p", { class: "problem", role: "alert" });
    const choices = question.choices.map((choice, i) => {
      const known = chosen.includes(i) || (done && choice.correct);
      const input = h("input", {
        type: "radio", name: "choice", value: i, checked: chosen.at(-1) === i, disabled: done || (known && !choice.correct) });
      return h("label", { class: known ? (choice.correct ? "right" : "wrong") : "" }, input, h("span", { html: choice.html }),
        known && h("span", { class: "reason" }, h("b", {}, choice.correct ? "✓" : "✕ Not quite."), h("span", { html: choice.reason })));
    });
    const last = number + 1 === this.questions.length;
    return h("form", { class: "card question", onsubmit: (event) => {
      event.preventDefault();
      const picked = event.target.querySelector("input:checked:not(:disabled)");
      if (done) this.move(number + 1);
      else if (picked) this.answer(question, Number(picked.value));
      else setText(problem, "Please choose an answer.");
    } }, prompt,
    h("fieldset", { class: "answers" }, h("legend", { class: "visually-hidden" }, "Answers"), choices), problem,
    done && seeLinks(question.see),
    h("div", { class: "row" },
      number > 0 && h("button", { type: "button", class: "quiet", onclick: () => this.move(number - 1) }, "Back"),
      h("button", { class: "primary", type: "submit" }, done ? (last ? "See the result" : "Next question") : "Check answer")));
  }

  answer(question, choice) {
    this.save(quiz.answer(this.state, question, choice));
    this.render();
    const picked = question.choices[choice];
    const words = h("div", { html: picked.reason }).textContent;
    setText(this.status, picked.correct ? words : `Not quite. ${words}`); // a right one says so itself
    this.body.querySelector("button[type=submit]").focus();
  }

  result() {
    const { state, questions } = this;
    const [right, again] = [quiz.score(state, questions), quiz.review(state, questions)];
    const open = questions.filter((question) => !quiz.tries(state, question).length).length;
    const practised = state.mode === "practice" ? " at the first try" : "";
    setText(this.status, `${right} of ${questions.length} right${practised}.`);
    return h("section", { class: "card stack", "aria-label": "Result" },
      h("p", { class: "score" }, `${right} of ${questions.length}`),
      h("p", { class: "lead" }, open ? `${open} not answered yet.`
        : again.length ? `Right${practised}: ${right}. Look at the others once more, with new numbers.` : `All right${practised}. Well done.`),
      again.length > 0 && h("div", { class: "stack tight" }, h("h2", {}, "To review"),
        h("ul", {}, again.map((question) => h("li", {}, h("span", { html: question.prompt }), seeLinks(question.see))))),
      h("div", { class: "row" },
        again.length > 0 && h("button", { class: "primary", onclick: () =>
          this.begin(quiz.fresh("practice", state.seed + 1, again.map((question) => question.id))) }, "Practise these"),
        h("button", { onclick: () => this.begin(quiz.fresh("test", state.seed + 1)) }, "Try again, with new numbers"),
        h("button", { class: "quiet", onclick: () => this.move(0) }, "Look through the answers")));
  }

  controls() {
    const other = this.state.mode === "test" ? "practice" : "test";
    return h("div", { class: "row" },
      h("p", { class: "small muted" }, quiz.MODES[this.state.mode], "."),
      h("button", { class: "small quiet", onclick: () => this.begin(quiz.fresh(other, this.state.seed + 1)) },
        other === "practice" ? "Practise instead" : "Take the check"),
      h("button", { class: "small quiet", onclick: () => {
        forget(KEY);
        this.begin(quiz.fresh("test", this.state.seed + 1));
      } }, "Reset"));
  }
}

export async function mount(page) {
  const check = new Check(page);
  await check.load();
  return {};
}
