/**
 * <petcam-player src-slug="living-room" name="Living room" autoplay>: one camera, live.
 *
 * Attributes: `compact` (a tile: no controls), `transport` (where to start, as in ?transport=).
 * Shows on itself `data-state` (idle, connecting, live, retrying, failed) and `data-transport`
 * (webrtc, mse, mjpeg, still); fires `petcam-state` when either changes. `stats` are figures,
 * `video` is the <video> in use, or null where pictures are drawn.
 */
import { Controls } from "./controls.js";
import { discard, replace } from "./floating.js";
import { Ladder } from "./ladder.js";
import { Meter } from "./meter.js";
import { Overlay } from "./overlay.js";
import { Poster } from "./poster.js";
import { ServerClock } from "./server_clock.js";
import { Session } from "./session.js";
import { SparePeer } from "./prepared_peer.js";
import { Signalling } from "./signalling.js";
import { makeTransport, missingTransports, supportedTransports } from "./transports.js";
import { PlayerView } from "./view.js";
import { h264 } from "./webrtc.js";

const RELEASE_MS = 5000;
/** How long the socket outlives the picture: who comes back soon need not wait for another. */
const LINGER_MS = 30_000;
const STAGGER_MS = 150;
const RENDER_MS = 1000;

const time = {
  now: () => performance.now(),
  setTimeout: (act, delay_ms) => setTimeout(act, delay_ms),
  clearTimeout: (timer) => clearTimeout(timer),
};

let nextStart_ms = 0;

/** Tiles start one after the other, not all in the same instant. */
function staggered_ms() {
  const now_ms = performance.now();
  const start_ms = Math.max(now_ms, nextStart_ms);
  nextStart_ms = start_ms + STAGGER_MS;
  return start_ms - now_ms;
}

class PetcamPlayer extends HTMLElement {
  #view = null;
  #controls = null;
  #overlay = null;
  #clock = new ServerClock();
  #meter = new Meter();
  #ladder = new Ladder(supportedTransports());
  #session = null;
  #signalling = null;
  #sparePeer = new SparePeer(h264);
  #surface = null;
  #poster = null;
  #started_ms = null;
  #first_frame_ms = null;
  #measured = { bytes: 0, decoded: 0, dropped: 0, decoder: "" };
  #kbps = null;
  #isVisible = false;
  #isStarted = false;
  #timers = { start: null, release: null, linger: null, render: null };
  #connected = null;
  #seen = "";

  connectedCallback() {
    this.#view ??= this.#build();
    this.#connected = new AbortController();
    const { signal } = this.#connected;
    document.addEventListener("visibilitychange", () => this.#visibility(), { signal });
    addEventListener("pagehide", () => this.#leave(), { signal });
    addEventListener("pageshow", () => this.#visibility(), { signal });
    addEventListener("focus", () => this.#visibility(), { signal });
    addEventListener("online", () => this.#networkChanged(), { signal });
    navigator.connection?.addEventListener?.("change", () => this.#networkChanged(), { signal });
    const observer = new IntersectionObserver(
      ([...entries]) => this.#scrolled(entries.at(-1).isIntersecting),
      { rootMargin: "80px" },
    );
    observer.observe(this);
    signal.addEventListener("abort", () => observer.disconnect());
    if (this.hasAttribute("autoplay") && !this.isCompact && !document.hidden) this.#openSocket();
    this.#showPoster();
  }

  disconnectedCallback() {
    this.#connected.abort();
    this.#leave();
  }

  get isCompact() {
    return this.hasAttribute("compact");
  }

  get name() {
    return this.getAttribute("name") ?? "Camera";
  }

  /** The element that shows the pictures: a <video> or a <canvas>; null before the first. */
  get surface() {
    return this.#overlay?.surface ?? this.#surface;
  }

  /** Boxes on the picture; null in tiles. */
  get overlay() {
    return this.#overlay;
  }

  get video() {
    return this.#session?.current?.video ?? null;
  }

  get stats() {
    const now_ms = performance.now();
    const isLive = this.#session.state === "live";
    return {
      state: this.#session.state,
      transport: this.#session.transport,
      reason: this.#session.reason,
      frames: this.#meter.frames,
      fps: this.#meter.fps(now_ms),
      latency_s: isLive ? this.#meter.latency_s : null,
      held_ms: this.#overlay?.isPatient ? this.#overlay.delay_ms : null,
      kbps: this.#kbps,
      width: this.#surface?.videoWidth ?? this.#surface?.width ?? 0,
      height: this.#surface?.videoHeight ?? this.#surface?.height ?? 0,
      decoded: this.#measured.decoded,
      dropped: this.#measured.dropped,
      decoder: this.#measured.decoder,
      restarts: this.#session.restarts,
      viewers: this.#session.camera?.viewers ?? null,
      sensor: this.#session.camera?.sensor ?? "",
      camera: this.#session.camera?.state ?? null,
      round_trip_ms: this.#clock.round_trip_ms,
      first_frame_ms: this.#first_frame_ms,
    };
  }

  /** Begin to watch. Does nothing when it runs. */
  start() {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#started_ms = performance.now();
    this.#first_frame_ms = null;
    this.#openSocket();
    this.#session.start();
    this.#render();
  }

  /** Get no more pictures from now on; the last one stays, with its time. */
  stop() {
    const wasDirect = this.#session.transport === "webrtc";
    this.#halt();
    if (!wasDirect || !this.#signalling.hello) return;
    this.#sparePeer.prepare(this.#signalling.hello.ice_servers);
  }

  #halt() {
    clearTimeout(this.#timers.start);
    clearTimeout(this.#timers.release);
    if (!this.#isStarted) return;
    this.#isStarted = false;
    this.#keepLastFrame();
    this.#session.stop();
    this.#lingerOn();
    this.#surface?.remove();
    this.#surface = null;
    this.#meter.reset();
  }

  /** The page goes: let the portal go at once. */
  #leave() {
    this.#halt();
    clearTimeout(this.#timers.linger);
    this.#letGo();
  }

  #letGo() {
    this.#signalling.close();
    this.#sparePeer.drop();
  }

  #openSocket() {
    this.#signalling.open();
    this.#lingerOn();
  }

  #lingerOn() {
    clearTimeout(this.#timers.linger);
    if (this.#isStarted) return;
    this.#timers.linger = setTimeout(() => this.#letGo(), LINGER_MS);
  }

  /** Where to start: "auto", "webrtc", "mse", "mjpeg" or "still". */
  choose(kind) {
    this.#session.choose(kind);
    this.#render();
  }

  refreshStats() {
    this.#measure();
  }

  #build() {
    const view = new PlayerView(this, this.isCompact);
    this.#view = view;
    const base = `cameras/${encodeURIComponent(this.getAttribute("src-slug"))}`;
    const socketBase = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/${base}`;
    this.#signalling = new Signalling({ url: `${socketBase}/live/`, clock: this.#clock, time });
    this.#signalling.subscribe((message) => this.#told(message));
    const tools = {
      signalling: this.#signalling,
      clock: this.#clock,
      sparePeer: this.#sparePeer,
      mediaUrl: `${socketBase}/media/`,
      stillUrl: `/${base}/still.jpg`,
    };
    this.#poster = new Poster(this, view.poster, tools.stillUrl);
    const asked = new URLSearchParams(location.search).get("transport");
    const first = this.getAttribute("transport") ?? (this.isCompact ? null : asked) ?? "auto";
    this.#ladder.startAt(first);
    for (const [kind, why] of missingTransports()) this.#ladder.remember(kind, why);
    this.#session = new Session({
      ladder: this.#ladder,
      time,
      makeTransport: (kind, host) => this.#makeTransport(kind, tools, host),
      onChange: () => this.#changed(),
      onSlept: () => this.#signalling.reconnect(),
    });
    view.tap.addEventListener("click", () => this.#tapped());
    view.again.addEventListener("click", () => this.#again());
    if (!this.isCompact) {
      this.tabIndex = 0;
      this.setAttribute("role", "group");
      this.setAttribute("aria-label", `${this.name}, live`);
      this.#overlay = new Overlay({
        root: this,
        stage: view.stage,
        signalling: this.#signalling,
        onChange: () => this.#controls?.refresh(),
        onUnsuited: () => this.#session.renew(),
      });
      this.#controls = new Controls(this, view);
      this.#controls.chosen = first;
    }
    return view;
  }

  #makeTransport(kind, tools, host) {
    const isPatient = this.#overlay?.isPatient ?? false;
    const transport = makeTransport(kind, { ...tools, isPatient }, {
      ...host,
      frame: (age_s) => {
        if (transport === this.#session.current) this.#meter.frame(performance.now(), age_s);
        host.frame(age_s);
      },
      blocked: () => this.#blocked(),
    });
    this.#view.addSurface(transport.surface);
    const stop = transport.stop.bind(transport);
    transport.stop = () => {
      stop();
      // What was never shown, or is shown no more, leaves the page; a last picture stays.
      if (transport.surface !== this.#surface) discard(transport.surface);
    };
    return transport;
  }

  #changed() {
    const { state, current, transport } = this.#session;
    const surface = state === "live" ? (current?.surface ?? null) : this.#surface;
    if (surface && surface !== this.#surface) this.#promote(surface);
    if (state !== "live") this.#keepLastFrame();
    this.#overlay?.follow(state === "live" ? current : null);
    if (state === "live") this.#view.tap.hidden = true;
    this.dataset.state = state;
    this.classList.toggle("is-camera-away", state === "retrying" && this.#session.isCameraAway);
    if (transport && state !== "idle") this.dataset.transport = transport;
    else delete this.dataset.transport;
    this.#render();
    const seen = `${state} ${transport} ${this.#session.reason}`;
    if (seen === this.#seen) return;
    this.#seen = seen;
    this.dispatchEvent(new CustomEvent("petcam-state", { bubbles: true, detail: this.stats }));
  }

  #promote(surface) {
    const old = this.#surface;
    this.#surface = surface;
    surface.classList.add("is-shown");
    if (old) replace(old, surface);
    this.#meter.reset();
    this.#first_frame_ms ??= performance.now() - this.#started_ms;
    this.#controls?.refresh();
  }

  #keepLastFrame() {
    if (this.dataset.state !== "live" || !this.#surface) return;
    this.#poster.keep(this.#surface, Date.now() - (this.#meter.latency_s ?? 0) * 1000);
  }

  async #showPoster() {
    const { signal } = this.#connected;
    await this.#poster.fetch(signal);
    if (!signal.aborted) this.#render();
  }

  #told(message) {
    this.#overlay?.told(message);
    if (message.type === "hello") this.#session.allow(message.transports);
    if (message.type === "camera.state") this.#session.cameraTold(message);
    if (message.type === "socket.closed" && !this.#isStarted && !message.final) this.#letGo();
    if (message.type === "socket.closed" && message.final) {
      this.#session.failForGood(message.final);
      this.#isStarted = false;
    }
  }

  #render() {
    this.#view.render({
      state: this.#session.state,
      reason: this.#session.reason,
      transport: this.#session.transport,
      latency_s: this.#meter.latency_s,
      poster_ms: this.#poster.taken_ms,
      isCompact: this.isCompact,
    });
    clearTimeout(this.#timers.render);
    this.#timers.render = setTimeout(() => this.#measure(), RENDER_MS);
  }

  async #measure() {
    const current = this.#session.state === "live" ? this.#session.current : null;
    if (current && !this.isCompact) {
      this.#measured = await current.measure().catch(() => this.#measured);
      this.#kbps = this.#meter.kbps(performance.now(), this.#measured.bytes) ?? this.#kbps;
    }
    if (!this.isConnected) return;
    if (this.#view.stats && !this.#view.stats.hidden) this.#view.renderStats(this.stats);
    this.dispatchEvent(new CustomEvent("petcam-stats", { detail: this.stats }));
    this.#render();
  }

  #blocked() {
    this.#view.tap.hidden = false;
  }

  #tapped() {
    for (const video of this.querySelectorAll("video")) video.play().catch(() => {});
    this.#view.tap.hidden = true;
  }

  #again() {
    this.#isStarted = false;
    this.start();
  }

  get #isFloating() {
    return this.contains(document.pictureInPictureElement);
  }

  #scrolled(isVisible) {
    this.#isVisible = isVisible;
    if (isVisible && this.hasAttribute("autoplay")) this.#startSoon();
    else if (!isVisible && this.isCompact) this.#releaseSoon();
  }

  #visibility() {
    this.#overlay?.hide();
    if (document.hidden) this.#releaseSoon();
    else if (this.#isVisible && this.hasAttribute("autoplay")) this.#startSoon();
  }

  #startSoon() {
    clearTimeout(this.#timers.release);
    if (this.#isStarted || document.hidden || this.#session.state === "failed") return;
    if (this.#poster.taken_ms !== null) this.#showPoster();
    clearTimeout(this.#timers.start);
    this.#timers.start = setTimeout(() => this.start(), this.isCompact ? staggered_ms() : 0);
  }

  #releaseSoon() {
    clearTimeout(this.#timers.start);
    clearTimeout(this.#timers.release);
    this.#timers.release = setTimeout(() => {
      if (!this.#isFloating) this.stop();
    }, RELEASE_MS);
  }

  #networkChanged() {
    if (!this.#isStarted) return;
    this.#signalling.reconnect();
    this.#session.startOver();
  }
}

customElements.define("petcam-player", PetcamPlayer);
