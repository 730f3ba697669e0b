/** A receiving peer connection with its offer made, which takes a browser tens of milliseconds. */
export class PreparedPeer {
  /** ICE candidates found so far; whoever takes the peer may listen to `onCandidate` instead. */
  candidates = [];
  onCandidate = (candidate) => this.candidates.push(candidate);

  /** @param {RTCIceServer[]} iceServers  @param {object[]} codecs wanted, best first */
  constructor(iceServers, codecs) {
    this.key = JSON.stringify(iceServers);
    this.peer = new RTCPeerConnection({ iceServers });
    this.peer.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate) this.onCandidate(candidate);
    };
    const transceiver = this.peer.addTransceiver("video", { direction: "recvonly" });
    transceiver.setCodecPreferences?.(codecs);
    this.described = this.#describe();
    // Whoever takes it hears of a failure; one that nobody takes may fail quietly.
    this.described.catch(() => {});
  }

  async #describe() {
    await this.peer.setLocalDescription(await this.peer.createOffer());
  }
}

/** Keeps one peer ready for somebody who may come back soon. */
export class SparePeer {
  #codecs;
  #spare = null;

  /** @param {() => object[]} codecs */
  constructor(codecs) {
    this.#codecs = codecs;
  }

  /** Make one ready, unless there is one. */
  prepare(iceServers) {
    this.#spare ??= new PreparedPeer(iceServers, this.#codecs());
  }

  /** The one that is ready, if it was made with these servers; else a new one. */
  take(iceServers) {
    const spare = this.#spare;
    this.#spare = null;
    if (spare?.key === JSON.stringify(iceServers)) return spare;
    spare?.peer.close();
    return new PreparedPeer(iceServers, this.#codecs());
  }

  /** Nobody came. */
  drop() {
    this.#spare?.peer.close();
    this.#spare = null;
  }
}
