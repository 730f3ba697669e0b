/**
 * <petcam-day>: a day's timeline of one camera or of several by one handle.
 *
 * `open` it once. A person's doings come as events: `petcam-scrub` ({at_ms}) while the handle is
 * moved, `petcam-seek` ({at_ms}) for where it is let go, `petcam-visit` ({visit, slug}) for a visit
 * that was tapped, `petcam-live`, and where it `may-clip`, `petcam-clip`.
 */
import { DayClock } from "./day_clock.js";
import { DayInks } from "./day_inks.js";
import { heightOf, placeAt, rowsOf } from "./day_layout.js";
import { DayPaint } from "./day_paint.js";
import { DayPreview, previewUrl } from "./day_preview.js";
import { DayTools } from "./day_tools.js";
import { make } from "./elements.js";
import { Gestures, wheelMeans } from "./gestures.js";
import { sliderAct } from "./keys.js";
import { markAt, marksOf, visitWords } from "./marks.js";
import { following, lengthOf, moved, showing, timeAt, within, xOf, zoomed } from "./span.js";

/** Labels need so much room. */
const LABEL_PX = 74;
const REACH_PX = 8;
/** A wheel that rests for so long has arrived. */
const WHEEL_REST_MS = 220;
const ZOOM = 1.6;
/** As near as this to its beginning a visit is the one in sight. */
const THIS_MS = 2500;
/** Keys move the handle by so much of what is to be seen. */
const STEP = 1 / 240;
const FAR_STEP = 1 / 12;

class PetcamDay extends HTMLElement {
  #whole = null;
  #span = null;
  #clock = null;
  #cameras = [];
  #rows = [];
  #at_ms = null;
  #ahead_ms = 0;
  #isLive = false;
  #hover_ms = null;
  #slider = make("div", { class: "day-slider", role: "slider", tabindex: "0" });
  #canvas = make("canvas", { class: "day-canvas" });
  #paint = new DayPaint(this.#canvas);
  #preview = new DayPreview();
  #tools = null;
  #gestures = null;
  #inks = new DayInks();
  #wheel = null;
  #frame = null;
  #connected = null;

  connectedCallback() {
    this.#connected = new AbortController();
    const { signal } = this.#connected;
    const resize = new ResizeObserver(() => this.refresh());
    const theme = new MutationObserver(() => this.#dress());
    resize.observe(this);
    theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    signal.addEventListener("abort", () => {
      resize.disconnect();
      theme.disconnect();
    });
    for (const query of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)"]) {
      matchMedia(query).addEventListener("change", () => this.#dress(), { signal });
    }
    document.fonts?.ready.then(() => this.#dress());
  }

  disconnectedCallback() {
    this.#connected.abort();
    cancelAnimationFrame(this.#frame);
    this.#frame = null;
  }

  /**
   * @param {{whole: import("./span.js").Span, timeZone: string,
   *   cameras: {slug: string, name: string, archive: object, client: object}[]}} parts the camera
   *   that is watched comes first
   */
  open({ whole, timeZone, cameras }) {
    this.#whole = whole;
    this.#span = whole;
    this.#clock = new DayClock(timeZone);
    this.#cameras = cameras;
    this.#rows = rowsOf(cameras.length);
    this.#build();
    this.#listen();
    this.#dress();
  }

  /** Where the handle is, in ms of Unix time. */
  get at_ms() {
    return this.#at_ms;
  }

  /** The time at the portal: a tablet's own clock may be wrong. */
  get now_ms() {
    return Date.now() + this.#ahead_ms;
  }

  set now_ms(now_ms) {
    this.#ahead_ms = now_ms - Date.now();
  }

  /** What plays has come so far; a handle that a person holds stays where it is held. */
  follow(at_ms, { isLive = false } = {}) {
    if (this.#gestures.isHeld || this.#wheel !== null) return;
    if (this.#isLive !== isLive) this.refresh();
    this.#isLive = isLive;
    this.#put(at_ms);
    // Whoever looks elsewhere meanwhile is left alone.
    const span = this.matches(":hover") ? this.#span : following(this.#span, at_ms, this.#whole);
    if (span === this.#span) return;
    this.#span = span;
    this.refresh();
  }

  /** Bring a moment into sight, close enough to see what is around it. */
  focusOn(at_ms, length_ms) {
    const factor = lengthOf(this.#span) / length_ms;
    const middle_ms = (this.#span.from_ms + this.#span.to_ms) / 2;
    if (factor > 1) this.#span = zoomed(this.#span, factor, middle_ms, this.#whole);
    this.#span = moved(this.#span, at_ms - (this.#span.from_ms + this.#span.to_ms) / 2, this.#whole);
    this.refresh();
  }

  /** An archive has changed, or the day has grown: paint it again, soon. */
  refresh() {
    this.#frame ??= requestAnimationFrame(() => this.#draw());
  }

  #build() {
    const height = heightOf(this.#rows);
    this.#canvas.style.height = `${height}px`;
    this.#slider.append(this.#canvas);
    this.#slider.setAttribute("aria-label", "Moment of the day");
    this.#slider.setAttribute("aria-valuemin", "0");
    this.#slider.setAttribute("aria-valuemax", String(Math.round(lengthOf(this.#whole) / 1000)));
    this.#slider.setAttribute("aria-valuenow", "0");
    const mayClip = this.hasAttribute("may-clip");
    this.#tools = new DayTools((action) => this.#act(action), { mayClip });
    const stage = make("div", { class: "day-stage" }, this.#preview.element, this.#slider);
    this.append(stage, this.#tools.element, this.#inks.element);
  }

  #listen() {
    this.#gestures = new Gestures({
      scrub: (x) => this.#scrubTo(timeAt(this.#span, x, this.#width), x),
      end: () => this.#let(this.#at_ms),
      tap: (x, y) => this.#tapped(x, y),
      pinch: (factor, x, by_px) => this.#pinched(factor, x, by_px),
    });
    const slider = this.#slider;
    slider.addEventListener("pointerdown", (event) => this.#down(event));
    slider.addEventListener("pointermove", (event) => this.#move(event));
    slider.addEventListener("pointerup", (event) => this.#gestures.up(event.pointerId));
    slider.addEventListener("pointercancel", (event) => this.#gestures.cancel(event.pointerId));
    slider.addEventListener("pointerleave", () => this.#leave());
    slider.addEventListener("wheel", (event) => this.#wheeled(event), { passive: false });
    slider.addEventListener("keydown", (event) => {
      const act = sliderAct(event);
      if (!act) return;
      event.preventDefault();
      this.#act(act);
    });
  }

  get #width() {
    return this.#canvas.clientWidth || 1;
  }

  #xy(event) {
    const { left, top } = this.#canvas.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  #down(event) {
    if (event.button !== 0) return;
    this.#slider.setPointerCapture(event.pointerId);
    this.#gestures.down(event.pointerId, ...this.#xy(event));
  }

  #move(event) {
    const [x, y] = this.#xy(event);
    this.#gestures.move(event.pointerId, x, y);
    if (event.pointerType === "touch") return;
    if (!this.#gestures.isHeld) this.#hover(x, y);
  }

  #leave() {
    this.#hover_ms = null;
    this.#preview.hide();
    this.refresh();
  }

  #hover(x, y) {
    const at_ms = timeAt(this.#span, x, this.#width);
    this.#hover_ms = at_ms;
    const { row } = placeAt(this.#rows, y);
    this.#showPreview(at_ms, x, Math.max(0, row));
    const isOnMark = this.#markAt(x, y) !== null;
    this.#slider.classList.toggle("is-on-mark", isOnMark);
    this.refresh();
  }

  #showPreview(at_ms, x, row) {
    const camera = this.#cameras[row];
    const who = camera.archive.visitsAt(at_ms).map(visitWords);
    const url = previewUrl(camera, at_ms, lengthOf(this.#span) / this.#width);
    const isFuture = at_ms > this.now_ms;
    const what = url === "" && !isFuture ? "nothing recorded" : "";
    const words = [this.#clock.exact(at_ms), what, ...new Set(who)].filter(Boolean).join(" · ");
    this.#preview.show({ x, width: this.#width, words, url });
  }

  #markAt(x, y) {
    const { row, lane } = placeAt(this.#rows, y);
    if (row < 0 || lane < 0) return null;
    const mark = markAt(this.#marks(row), x, lane, REACH_PX);
    return mark && { mark, camera: this.#cameras[row] };
  }

  #marks(row) {
    const { visits } = this.#cameras[row].archive;
    return marksOf(visits, this.#span, { width_px: this.#width, lanes: this.#rows[row].lanes });
  }

  #tapped(x, y) {
    const found = this.#markAt(x, y);
    if (!found) {
      this.#let(timeAt(this.#span, x, this.#width));
      return;
    }
    const { mark, camera } = found;
    const at_ms = timeAt(this.#span, x, this.#width);
    const visit = mark.visits.findLast(({ start_ms }) => start_ms <= at_ms) ?? mark.visits[0];
    this.#tell("petcam-visit", { visit, slug: camera.slug });
  }

  #pinched(factor, x, by_px) {
    const per_px = lengthOf(this.#span) / this.#width;
    const at_ms = timeAt(this.#span, x - by_px, this.#width);
    const span = zoomed(this.#span, factor, at_ms, this.#whole);
    this.#span = moved(span, -by_px * per_px, this.#whole);
    this.refresh();
  }

  #wheeled(event) {
    event.preventDefault();
    const [x] = this.#xy(event);
    const per_px = lengthOf(this.#span) / this.#width;
    const { factor, by_px, scrub_px } = wheelMeans(event);
    const span = moved(this.#span, by_px * per_px, this.#whole);
    this.#span = zoomed(span, factor, timeAt(span, x, this.#width), this.#whole);
    if (scrub_px !== 0) this.#wheelTo(this.#from_ms + scrub_px * per_px);
    this.refresh();
  }

  #wheelTo(at_ms) {
    clearTimeout(this.#wheel);
    this.#wheel = setTimeout(() => {
      this.#wheel = null;
      this.#let(this.#at_ms);
    }, WHEEL_REST_MS);
    this.#scrubTo(at_ms, null);
  }

  /** What keys and wheels move from. */
  get #from_ms() {
    return this.#at_ms ?? this.#span.from_ms;
  }

  /** A key or a button was pressed. */
  #act(action) {
    const length_ms = lengthOf(this.#span);
    const to = (by) => () => this.#let(this.#from_ms + by * length_ms);
    const acts = {
      back: to(-STEP),
      on: to(STEP),
      farBack: to(-FAR_STEP),
      farOn: to(FAR_STEP),
      first: () => this.#let(this.#cameras[0].archive.segments[0]?.start_ms ?? this.#whole.from_ms),
      last: () => this.#let((this.#cameras[0].archive.end_ms ?? this.#whole.to_ms) - 2000),
      zoomIn: () => this.#zoom(ZOOM),
      zoomOut: () => this.#zoom(1 / ZOOM),
      whole: () => this.#zoom(0),
      visitBefore: () => this.toVisit(-1),
      visitAfter: () => this.toVisit(1),
      live: () => this.#tell("petcam-live", {}),
      clip: () => this.#tell("petcam-clip", {}),
    };
    acts[action]();
  }

  /** To the next visit, or the one before (way < 0), of the camera that is watched. */
  toVisit(way) {
    const { archive, slug } = this.#cameras[0];
    // One that is about to begin, or has just begun, is this one.
    const visit = archive.visitFrom(this.#from_ms + (way < 0 ? -THIS_MS : THIS_MS), way);
    if (visit) this.#tell("petcam-visit", { visit, slug });
  }

  #zoom(factor) {
    const isSeen = this.#at_ms !== null && this.#at_ms >= this.#span.from_ms
      && this.#at_ms <= this.#span.to_ms;
    const at_ms = isSeen ? this.#at_ms : (this.#span.from_ms + this.#span.to_ms) / 2;
    this.#span = factor === 0 ? this.#whole : zoomed(this.#span, factor, at_ms, this.#whole);
    this.refresh();
  }

  #scrubTo(at_ms, x) {
    const to_ms = this.#allowed(at_ms);
    this.#isLive = false;
    this.#put(to_ms);
    this.#span = showing(this.#span, to_ms, this.#whole);
    if (x !== null) this.#showPreview(to_ms, xOf(this.#span, to_ms, this.#width), 0);
    this.#tell("petcam-scrub", { at_ms: to_ms });
  }

  /** A person let go of the handle here, or put it here. */
  #let(at_ms) {
    const to_ms = this.#allowed(at_ms);
    this.#isLive = false;
    this.#put(to_ms);
    this.#span = showing(this.#span, to_ms, this.#whole);
    this.#preview.hide();
    this.#tell("petcam-seek", { at_ms: to_ms });
  }

  /** Within the day, and not in the future. */
  #allowed(at_ms) {
    return within({ ...this.#whole, to_ms: Math.min(this.#whole.to_ms, this.now_ms) }, at_ms);
  }

  #put(at_ms) {
    const before_ms = this.#at_ms ?? -Infinity;
    const px = (Math.abs(at_ms - before_ms) / lengthOf(this.#span)) * this.#width;
    this.#at_ms = at_ms;
    // Pictures come sixty times a second; what nobody could see is not painted.
    if (px < 0.5 && Math.floor(at_ms / 1000) === Math.floor(before_ms / 1000)) return;
    this.#describe();
    this.refresh();
  }

  #describe() {
    const slider = this.#slider;
    const { archive } = this.#cameras[0];
    const seconds = Math.round((within(this.#whole, this.#at_ms) - this.#whole.from_ms) / 1000);
    if (slider.getAttribute("aria-valuenow") === String(seconds)) return;
    const who = new Set(archive.visitsAt(this.#at_ms).map(visitWords));
    const what = archive.segmentAt(this.#at_ms) || this.#isLive ? "" : "nothing recorded";
    const words = [this.#clock.exact(this.#at_ms), this.#isLive ? "live" : what, ...who];
    slider.setAttribute("aria-valuenow", String(seconds));
    slider.setAttribute("aria-valuetext", words.filter(Boolean).join(", "));
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, detail }));
  }

  /** Colours and letters as the page has them now. */
  #dress() {
    if (!this.#whole) return;
    this.#paint.dress(this.#inks.read(), getComputedStyle(this).fontFamily);
    this.refresh();
  }

  #draw() {
    this.#frame = null;
    const width = this.#canvas.clientWidth;
    if (!this.#whole || !this.isConnected || width === 0) return;
    const span = this.#span;
    const isLive = this.#isLive;
    this.#paint.draw({
      width,
      height: this.#canvas.clientHeight,
      ratio: devicePixelRatio || 1,
      span,
      now_ms: this.now_ms,
      at_ms: this.#at_ms,
      atWords: this.#at_ms === null ? "" : isLive ? "Live" : this.#clock.exact(this.#at_ms),
      isLive,
      hover_ms: this.#hover_ms,
      ticks: this.#clock.ticks(span, (LABEL_PX / width) * lengthOf(span)),
      rows: this.#rows.map((row, n) => ({
        ...row,
        name: this.#cameras[n].name,
        coverage: this.#cameras[n].archive.coverage(),
        motion: this.#cameras[n].archive.motion,
        marks: this.#marks(n),
      })),
    });
    this.#tools.render({ isLive, isWhole: lengthOf(span) >= lengthOf(this.#whole) });
  }
}

customElements.define("petcam-day", PetcamDay);
