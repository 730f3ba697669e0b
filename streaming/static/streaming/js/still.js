/** The last resort, over plain HTTP: a still every few seconds. */
import { drawPicture, makePictureSurface } from "./picture_surface.js";

const PAUSE_MS = 1500;
const NONE_YET_MS = 1000;

/**
 * The newest still of a camera.
 *
 * @param {string} url
 * @param {{after_ms?: number, signal?: AbortSignal}} options
 * @returns {Promise<{blob: Blob, captured_ms: number} | null>} null: there is none yet, or none newer
 */
export async function fetchStill(url, { after_ms = 0, signal } = {}) {
  const response = await fetch(after_ms ? `${url}?after=${after_ms}` : url, {
    signal,
    cache: "no-store",
    credentials: "same-origin",
    redirect: "error",
  });
  if (response.status === 204) return null;
  if (!response.ok) throw new Error(`still: ${response.status}`);
  const captured_ms = Number(response.headers.get("X-Captured-At"));
  return { blob: await response.blob(), captured_ms };
}

export class StillTransport {
  kind = "still";
  surface = makePictureSurface();
  video = null;
  #host;
  #url;
  #clock;
  #abort = new AbortController();
  #bytes = 0;
  #drawn = 0;

  isReady = false;

  /** @param {{stillUrl: string, clock: object}} tools  @param {object} host */
  constructor({ stillUrl, clock }, host) {
    this.#url = stillUrl;
    this.#clock = clock;
    this.#host = host;
  }

  async start() {
    const { signal } = this.#abort;
    let after_ms = 0;
    try {
      while (!signal.aborted) {
        const still = await fetchStill(this.#url, { after_ms, signal });
        this.isReady = true;
        if (still && still.captured_ms > after_ms) {
          after_ms = still.captured_ms;
          await this.#show(still);
        }
        await pause(still ? PAUSE_MS : NONE_YET_MS);
      }
    } catch {
      if (!signal.aborted) this.#host.fail({ code: "still", text: "The portal does not answer" });
    }
  }

  stop() {
    this.#abort.abort();
  }

  pulse() {}

  late() {
    return { code: "no-picture", text: "There is no picture of this camera yet" };
  }

  async measure() {
    return { bytes: this.#bytes, decoded: this.#drawn, dropped: 0, decoder: "" };
  }

  async #show({ blob, captured_ms }) {
    await drawPicture(this.surface, blob);
    this.#bytes += blob.size;
    this.#drawn += 1;
    if (this.#abort.signal.aborted) return;
    this.#host.frame(this.#clock.ageOfUnix_s(captured_ms, performance.now()));
  }
}

const pause = (delay_ms) => new Promise((resolve) => setTimeout(resolve, delay_ms));
