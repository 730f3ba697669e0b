/**
 * One wish to see one camera, from the click until the page goes: tries ways in order, notices when
 * pictures stop, and climbs back to a better way by itself. Knows no DOM: transports are made by a
 * callable, time is given, and whoever shows the picture is told.
 *
 * A transport has `kind`, `start()`, `stop()`, `pulse()` and `isReady` (nothing but the camera is
 * missing) and `late()` (what a missed deadline means, as {code, text}), and tells its host:
 * `frame(age_s)`, `fail({code, text})`. The host's `isInAHurry` says that somebody has just lost the
 * picture. After `stop()` a transport tells nothing and keeps its last picture.
 */
import { Backoff } from "./backoff.js";
import { isFinal, isTheCamera } from "./messages.js";
import { Watchdog } from "./watchdog.js";

const FIRST_FRAME_MS = { webrtc: 2500, mse: 2500, mjpeg: 3500, still: 6000 };
const STALL_MS = { webrtc: 2000, mse: 2000, mjpeg: 3000, still: 12_000 };
const LOOK_MS = 500;
/** Pictures older than this are not what happens now. */
const FRESH_S = { webrtc: 2.5, mse: 2.5, mjpeg: 2.5, still: 15 };
/** While the camera is away, ask again as often as this though nobody says that it is back. */
const AWAY_MS = 15_000;

export class Session {
  state = "idle";
  /** What a person should know: why there is no picture, or why not a better one. */
  reason = "";
  camera = null;
  restarts = 0;
  /** The transport whose pictures are shown, or the last one that showed any. */
  current = null;
  #candidate = null;
  #isClimbing = false;
  #ladder;
  #make;
  #time;
  #onChange;
  #onSlept;
  #watchdog = new Watchdog();
  #retry;
  #climb;
  #timers = {};
  #away_ms = null;

  /**
   * @param {{ladder: import("./ladder.js").Ladder, makeTransport: Function, time: object,
   *   onChange: (session: Session) => void, onSlept?: () => void, random?: () => number}} options
   *   `onSlept`: the machine stood still, so sockets may be dead
   */
  constructor({ ladder, makeTransport, time, onChange, onSlept = () => {}, random }) {
    this.#ladder = ladder;
    this.#make = makeTransport;
    this.#time = time;
    this.#onChange = onChange;
    this.#onSlept = onSlept;
    this.#retry = new Backoff({ first_ms: 500, most_ms: 15_000, random });
    this.#climb = new Backoff({ first_ms: 6000, most_ms: 300_000, factor: 2.5, random });
  }

  get transport() {
    const first = this.state === "live" ? this.current : this.#candidate;
    return (first ?? this.#candidate ?? this.current)?.kind ?? null;
  }

  start() {
    if (this.state !== "idle" && this.state !== "failed") return;
    this.#set("connecting", "");
    this.#watchdog = new Watchdog();
    this.#after("look", LOOK_MS, () => this.#look());
    this.#tryBest();
  }

  /** Let go of everything; `start` begins afresh. */
  stop() {
    for (const name of Object.keys(this.#timers)) this.#cancel(name);
    this.#dropCandidate();
    this.current?.stop();
    this.current = null;
    this.#set("idle", "");
  }

  /** The network is another one, or the machine woke up: old failures mean nothing. */
  startOver() {
    if (this.state === "idle" || this.state === "failed") return;
    this.#retry.reset();
    this.#climb.reset();
    this.#lose("");
  }

  /** A person chose where to start: a transport, or "auto". */
  choose(kind) {
    this.#ladder.startAt(kind);
    this.#climb.reset();
    if (this.state === "failed") this.start();
    else if (this.state === "live" && this.current.kind === this.#ladder.best) this.#dropCandidate();
    else if (this.state !== "idle") this.#tryBest();
  }

  /** Another connection of the same kind, shown in the old one's place as soon as it has pictures. */
  renew() {
    if (this.state === "live" && !this.#candidate) this.#try(this.current.kind);
  }

  /** The server said which ways it offers. */
  allow(kinds) {
    this.#ladder.allow(kinds);
    const kind = this.#candidate?.kind;
    if (kind && !this.#ladder.rungs.includes(kind)) this.#tryBest();
  }

  /** The camera's own state, from the server. */
  cameraTold(camera) {
    const wasAway = this.isCameraAway;
    this.camera = camera;
    if (this.isCameraAway && this.state === "connecting") this.#set("retrying", camera.text);
    if (wasAway && !this.isCameraAway) {
      this.#watchdog.frame(this.#time.now());
      if (this.#candidate) this.#armDeadline(this.#candidate);
      else if (this.state === "retrying" && !this.current) this.#tryBest();
    }
    this.#onChange(this);
  }

  /** Nothing will help: logged out, no longer allowed, gone. */
  failForGood(words) {
    this.stop();
    this.#set("failed", words);
  }

  /** Is it the camera that has no pictures? Unknown counts as no. */
  get isCameraAway() {
    return this.camera !== null && this.camera.state !== "live";
  }

  #tryBest() {
    const best = this.#ladder.best;
    if (best === null) this.failForGood("This browser can show none of what the portal offers.");
    else this.#try(best);
  }

  #try(kind) {
    this.#dropCandidate();
    this.#cancel("retry");
    this.#isClimbing = this.state === "live";
    const candidate = this.#make(kind, {
      frame: (age_s = null) => this.#framed(candidate, age_s),
      fail: (failure) => this.#failed(candidate, failure),
      isInAHurry: this.state === "retrying",
    });
    this.#candidate = candidate;
    this.#armDeadline(candidate);
    this.#onChange(this);
    candidate.start();
  }

  #armDeadline(candidate) {
    this.#after("deadline", FIRST_FRAME_MS[candidate.kind], () => {
      if (this.isCameraAway && candidate.isReady) {
        this.#after("deadline", AWAY_MS, () => this.#armDeadline(candidate));
        this.#set(this.#isClimbing ? this.state : "retrying", this.camera.text);
      } else {
        this.#failed(candidate, candidate.late());
      }
    });
  }

  #framed(transport, age_s) {
    if (age_s !== null && age_s > FRESH_S[transport.kind]) return;
    if (transport === this.#candidate) this.#promote(transport);
    if (transport !== this.current) return;
    this.#watchdog.frame(this.#time.now());
    if (this.state !== "live") this.#set("live", this.#ladder.reasonFor(transport.kind));
  }

  #promote(transport) {
    const old = this.current;
    this.#candidate = null;
    this.#cancel("deadline");
    this.#cancel("retry");
    this.current = transport;
    this.#retry.reset();
    this.#ladder.remember(transport.kind, null);
    this.#set("live", this.#ladder.reasonFor(transport.kind));
    old?.stop();
    if (transport.kind === this.#ladder.best) this.#climb.reset();
    this.#planClimb();
  }

  #failed(transport, { code, text }) {
    if (isFinal(code)) {
      this.failForGood(text);
    } else if (transport === this.#candidate) {
      this.#candidateFailed(transport.kind, code, text);
    } else if (transport === this.current) {
      this.#lose(text, code);
    }
  }

  #candidateFailed(kind, code, text) {
    this.#dropCandidate();
    if (isTheCamera(code) && !this.#isClimbing) {
      this.#set("retrying", text);
      this.#after("retry", this.#retry.next(), () => this.#tryBest());
      return;
    }
    this.#ladder.remember(kind, text);
    const next = this.#ladder.below(kind);
    if (this.#isClimbing && this.state === "live") {
      if (next && this.#ladder.isBetter(next, this.current.kind)) this.#try(next);
      else this.#planClimb();
    } else if (next) {
      this.#try(next);
    } else {
      this.#set("retrying", text);
      this.#after("retry", this.#retry.next(), () => this.#tryBest());
    }
  }

  /** The shown picture has stopped: keep its last frame on screen and bring a new one. */
  #lose(text, code = "") {
    this.restarts += 1;
    const kind = this.current?.kind ?? this.#ladder.best;
    this.#watchdog.rest();
    this.#cancel("climb");
    // First the news: whoever shows the picture keeps its last frame before it goes.
    this.#set("retrying", text);
    this.current?.stop();
    this.#isClimbing = false;
    if (isTheCamera(code)) {
      this.#after("retry", this.#retry.next(), () => this.#tryBest());
    } else if (this.#ladder.rungs.includes(kind)) {
      this.#try(kind);
    } else {
      this.#tryBest();
    }
  }

  #planClimb() {
    this.#cancel("climb");
    if (!this.current || this.current.kind === this.#ladder.best) return;
    this.#after("climb", this.#climb.next(), () => {
      if (this.state === "live" && !this.#candidate) this.#tryBest();
      else this.#planClimb();
    });
  }

  #look() {
    this.#after("look", LOOK_MS, () => this.#look());
    this.current?.pulse();
    const now_ms = this.#time.now();
    const verdict = this.#watchdog.look(now_ms, STALL_MS[this.current?.kind] ?? Infinity);
    if (verdict === "slept") {
      this.#onSlept();
      this.startOver();
    } else if (verdict === "stalled" && this.current) this.#stalled(now_ms);
    else this.#away_ms = null;
  }

  #stalled(now_ms) {
    if (!this.isCameraAway) {
      this.#lose("The picture stopped coming");
      return;
    }
    this.#away_ms ??= now_ms;
    if (now_ms - this.#away_ms > AWAY_MS) {
      this.#away_ms = now_ms;
      this.#lose(this.camera.text);
    } else {
      this.#set("retrying", this.camera.text);
    }
  }

  #dropCandidate() {
    const candidate = this.#candidate;
    this.#candidate = null;
    this.#cancel("deadline");
    candidate?.stop();
  }

  #set(state, why) {
    const reason = state === "retrying" && this.isCameraAway ? this.camera.text : why;
    if (this.state === state && this.reason === reason) return;
    this.state = state;
    this.reason = reason;
    this.#onChange(this);
  }

  #after(name, delay_ms, act) {
    this.#cancel(name);
    this.#timers[name] = this.#time.setTimeout(() => {
      delete this.#timers[name];
      act();
    }, delay_ms);
  }

  #cancel(name) {
    this.#time.clearTimeout(this.#timers[name]);
    delete this.#timers[name];
  }
}
