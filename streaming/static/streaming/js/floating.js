/** The composed picture in a window of its own (picture in picture), which takes only a <video>. */
import { makeVideo, play } from "./frames.js";

export class Floating {
  video = null;
  #canvas;
  #writer = null;
  #root;

  /** @param {HTMLElement} root what holds the players' surfaces  @param {HTMLCanvasElement} canvas */
  constructor(root, canvas) {
    this.#root = root;
    this.#canvas = canvas;
  }

  get isOpen() {
    return this.video !== null && document.pictureInPictureElement === this.video;
  }

  /** Rejects as requestPictureInPicture does. */
  async open() {
    const video = makeVideo();
    video.className = "player-surface";
    video.srcObject = this.#stream();
    this.video = video;
    this.#root.append(video);
    video.addEventListener("leavepictureinpicture", () => this.#close(video), { once: true });
    try {
      this.drawn();
      await Promise.all([loaded(video), play(video, () => {})]);
      await video.requestPictureInPicture();
    } catch (error) {
      this.#close(video);
      throw error;
    }
  }

  /** The canvas shows another picture. */
  drawn() {
    if (!this.#writer || this.#writer.desiredSize <= 0) return;
    const frame = new VideoFrame(this.#canvas, { timestamp: performance.now() * 1000 });
    this.#writer.write(frame).catch(() => frame.close());
  }

  /** A generator goes on in hidden pages, where a canvas is not painted. */
  #stream() {
    if (!globalThis.MediaStreamTrackGenerator) return this.#canvas.captureStream();
    const track = new MediaStreamTrackGenerator({ kind: "video" });
    this.#writer = track.writable.getWriter();
    return new MediaStream([track]);
  }

  #close(video) {
    for (const track of video.srcObject.getTracks()) track.stop();
    video.remove();
    if (video !== this.video) return;
    this.video = null;
    this.#writer = null;
  }
}

function loaded(video) {
  if (video.readyState >= 1) return null;
  return new Promise((resolve) => video.addEventListener("loadedmetadata", resolve, { once: true }));
}

/** A picture that floats outside the page goes on in its window when its connection is renewed. */
export function replace(old, surface) {
  if (document.pictureInPictureElement === old && surface.srcObject) {
    old.srcObject = surface.srcObject;
    play(old, () => {});
  }
  discard(old);
}

/** Leaves the page; one that floats only when its window is closed, which leaving would do. */
export function discard(surface) {
  if (document.pictureInPictureElement !== surface) surface.remove();
  else surface.addEventListener("leavepictureinpicture", () => surface.remove(), { once: true });
}
