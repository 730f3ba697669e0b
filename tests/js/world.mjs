/** Stand-ins for what the player's modules meet at their edges: time, sockets, transports. */

/** Time that passes when told to; timers fire in order. */
export class FakeTime {
  #now = 1000;
  #next = 1;
  #timers = new Map();

  now() {
    return this.#now;
  }

  setTimeout(act, delay_ms) {
    const id = this.#next++;
    this.#timers.set(id, { at: this.#now + delay_ms, act });
    return id;
  }

  clearTimeout(id) {
    this.#timers.delete(id);
  }

  pass(ms) {
    const until = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, timer]) => timer.at <= until);
      if (due.length === 0) break;
      const [id, timer] = due.reduce((a, b) => (b[1].at < a[1].at ? b : a));
      this.#timers.delete(id);
      this.#now = Math.max(this.#now, timer.at);
      timer.act();
    }
    this.#now = until;
  }

  /** The machine sleeps: time goes on and no timer fires meanwhile. */
  sleep(ms) {
    this.#now += ms;
  }
}

export class FakeSocket {
  readyState = 0;
  sent = [];
  isClosed = false;

  constructor(url) {
    this.url = url;
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.isClosed = true;
    this.readyState = 3;
  }

  opens() {
    this.readyState = 1;
    this.onopen();
  }

  says(message) {
    this.onmessage({ data: typeof message === "string" ? message : JSON.stringify(message) });
  }

  breaks(code = 1006) {
    this.readyState = 3;
    this.onclose({ code });
  }
}

export class FakeTransport {
  isStarted = false;
  isStopped = false;
  isReady = false;

  constructor(kind, host) {
    this.kind = kind;
    this.host = host;
  }

  start() {
    this.isStarted = true;
  }

  stop() {
    this.isStopped = true;
  }

  pulse() {}

  late() {
    return { code: "late", text: `${this.kind} was late` };
  }

  /** As a real one: silent once stopped. */
  frame(age_s = null) {
    if (!this.isStopped) this.host.frame(age_s);
  }

  fail(code, text) {
    if (!this.isStopped) this.host.fail({ code, text });
  }
}
