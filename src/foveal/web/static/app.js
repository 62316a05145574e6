// Starts the site: navigation, theme, search, router.

import { recall, remember } from "./local.js";
import { startRouter } from "./router.js";
import * as server from "./server.js";
import { h, s } from "./widgets/dom.js";

const LABS = [
  ["visualizer", "Filter visualizer"], ["channels", "Channels"], ["pooling", "Pooling"],
  ["gradient", "Gradient lens"], ["features", "What layers see"], ["explorer", "Architecture explorer"],
];
const OWN = [["workbench", "Train a classifier"], ["workbench/runs", "Your classifiers"]];
const REVIEW = [
  ["check", "Knowledge check"], ["takeaways", "Key takeaways"], ["glossary", "Glossary"], ["search", "Search"],
];

const side = document.getElementById("side");
const toggle = document.getElementById("nav-toggle");
const main = document.getElementById("main");

const item = (path, title, extra) =>
  h("li", {}, h("a", { href: `#/${path}`, data: { path } }, title, extra));

async function fillNavigation() {
  const lessonList = h("ul", {});
  side.append(
    h("h2", {}, "Your own"), h("ul", {}, OWN.map(([path, title]) => item(path, title))),
    h("h2", {}, "Lessons"), lessonList, h("h2", {}, "Labs"),
    h("ul", {}, LABS.map(([path, title]) => item(path, title))), h("h2", {}, "Review"),
    h("ul", {}, REVIEW.map(([path, title]) => item(path, title))));
  try {
    const { lessons } = await server.lessons();
    lessonList.append(...lessons.map(({ slug, title, sections }) =>
      item(`lessons/${slug}`, title, h("span", {
        class: "done", data: { lesson: slug, sections: sections.length } }))));
  } catch (error) {
    lessonList.append(h("li", { class: "small muted" }, error.message));
  }
  markProgress();
}

function markProgress() {
  side.querySelectorAll("[data-lesson]").forEach((mark) => {
    const read = recall(`read.${mark.dataset.lesson}`, []).length;
    const all = Number(mark.dataset.sections);
    mark.textContent = read ? `${Math.min(read, all)}/${all}` : "";
    mark.setAttribute("aria-label", read ? `${read} of ${all} sections read` : "");
  });
}

function markPlace({ name, rest }) {
  const part = name === "lessons" || rest[0] === "runs" ? rest.slice(0, 1) : [];
  const path = [name, ...part].join("/");
  side.querySelectorAll("a").forEach((link) => {
    if (link.dataset.path === path) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  });
}

function closeMenu() {
  side.classList.remove("open");
  toggle.setAttribute("aria-expanded", "false");
}

const ROUND = "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z";
const RAYS = "M12 7.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM12 1.5v2.2M12 20.3v2.2M1.5 12h2.2M20.3 12h2.2"
  + "M4.6 4.6l1.5 1.5M17.9 17.9l1.5 1.5M4.6 19.4l1.5-1.5M17.9 6.1l1.5-1.5";
const MOON = "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z";
// Label, what is drawn as a line, what is filled.
const THEMES = {
  system: ["Theme: as the system", ROUND, "M12 3.5a8.5 8.5 0 0 1 0 17z"],
  light: ["Theme: light", RAYS, ""],
  dark: ["Theme: dark", MOON, MOON],
};

function showTheme(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  const button = document.getElementById("theme-button");
  const [label, line, filled] = THEMES[theme];
  button.replaceChildren(s("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" },
    s("path", { d: line, fill: "none", stroke: "currentColor", "stroke-width": 1.8, "stroke-linecap": "round" }),
    s("path", { d: filled, fill: "currentColor" })));
  button.setAttribute("aria-label", label);
  button.title = label;
  dispatchEvent(new Event("foveal-theme"));
}

function startTheme() {
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  let theme = recall("theme", "system");
  if (!Object.hasOwn(THEMES, theme)) theme = "system";
  showTheme(theme);
  document.getElementById("theme-button").addEventListener("click", () => {
    // From "as the system" the first click must show: to the theme that the system does not have.
    const names = ["system", ...(prefersDark.matches ? ["light", "dark"] : ["dark", "light"])];
    theme = names[(names.indexOf(theme) + 1) % names.length];
    remember("theme", theme);
    showTheme(theme);
  });
  prefersDark.addEventListener("change", () => dispatchEvent(new Event("foveal-theme")));
}

function onShown({ page, route, moved }) {
  const heading = page.querySelector("h1");
  document.title = heading && route.name ? `${heading.textContent} · Foveal` : "Foveal: see how networks see";
  markPlace(route);
  closeMenu();
  if (!moved || !onShown.before) {
    onShown.before = true;
    return;
  }
  if (!document.getElementById(route.rest[1] ?? "")) scrollTo(0, 0);
  heading?.focus({ preventScroll: true });
}

function onMissing(page) {
  page.append(h("h1", { tabindex: "-1" }, "There is no such page"),
    h("p", {}, h("a", { href: "#/" }, "Back to the start")));
  return null;
}

function onFailed(page, error) {
  page.append(h("h1", { tabindex: "-1" }, "This page cannot be shown"),
    h("p", { class: "problem" }, error.message), h("p", {}, h("a", { href: "#/" }, "Back to the start")));
  if (!(error instanceof server.ServerError)) console.error(error);
}

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
toggle.addEventListener("click", () => {
  const open = side.classList.toggle("open");
  toggle.setAttribute("aria-expanded", String(open));
  if (open) side.querySelector("a")?.focus();
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && side.classList.contains("open")) {
    closeMenu();
    toggle.focus();
  }
});
document.getElementById("search-form").addEventListener("submit", (event) => {
  event.preventDefault();
  location.hash = `#/search?q=${encodeURIComponent(document.getElementById("search-text").value)}`;
});
addEventListener("foveal-progress", markProgress);
startTheme();
startRouter(main, {}, { onShown, onMissing, onFailed });
fillNavigation();
