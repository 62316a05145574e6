// Figures of a trained classifier in words.

const FEW = 20; // photos: with fewer, the interval is wider than 30 points

/** 0.9444 → "94.4 %"; what is undefined is said to be so. */
export const percent = (share, digits = 1) => (share === null || share === undefined
  ? "not defined" : `${(100 * share).toFixed(digits)} %`);

export const counted = (n, one, many = `${one}s`) => `${n.toLocaleString("en-US")} ${n === 1 ? one : many}`;

/** "17 of 18 test photos were named rightly (94.4 %)." and how sure that is. */
export function accuracyWords(split, name) {
  const right = split.confusion.reduce((sum, row, i) => sum + row[i], 0);
  const first = `${right} of ${counted(split.n, `${name} photo`)} ${split.n === 1 ? "was" : "were"} named rightly: ${percent(split.accuracy)}.`;
  if (!split.accuracy_ci95) return first;
  const [low, high] = split.accuracy_ci95.map((end) => percent(end, 0));
  return `${first} On many more such photos it would be between ${low} and ${high} (95 % interval).`;
}

/** The split to quote: the test's, or validation where there is no test. */
export const mainSplit = (metrics) => (metrics.splits.test ? "test" : "validation");

/** Why the figure of a split says less than it seems: sentences. */
export function cautions(metrics, name) {
  const found = [];
  if (name === "validation") {
    found.push(metrics.splits.test ? "The best epoch was chosen on these photos, so this figure is a little too good; the test’s is the honest one."
      : "There were no test photos. The validation photos also chose when training stops, so this figure is a little too good.");
  }
  if (metrics.splits[name].n < FEW) found.push("So few photos say next to nothing: with more of them the figure may be quite another.");
  return found;
}

/** Pairs that are mixed up, most often first: {actual, predicted, n}. */
export function confusedPairs(classes, confusion) {
  const pairs = confusion.flatMap((row, i) => row.flatMap((n, j) => (i === j || !n ? []
    : [{ actual: classes[i], predicted: classes[j], n }])));
  return pairs.sort((a, b) => b.n - a.n);
}

/** Where a map is strongest, as a place in words. */
export function placeWords(values, width, height) {
  let at = 0;
  values.forEach((value, i) => { if (value > values[at]) at = i; });
  if (!(values[at] > 0)) return "nowhere";
  const [x, y] = [((at % width) + 0.5) / width, (Math.floor(at / width) + 0.5) / height];
  const across = ["left", "centre", "right"][Math.min(2, Math.floor(x * 3))];
  const down = ["upper", "middle", "lower"][Math.min(2, Math.floor(y * 3))];
  if (down === "middle") return across === "centre" ? "in the middle" : `at the ${across}`;
  return across === "centre" ? `at the ${down === "upper" ? "top" : "bottom"}` : `at the ${down} ${across}`;
}

// From nothing to most: black, violet, orange, yellow; brightness grows all the way, so it can
// be read without telling colours apart. The legend in css/workbench.css has the same colours.
const RAMP = [[8, 4, 20], [70, 16, 96], [150, 38, 92], [224, 90, 50], [250, 170, 30], [255, 250, 170]];

export function heatColour(share) {
  const at = Math.min(1, Math.max(0, share)) * (RAMP.length - 1);
  const i = Math.min(RAMP.length - 2, Math.floor(at));
  return RAMP[i].map((from, k) => Math.round(from + (RAMP[i + 1][k] - from) * (at - i)));
}
