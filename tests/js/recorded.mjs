/** Recordings as the server tells of them, and fragments as they lie in a segment's file. */

/** Media time begins anywhere: here at ten hours. */
export function segment(id, start_ms, end_ms, { start_90k = 3_240_000_000 + start_ms * 90, ...more } = {}) {
  const end_90k = start_90k + (end_ms - start_ms) * 90;
  return { id, boot: 1, start_90k, end_90k, start_ms, end_ms, isGrowing: false, ...more };
}

export function visit(id, start_ms, end_ms, more = {}) {
  return {
    id, start_ms, end_ms, isOpen: false, label: "cat", name: "Miso", place: "", colour: "#c2570c",
    url: `/visits/${id}/`, isStarred: false, ...more,
  };
}

export function box(kind, ...parts) {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + body.length);
  head.write(kind, 4, "latin1");
  return Buffer.concat([head, body]);
}

function numbers(...values) {
  const buffer = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => buffer.writeUInt32BE(value, 4 * i));
  return buffer;
}

/** A fragment as Petcam records it: several pictures, and the check of its bytes in its moof. */
export function fragment(decode_90k, lengths_90k) {
  const tfdt = Buffer.alloc(12);
  tfdt.writeUInt32BE(1 << 24);
  tfdt.writeBigUInt64BE(BigInt(decode_90k), 4);
  const samples = lengths_90k.flatMap((length_90k) => [length_90k, 100, 0x01010000]);
  const trun = numbers(0x701, lengths_90k.length, 0, ...samples);
  const traf = box("traf", box("tfhd", numbers(0x020000, 1)), box("tfdt", tfdt), box("trun", trun));
  const moof = box("moof", box("mfhd", numbers(0, 1)), traf, box("uuid", Buffer.alloc(20)));
  return Buffer.concat([moof, box("mdat", Buffer.from("pictures"))]);
}

/** As a browser gets it. */
export function bytesOf(...fragments) {
  return Uint8Array.from(Buffer.concat(fragments));
}
