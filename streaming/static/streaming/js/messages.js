/** What the server may say, checked before anything believes it. */

const text = (value) => typeof value === "string";
const number = (value) => typeof value === "number" && Number.isFinite(value);
const list = (value) => Array.isArray(value);

const FIELDS = {
  hello: { transports: list, ice_servers: list },
  "session.answer": { session: text, sdp: text },
  "session.clock": { session: text, rtp_offset: number },
  "session.claimed": { session: text },
  "session.ended": { session: text, code: text, text },
  "camera.state": { state: text, text },
  boxes: { t: number, source: text, tracks: list },
  pong: {},
  "media.init": { codec: text, pts_origin: number },
  "media.skip": {},
  "media.ended": { code: text, text },
};

/** @returns {{type: string} | null} null for anything that is not a message we know */
export function readMessage(data) {
  let message;
  try {
    message = JSON.parse(data);
  } catch {
    return null;
  }
  const fields = FIELDS[message?.type];
  if (!fields || !Object.hasOwn(FIELDS, message.type)) return null;
  return Object.entries(fields).every(([name, is]) => is(message[name])) ? message : null;
}

/** Close codes after which trying again is of no use, in words. */
const FINAL_CLOSES = {
  4401: "You are logged out.",
  4403: "You may no longer watch this camera.",
  4404: "This camera is gone, or is not yours to see.",
};

/** @returns {string | null} */
export function finalWords(closeCode) {
  return FINAL_CLOSES[closeCode] ?? null;
}

/** Is the picture gone for good, rather than for now? */
export function isFinal(code) {
  return code === "access-withdrawn" || code === "refused-access";
}

/** Does the camera itself have no picture, so that another way would not help? */
export function isTheCamera(code) {
  return code.startsWith("camera-") || code === "disabled";
}
