import assert from "node:assert/strict";
import test from "node:test";

import { SparePeer } from "../../streaming/static/streaming/js/prepared_peer.js";

const made = [];

globalThis.RTCPeerConnection = class {
  isClosed = false;
  localDescription = null;

  constructor({ iceServers }) {
    this.iceServers = iceServers;
    made.push(this);
  }

  addTransceiver() {
    return { setCodecPreferences: (codecs) => (this.codecs = codecs) };
  }

  async createOffer() {
    return { type: "offer", sdp: "v=0" };
  }

  async setLocalDescription(offer) {
    this.localDescription = offer;
  }

  close() {
    this.isClosed = true;
  }
};

const spares = () => new SparePeer(() => ["h264"]);
const TURN = [{ urls: ["turn:box"] }];

test("what was prepared is taken, once, with its offer made", async () => {
  const spare = spares();
  spare.prepare([]);
  spare.prepare([]);
  const [first] = made.splice(0);

  const taken = spare.take([]);
  await taken.described;

  assert.equal(taken.peer, first);
  assert.deepEqual(first.codecs, ["h264"]);
  assert.equal(first.localDescription.type, "offer");
  assert.notEqual(spare.take([]).peer, first);
});

test("one made with other servers is no use", () => {
  const spare = spares();
  made.length = 0;
  spare.prepare([]);
  const [old] = made.splice(0);

  const taken = spare.take(TURN);

  assert.equal(old.isClosed, true);
  assert.deepEqual(taken.peer.iceServers, TURN);
});

test("candidates are kept until somebody listens", () => {
  const taken = spares().take([]);
  taken.peer.onicecandidate({ candidate: { candidate: "a" } });
  const heard = [];
  taken.onCandidate = (candidate) => heard.push(candidate.candidate);

  taken.peer.onicecandidate({ candidate: { candidate: "b" } });
  taken.peer.onicecandidate({ candidate: null });

  assert.deepEqual(taken.candidates.map((each) => each.candidate), ["a"]);
  assert.deepEqual(heard, ["b"]);
});

test("nobody came: it is closed", () => {
  const spare = spares();
  made.length = 0;
  spare.prepare([]);

  spare.drop();

  assert.equal(made[0].isClosed, true);
});
