/** Visits as marks on a timeline: where, how wide, in which lane, and which one is meant. */
import { colourOf } from "../../streaming/js/box_words.js";
import { xOf } from "./span.js";

const LEAST_PX = 4;
/** Nearer than this in one lane, marks of one colour are one mark. */
const JOIN_PX = 2;

/**
 * @typedef {{x: number, width: number, lane: number, colour: string,
 *   visits: import("./archive.js").Visit[]}} Mark
 */

/**
 * Lay visits into as few lanes as show them apart, at most `lanes`: what fits nowhere shares the
 * last one.
 *
 * @param {import("./archive.js").Visit[]} visits in the order of their beginnings
 * @param {import("./span.js").Span} span
 * @returns {Mark[]}
 */
export function marksOf(visits, span, { width_px, lanes }) {
  const marks = [];
  const last = new Array(lanes).fill(null);
  for (const visit of visits) {
    if (visit.end_ms < span.from_ms || visit.start_ms > span.to_ms) continue;
    const mark = markOf(visit, span, width_px);
    mark.lane = laneFor(mark, last);
    const before = last[mark.lane];
    if (before && isSame(before, mark)) {
      join(before, mark);
    } else {
      last[mark.lane] = mark;
      marks.push(mark);
    }
  }
  return marks;
}

/** The mark under a pointer, or the nearest within `reach_px`.  @returns {Mark | null} */
export function markAt(marks, x_px, lane, reach_px) {
  const far = (mark) => Math.max(mark.x - x_px, x_px - mark.x - mark.width, 0);
  const near = marks.filter((mark) => mark.lane === lane && far(mark) <= reach_px);
  return near.reduce((best, mark) => (best && far(best) <= far(mark) ? best : mark), null);
}

function markOf(visit, span, width_px) {
  const x = xOf(span, visit.start_ms, width_px);
  const end = xOf(span, visit.end_ms, width_px);
  const width = Math.max(LEAST_PX, end - x);
  return { x, width, lane: 0, colour: visitColour(visit), visits: [visit] };
}

/** "Miso at Water"; of nobody known: "cat". */
export function visitWords({ name, label, place }) {
  const who = name || label;
  return place ? `${who} at ${place}` : who;
}

/** The pet's colour, else its kind's. */
export function visitColour({ label, colour }) {
  return colourOf({ label, pet: colour ? { colour } : null });
}

/** The first lane with room, or in which it joins; else the one that is free soonest. */
function laneFor(mark, last) {
  const fits = (before) => !before || isSame(before, mark) || endOf(before) <= mark.x;
  const lane = last.findIndex(fits);
  if (lane >= 0) return lane;
  return last.reduce((best, before, i) => (endOf(before) < endOf(last[best]) ? i : best), 0);
}

function isSame(before, mark) {
  return before.colour === mark.colour && mark.x - endOf(before) < JOIN_PX
    && (before.width <= 2 * LEAST_PX || mark.width <= LEAST_PX);
}

function join(before, mark) {
  before.width = Math.max(endOf(before), endOf(mark)) - before.x;
  before.visits.push(...mark.visits);
}

function endOf({ x, width }) {
  return x + width;
}
