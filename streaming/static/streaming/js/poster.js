/** The picture that stands in while there is no live one, and when it was taken. */
import { drawPicture } from "./picture_surface.js";
import { fetchStill } from "./still.js";

export class Poster {
  #root;
  #canvas;
  #url;

  /** When its picture was taken, in ms of Unix time; null while there is none. */
  taken_ms = null;

  /** @param {HTMLElement} root  @param {HTMLCanvasElement} canvas  @param {string} url of the still */
  constructor(root, canvas, url) {
    this.#root = root;
    this.#canvas = canvas;
    this.#url = url;
  }

  /** The camera's newest still, unless the live picture is there by then. */
  async fetch(signal) {
    try {
      const still = await fetchStill(this.#url, { signal });
      if (!still || this.#root.dataset.state === "live") return;
      await drawPicture(this.#canvas, still.blob);
      this.#taken(still.captured_ms);
    } catch {
      // Without a poster the player says in words what it is doing.
    }
  }

  /** What the surface, a <video> or a <canvas>, shows now. */
  keep(surface, taken_ms) {
    const width = surface.videoWidth ?? surface.width;
    const height = surface.videoHeight ?? surface.height;
    if (!width) return;
    this.#canvas.width = width;
    this.#canvas.height = height;
    this.#canvas.getContext("2d").drawImage(surface, 0, 0, width, height);
    this.#taken(taken_ms);
  }

  #taken(taken_ms) {
    this.taken_ms = taken_ms;
    this.#root.classList.add("has-poster");
  }
}
