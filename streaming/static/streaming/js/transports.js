/** The ways a picture can come, and which of them this browser knows. */
import { MjpegTransport } from "./mjpeg.js";
import { canMse, MseTransport } from "./mse.js";
import { StillTransport } from "./still.js";
import { canWebRtc, WebRtcTransport } from "./webrtc.js";

const CLASSES = {
  webrtc: WebRtcTransport,
  mse: MseTransport,
  mjpeg: MjpegTransport,
  still: StillTransport,
};

/** What this browser cannot do, and how to say so. */
export function missingTransports() {
  return Object.entries({
    ...(canWebRtc() ? {} : { webrtc: "This browser cannot take direct video" }),
    ...(canMse() ? {} : { mse: "This browser cannot play video through the portal" }),
  });
}

export function supportedTransports() {
  const missing = missingTransports().map(([kind]) => kind);
  return Object.keys(CLASSES).filter((kind) => !missing.includes(kind));
}

/** @param {keyof typeof CLASSES} kind  @param {object} tools  @param {object} host */
export function makeTransport(kind, tools, host) {
  return new CLASSES[kind](tools, host);
}
