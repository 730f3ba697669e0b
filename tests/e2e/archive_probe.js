// After probe.js: when pictures of a recording are painted, and a day's timeline.
// Times are Unix milliseconds.
(() => {
  const probe = window.petcamProbe;
  const KEY = "petcam.clicked";
  const nowOf = (at_ms) => performance.timeOrigin + at_ms;

  // Each click, also one that leads to another page.
  addEventListener("click", (event) => {
    sessionStorage.setItem(KEY, String(nowOf(event.timeStamp)));
    probe.painted = [];
    performance.clearResourceTimings();
  }, true);
  probe.clickedAt = () => Number(sessionStorage.getItem(KEY));

  // [when, frame number in the strip (null: unreadable), moment it is said to be of, how many pictures were presented] of each picture of the recording's <video> since the page began, or since a click.
  probe.painted = [];
  probe.mostPainted = 5; // after so many the strip is left alone: reading it costs milliseconds
  let video = null;
  const onPicture = (now_ms, { expectedDisplayTime, presentedFrames }) => {
    video.requestVideoFrameCallback(onPicture);
    const at = nowOf(Math.max(expectedDisplayTime, performance.now()));
    if (probe.painted.length >= probe.mostPainted) return;
    const strip = probe.readStrip(probe.surface());
    probe.painted.push([at, strip && strip.frame, probe.player().moment?.at_ms ?? null,
      presentedFrames]);
  };
  const find = setInterval(() => {
    video = document.querySelector("petcam-past")?.video ?? null;
    if (!video) return;
    clearInterval(find);
    video.requestVideoFrameCallback(onPicture);
  }, 2);

  // When the timeline's canvas first had the colour of what is recorded.
  probe.timelineAt = null;
  const look = () => {
    const canvas = document.querySelector(".day-canvas");
    const swatch = document.querySelector(".day-ink-recorded");
    if (canvas?.width > 100 && swatch) {
      const [red, green, blue] = getComputedStyle(swatch).color.match(/[\d.]+/g).map(Number);
      const column = canvas.getContext("2d").getImageData(
        Math.round(canvas.width * 0.49), 0, 1, canvas.height,
      ).data;
      for (let i = 0; i < column.length; i += 4) {
        const isSame = Math.abs(column[i] - red) + Math.abs(column[i + 1] - green)
          + Math.abs(column[i + 2] - blue) < 6;
        if (isSame && column[i + 3] > 250) probe.timelineAt = nowOf(performance.now());
      }
    }
    // After what is painted in this frame.
    if (probe.timelineAt === null) requestAnimationFrame(() => setTimeout(look));
  };
  // Before there is an answer there is nothing to be seen, and looking takes time.
  new PerformanceObserver((entries, observer) => {
    if (!entries.getEntries().some(({ name }) => name.includes("timeline.json"))) return;
    observer.disconnect();
    look();
  }).observe({ type: "resource", buffered: true });

  // What was asked of the portal, when, and when the answer was there.
  probe.asked = (part) => performance.getEntriesByType("resource")
    .filter(({ name }) => name.includes(part))
    .map((entry) => [nowOf(entry.startTime), nowOf(entry.responseStart), nowOf(entry.responseEnd)]);
})();
