/** Pictures straight from the streamer: WebRTC, receive only, H.264. */
import { DecodedFrames, makeVideo, play, watchFrames } from "./frames.js";

const ANSWER_MS = 2000;
const HURRIED_ANSWER_MS = 1200;
// After the answer, where nothing but the portal's own addresses is tried: a few round trips. With
// STUN or TURN servers only the deadline for the first picture holds.
const CONNECT_MS = 1200;
const CLAIM_MS = 3000;
/** What the streamer uses to say "show it at once", which leaves a browser no patience at all. */
const HURRY = /^a=extmap:\S+ http:\/\/www\.webrtc\.org\/experiments\/rtp-hdrext\/playout-delay\r\n/gm;

/** Can this browser play H.264 by WebRTC? Firefox cannot until it has fetched its codec. */
export function canWebRtc() {
  return typeof RTCPeerConnection === "function" && h264().length > 0;
}

/** Codecs to ask for: H.264 and its retransmissions. */
export function h264() {
  const codecs = globalThis.RTCRtpReceiver?.getCapabilities?.("video")?.codecs ?? [];
  return codecs.some((codec) => codec.mimeType === "video/H264")
    ? codecs.filter((codec) => /^video\/(H264|rtx)$/i.test(codec.mimeType))
    : [];
}

export class WebRtcTransport {
  kind = "webrtc";
  surface = makeVideo();
  #host;
  #signalling;
  #clock;
  #id = newId();
  #peer = null;
  #sparePeer;
  #waiting = [];
  #isDescribed = false;
  #rtpOffset = null;
  #streamer = undefined;
  #isAnswered = false;
  #isClaimed = false;
  #isOffered = false;
  #isOver = false;
  #undo = [];
  #decoded = new DecodedFrames(this.surface);

  /**
   * @param {{signalling: object, clock: object, sparePeer: SparePeer, isPatient: boolean}} tools
   *   `isPatient`: pictures may be held back later on (delay_ms)
   * @param {object} host
   */
  constructor({ signalling, clock, sparePeer, isPatient = false }, host) {
    this.#sparePeer = sparePeer;
    this.#signalling = signalling;
    this.#clock = clock;
    this.isPatient = isPatient;
    this.#host = host;
  }

  get video() {
    return this.surface;
  }

  /** The pictures one by one, for who draws them; null before the first. */
  get track() {
    return this.surface.srcObject?.getVideoTracks()[0] ?? null;
  }

  suits(isPatient) {
    return this.isPatient === isPatient;
  }

  /** Hold pictures back for at least so long: only who was made patient can. */
  set delay_ms(value) {
    for (const receiver of this.#peer?.getReceivers() ?? []) receiver.jitterBufferTarget = value;
  }

  /** The lowest 32 bits of a picture's media time, or null when it cannot be told. */
  mediaTime_90k({ rtpTimestamp }) {
    const isTimed = rtpTimestamp !== undefined && this.#rtpOffset !== null;
    return isTimed ? (rtpTimestamp - this.#rtpOffset) >>> 0 : null;
  }

  get isReady() {
    return this.#peer?.connectionState === "connected";
  }

  /** The offer is made while the socket opens: it can leave with the hello. */
  async start() {
    this.#undo.push(this.#signalling.subscribe((message) => this.#told(message)));
    try {
      const prepared = this.#sparePeer.take(this.#signalling.hello?.ice_servers ?? []);
      this.#peer = prepared.peer;
      this.#peer.ontrack = ({ track }) => this.#show(track);
      this.#peer.onconnectionstatechange = () => this.#connectionChanged();
      this.#waiting = prepared.candidates;
      prepared.onCandidate = (candidate) => this.#gathered(candidate);
      await prepared.described;
      this.#isDescribed = true;
      if (this.#signalling.hello) await this.#offer();
    } catch (error) {
      this.#failToOffer(error);
    }
  }

  stop() {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const undo of this.#undo) undo();
    if (this.#isOffered) this.#signalling.send({ type: "session.close", session: this.#id });
    this.#peer?.close();
  }

  pulse() {
    if (document.hidden && this.#decoded.moved()) this.#host.frame(null);
  }

  late() {
    if (!this.#isOffered) return failure("no-socket", "The portal does not answer yet");
    if (!this.#isAnswered) return failure("no-answer", "The streamer does not answer");
    if (!this.isReady) return failure("blocked", "Direct video is blocked on this network");
    return failure("no-picture", "No picture came by the direct way");
  }

  async measure() {
    const report = await this.#peer.getStats();
    const all = [...report.values()];
    const stream = all.find((entry) => entry.type === "inbound-rtp" && entry.kind === "video");
    return {
      bytes: stream?.bytesReceived ?? 0,
      decoded: stream?.framesDecoded ?? 0,
      dropped: stream?.framesDropped ?? 0,
      decoder: stream?.decoderImplementation ?? "",
    };
  }

  async #offer() {
    const { ice_servers: iceServers } = this.#signalling.hello;
    if (iceServers.length && !this.#peer.getConfiguration().iceServers.length) {
      // Candidates were gathered without them.
      this.#peer.setConfiguration({ iceServers });
      this.#waiting = [];
      await this.#peer.setLocalDescription(await this.#peer.createOffer({ iceRestart: true }));
    }
    if (this.#isOver || this.#isOffered) return;
    const { sdp: own } = this.#peer.localDescription;
    const sdp = this.isPatient ? own.replace(HURRY, "") : own;
    this.#isOffered = this.#signalling.send({ type: "session.open", session: this.#id, sdp });
    const patience_ms = this.#host.isInAHurry ? HURRIED_ANSWER_MS : ANSWER_MS;
    const timer = setTimeout(() => this.#answerDue(), patience_ms);
    this.#undo.push(() => clearTimeout(timer));
    for (const candidate of this.#waiting) this.#trickle(candidate);
  }

  #gathered(candidate) {
    if (this.#isOffered) this.#trickle(candidate);
    else this.#waiting.push(candidate);
  }

  #trickle(candidate) {
    if (!this.#signalling.hello?.remote_candidates) return;
    this.#signalling.send({
      type: "session.candidate",
      session: this.#id,
      candidate: candidate.candidate,
      sdp_mid: candidate.sdpMid,
    });
  }

  #answerDue() {
    if (!this.#isAnswered) this.#fail("no-answer", this.late().text);
  }

  #connectionDue() {
    if (!this.isReady) this.#fail("blocked", this.late().text);
  }

  #told(message) {
    if (message.type === "hello") this.#greeted();
    if (message.session !== this.#id) return;
    if (message.type === "session.answer") {
      this.#streamer = message.streamer;
      this.#answered(message.sdp);
    }
    if (message.type === "session.clock") this.#rtpOffset = message.rtp_offset;
    if (message.type === "session.claimed") this.#isClaimed = true;
    if (message.type === "session.ended") this.#ended(message);
  }

  /** A socket opened: the first one carries the offer, a later one asks for what already runs. */
  #greeted() {
    if (this.#isAnswered) this.#claim();
    else if (this.#isOffered) this.#fail("socket-lost", "The portal was away for a moment");
    else if (this.#isDescribed) this.#offer().catch((error) => this.#failToOffer(error));
  }

  /** Ask for the running session until somebody says yes or no; pictures flow meanwhile. */
  #claim() {
    this.#isClaimed = false;
    const ask = () => {
      if (this.#isClaimed) return;
      this.#signalling.send({ type: "session.claim", session: this.#id, streamer: this.#streamer });
      timer = setTimeout(ask, CLAIM_MS);
    };
    let timer = null;
    ask();
    this.#undo.push(() => clearTimeout(timer));
  }

  /** "refused-broker": the streamer was not reached, so it has not ended anything. */
  #ended({ code, text }) {
    if (code !== "refused-broker" || !this.#isAnswered) this.#fail(code, text);
  }

  async #answered(sdp) {
    this.#isAnswered = true;
    try {
      await this.#peer.setRemoteDescription({ type: "answer", sdp });
    } catch (error) {
      this.#fail("bad-answer", `This browser refused the direct way (${error.name})`);
      return;
    }
    if (this.#signalling.hello?.ice_servers.length) return;
    const timer = setTimeout(() => this.#connectionDue(), CONNECT_MS);
    this.#undo.push(() => clearTimeout(timer));
  }

  #show(track) {
    const stream = this.surface.srcObject ?? new MediaStream();
    stream.addTrack(track);
    if (this.surface.srcObject) return;
    this.surface.srcObject = stream;
    this.#undo.push(watchFrames(this.surface, (metadata, at_ms) => this.#framed(metadata, at_ms)));
    play(this.surface, () => this.#host.blocked(this.surface));
  }

  #framed({ rtpTimestamp }, at_ms) {
    const isTimed = rtpTimestamp !== undefined && this.#rtpOffset !== null;
    const age_s = isTimed ? this.#clock.ageOfRtp_s(rtpTimestamp, this.#rtpOffset, at_ms) : null;
    this.#host.frame(age_s);
  }

  /** Only "failed" says something: "disconnected" heals, and pictures are watched elsewhere. */
  #connectionChanged() {
    if (this.#peer.connectionState !== "failed") return;
    this.#fail("ice-failed", "Direct video is blocked on this network");
  }

  #failToOffer(error) {
    this.#fail("no-offer", `Direct video does not work here (${error.name})`);
  }

  #fail(code, text) {
    if (!this.#isOver) this.#host.fail({ code, text });
  }
}

const failure = (code, text) => ({ code, text });

/** crypto.randomUUID() exists on https pages only; a portal at home is often plain http. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
