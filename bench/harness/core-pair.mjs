// Two sans-IO endpoints of the built package with nothing between them: no sockets, no timers, virtual time.
import { createHmac, randomFillSync } from 'node:crypto';
import { Endpoint } from '../../dist/core.js';

const port = 5000;
const word = new Uint32Array(1);
const environment = {
  random: { uint32: () => randomFillSync(word)[0] },
  hmac: (key, data) => createHmac('sha256', key).update(data).digest(),
};
const nowhere = () => {};
/** Packets that a side sends before the other gets a turn, whatever its congestion window: the pipe is a short one. */
const mostUnderWay = 32;

/** Bytes of a packet around the user data of its one DATA chunk: common header 12, chunk header 16 (RFC 9260 §3, §3.3.1). */
export const dataPacketOverhead = 28;

export class CorePair {
  now = 0;
  /** Packets that went over, in both directions. */
  packets = 0;
  /** Sees each packet and may keep it from arriving by returning true. */
  intercept = undefined;
  /** Takes what either side tells. */
  onEvent = nowhere;
  /** Under way. */
  #fromOne = [];
  #fromOther = [];

  constructor(options = {}) {
    this.one = new Endpoint({ port, ...options }, environment);
    const limits = { maxHandshakesPerSecond: 1e9, maxAssociations: 1e9 };
    this.other = new Endpoint({ port, listening: true, limits, ...options }, environment);
  }

  /** Associations number `first` to `first + count - 1`; each has an address of its own, which stands for the peer on both sides. */
  connect(count = 1, first = 0) {
    const pairs = [];
    let accepted;
    this.onEvent = ({ association, event }) => {
      if (event.kind === 'established' && association !== pairs.at(-1)?.association) accepted = association;
    };
    for (let n = first; n < first + count; n++) {
      const ip = `10.${n >>> 16}.${(n >>> 8) & 255}.${n & 255}`;
      const association = this.one.connect({ addresses: [{ ip, udpPort: 9899 }], port }, {}, this.now);
      const pair = { association, peer: undefined };
      pairs.push(pair);
      this.settle();
      pair.peer = accepted;
    }
    this.onEvent = nowhere;
    if (this.one.associationCount !== first + count || this.other.associationCount !== first + count) {
      throw new Error('not all associations were established');
    }
    return pairs;
  }

  /**
   * Carries packets until both sides are silent. Each side answers what comes in one turn together, but for what wants an answer
   * or a SACK chunk at once: as the driver behind a socket does.
   */
  settle() {
    for (let busy = true; busy; ) {
      const sent = this.#carry(this.one, this.other, this.#fromOne, this.#fromOther);
      busy = this.#carry(this.other, this.one, this.#fromOther, this.#fromOne) || sent;
    }
  }

  /** Lets virtual time pass until `end`, or until both sides wait for nothing before it. */
  runUntil(end) {
    for (;;) {
      const at = Math.min(this.one.nextTimeout, this.other.nextTimeout);
      if (at > end) break;
      this.now = Math.max(this.now, at);
      this.one.handleTimeout(this.now);
      this.other.handleTimeout(this.now);
      this.settle();
    }
    this.now = end;
  }

  #carry(from, to, packets, answers) {
    this.#drain(from, packets);
    if (packets.length === 0) return false;
    for (let packet = packets.shift(); packet !== undefined; packet = packets.shift()) {
      this.packets++;
      if (this.intercept?.(packet.packet) === true) continue;
      const demand = to.handlePacket(packet.packet, packet.to, undefined, this.now);
      if (demand === 'answer' || demand === 'acknowledgement') this.#drain(to, answers);
    }
    this.#drain(to, answers);
    return true;
  }

  #drain(from, packets) {
    while (packets.length < mostUnderWay) {
      const sent = from.pollTransmit(this.now);
      if (sent === undefined) break;
      packets.push(sent);
    }
    for (let event = from.pollEvent(); event !== undefined; event = from.pollEvent()) this.onEvent(event);
  }
}
