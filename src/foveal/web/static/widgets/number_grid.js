// A grid of numbers: an HTML table that is one tab stop, moved about with the arrow keys.

import { h, setText } from "./dom.js";

const MOVES = {
  ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
};

export class NumberGrid {
  /**
   * on: {hover(at), leave(), focus(at), press(at), escape(), edit(at, key)}, all optional;
   * `at` is [row, column], counted without padding.
   */
  constructor(container, { label, id, on = {} }) {
    this.on = on;
    this.at = [0, 0];
    this.cells = new Map();
    this.body = h("tbody");
    this.table = h("table", { class: "grid", role: "grid", "aria-label": label, id }, this.body);
    container.append(this.table);
    this.listen();
  }

  /**
   * values: rows of numbers, padding included. offset: [rows, columns] of padding before.
   * inner: [rows, columns] of cells proper. text and level: (value, row, column) -> string.
   * unused: [rows, columns] at the end that no window reaches.
   */
  update({ values, offset = [0, 0], inner = [values.length, values[0].length], text, level,
    unused = [0, 0], label }) {
    const shape = [values.length, values[0].length, ...offset, ...inner].join();
    if (shape !== this.shape) this.rebuild(values, offset, inner, shape);
    if (label) this.table.setAttribute("aria-label", label);
    values.forEach((line, r) => line.forEach((value, c) => {
      const cell = this.tds[r][c];
      const shown = text(value, r - offset[0], c - offset[1]);
      if (cell.textContent !== shown) {
        cell.textContent = shown;
        cell.classList.toggle("long", shown.length > 3);
      }
      const given = String(value);
      if (cell.dataset.value !== given) cell.dataset.value = given;
      const shade = level(value, r - offset[0], c - offset[1]);
      if (cell.dataset.level !== shade && !cell.classList.contains("pad")) cell.dataset.level = shade;
      const idle = r >= values.length - unused[0] || c >= line.length - unused[1];
      if (cell.classList.contains("unused") !== idle) cell.classList.toggle("unused", idle);
    }));
  }

  rebuild(values, offset, inner, shape) {
    this.shape = shape;
    this.inner = inner;
    this.offset = offset;
    this.cells.clear();
    this.marked = new Map();
    this.tds = values.map((line, r) => line.map((_, c) => this.makeCell(r, c)));
    this.body.replaceChildren(...this.tds.map((line, r) => {
      const outside = r < offset[0] || r >= offset[0] + inner[0];
      return h("tr", { "aria-hidden": outside ? "true" : null }, line);
    }));
    this.at = this.at.map((place, axis) => Math.min(place, inner[axis] - 1));
    this.table.setAttribute("aria-rowcount", inner[0]);
    this.table.setAttribute("aria-colcount", inner[1]);
    this.cell(this.at).tabIndex = 0;
  }

  makeCell(r, c) {
    const [row, column] = [r - this.offset[0], c - this.offset[1]];
    const proper = row >= 0 && column >= 0 && row < this.inner[0] && column < this.inner[1];
    if (!proper) {
      return h("td", {
        class: "pad", "aria-hidden": "true", data: { padRow: row, padCol: column } });
    }
    const cell = h("td", {
      role: "gridcell", tabindex: "-1", "aria-rowindex": row + 1, "aria-colindex": column + 1,
      data: { row, col: column } });
    this.cells.set(`${row},${column}`, cell);
    return cell;
  }

  cell([row, column]) { return this.cells.get(`${row},${column}`); }

  /** Which cells are marked how: {active: [cells], linked: [cells], …}; only changes are patched. */
  mark(groups) {
    const wanted = new Map();
    for (const [name, places] of Object.entries(groups)) {
      for (const place of places) {
        const key = place.join();
        wanted.set(key, [...(wanted.get(key) ?? []), name]);
      }
    }
    for (const [key, names] of this.marked ?? []) {
      const keep = wanted.get(key) ?? [];
      const gone = names.filter((name) => !keep.includes(name));
      if (!gone.length) continue;
      this.cells.get(key)?.classList.remove(...gone);
      if (gone.includes("active")) {
        this.cells.get(key)?.removeAttribute("aria-selected");
      }
    }
    for (const [key, names] of wanted) {
      const before = this.marked?.get(key) ?? [];
      const added = names.filter((name) => !before.includes(name));
      if (!added.length) continue; // writing the same class again would still cost a style pass
      const cell = this.cells.get(key);
      cell?.classList.add(...added);
      if (added.includes("active")) cell?.setAttribute("aria-selected", "true");
    }
    this.marked = wanted;
  }

  /** Make a cell the one that Tab reaches; move the focus there too if it is in the grid. */
  setCurrent(at) {
    const next = this.cell(at);
    const before = this.cell(this.at);
    if (!next || next === before) return;
    const focused = before === document.activeElement;
    if (before) before.tabIndex = -1;
    next.tabIndex = 0;
    this.at = at;
    if (focused) next.focus({ preventScroll: true });
  }

  place(event) {
    const cell = event.target.closest?.("td[data-row]");
    return cell && this.body.contains(cell)
      ? [Number(cell.dataset.row), Number(cell.dataset.col)] : null;
  }

  listen() {
    const { body, on } = this;
    const during = (name, listener) => body.addEventListener(name, (event) => {
      const at = this.place(event);
      if (at) listener(at, event);
    });
    during("pointerover", (at, event) => {
      if (event.pointerType !== "touch") on.hover?.(at, event);
    });
    this.table.addEventListener("pointerleave", () => on.leave?.());
    during("pointerdown", (at, event) => on.down?.(at, event));
    during("click", (at) => {
      this.setCurrent(at);
      on.press?.(at);
    });
    during("focusin", (at) => {
      this.setCurrent(at);
      on.focus?.(at);
    });
    during("keydown", (at, event) => this.key(at, event));
  }

  key(at, event) {
    if (event.altKey || event.metaKey) return;
    const { on } = this;
    const [rows, columns] = this.inner;
    let next = null;
    if (MOVES[event.key]) next = at.map((place, axis) => place + MOVES[event.key][axis]);
    else if (event.key === "Home") next = [event.ctrlKey ? 0 : at[0], 0];
    else if (event.key === "End") next = [event.ctrlKey ? rows - 1 : at[0], columns - 1];
    if (next) {
      event.preventDefault();
      this.cell(next)?.focus({ preventScroll: false });
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      on.press?.(at);
    } else if (event.key === "Escape") on.escape?.();
    else if (on.edit && (event.key === "F2" || (/^[-\d]$/.test(event.key) && !event.ctrlKey))) {
      event.preventDefault();
      on.edit(at, event.key === "F2" ? null : event.key);
    }
  }
}

/** A field for the value of the current cell of a grid: editing for pointer, touch and keyboard. */
export class CellField {
  constructor(container, { name, limits, read, change }) {
    this.read = read;
    this.limits = limits;
    this.change = change;
    this.problem = h("span", { class: "problem small", role: "alert", id: `${name}-problem` });
    this.caption = h("span", {});
    this.input = h("input", {
      type: "text", inputmode: "decimal", size: "5", autocomplete: "off", class: "cell-value",
      "aria-describedby": `${name}-problem`, data: { field: name },
      onchange: () => this.commit(), onkeydown: (event) => {
        if (event.key === "Enter") this.commit();
        if (event.key === "Escape") this.show(this.at, this.value);
      } });
    container.append(h("label", { class: "cell-field" }, this.caption, this.input), this.problem);
  }

  show(at, value, kind = this.kind) {
    [this.at, this.value, this.kind] = [at, value, kind];
    setText(this.caption, `${kind} row ${at[0] + 1}, column ${at[1] + 1}`);
    const text = String(value);
    if (this.input.value !== text) this.input.value = text;
    this.complain("");
  }

  edit(key) {
    if (key) this.input.value = key;
    this.input.focus();
    if (!key) this.input.select();
  }

  commit() {
    if (this.input.value.trim() === String(this.value)) return this.complain("");
    const value = this.read(this.input.value);
    if (value === null) {
      return this.complain(`A number from ${this.limits[0]} to ${this.limits[1]}, please; got `
        + `“${this.input.value}”.`);
    }
    this.complain("");
    this.value = value;
    return this.change(this.at, value);
  }

  complain(text) {
    setText(this.problem, text);
    this.input.setAttribute("aria-invalid", text ? "true" : "false");
  }
}
