/** The socket of one camera: reconnects by itself, measures the server's clock, knows no DOM. */
import { Backoff } from "./backoff.js";
import { finalWords, readMessage } from "./messages.js";

const OPEN_MS = 4000;
const PING_MS = 5000;
const FIRST_PINGS_MS = [0, 150, 400, 1000];
const SILENCE_MS = 12_000;

export class Signalling {
  /** The last hello, or null before the first. */
  hello = null;
  #url;
  #makeSocket;
  #time;
  #clock;
  #backoff;
  #socket = null;
  #listeners = new Set();
  #timers = new Set();
  #heard_ms = 0;
  #pinged_ms = [];

  /**
   * @param {{url: string, clock: import("./server_clock.js").ServerClock, time: Time,
   *   makeSocket?: (url: string) => WebSocket, random?: () => number}} options
   */
  constructor({ url, clock, time, makeSocket = (to) => new WebSocket(to), random }) {
    this.#url = url;
    this.#clock = clock;
    this.#time = time;
    this.#makeSocket = makeSocket;
    this.#backoff = new Backoff({ first_ms: 300, most_ms: 10_000, random });
  }

  get isOpen() {
    return this.#socket?.readyState === 1;
  }

  /** Call `listener(message)` for each message and for {type: "socket.closed", final}. */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  open() {
    if (!this.#socket) this.#connect();
  }

  /** The network changed or the machine woke: what there is of a socket may be dead. */
  reconnect() {
    this.close();
    this.#backoff.reset();
    this.#connect();
  }

  close() {
    this.#clearTimers();
    const socket = this.#socket;
    this.#socket = null;
    this.hello = null;
    socket?.close(1000);
  }

  /** @returns {boolean} whether it left */
  send(message) {
    if (!this.isOpen) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  #connect() {
    this.#clearTimers();
    const socket = this.#makeSocket(this.#url);
    this.#socket = socket;
    socket.onopen = () => this.#opened(socket);
    socket.onmessage = (event) => this.#received(socket, event.data);
    socket.onclose = (event) => this.#closed(socket, event.code);
    this.#after(OPEN_MS, () => this.#giveUp(socket));
  }

  #opened(socket) {
    if (socket !== this.#socket) return;
    this.#clearTimers();
    this.#heard_ms = this.#time.now();
    this.#pinged_ms = [];
    for (const delay_ms of FIRST_PINGS_MS) this.#after(delay_ms, () => this.#ping());
    this.#after(PING_MS, () => this.#keepAlive(socket));
  }

  #keepAlive(socket) {
    if (this.#time.now() - this.#heard_ms > SILENCE_MS) {
      this.#giveUp(socket);
      return;
    }
    this.#ping();
    this.#after(PING_MS, () => this.#keepAlive(socket));
  }

  #ping() {
    if (this.send({ type: "ping" })) this.#pinged_ms.push(this.#time.now());
  }

  #received(socket, data) {
    if (socket !== this.#socket) return;
    this.#heard_ms = this.#time.now();
    const message = readMessage(data);
    if (message?.type === "pong") this.#ponged(message);
    if (message?.type === "hello") {
      this.hello = message;
      this.#backoff.reset();
    }
    if (message) this.#tell(message);
  }

  #ponged({ now: media_90k, unix_ms }) {
    const sent_ms = this.#pinged_ms.shift();
    if (sent_ms === undefined || typeof media_90k !== "number") return;
    this.#clock.learn({ sent_ms, received_ms: this.#time.now(), media_90k, unix_ms });
  }

  #giveUp(socket) {
    socket.close();
    this.#closed(socket, 1006);
  }

  #closed(socket, code) {
    if (socket !== this.#socket) return;
    this.#clearTimers();
    this.#socket = null;
    this.hello = null;
    const final = finalWords(code);
    // Before the news: whoever hears it may close for good.
    if (!final) this.#after(this.#backoff.next(), () => this.open());
    this.#tell({ type: "socket.closed", final, code });
  }

  #tell(message) {
    for (const listener of [...this.#listeners]) listener(message);
  }

  #after(delay_ms, act) {
    const timer = this.#time.setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, delay_ms);
    this.#timers.add(timer);
  }

  #clearTimers() {
    for (const timer of this.#timers) this.#time.clearTimeout(timer);
    this.#timers.clear();
  }
}

/** @typedef {{now: () => number, setTimeout: Function, clearTimeout: Function}} Time */
