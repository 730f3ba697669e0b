/** The socket of an open history page: which visits have changed. Knows no DOM. */

const PING_MS = 20_000;
const SILENCE_MS = 45_000;
/** Close codes after which trying again is of no use: logged out, withdrawn, not found. */
const FINAL = [4401, 4403, 4404];

export class VisitNews {
  #url;
  #backoff;
  #makeSocket;
  #time;
  #onVisits;
  #onState;
  #socket = null;
  #heard_ms = 0;
  #timer = null;
  #wasOpen = false;

  /**
   * @param {{
   *   url: string,
   *   backoff: {next: () => number, reset: () => void},
   *   onVisits: (news: {visits: number[], anew: boolean}) => void,
   *   onState?: (state: "live" | "waiting" | "ended") => void,
   *   makeSocket?: (url: string) => WebSocket,
   *   time?: {now: () => number, setTimeout: Function, clearTimeout: Function},
   * }} options `onVisits` hears `anew` when changes may have been missed
   */
  constructor({ url, backoff, onVisits, onState = () => {}, makeSocket, time }) {
    this.#url = url;
    this.#backoff = backoff;
    this.#onVisits = onVisits;
    this.#onState = onState;
    this.#makeSocket = makeSocket ?? ((to) => new WebSocket(to));
    this.#time = time ?? {
      now: () => performance.now(),
      setTimeout: (act, ms) => setTimeout(act, ms),
      clearTimeout: (timer) => clearTimeout(timer),
    };
  }

  open() {
    if (this.#socket) return;
    this.#time.clearTimeout(this.#timer);
    const socket = this.#makeSocket(this.#url);
    this.#socket = socket;
    this.#heard_ms = this.#time.now();
    socket.onmessage = (event) => this.#received(socket, event.data);
    socket.onclose = (event) => this.#closed(socket, event.code);
    this.#timer = this.#time.setTimeout(() => this.#keepAlive(socket), PING_MS);
  }

  close() {
    this.#time.clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
  }

  #keepAlive(socket) {
    if (socket !== this.#socket) return;
    if (this.#time.now() - this.#heard_ms > SILENCE_MS) {
      socket.close();
      this.#closed(socket, 1006);
      return;
    }
    if (socket.readyState === 1) socket.send(JSON.stringify({ type: "ping" }));
    this.#timer = this.#time.setTimeout(() => this.#keepAlive(socket), PING_MS);
  }

  #received(socket, data) {
    if (socket !== this.#socket) return;
    this.#heard_ms = this.#time.now();
    const message = readNews(data);
    if (message?.type === "hello") {
      this.#backoff.reset();
      this.#onState("live");
      // Whatever happened between two sockets was told to nobody.
      if (this.#wasOpen) this.#onVisits({ visits: [], anew: true });
      this.#wasOpen = true;
    }
    if (message?.type === "visits") this.#onVisits(message);
  }

  #closed(socket, code) {
    if (socket !== this.#socket) return;
    this.#time.clearTimeout(this.#timer);
    this.#socket = null;
    if (FINAL.includes(code)) {
      this.#onState("ended");
      return;
    }
    this.#onState("waiting");
    this.#timer = this.#time.setTimeout(() => this.open(), this.#backoff.next());
  }
}

/** @returns {{type: string, visits?: number[], anew?: boolean} | null} null for what makes no sense */
export function readNews(data) {
  let message;
  try {
    message = JSON.parse(data);
  } catch {
    return null;
  }
  if (message?.type === "hello" || message?.type === "pong") return message;
  const isNews =
    message?.type === "visits" &&
    Array.isArray(message.visits) &&
    message.visits.every((visit) => Number.isSafeInteger(visit) && visit > 0) &&
    typeof message.anew === "boolean";
  return isNews ? message : null;
}
