// What health.json says, in words for the camera's owner. Knows no DOM.

/** @param {number|undefined} value @param {(value: number) => string} words */
const told = (value, words) => (typeof value === "number" ? words(value) : "–");

const age = (ms) => (ms < 1000 ? `${Math.round(ms)} ms ago` : `${(ms / 1000).toFixed(1)} s ago`);
const bitrate = (kbps) => (kbps < 1000 ? `${Math.round(kbps)} kbit/s` : `${(kbps / 1000).toFixed(1)} Mbit/s`);

/** The problem of one part in words, empty when it has none. */
function problemOf(part) {
  if (!part?.text || part.state === "live") return "";
  return part.hint ? `${part.text} ${part.hint}` : part.text;
}

/**
 * Texts by figure name. `problem` is missing while all is well, so that the last one stays.
 * @param {{is_enabled: boolean, source: object, stream: object}} health
 * @returns {Record<string, string>}
 */
export function figures({ is_enabled: isEnabled, source = {}, stream = {} }) {
  const words = { live: "live", starting: "starting", offline: "offline", stalled: "stalled" };
  const state = stream.state ?? source.state;
  const size = source.width ? `${source.width} × ${source.height}` : "";
  const problem = problemOf(source) || problemOf(stream);
  return {
    state: isEnabled ? (words[state] ?? "no news from the camera yet") : "switched off",
    fps: told(stream.fps ?? source.fps, (fps) => fps.toFixed(1)),
    bitrate: told(stream.kbps ?? source.kbps, bitrate),
    picture: [size, source.codec?.toUpperCase()].filter(Boolean).join(", ") || "–",
    age: told(stream.age_ms, age),
    viewers: told(stream.viewers, String),
    restarts: told(source.restarts, String),
    ...(problem && { problem }),
  };
}
