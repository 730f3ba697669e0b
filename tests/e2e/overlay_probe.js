// After probe.js: reads strip and box back from the composed picture that is about to be shown.
(() => {
  const probe = window.petcamProbe;
  const line = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

  // Where the middle is between the first and the last magenta pixel of a row or column.
  function middle(surface, x, y, width, height) {
    const length = Math.max(width, height);
    line.canvas.width = width;
    line.canvas.height = height;
    line.drawImage(surface, x, y, width, height, 0, 0, width, height);
    const pixels = line.getImageData(0, 0, width, height).data;
    let first = -1;
    let last = -1;
    for (let i = 0; i < length; i += 1) {
      const [red, green, blue] = pixels.subarray(4 * i, 4 * i + 3);
      if (red < 180 || green > 90 || blue < 180) continue;
      if (first < 0) first = i;
      last = i;
    }
    return last - first > 20 ? (first + last + 1) / 2 : null;
  }

  // [frame number, box middle x, box middle y] of each picture about to be shown; null: no box.
  probe.composed = [];
  probe.plain = 0; // pictures that were shown as the plain <video>
  // `places[n]`: the middle of the box that belongs to frame n, which is where to look for it.
  probe.readBoxes = (places) => {
    let seen = -1;
    const look = () => {
      requestAnimationFrame(look);
      const surface = probe.surface();
      if (surface?.localName !== "canvas") {
        probe.plain += 1;
        return;
      }
      const strip = probe.readStrip(surface);
      if (!strip || strip.frame === seen) return;
      seen = strip.frame;
      const [x, y] = places[strip.frame % places.length];
      probe.composed.push([
        strip.frame,
        middle(surface, 0, Math.round(y), surface.width, 1),
        middle(surface, Math.round(x + 100), 0, 1, surface.height),
      ]);
    };
    look();
  };

  // [captured (Unix ms), boxes drawn] of each picture about to be shown, as the player drew it.
  probe.drawn = [];
  probe.readDrawn = () => {
    let seen = -1;
    const look = () => {
      requestAnimationFrame(look);
      const surface = probe.surface();
      const strip = surface && probe.readStrip(surface);
      if (!strip || strip.frame === seen) return;
      seen = strip.frame;
      const isComposed = surface.localName === "canvas";
      const boxes = isComposed ? probe.player().overlay.drawn.boxes : [];
      const shown = boxes.filter((box) => box.label === "cat").map(({ box }) => box);
      probe.drawn.push([strip.at - strip.latencyMs, shown]);
    };
    look();
  };
})();
