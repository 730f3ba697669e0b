/** What a person wants of boxes, remembered by this browser. */
import { LABELS } from "./box_words.js";

const KEY = "petcam.boxes";

/** Ways to draw boxes, in the order of the menu. */
export const MODES = {
  off: "Off",
  fast: "Live",
  exact: "Exact, a little later",
};
const USUAL = { mode: "off", on: "fast", labels: "full" };

/** @param {Storage | undefined} storage  @returns {{mode: string, on: string, labels: string}} */
export function readChoice(storage) {
  let stored = null;
  try {
    stored = JSON.parse(storage.getItem(KEY));
  } catch {
    // No storage, or not ours: as usual.
  }
  const { mode, on, labels } = { ...USUAL, ...stored };
  return {
    mode: Object.hasOwn(MODES, mode) ? mode : USUAL.mode,
    on: on === "exact" ? "exact" : "fast",
    labels: Object.hasOwn(LABELS, labels) ? labels : USUAL.labels,
  };
}

/** @returns the choice after `change`; what boxes are switched on with is the mode they last had */
export function changed(choice, change, storage) {
  const next = { ...choice, ...change };
  if (next.mode !== "off") next.on = next.mode;
  try {
    storage.setItem(KEY, JSON.stringify(next));
  } catch {
    // Private windows: it holds until the page goes.
  }
  return next;
}
