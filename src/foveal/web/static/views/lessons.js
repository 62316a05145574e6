// The list of lessons, and one lesson: sections, contents, progress, previous and next.

import { forget, recall, remember } from "../local.js";
import * as server from "../server.js";
import { h, wantsStill } from "../widgets/dom.js";
import { finish } from "../widgets/elements.js";

const READ = (slug) => `read.${slug}`;

function overview(page, lessons) {
  const minutes = lessons.reduce((sum, lesson) => sum + lesson.minutes, 0);
  const list = h("ul", { class: "lesson-cards" }, lessons.map((lesson) => {
    const done = Math.min(recall(READ(lesson.slug), []).length, lesson.sections.length);
    return h("li", {}, h("a", { class: "tile", href: `#/lessons/${lesson.slug}` },
      h("em", {}, `${lesson.minutes} minutes${done ? ` · ${done} of ${lesson.sections.length} read` : ""}`),
      h("strong", {}, lesson.title), h("span", {}, lesson.summary)));
  }));
  const reset = h("button", { class: "small quiet", onclick: () => {
    lessons.forEach((lesson) => forget(READ(lesson.slug)));
    dispatchEvent(new Event("foveal-progress"));
    page.replaceChildren();
    overview(page, lessons);
  } }, "Forget what I have read");
  page.classList.add("reading");
  page.append(h("h1", { tabindex: "-1" }, "Lessons"),
    h("p", { class: "lead" }, `Four lessons, about ${minutes} minutes in all. Every output was produced by running the code beside it.`),
    list, h("div", {}, reset));
}

function lessonPage(page, lesson, lessons) {
  const place = lessons.findIndex((one) => one.slug === lesson.slug);
  const [before, after] = [lessons[place - 1], lessons[place + 1]];
  const read = new Set(recall(READ(lesson.slug), []));
  const links = new Map(lesson.sections.map(({ slug, title }) => [slug, h("a", {
    href: `#/lessons/${lesson.slug}/${slug}`, data: read.has(slug) ? { read: "true" } : {} }, title)]));
  const ends = new Map();
  const sections = lesson.sections.map(({ slug, title, html }) => {
    const end = h("span", { class: "section-end", "aria-hidden": "true" });
    ends.set(end, slug);
    return h("section", { class: "prose", id: slug, "aria-labelledby": `${slug}-title`, tabindex: "-1" },
      h("h2", { id: `${slug}-title` }, title), h("div", { class: "prose", html }), end);
  });
  const article = h("article", {},
    h("header", { class: "stack tight" }, h("h1", { tabindex: "-1" }, lesson.title),
      h("p", { class: "lead" }, lesson.summary),
      h("p", { class: "muted small" }, `Lesson ${place + 1} of ${lessons.length} · about ${lesson.minutes} minutes`)),
    sections,
    h("nav", { class: "pager", "aria-label": "Lessons" },
      before ? h("a", { class: "button", rel: "prev", href: `#/lessons/${before.slug}` }, `← ${before.title}`) : h("span"),
      after ? h("a", { class: "button primary", rel: "next", href: `#/lessons/${after.slug}` }, `${after.title} →`)
        : h("a", { class: "button primary", rel: "next", href: "#/check" }, "Knowledge check →")));
  page.append(h("div", { class: "lesson" }, article,
    h("nav", { class: "toc", "aria-label": "In this lesson" }, h("h2", {}, "In this lesson"),
      h("ol", {}, [...links.values()].map((link) => h("li", {}, link))))));
  finish(article);

  const ended = new IntersectionObserver((entries) => entries.forEach((entry) => {
    const slug = ends.get(entry.target);
    if (!entry.isIntersecting || read.has(slug)) return;
    read.add(slug);
    remember(READ(lesson.slug), [...read]);
    links.get(slug).dataset.read = "true";
    dispatchEvent(new Event("foveal-progress"));
  }));
  const seen = new IntersectionObserver((entries) => entries.forEach((entry) => {
    if (!entry.isIntersecting) return;
    links.forEach((link, slug) => {
      if (slug === entry.target.id) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
  }), { rootMargin: "-15% 0px -70% 0px" });
  ends.forEach((_, end) => ended.observe(end));
  sections.forEach((section) => seen.observe(section));
  return () => {
    ended.disconnect();
    seen.disconnect();
  };
}

function goTo(slug, focus) {
  const section = document.getElementById(slug);
  if (!section) return false;
  section.scrollIntoView({ behavior: focus && !wantsStill() ? "smooth" : "auto" });
  if (focus) section.focus({ preventScroll: true });
  return true;
}

export async function mount(page, { route }) {
  const { lessons } = await server.lessons();
  const [slug, section] = route.rest;
  if (!slug) {
    overview(page, lessons);
    return {};
  }
  if (!lessons.some((one) => one.slug === slug)) throw new server.ServerError("There is no such lesson.");
  const unmount = lessonPage(page, await server.lesson(slug), lessons);
  if (section) requestAnimationFrame(() => goTo(section, false));
  return {
    unmount,
    update: ({ rest }) => {
      if (rest[0] !== slug) return false;
      if (rest[1]) goTo(rest[1], true);
      else scrollTo(0, 0);
      return true;
    },
  };
}
