/** How far a clip is, looked at each second until it is made. */

const LOOK_EVERY_MS = 1000;
const UNFINISHED = ["waiting", "working"];

/**
 * @typedef {{state: string, progress: number, reason: string, start_ms: number, end_ms: number,
 *   now_ms: number}} ClipState as in state.json; state "gone" when somebody deleted it
 */

/** Is it still being recorded? */
export function isComing({ state, now_ms, end_ms }) {
  return state === "waiting" && now_ms < end_ms;
}

export function isUnfinished({ state }) {
  return UNFINISHED.includes(state);
}

/** @returns {Promise<ClipState | null>} null while the portal does not answer */
async function look(url) {
  try {
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    if (answer.status === 404) return { state: "gone" };
    return answer.ok && !answer.redirected ? await answer.json() : null;
  } catch {
    return null;
  }
}

/**
 * Tells `onTold` each state of the clip, last one that is final. Ends when `isWanted` says no.
 *
 * @param {string} url of its state.json
 * @param {(told: ClipState) => void} onTold
 * @param {() => boolean} isWanted
 */
export async function follow(url, onTold, isWanted) {
  while (isWanted()) {
    const told = await look(url);
    if (!isWanted()) return;
    if (told) onTold(told);
    if (told && !isUnfinished(told)) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
