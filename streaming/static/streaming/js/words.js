/** What people read. */

export const WAYS = {
  webrtc: "direct",
  mse: "through the portal",
  mjpeg: "pictures",
  still: "stills",
};

export const CHOICES = {
  auto: "Automatic",
  webrtc: "Direct (WebRTC)",
  mse: "Through the portal (MSE)",
  mjpeg: "Pictures (MJPEG)",
  still: "Stills",
};

const INSTEAD = {
  mse: "showing it through the portal's own connection",
  mjpeg: "showing it as single pictures",
  still: "showing a still every few seconds",
};

/** "Direct video is blocked on this network; showing it through the portal's own connection". */
export function notice(reason, kind) {
  return reason && INSTEAD[kind] ? `${reason}; ${INSTEAD[kind]}` : "";
}

/** "0.2 s", "3 s"; "" when unknown. A clock that is a little off is not shown as time travel. */
export function seconds(value_s) {
  if (value_s === null || value_s === undefined || !Number.isFinite(value_s)) return "";
  if (value_s < 0.1) return "0.1 s";
  return value_s < 10 ? `${value_s.toFixed(1)} s` : `${Math.round(value_s)} s`;
}

/** "LIVE · 0.2 s · direct". */
export function badge(kind, latency_s) {
  const head = kind === "still" ? "STILLS" : "LIVE";
  const way = kind === "still" ? "" : WAYS[kind];
  return [head, seconds(latency_s), way].filter(Boolean).join(" · ");
}

/** "10:42, a minute ago"; further back with the day. */
export function pictureTime(captured_ms, now_ms, locale = undefined) {
  const captured = new Date(captured_ms);
  const age_s = Math.max(0, (now_ms - captured_ms) / 1000);
  const time = captured.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });
  if (age_s > 20 * 3600) {
    const day = captured.toLocaleDateString(locale, { day: "numeric", month: "long" });
    return `${day}, ${time}`;
  }
  return `${time}, ${ago(age_s)}`;
}

function ago(age_s) {
  if (age_s < 5) return "just now";
  if (age_s < 50) return `${Math.round(age_s)} seconds ago`;
  if (age_s < 90) return "a minute ago";
  if (age_s < 50 * 60) return `${Math.round(age_s / 60)} minutes ago`;
  if (age_s < 90 * 60) return "an hour ago";
  return `${Math.round(age_s / 3600)} hours ago`;
}

/** "Living room 2026-11-22 10.42.05.jpg": sorts by time, allowed by every file system. */
export function snapshotName(name, taken_ms) {
  const taken = new Date(taken_ms);
  const two = (value) => String(value).padStart(2, "0");
  const day = [taken.getFullYear(), two(taken.getMonth() + 1), two(taken.getDate())].join("-");
  const time = [taken.getHours(), taken.getMinutes(), taken.getSeconds()].map(two).join(".");
  return `${name.replace(/[\\/:*?"<>|\p{Cc}]+/gu, " ").trim() || "Camera"} ${day} ${time}.jpg`;
}
