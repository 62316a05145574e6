// How a number becomes a colour. Levels name CSS rules: g0–g10 grey, p1–p10 blue, n1–n10 orange.

export const DISPLAYS = {
  raw: { title: "Signed", about: "Blue is positive, orange is negative, 0 has no colour." },
  abs: { title: "Absolute", about: "The strength of a response, whatever its sign." },
  clamp: { title: "Clamped", about: "As an 8-bit image would store it: below 0 is 0." },
  minmax: { title: "Min–max", about: "Stretched so that the smallest is black, the largest white." },
};

const level = (share) => Math.min(10, Math.max(0, Math.round(share * 10)));

/** Grey by brightness between two ends. */
export function greyLevel(value, low, high) {
  return `g${level(high > low ? (value - low) / (high - low) : 0)}`;
}

/** Blue or orange by strength; 0 stays plain, anything else gets at least the first shade. */
export function signedLevel(value, strongest) {
  if (value === 0 || strongest === 0) return "z";
  return `${value > 0 ? "p" : "n"}${Math.max(1, level(Math.abs(value) / strongest))}`;
}

/** The level of one output value in one of the displays. `range` is {least, most, top}. */
export function outputLevel(value, display, range) {
  const strongest = Math.max(Math.abs(range.least), Math.abs(range.most));
  if (display === "raw") return signedLevel(value, strongest);
  if (display === "abs") return greyLevel(Math.abs(value), 0, strongest);
  if (display === "clamp") return greyLevel(value, 0, range.top);
  return greyLevel(value, range.least, range.most);
}

/** What a display shows of a value. */
export function shown(value, display, range) {
  if (display === "abs") return Math.abs(value);
  if (display === "clamp") return Math.min(Math.max(value, 0), range.top);
  if (display === "minmax") {
    return range.most > range.least ? (value - range.least) / (range.most - range.least) : 0;
  }
  return value;
}

const GAMMA = 0.55; // lifts weak responses of photos; the legend stays in numbers
const BLUE = [37, 99, 235];
const ORANGE = [217, 95, 2];

/** RGBA of a whole plane for a canvas; signed planes fade from white (or near black) to colour. */
export function paint(plane, display, range, dark) {
  const pixels = new Uint8ClampedArray(plane.length * 4);
  const paper = dark ? [16, 20, 27] : [255, 255, 255];
  const strongest = Math.max(Math.abs(range.least), Math.abs(range.most)) || 1;
  for (let i = 0; i < plane.length; i += 1) {
    const at = i * 4;
    if (display === "raw") {
      const share = Math.min(1, Math.abs(plane[i]) / strongest) ** GAMMA;
      const ink = plane[i] >= 0 ? BLUE : ORANGE;
      for (let k = 0; k < 3; k += 1) pixels[at + k] = paper[k] + (ink[k] - paper[k]) * share;
    } else {
      const value = shown(plane[i], display, range);
      const top = { abs: strongest, clamp: range.top, minmax: 1 }[display];
      pixels[at] = pixels[at + 1] = pixels[at + 2] = (value / top) * 255;
    }
    pixels[at + 3] = 255;
  }
  return pixels;
}

/** Smallest and largest value of a plane, and its mean and peak. */
export function planeFacts(plane, width) {
  let [least, most, sum, at] = [Infinity, -Infinity, 0, 0];
  for (let i = 0; i < plane.length; i += 1) {
    least = Math.min(least, plane[i]);
    most = Math.max(most, plane[i]);
    sum += plane[i];
    if (Math.abs(plane[i]) > Math.abs(plane[at])) at = i;
  }
  const peak = [Math.floor(at / width), at % width];
  return { least, most, mean: sum / plane.length, peak, top: 255 };
}
