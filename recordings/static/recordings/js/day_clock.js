/** Times of a day as people read them, in the household's time zone; and where its hours begin. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Steps between labels: hours must divide the day. */
const STEPS_MS = [
  1000, 2000, 5000, 10_000, 15_000, 30_000,
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_MS),
];

export class DayClock {
  #short;
  #exact;

  /** @param {string} [timeZone] as in the IANA list; the browser's own without one */
  constructor(timeZone) {
    const zone = { timeZone: timeZone || undefined, hourCycle: "h23" };
    const short = { hour: "2-digit", minute: "2-digit" };
    this.#short = new Intl.DateTimeFormat("en-GB", { ...zone, ...short });
    this.#exact = new Intl.DateTimeFormat("en-GB", { ...zone, ...short, second: "2-digit" });
  }

  /** "14:05". */
  short(at_ms) {
    return this.#short.format(at_ms);
  }

  /** "14:05:09". */
  exact(at_ms) {
    return this.#exact.format(at_ms);
  }

  /** Minutes since midnight on the clock. */
  minutes(at_ms) {
    const value = { hour: 0, minute: 0 };
    for (const part of this.#short.formatToParts(at_ms)) {
      if (part.type in value) value[part.type] = Number(part.value);
    }
    return value.hour * 60 + value.minute;
  }

  /**
   * Where labels stand: at whole steps on the clock, at most one each `least_ms`.
   *
   * @returns {{at_ms: number, words: string, isHour: boolean}[]}
   */
  ticks({ from_ms, to_ms }, least_ms) {
    const step_ms = STEPS_MS.find((step) => step >= least_ms) ?? STEPS_MS.at(-1);
    // When clocks are changed an hour is missing or comes twice: from one to the next on the way.
    const stride_ms = Math.min(step_ms, HOUR_MS);
    const first_ms = Math.ceil(from_ms / MINUTE_MS) * MINUTE_MS;
    const start_ms = step_ms < MINUTE_MS
      ? Math.ceil(from_ms / step_ms) * step_ms
      : this.#firstOn(first_ms, stride_ms);
    const ticks = [];
    for (let at_ms = start_ms; at_ms <= to_ms; at_ms += stride_ms) {
      if (step_ms > HOUR_MS && this.minutes(at_ms) % (step_ms / MINUTE_MS) !== 0) continue;
      const words = step_ms < MINUTE_MS ? this.exact(at_ms) : this.short(at_ms);
      ticks.push({ at_ms, words, isHour: at_ms % MINUTE_MS === 0 && this.minutes(at_ms) % 60 === 0 });
    }
    return ticks;
  }

  #firstOn(first_ms, stride_ms) {
    const stride = stride_ms / MINUTE_MS;
    const over = this.minutes(first_ms) % stride;
    return first_ms + (over === 0 ? 0 : stride - over) * MINUTE_MS;
  }
}

/** "3 minutes", "1 hour 20 minutes": how long, for people. */
export function lengthWords(length_ms) {
  const seconds = Math.round(length_ms / 1000);
  if (seconds < 60) return counted(seconds, "second");
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return counted(minutes, "minute");
  const rest = minutes % 60;
  return [counted(Math.floor(minutes / 60), "hour"), rest ? counted(rest, "minute") : ""]
    .filter(Boolean).join(" ");
}

/** "1:20:05", "0:30": how long, in little room. */
export function lengthFigures(length_ms) {
  const seconds = Math.round(length_ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const [first, ...rest] = parts[0] ? parts : parts.slice(1);
  return [first, ...rest.map((part) => String(part).padStart(2, "0"))].join(":");
}

function counted(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
