/** Each picture of a transport together with its own time, to be drawn by the page. */
import { watchFrames } from "./frames.js";

/**
 * @typedef {{image: CanvasImageSource, width: number, height: number, media_90k: number}} Picture
 *   `media_90k`: its media time; over WebRTC only the lowest 32 bits. `image` may be drawn until the
 *   next picture comes.
 *
 * Where the browser hands out a track's pictures one by one, those are used: they come with their
 * time, sooner, and in hidden pages too. Elsewhere the <video> is looked at when it shows another.
 *
 * @param {object} transport `track`, `video`, `mediaTime_90k(metadata)`
 * @param {(picture: Picture) => void} onPicture
 * @returns {() => void} stop
 */
export function watchPictures(transport, onPicture) {
  const shelf = new Shelf(transport, onPicture);
  const { track } = transport;
  const stop = track && globalThis.MediaStreamTrackProcessor
    ? readTrack(track, (frame) => shelf.put(frame, frame.metadata?.() ?? {}))
    : watchFrames(transport.video, (metadata) => lookAt(transport.video, metadata, shelf));
  return () => {
    stop();
    shelf.empty();
  };
}

/** Do pictures come although nobody sees the page? */
export function comesHidden(transport) {
  return Boolean(transport.track && globalThis.MediaStreamTrackProcessor);
}

function readTrack(track, onFrame) {
  const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
  const read = async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onFrame(value);
    }
  };
  read();
  return () => reader.cancel();
}

/** A callback's metadata may be those of the picture before: a frame has its own. */
function lookAt(video, metadata, shelf) {
  const frame = frameOf(video);
  if (!frame) {
    shelf.put(video, metadata);
    return;
  }
  const { rtpTimestamp = metadata.rtpTimestamp } = frame.metadata?.() ?? {};
  const own_s = frame.timestamp / 1e6;
  const isOwn = Math.abs(own_s - metadata.mediaTime) < 1;
  shelf.put(frame, { rtpTimestamp, mediaTime: isOwn ? own_s : metadata.mediaTime });
}

function frameOf(video) {
  try {
    return new VideoFrame(video);
  } catch {
    // Browsers without it, and those that keep some decoders' pictures to themselves.
    return null;
  }
}

/** Holds the picture that is shown until the next one replaces it. */
class Shelf {
  #transport;
  #onPicture;
  #frame = null;
  #isOver = false;

  constructor(transport, onPicture) {
    this.#transport = transport;
    this.#onPicture = onPicture;
  }

  put(image, metadata) {
    this.#close();
    this.#frame = image;
    if (this.#isOver) {
      this.#close();
      return;
    }
    const media_90k = this.#transport.mediaTime_90k(metadata);
    const width = image.displayWidth ?? image.videoWidth;
    const height = image.displayHeight ?? image.videoHeight;
    if (media_90k !== null && width) this.#onPicture({ image, width, height, media_90k });
  }

  empty() {
    this.#isOver = true;
    this.#close();
  }

  #close() {
    this.#frame?.close?.();
    this.#frame = null;
  }
}
