/**
 * <petcam-day>: a day's timeline of one camera or of several by one handle.
 *
 * `open` it once. A person's doings come as events: `petcam-scrub` ({at_ms}) while the handle is
 * moved, `petcam-seek` ({at_ms}) for where it is let go, `petcam-visit` ({visit, slug}) for a visit
 * that was tapped, `petcam-live`, and where it `may-clip`, `petcam-clip` when a clip is wanted and
 * `petcam-cut` ({from_ms, to_ms}) once its ends are where they should be: `cut` shows them.
 */
import { DayClock, lengthFigures } from "./day_clock.js";
import { DayCut } from "./day_cut.js";
import { DayInks } from "./day_inks.js";
import { heightOf, placeAt, rowsOf } from "./day_layout.js";
import { DayPaint } from "./day_paint.js";
import { DayPreview, previewUrl } from "./day_preview.js";
import { DaySlider } from "./day_slider.js";
import { DayTools } from "./day_tools.js";
import { make } from "./elements.js";
import { markAt, marksOf, visitWords } from "./marks.js";
import { following, lengthOf, moved, showing, timeAt, within, xOf, zoomed } from "./span.js";

/** Labels need so much room. */
const LABEL_PX = 74;
const REACH_PX = 8;
const ZOOM = 1.6;
/** A clip that is being chosen takes so much of what is to be seen: a part of this. */
const CUT_SHARE = 3;
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
  #mayGoLive = false;
  #isLive = false;
  #hover_ms = null;
  #slider = new DaySlider({
    scrub: (x) => this.#scrubTo(timeAt(this.#span, x, this.#slider.width), true),
    scrubBy: (by_px) => this.#scrubTo(this.#from_ms + by_px * this.#per_px, false),
    end: () => this.#let(this.#at_ms),
    tap: (x, y) => this.#tapped(x, y),
    pinch: (factor, x, by_px) => this.#pinched(factor, x, by_px),
    hover: (x, y) => this.#hover(x, y),
    leave: () => this.#leave(),
    act: (action) => this.#act(action),
  });
  #paint = new DayPaint(this.#slider.canvas);
  #cut = new DayCut({
    bounds: () => ({ ...this.#whole, to_ms: Math.min(this.#whole.to_ms, this.now_ms) }),
    words: (at_ms) => this.#clock.exact(at_ms),
    moved: (at_ms) => this.#scrubTo(at_ms, true),
    end: (at_ms) => this.#let(at_ms),
    given: () => this.uncut(),
  });
  #preview = new DayPreview();
  #tools = null;
  #inks = new DayInks();
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
    if (document.fonts?.status === "loading") document.fonts.ready.then(() => this.#dress());
  }

  disconnectedCallback() {
    this.#connected.abort();
    cancelAnimationFrame(this.#frame);
    this.#frame = null;
  }

  /**
   * @param {{whole: import("./span.js").Span, timeZone: string,
   *   cameras: {slug: string, name: string, archive: object, client: object}[],
   *   isLive: boolean}} parts the camera that is watched comes first, and may be seen live or not
   */
  open({ whole, timeZone, cameras, isLive }) {
    this.#mayGoLive = isLive;
    this.#clock = new DayClock(timeZone);
    this.#cameras = cameras;
    this.#rows = rowsOf(cameras.length);
    this.#build();
    this.turn(whole);
    this.#dress();
  }

  /** Show another day. */
  turn(whole) {
    this.#whole = whole;
    this.#span = whole;
    const seconds = Math.round(lengthOf(whole) / 1000);
    this.#slider.element.setAttribute("aria-valuemax", String(seconds));
    this.refresh();
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
    if (this.#slider.isHeld || this.#cut.cut) return;
    if (this.#isLive !== isLive) this.refresh();
    this.#isLive = isLive;
    this.#put(at_ms);
    // Whoever looks elsewhere meanwhile is left alone.
    const span = this.#slider.isHovered ? this.#span : following(this.#span, at_ms, this.#whole);
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
    this.#slider.canvas.style.height = `${heightOf(this.#rows)}px`;
    const rights = { mayClip: this.hasAttribute("may-clip"), mayGoLive: this.#mayGoLive };
    this.#tools = new DayTools((action) => this.#act(action), rights);
    const stage = make("div", { class: "day-stage" });
    stage.append(this.#preview.element, this.#slider.element, this.#cut.element);
    this.append(stage, this.#tools.element, this.#inks.element);
  }

  #leave() {
    this.#hover_ms = null;
    this.#preview.hide();
    this.refresh();
  }

  #hover(x, y) {
    const at_ms = timeAt(this.#span, x, this.#slider.width);
    this.#hover_ms = at_ms;
    const { row } = placeAt(this.#rows, y);
    this.#showPreview(at_ms, x, Math.max(0, row));
    this.#slider.element.classList.toggle("is-on-mark", this.#markAt(x, y) !== null);
    this.refresh();
  }

  #showPreview(at_ms, x, row) {
    const camera = this.#cameras[row];
    const who = camera.archive.visitsAt(at_ms).map(visitWords);
    const url = previewUrl(camera, at_ms, this.#per_px);
    const isFuture = at_ms > this.now_ms;
    const what = url === "" && !isFuture ? "nothing recorded" : "";
    const words = [this.#clock.exact(at_ms), what, ...new Set(who)].filter(Boolean).join(" · ");
    this.#preview.show({ x, width: this.#slider.width, words, url });
  }

  #markAt(x, y) {
    const { row, lane } = placeAt(this.#rows, y);
    if (row < 0 || lane < 0) return null;
    const mark = markAt(this.#marks(row), x, lane, REACH_PX);
    return mark && { mark, camera: this.#cameras[row] };
  }

  #marks(row) {
    const { visits } = this.#cameras[row].archive;
    return marksOf(visits, this.#span, { width_px: this.#slider.width, lanes: this.#rows[row].lanes });
  }

  #tapped(x, y) {
    const found = this.#markAt(x, y);
    if (!found) {
      this.#let(timeAt(this.#span, x, this.#slider.width));
      return;
    }
    const { mark, camera } = found;
    const at_ms = timeAt(this.#span, x, this.#slider.width);
    const visit = mark.visits.findLast(({ start_ms }) => start_ms <= at_ms) ?? mark.visits[0];
    this.#tell("petcam-visit", { visit, slug: camera.slug });
  }

  #pinched(factor, x, by_px) {
    const at_ms = timeAt(this.#span, x - by_px, this.#slider.width);
    const per_px = this.#per_px;
    const span = zoomed(this.#span, factor, at_ms, this.#whole);
    this.#span = moved(span, -by_px * per_px, this.#whole);
    this.refresh();
  }

  /** What a pixel stands for, in ms. */
  get #per_px() {
    return lengthOf(this.#span) / this.#slider.width;
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
      first: () => this.#let(this.#coverage[0]?.start_ms ?? this.#whole.from_ms),
      last: () => this.#let((this.#coverage.at(-1)?.end_ms ?? this.#whole.to_ms) - 2000),
      zoomIn: () => this.#zoom(ZOOM),
      zoomOut: () => this.#zoom(1 / ZOOM),
      whole: () => this.#zoom(0),
      visitBefore: () => this.toVisit(-1),
      visitAfter: () => this.toVisit(1),
      live: () => this.#tell("petcam-live", {}),
      clip: () => this.#tell("petcam-clip", {}),
      cut: () => this.#tell("petcam-cut", { ...this.#cut.cut }),
      uncut: () => this.uncut(),
    };
    acts[action]();
  }

  /** Let a person say where a clip begins and ends: from this suggestion.  @param {Span} wanted */
  cut(wanted) {
    this.#cut.open(wanted);
    this.#cut.focus();
    this.focusOn((wanted.from_ms + wanted.to_ms) / 2, CUT_SHARE * lengthOf(wanted));
    this.refresh();
  }

  /** No clip, or one that is asked for by now. */
  uncut() {
    // A key goes on where it was; a dialog that opens keeps what it has.
    if (this.#cut.element.contains(document.activeElement)) this.#slider.element.focus();
    this.#cut.close();
    this.refresh();
  }

  /** What is recorded of this day. */
  get #coverage() {
    const { from_ms, to_ms } = this.#whole;
    const runs = this.#cameras[0].archive.coverage();
    return runs.filter(({ start_ms, end_ms }) => end_ms > from_ms && start_ms < to_ms);
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

  #scrubTo(at_ms, isPreviewed) {
    const to_ms = this.#allowed(at_ms);
    this.#isLive = false;
    this.#hover_ms = null;
    this.#put(to_ms);
    this.#span = showing(this.#span, to_ms, this.#whole);
    if (isPreviewed) this.#showPreview(to_ms, xOf(this.#span, to_ms, this.#slider.width), 0);
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
    const px = (Math.abs(at_ms - before_ms) / lengthOf(this.#span)) * this.#slider.width;
    this.#at_ms = at_ms;
    // Pictures come sixty times a second; what nobody could see is not painted.
    if (px < 0.5 && Math.floor(at_ms / 1000) === Math.floor(before_ms / 1000)) return;
    this.#describe();
    this.refresh();
  }

  #describe() {
    const seconds = Math.round((within(this.#whole, this.#at_ms) - this.#whole.from_ms) / 1000);
    this.#slider.describe(seconds, () => this.#momentWords(this.#at_ms));
  }

  #momentWords(at_ms) {
    const { archive } = this.#cameras[0];
    const who = new Set(archive.visitsAt(at_ms).map(visitWords));
    const what = archive.segmentAt(at_ms) || this.#isLive ? "" : "nothing recorded";
    return [this.#clock.exact(at_ms), this.#isLive ? "live" : what, ...who].filter(Boolean).join(", ");
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
    const { clientWidth: width, clientHeight: height } = this.#slider.canvas;
    if (!this.#whole || !this.isConnected || width === 0) return;
    this.#slider.width = width;
    const span = this.#span;
    const isLive = this.#isLive;
    this.#paint.draw({
      width,
      height,
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
    this.#cut.draw(span, width);
    const { cut } = this.#cut;
    const cutWords = cut ? lengthFigures(lengthOf(cut)) : "";
    this.#tools.render({ isLive, isWhole: lengthOf(span) >= lengthOf(this.#whole), cutWords });
  }
}

customElements.define("petcam-day", PetcamDay);
