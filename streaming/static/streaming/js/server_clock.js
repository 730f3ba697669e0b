/**
 * The server's clocks as seen from this page.
 *
 * Each ping gives two bounds: the answer was written after the ping left and before the pong came.
 * Halfway between is wrong by at most half the round trip, so the quickest recent ping decides.
 */
const SAMPLES = 12;
const MEDIA_PER_MS = 90;
const WRAP = 2 ** 32;

export class ServerClock {
  #samples = [];

  /**
   * @param {{sent_ms: number, received_ms: number, media_90k: number, unix_ms: number}} ping
   *   `sent_ms` and `received_ms` on this page's performance.now().
   */
  learn({ sent_ms, received_ms, media_90k, unix_ms }) {
    const middle_ms = (sent_ms + received_ms) / 2;
    this.#samples.push({
      round_trip_ms: received_ms - sent_ms,
      media_ms: media_90k / MEDIA_PER_MS - middle_ms,
      unix_ms: unix_ms - middle_ms,
    });
    if (this.#samples.length > SAMPLES) this.#samples.shift();
  }

  /** Forget everything: the answers come from another machine or after a restart. */
  forget() {
    this.#samples = [];
  }

  /** Round trip of the ping that decides, or null before the first. */
  get round_trip_ms() {
    return this.#best()?.round_trip_ms ?? null;
  }

  /** Seconds from a picture's 90 kHz media time (not wrapped) to `at_ms`, or null when unknown. */
  age_s(media_90k, at_ms) {
    const best = this.#best();
    return best ? (best.media_ms + at_ms - media_90k / MEDIA_PER_MS) / 1000 : null;
  }

  /** The same for an RTP timestamp, which is wrapped at 2^32 and has an offset of its own. */
  ageOfRtp_s(timestamp, offset, at_ms) {
    const best = this.#best();
    if (!best) return null;
    const now_90k = (best.media_ms + at_ms) * MEDIA_PER_MS;
    const behind = (((now_90k - timestamp + offset) % WRAP) + WRAP) % WRAP;
    return (behind > WRAP / 2 ? behind - WRAP : behind) / MEDIA_PER_MS / 1000;
  }

  /** Seconds from a capture time (Unix ms on the server) to `at_ms`, or null when unknown. */
  ageOfUnix_s(captured_ms, at_ms) {
    const best = this.#best();
    return best ? (best.unix_ms + at_ms - captured_ms) / 1000 : null;
  }

  #best() {
    return this.#samples.reduce(
      (best, sample) => (best && best.round_trip_ms <= sample.round_trip_ms ? best : sample),
      null,
    );
  }
}
