// Numbers as people read them. Everything shown can be added up again.

const MINUS = "−";
const sign = (text) => text.replaceAll("-", MINUS);

/** In full: whole numbers plain, others with every digit that JavaScript (and Python) would show. */
export function plain(number) {
  return sign(Object.is(number, -0) ? "0" : String(number));
}

/** In full, in brackets where it is negative: a factor or a summand. */
export function factor(number) {
  const text = plain(number);
  return text.startsWith(MINUS) ? `(${text})` : text;
}

/** Rounded to at most `digits` places, without trailing zeros. */
export function short(number, digits = 2) {
  if (number === null || !Number.isFinite(number)) return "–";
  const rounded = Number(number.toFixed(digits));
  return plain(rounded === 0 ? 0 : rounded);
}

/** With its sign, so that colour is never the only mark: +3, −3, 0. */
export function signed(number, digits = 2) {
  const text = short(number, digits);
  return text === "0" || text.startsWith(MINUS) || text === "–" ? text : `+${text}`;
}

export const isExact = (number, digits = 2) => Number(number.toFixed(digits)) === number;

/** Thousands apart: 1,234,567. */
export const grouped = (number) => (number === null || number === undefined
  ? "–" : sign(number.toLocaleString("en-US")));

/** A size in words: 4.65 M, 385 M, 61.7 k. */
export function compact(number) {
  if (number === null || number === undefined) return "–";
  const units = [[1e9, "G"], [1e6, "M"], [1e3, "k"]];
  const [size, unit] = units.find(([least]) => Math.abs(number) >= least) ?? [1, ""];
  return `${Number((number / size).toPrecision(3))}${unit ? ` ${unit}` : ""}`;
}

export const bytes = (count) => (count >= 1e6
  ? `${(count / 1e6).toFixed(1)} MB` : `${Math.max(1, Math.round(count / 1e3))} kB`);

export const times = (sides) => (sides ? sides.join("×") : "–");

/** Smallest, largest, mean and the place of the largest magnitude of rows of numbers. */
export function facts(rows) {
  let [least, most, sum, count, peak, at] = [Infinity, -Infinity, 0, 0, -1, [0, 0]];
  rows.forEach((line, r) => line.forEach((value, c) => {
    least = Math.min(least, value);
    most = Math.max(most, value);
    sum += value;
    count += 1;
    if (Math.abs(value) > peak) [peak, at] = [Math.abs(value), [r, c]];
  }));
  return { least, most, mean: sum / count, peak: at };
}

/** A finite number with at most three decimals between two ends, or null. */
export function number(text, [low, high], { whole = false } = {}) {
  const clean = String(text).trim().replace("−", "-");
  if (!/^-?\d+(\.\d{1,3})?$/.test(clean)) return null;
  const value = Number(clean);
  if (value < low || value > high || (whole && !Number.isInteger(value))) return null;
  return value === 0 ? 0 : value;
}
