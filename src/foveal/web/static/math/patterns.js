// Input patterns: whole numbers from 0 to 10, so that every sum can be added up by heart.

export const HIGH = 10;

/** A small seeded generator (mulberry32): the same numbers in every browser. */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const rows = (n, cell) =>
  Array.from({ length: n }, (_, r) => Array.from({ length: n }, (_unused, c) => cell(r, c, n)));

const onCircle = (r, c, n) => {
  const middle = (n - 1) / 2;
  return Math.abs(Math.hypot(r - middle, c - middle) - n * 0.34) < 0.6;
};

const middleBand = (at, n) => at === Math.floor((n - 1) / 2) || at === Math.floor(n / 2);

export const PATTERNS = {
  vertical_edge: { title: "Vertical edge", cell: (r, c, n) => (c >= n / 2 ? HIGH : 0) },
  horizontal_edge: { title: "Horizontal edge", cell: (r, c, n) => (r >= n / 2 ? HIGH : 0) },
  diagonal: { title: "Diagonal", cell: (r, c) => (r === c ? HIGH : 0) },
  checkerboard: { title: "Checkerboard", cell: (r, c) => ((r + c) % 2 ? HIGH : 0) },
  cross: {
    title: "Cross",
    cell: (r, c, n) => (middleBand(r, n) || middleBand(c, n) ? HIGH : 0),
  },
  circle: { title: "Circle", cell: (r, c, n) => (onCircle(r, c, n) ? HIGH : 0) },
  gradient: { title: "Gradient", cell: (r, c, n) => Math.round((c * HIGH) / (n - 1)) },
  noise: { title: "Noise" },
};

/** The cells of a named pattern, n × n. */
export function pattern(name, n = 8, seed = 1) {
  if (name === "noise") {
    const next = random(seed);
    return rows(n, () => Math.floor(next() * (HIGH + 1)));
  }
  return rows(n, PATTERNS[name].cell);
}

/** The same cells in another size: what is there stays, what is new is 0. */
export const resized = (cells, n) => rows(n, (r, c) => cells[r]?.[c] ?? 0);
