/**
 * Tells of each picture that a <video> shows.
 *
 * @param {HTMLVideoElement} video
 * @param {(metadata: object, at_ms: number) => void} onFrame `at_ms` on performance.now(): when the
 *   picture is on the screen
 * @returns {() => void} stop telling
 */
export function watchFrames(video, onFrame) {
  let isOver = false;
  const stop = () => {
    isOver = true;
  };
  if (!video.requestVideoFrameCallback) {
    const listener = () => onFrame({ mediaTime: video.currentTime }, performance.now());
    video.addEventListener("timeupdate", listener);
    return () => video.removeEventListener("timeupdate", listener);
  }
  const next = (now_ms, metadata) => {
    if (isOver) return;
    video.requestVideoFrameCallback(next);
    onFrame(metadata, metadata.expectedDisplayTime ?? now_ms);
  };
  video.requestVideoFrameCallback(next);
  return stop;
}

/** Counts decoded pictures for when a hidden page (picture in picture) gets no frame callbacks. */
export class DecodedFrames {
  #video;
  #seen = 0;

  constructor(video) {
    this.#video = video;
  }

  /** Were any decoded since the last call? */
  moved() {
    const total = this.#video.getVideoPlaybackQuality?.().totalVideoFrames ?? 0;
    const moved = total > this.#seen;
    this.#seen = total;
    return moved;
  }
}

/** A <video> as we need it everywhere: silent at first, in the page, no controls of its own. */
export function makeVideo() {
  const video = document.createElement("video");
  video.muted = true;
  video.autoplay = true;
  video.playsInline = true;
  video.disableRemotePlayback = true;
  return video;
}

/** Play; `onBlocked` when the browser wants a tap first (low-power mode, policies). */
export async function play(video, onBlocked) {
  try {
    await video.play();
  } catch (error) {
    if (error.name === "NotAllowedError") onBlocked();
  }
}
