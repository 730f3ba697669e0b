/** How fast recordings are played. */
export const SPEEDS = [0.5, 1, 2, 4, 8, 16];

/** @returns {number} the next one up (way > 0) or down; the last one stays */
export function nextSpeed(speed, way) {
  const at = SPEEDS.indexOf(speed);
  return SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, at + Math.sign(way)))];
}

/** "0.5×". */
export function speedWords(speed) {
  return `${speed}×`;
}
