/** The socket that carries pictures themselves; each binary message costs one credit. */
import { finalWords, readMessage } from "./messages.js";

const CREDIT = 32;
const REFILL = 8;

export class MediaSocket {
  #socket;
  #spent = 0;

  /**
   * @param {string} url
   * @param {{transport: string, onMessage: (message: object) => void,
   *   onBytes: (bytes: ArrayBuffer) => void, onClosed: (failure: object) => void}} options
   */
  constructor(url, { transport, onMessage, onBytes, onClosed }) {
    this.#socket = new WebSocket(url);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onopen = () => this.#send({ type: "media.open", transport, credit: CREDIT });
    this.#socket.onmessage = ({ data }) => {
      if (typeof data !== "string") onBytes(data);
      else if (readMessage(data)) onMessage(readMessage(data));
    };
    this.#socket.onclose = ({ code }) => onClosed(whyClosed(code));
  }

  get isOpen() {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** One binary message has been dealt with: there is room for another. */
  consumed() {
    this.#spent += 1;
    if (this.#spent < REFILL) return;
    this.#send({ type: "media.credit", n: this.#spent });
    this.#spent = 0;
  }

  close() {
    this.#socket.onclose = null;
    this.#socket.onmessage = null;
    this.#send({ type: "media.close" });
    this.#socket.close();
  }

  #send(message) {
    if (this.isOpen) this.#socket.send(JSON.stringify(message));
  }
}

function whyClosed(code) {
  const words = finalWords(code);
  if (words) return { code: "access-withdrawn", text: words };
  return { code: "socket-closed", text: "The portal's connection was cut" };
}
