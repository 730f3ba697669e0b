// Put into pages besides tests/e2e/probe.js: what the browser says of each frame, from the first
// one on. Times are Unix milliseconds with fractions.
(() => {
  const MOST = 20000;
  const frames = [];
  const native = HTMLVideoElement.prototype.requestVideoFrameCallback;
  if (!native) return;
  const seen = new WeakMap(); // video -> what was told last
  HTMLVideoElement.prototype.requestVideoFrameCallback = function (callback) {
    return native.call(this, (now, metadata) => {
      if (seen.get(this) !== metadata.presentedFrames) {
        seen.set(this, metadata.presentedFrames);
        const unix = (time) => (time === undefined ? null : performance.timeOrigin + time);
        frames.push({
          at: unix(performance.now()),
          received: unix(metadata.receiveTime),
          presented: unix(metadata.presentationTime),
          shown: unix(metadata.expectedDisplayTime),
          rtp: metadata.rtpTimestamp ?? null,
        });
        if (frames.length > MOST) frames.shift();
      }
      callback(now, metadata);
    });
  };

  window.petcamWatching = {
    frames,

    // Watch anew, as after a click: how long until the first frame, and by which way it came.
    async join(patience) {
      const player = document.querySelector("petcam-player");
      const before = frames.length;
      const clicked = performance.timeOrigin + performance.now();
      player.start();
      while (frames.length === before) {
        if (performance.timeOrigin + performance.now() - clicked > patience) return null;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const first = frames[before];
      return { waited: first.at - clicked, clicked, transport: player.dataset.transport ?? "" };
    },

    leave() {
      document.querySelector("petcam-player").stop();
    },
  };
})();
