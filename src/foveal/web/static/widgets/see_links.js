// "See it" links beside an answer, a term or a takeaway.

import { h } from "./dom.js";

export const seeLinks = (see) => (see?.length
  ? h("p", { class: "see-links" }, see.map(({ label, href }) => h("a", { class: "see-it", href }, label))) : null);
