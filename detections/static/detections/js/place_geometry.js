/**
 * Outlines of places: polygons whose sides must not cross. detections/vision/outlines.py agrees.
 *
 * Corners are [x, y] in steps of 1/STEPS of the picture: whole numbers, so that "crosses" means the
 * same here and on the server.
 */
export const STEPS = 10_000;
export const MIN_CORNERS = 3;
export const MAX_CORNERS = 32;
export const MIN_AREA = 0.0005;

/** @typedef {[number, number]} Corner */

/** Shares (0..1) of the picture as the nearest corner inside it. @returns {Corner} */
export function inSteps(x, y) {
  return [kept(Math.round(x * STEPS)), kept(Math.round(y * STEPS))];
}

/** @param {Corner} corner */
export function inShares([x, y]) {
  return [x / STEPS, y / STEPS];
}

const kept = (value) => Math.min(STEPS, Math.max(0, value));

/** As a share of the whole picture. @param {Corner[]} corners */
export function area(corners) {
  let doubled = 0;
  corners.forEach(([x, y], n) => {
    const [to_x, to_y] = corners[(n + 1) % corners.length];
    doubled += x * to_y - to_x * y;
  });
  return Math.abs(doubled) / 2 / STEPS ** 2;
}

/**
 * The first two sides that touch where they should not; side n goes out from corner n.
 *
 * @param {Corner[]} corners  @param {{isOpen?: boolean}} options isOpen: the last side is not drawn yet
 * @returns {[number, number] | null}
 */
export function firstCrossing(corners, { isOpen = false } = {}) {
  const count = corners.length;
  const last = isOpen ? count - 1 : count;
  const side = (n) => [corners[n], corners[(n + 1) % count]];
  for (let one = 0; one < last; one += 1) {
    for (let other = one + 1; other < last; other += 1) {
      let crosses;
      if (other === one + 1) crosses = runsBack(side(one)[0], ...side(other));
      else if (one === 0 && other === count - 1) crosses = runsBack(side(other)[0], ...side(one));
      else crosses = touch(...side(one), ...side(other));
      if (crosses) return [one, other];
    }
  }
  return null;
}

const turn = (a, b, c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
const isSame = (a, b) => a[0] === b[0] && a[1] === b[1];

/** The way from `corner` on leads back along the way to it, or either has no length. */
function runsBack(before, corner, after) {
  if (isSame(before, corner) || isSame(corner, after)) return true;
  const ahead =
    (corner[0] - before[0]) * (after[0] - corner[0]) +
    (corner[1] - before[1]) * (after[1] - corner[1]);
  return turn(before, corner, after) === 0 && ahead < 0;
}

function touch(a, b, c, d) {
  const [first, second, third, fourth] = [turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)];
  if (first * second < 0 && third * fourth < 0) return true;
  return (
    (first === 0 && isBetween(a, b, c)) ||
    (second === 0 && isBetween(a, b, d)) ||
    (third === 0 && isBetween(c, d, a)) ||
    (fourth === 0 && isBetween(c, d, b))
  );
}

const isBetween = (a, b, c) =>
  [0, 1].every((n) => Math.min(a[n], b[n]) <= c[n] && c[n] <= Math.max(a[n], b[n]));

/** Whether the point lies inside. @param {Corner[]} corners  @param {Corner} point */
export function contains(corners, [x, y]) {
  let isInside = false;
  corners.forEach(([from_x, from_y], n) => {
    const [to_x, to_y] = corners[(n + 1) % corners.length];
    if (from_y > y !== to_y > y && x < ((to_x - from_x) * (y - from_y)) / (to_y - from_y) + from_x) {
      isInside = !isInside;
    }
  });
  return isInside;
}

/** Halfway along side n. @returns {Corner} */
export function middle(corners, n) {
  const [a, b] = [corners[n], corners[(n + 1) % corners.length]];
  return [Math.round((a[0] + b[0]) / 2), Math.round((a[1] + b[1]) / 2)];
}

/** All corners moved alike, as far as the picture allows. @returns {Corner[]} */
export function shifted(corners, by_x, by_y) {
  const limit = (n, by) => {
    const values = corners.map((corner) => corner[n]);
    return Math.min(STEPS - Math.max(...values), Math.max(-Math.min(...values), Math.round(by)));
  };
  const [x, y] = [limit(0, by_x), limit(1, by_y)];
  return corners.map((corner) => [corner[0] + x, corner[1] + y]);
}

/**
 * The point, or what is near it: another place's corner, else (each way by itself) the picture's
 * edge or a line through a neighbour.
 *
 * @param {Corner} point
 * @param {{corners?: Corner[], neighbours?: Corner[], reach: Corner}} to reach: how near is near
 * @returns {Corner}
 */
export function snapped(point, { corners = [], neighbours = [], reach }) {
  const isNear = (a, b, n) => Math.abs(a - b) <= reach[n];
  const corner = corners.find((other) => [0, 1].every((n) => isNear(other[n], point[n], n)));
  if (corner) return [...corner];
  return point.map((value, n) => {
    const lines = [0, STEPS, ...neighbours.map((other) => other[n])];
    const near = lines.filter((line) => isNear(line, value, n));
    near.sort((a, b) => Math.abs(a - value) - Math.abs(b - value));
    return near[0] ?? value;
  });
}

/** Why this is no outline, in words; "" when it is one. @param {Corner[]} corners */
export function fault(corners) {
  if (corners.length < MIN_CORNERS) {
    return corners.length ? "A place needs at least 3 corners." : "Draw the place on the picture.";
  }
  if (corners.length > MAX_CORNERS) return "A place has at most 32 corners.";
  if (firstCrossing(corners)) return "The outline crosses itself. Move a corner so that it does not.";
  if (area(corners) <= MIN_AREA) return "The place is too small to stand in. Draw it larger.";
  return "";
}
