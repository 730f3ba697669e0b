/** What a page itself tells of its first moment, so that the picture of it waits for nothing else. */
import { segmentOf } from "./client.js";

/**
 * @param {{archive: import("./archive.js").Archive,
 *   client: import("./client.js").RecordingsClient}} camera knows it from then on
 * @param {Document} [page] with what `first_look` in recordings/views.py says
 * @returns {boolean} was anything told?
 */
export function takeFirstLook({ archive, client }, page = document) {
  const told = JSON.parse(page.getElementById("first-look")?.textContent ?? "null");
  if (!told) return false;
  const segments = told.segments.map(segmentOf);
  const [from_ms, to_ms] = [segments[0].start_ms, segments.at(-1).end_ms];
  archive.merge({ from_ms, to_ms, segments, visits: [] });
  client.knows(segments[0], told.index, told);
  return true;
}
