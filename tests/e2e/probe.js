// Put into every page before its own scripts: watches the pictures that really appear, and reads
// the demo camera's strip (3 rows x 32 cells in the top-left 512x48 px) out of them.
// Times are Unix milliseconds of this machine's clock, the same that the camera stamps.
(() => {
  const CELL_PX = 16, COLUMNS = 32, ROWS = 3;
  const canvas = document.createElement("canvas");
  canvas.width = COLUMNS;
  canvas.height = ROWS;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingEnabled = false;

  function crc16(bytes) {
    let crc = 0xffff;
    for (const byte of bytes) {
      crc ^= byte << 8;
      for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : crc << 1;
    }
    return crc;
  }

  // The strip in a picture (video, canvas or img), null when its CRC is wrong.
  function readStrip(source) {
    const at = Date.now(); // reading takes milliseconds itself
    context.drawImage(source, 0, 0, COLUMNS * CELL_PX, ROWS * CELL_PX, 0, 0, COLUMNS, ROWS);
    const pixels = context.getImageData(0, 0, COLUMNS, ROWS).data;
    const bytes = [];
    for (let cell = 0; cell < COLUMNS * ROWS; cell++) {
      const luma = 0.299 * pixels[4 * cell] + 0.587 * pixels[4 * cell + 1] + 0.114 * pixels[4 * cell + 2];
      if (cell % 8 === 0) bytes.push(0);
      bytes[bytes.length - 1] = (bytes[bytes.length - 1] << 1) | (luma > 128 ? 1 : 0);
    }
    const word = (at) => ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
    if (crc16(bytes.slice(0, 10)) !== ((bytes[10] << 8) | bytes[11])) return null;
    const capturedAt = word(4);
    return {
      frame: word(0),
      camera: (bytes[8] << 8) | bytes[9],
      latencyMs: ((at % 2 ** 32) - capturedAt) >>> 0,
      at,
    };
  }

  const probe = {
    everyKth: 5,          // strips are read from every k-th frame; 0: never
    shown: [],            // when each frame was shown, the newest 20000
    strips: [],           // what was read, the newest 20000
    unreadable: 0,        // strips with a wrong CRC
    states: [],           // [Unix ms, state, transport] at each change of the player
    violations: [],       // broken Content-Security-Policy rules
    peers: [],
    readStrip,
    player: () => document.querySelector("petcam-player, petcam-past"),

    // What the player shows pictures on: a video, or a canvas for single pictures.
    surface: () => probe.player()?.surface ?? null,

    // The text that the player shows.
    words: () => probe.player()?.innerText ?? "",

    // The strip in what is shown now, null when none can be read.
    stripNow() {
      const surface = probe.surface();
      if (!surface || (surface.videoWidth ?? surface.width) < COLUMNS * CELL_PX) return null;
      const strip = readStrip(surface);
      return strip && { ...strip, shownBy: surface.localName };
    },

    // The longest time without a new frame between `from` and now, in ms.
    longestGap(from, to = Date.now()) {
      const before = probe.shown.filter((at) => at <= from).at(-1) ?? from;
      const times = [Math.max(before, from), ...probe.shown.filter((at) => at > from && at <= to), to];
      return Math.max(...times.slice(1).map((at, i) => at - times[i]));
    },

    framesSince: (from) => probe.shown.filter((at) => at > from).length,

    // The streamer's UDP port that the pictures come from, null without a connection.
    async remotePort() {
      for (const peer of probe.peers.filter((p) => p.connectionState === "connected").reverse()) {
        const reports = await peer.getStats();
        for (const { type, selectedCandidatePairId } of reports.values()) {
          if (type !== "transport" || !selectedCandidatePairId) continue;
          return reports.get(reports.get(selectedCandidatePairId).remoteCandidateId).port;
        }
      }
      return null;
    },

    async decoded() {
      for (const peer of probe.peers.filter((p) => p.connectionState === "connected").reverse()) {
        for (const report of (await peer.getStats()).values()) {
          if (report.type === "inbound-rtp" && report.kind === "video") {
            return {
              at: report.timestamp, decoded: report.framesDecoded, dropped: report.framesDropped,
              bytes: report.bytesReceived, freezes: report.freezeCount, lost: report.packetsLost,
              codec: report.codecId,
            };
          }
        }
      }
      return null;
    },
  };

  const keep = (list, item) => {
    list.push(item);
    if (list.length > 20000) list.shift();
  };

  let watched = null;
  let count = 0;
  function onFrame(video) {
    if (watched !== video) return;
    video.requestVideoFrameCallback(() => onFrame(video));
    keep(probe.shown, Date.now());
    if (!probe.everyKth || count++ % probe.everyKth || video.videoWidth < COLUMNS * CELL_PX) return;
    const strip = readStrip(video);
    if (strip) keep(probe.strips, strip);
    else probe.unreadable++;
  }
  setInterval(() => {
    const player = probe.player();
    if (!player) return;
    const now = [player.dataset.state, player.dataset.transport];
    const last = probe.states.at(-1);
    if (!last || last[1] !== now[0] || last[2] !== now[1]) keep(probe.states, [Date.now(), ...now]);
    const video = player.video;
    if (video && video !== watched && video.requestVideoFrameCallback) {
      watched = video;
      video.requestVideoFrameCallback(() => onFrame(video));
    }
  }, 5);

  const Native = window.RTCPeerConnection;
  if (Native) {
    window.RTCPeerConnection = class extends Native {
      constructor(...args) {
        super(...args);
        probe.peers.push(this);
      }
    };
  }
  document.addEventListener("securitypolicyviolation", (event) => {
    probe.violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}`);
  });
  window.petcamProbe = probe;
})();
