/** A visit's page: looked at is reviewed, the way it went can be played, arrows go on. */

/** Whoever looks this long has seen it. */
const LOOKED_MS = 1500;

const form = document.querySelector("[data-visit-form]");

async function markReviewed(button) {
  const body = new FormData(form);
  body.set("act", "reviewed");
  const answer = await fetch(form.action, {
    method: "POST",
    body,
    headers: { accept: "application/json" },
  });
  if (answer.ok) {
    button.value = "unreviewed";
    button.lastChild.textContent = "Reviewed";
  }
}

const unread = form?.querySelector("[data-review]");
if (unread) {
  const start = () => setTimeout(() => !document.hidden && markReviewed(unread), LOOKED_MS);
  if (document.hidden) document.addEventListener("visibilitychange", start, { once: true });
  else start();
}

addEventListener("keydown", (event) => {
  const isTyping = event.target.matches?.("select, textarea, input");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const target = {
    ArrowLeft: "[data-newer]",
    ArrowRight: "[data-older]",
    Escape: ".visit-back",
    s: '[data-key="s"]',
    r: '[data-key="r"]',
  }[event.key];
  if (target) document.querySelector(target)?.click();
});

const replay = document.querySelector("[data-replay]");
if (replay) {
  const moments = JSON.parse(document.getElementById("track").textContent);
  const boxes = document.querySelectorAll(".visit-box rect");
  const slider = replay.querySelector("[data-moment]");
  const words = replay.querySelector("[data-moment-words]");
  const last = moments.at(-1)[0];
  let playing = 0;

  const show = (seconds) => {
    const next = moments.findIndex(([at]) => at >= seconds);
    const to = moments[next < 0 ? moments.length - 1 : next];
    const from = moments[Math.max(0, next - 1)];
    const share = to[0] > from[0] ? Math.min(1, (seconds - from[0]) / (to[0] - from[0])) : 1;
    const [x, y, width, height] = [1, 2, 3, 4].map((i) => from[i] + share * (to[i] - from[i]));
    for (const box of boxes) {
      for (const [name, value] of Object.entries({ x, y, width, height })) {
        box.setAttribute(name, value.toFixed(1));
      }
    }
    words.textContent = `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
  };

  const stop = () => {
    cancelAnimationFrame(playing);
    playing = 0;
  };

  const play = () => {
    // A long visit passes in ten seconds.
    const speed = Math.max(1, last / 10);
    const first = Number(slider.value) >= last ? 0 : Number(slider.value);
    const began = performance.now();
    const step = (now) => {
      const seconds = Math.min(last, first + ((now - began) / 1000) * speed);
      slider.value = String(seconds);
      show(seconds);
      playing = seconds < last ? requestAnimationFrame(step) : 0;
    };
    playing = requestAnimationFrame(step);
  };

  slider.max = String(last);
  words.textContent = "0:00";
  slider.addEventListener("input", () => {
    stop();
    show(Number(slider.value));
  });
  replay.querySelector("[data-play]").addEventListener("click", () => (playing ? stop() : play()));
  replay.hidden = false;
}
