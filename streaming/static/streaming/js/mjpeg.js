/** Pictures one by one over a WebSocket: for browsers and networks where video does not play. */
import { MediaSocket } from "./media_socket.js";
import { drawPicture, makePictureSurface } from "./picture_surface.js";

const HEADER_BYTES = 8;

export class MjpegTransport {
  kind = "mjpeg";
  surface = makePictureSurface();
  video = null;
  #host;
  #url;
  #clock;
  #socket = null;
  #newest = null;
  #isDrawing = false;
  #isOver = false;
  #bytes = 0;
  #drawn = 0;
  #dropped = 0;

  /** @param {{mediaUrl: string, clock: object}} tools  @param {object} host */
  constructor({ mediaUrl, clock }, host) {
    this.#url = mediaUrl;
    this.#clock = clock;
    this.#host = host;
  }

  get isReady() {
    return this.#socket?.isOpen ?? false;
  }

  start() {
    this.#socket = new MediaSocket(this.#url, {
      transport: "mjpeg",
      onMessage: ({ type, code, text }) => type === "media.ended" && this.#fail(code, text),
      onBytes: (bytes) => this.#received(bytes),
      onClosed: ({ code, text }) => this.#fail(code, text),
    });
  }

  stop() {
    this.#isOver = true;
    this.#socket?.close();
  }

  pulse() {}

  late() {
    return { code: "no-picture", text: "No pictures came through the portal" };
  }

  async measure() {
    return { bytes: this.#bytes, decoded: this.#drawn, dropped: this.#dropped, decoder: "" };
  }

  /** Only the newest picture waits; the one it replaces is counted as dropped. */
  #received(bytes) {
    this.#bytes += bytes.byteLength;
    if (bytes.byteLength <= HEADER_BYTES) return;
    if (this.#newest) {
      this.#dropped += 1;
      this.#socket.consumed();
    }
    this.#newest = bytes;
    this.#draw();
  }

  async #draw() {
    while (this.#newest && !this.#isDrawing && !this.#isOver) {
      const bytes = this.#newest;
      this.#newest = null;
      this.#isDrawing = true;
      const captured_ms = Number(new DataView(bytes).getBigUint64(0));
      const jpeg = new Blob([new Uint8Array(bytes, HEADER_BYTES)], { type: "image/jpeg" });
      await drawPicture(this.surface, jpeg).then(
        () => this.#shown(captured_ms),
        () => (this.#dropped += 1),
      );
      this.#isDrawing = false;
      if (!this.#isOver) this.#socket.consumed();
    }
  }

  #shown(captured_ms) {
    this.#drawn += 1;
    if (!this.#isOver) this.#host.frame(this.#clock.ageOfUnix_s(captured_ms, performance.now()));
  }

  #fail(code, text) {
    if (!this.#isOver) this.#host.fail({ code, text });
  }
}
