/** A few seconds of a recording as a film of their own. */
import { Archive } from "./archive.js";
import { Gone } from "./client.js";
import { countFromZero } from "./samples.js";

const BEFORE_MS = 1000;
const LENGTH_MS = 6000;
const MOST_BYTES = 4_000_000;

/**
 * What was recorded around `at_ms`, from the keyframe before on: fetched within bounds.
 *
 * @param {import("./client.js").RecordingsClient} client
 * @returns {Promise<Blob | null>} an MP4; null when nothing was recorded
 */
export async function filmOf(client, at_ms, signal) {
  const from_ms = at_ms - BEFORE_MS;
  const archive = new Archive();
  archive.merge(await client.timeline(from_ms, from_ms + LENGTH_MS, signal));
  const moment = archive.momentAt(from_ms);
  if (!moment) return null;
  try {
    return await film(client, moment, signal);
  } catch (error) {
    // Deleted since.
    if (error instanceof Gone) return null;
    throw error;
  }
}

async function film(client, { segment, t_90k }, signal) {
  const index = await client.index(segment, signal);
  const until_90k = t_90k + 90 * LENGTH_MS;
  const chunk = index.chunk(index.keyFor(t_90k), { until_90k, most_bytes: MOST_BYTES });
  if (!chunk) return null;
  const bytes = await client.bytes(segment, chunk.first_byte, chunk.end_byte, signal);
  countFromZero(bytes);
  return new Blob([index.init, bytes], { type: "video/mp4" });
}
