/** Where the rows of a timeline are: the camera that is watched first, the others narrower. */

export const AXIS_PX = 26;
const PAD_PX = 6;
const NAME_PX = 15;
const LANE_GAP_PX = 2;
const MAIN = { lanes: 3, lane_px: 10, motion_px: 12, coverage_px: 14 };
const OTHER = { lanes: 1, lane_px: 8, motion_px: 7, coverage_px: 8 };

/**
 * @typedef {{top: number, height: number, lanes: number, lane_px: number, lanesTop: number,
 *   motionTop: number, motion_px: number, coverageTop: number, coverage_px: number,
 *   isNamed: boolean}} Row all in pixels
 */

/** @returns {Row[]} of `count` cameras; one alone needs no name */
export function rowsOf(count) {
  const rows = [];
  let top = AXIS_PX;
  for (let n = 0; n < count; n += 1) {
    const row = rowAt(top, n === 0 ? MAIN : OTHER, count > 1);
    rows.push(row);
    top += row.height;
  }
  return rows;
}

export function heightOf(rows) {
  return rows.reduce((sum, { height }) => sum + height, AXIS_PX);
}

function rowAt(top, { lanes, lane_px, motion_px, coverage_px }, isNamed) {
  const lanesTop = top + PAD_PX + (isNamed ? NAME_PX : 0);
  const motionTop = lanesTop + lanes * (lane_px + LANE_GAP_PX);
  const coverageTop = motionTop + motion_px + LANE_GAP_PX;
  const height = coverageTop + coverage_px + PAD_PX - top;
  return {
    top, height, lanes, lane_px, lanesTop, motionTop, motion_px, coverageTop, coverage_px, isNamed,
  };
}

/** @returns {{row: number, lane: number}} -1 above and below; `lane` -1 beside the lanes */
export function placeAt(rows, y) {
  const row = rows.findIndex(({ top, height }) => y >= top && y < top + height);
  if (row < 0) return { row, lane: -1 };
  const { lanesTop, lane_px, lanes } = rows[row];
  const lane = Math.floor((y - lanesTop) / (lane_px + LANE_GAP_PX));
  return { row, lane: lane >= 0 && lane < lanes ? lane : -1 };
}

export function laneTop({ lanesTop, lane_px }, lane) {
  return lanesTop + lane * (lane_px + LANE_GAP_PX);
}
