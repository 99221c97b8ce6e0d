import { createHmac } from 'node:crypto';
import type { Association } from '../../src/association/association.ts';
import type { StateName } from '../../src/association/state.ts';
import type { NetAddress } from '../../src/base/address.ts';
import { readUint8, readUint32 } from '../../src/base/bytes.ts';
import { SctpError } from '../../src/base/errors.ts';
import { seededRandom } from '../../src/base/random.ts';
import { chunkTypes, commonHeaderLength } from '../../src/chunks/index.ts';
import { Endpoint, type Transmit } from '../../src/endpoint/endpoint.ts';
import { Dice } from './dice.ts';
import { pattern } from './messages.ts';

/** In which state the attacked association begins; 'none': there is none, only somebody who listens. */
export type FuzzedState = Exclude<StateName, 'CLOSED'> | 'none';

export const fuzzedStates: readonly FuzzedState[] = [
  'none',
  'COOKIE-WAIT',
  'COOKIE-ECHOED',
  'ESTABLISHED',
  'SHUTDOWN-PENDING',
  'SHUTDOWN-SENT',
  'SHUTDOWN-RECEIVED',
  'SHUTDOWN-ACK-SENT',
];

/** How the association under attack is. */
export type FuzzedKind = 'single-homed' | 'multi-homed' | 'interleaving';

export const fuzzedKinds: readonly FuzzedKind[] = ['single-homed', 'multi-homed', 'interleaving'];

const at = (ip: string): NetAddress => ({ ip, udpPort: 9899 });
const hostAddresses = [at('10.0.0.1'), at('10.1.0.1')];
const peerAddresses = [at('10.0.0.2'), at('10.1.0.2')];
const bystanderAddress = at('10.0.0.3');
const hostPort = 5000;
/** The peer and the bystander have the same, so that only address and tag tell them apart. */
const othersPort = 5001;

/** Packets of the peer that are kept to be changed and sent. */
const keptPackets = 64;
/** Timers that may expire in a step of the clock; more would be a loop. */
const maxTimeouts = (ms: number): number => 50 + ms / 10;

export const receiveBufferSize = 20_000;

/**
 * A host under attack, without a network: what it sends arrives at once. Its peer is a real one whose packets to the
 * host do not arrive by themselves: they are kept, for the attacker to send them, changed or not. A bystander has an
 * association with the same host, about which the attacker knows everything but the tags.
 */
export class FuzzScene {
  readonly name: string;
  readonly state: FuzzedState;
  readonly kind: FuzzedKind;
  readonly host: Endpoint;
  /** The latest packets of the peer, at most `keptPackets`. */
  readonly packets: Uint8Array[] = [];
  /** The TSN that the host has acknowledged last, or the peer's initial one; where the attacker's DATA chunks fit in. */
  peerTsn = 0;
  /** The TSN that the host has used last, or its initial one. */
  hostTsn = 0;
  /** How many messages the host has read from others than the bystander. */
  messagesRead = 0;
  readonly #peer: Endpoint;
  readonly #bystander: Endpoint;
  readonly #toBystander: Association;
  readonly #fromBystander: Association;
  readonly #dice: Dice;
  readonly #isMultihomed: boolean;
  #now = 0;
  /** Whether the peer's packets reach the host, and the host's the peer. */
  #isPeerHeard = false;
  #isHostHeard = false;
  #target: Association | undefined;
  #packetCursor = 0;
  #exchanges = 0;
  #sent = 0;

  constructor(state: FuzzedState, kind: FuzzedKind, seed: number) {
    const isMultihomed = kind === 'multi-homed';
    const interleaving = kind === 'interleaving';
    this.state = state;
    this.kind = kind;
    this.name = `${state}, ${kind}`;
    this.#isMultihomed = isMultihomed;
    this.#dice = new Dice(seededRandom(seed));
    const options = { receiveBufferSize, sendBufferSize: 20_000, listening: true, interleaving };
    const homes = (addresses: readonly NetAddress[]): readonly NetAddress[] =>
      isMultihomed ? addresses : addresses.slice(0, 1);
    this.host = new Endpoint({ port: hostPort, ...options, localAddresses: homes(hostAddresses) }, environment(seed));
    this.#peer = new Endpoint(
      { port: othersPort, ...options, localAddresses: homes(peerAddresses) },
      environment(~seed),
    );
    this.#bystander = new Endpoint({ port: othersPort, localAddresses: [bystanderAddress] }, environment(seed + 1));
    this.#fromBystander = this.#bystander.connect({ addresses: hostAddresses.slice(0, 1), port: hostPort }, {}, 0);
    this.#drainBystander();
    this.settle();
    [this.#toBystander] = [...this.host.associations] as [Association];
  }

  get now(): number {
    return this.#now;
  }

  /** The association under attack, while it is there. */
  get target(): Association | undefined {
    return this.#target?.state === 'CLOSED' ? undefined : this.#target;
  }

  /** Ends what the last round has left, and brings a new association into the state. */
  arrange(): void {
    this.#isPeerHeard = false;
    this.#isHostHeard = false;
    this.#endAllBut(this.#toBystander);
    if (this.host.associationCount !== 1) throw new Error('an association was left');
    if (this.#target !== undefined) this.#readAll(this.#target);
    this.#target = undefined;
    this.#isHostHeard = true;
    if (this.state === 'none') {
      this.#peer.connect({ addresses: this.#hostAddresses, port: hostPort }, {}, this.#now);
    } else {
      this.#bringTo(this.state);
      if (this.#target!.state !== this.state) throw new Error(`${this.#target!.state} instead of ${this.state}`);
    }
    this.#isPeerHeard = false;
    this.#drainPeer();
    this.settle();
  }

  /** A packet arrives at the host. Returns how many it sends upon it, to anybody. */
  attack(packet: Uint8Array, from: NetAddress): number {
    const before = this.#sent;
    const isSecond = this.#isMultihomed && from.ip === peerAddresses[1]!.ip;
    this.host.handlePacket(packet, from, hostAddresses[isSecond ? 1 : 0]!, this.#now);
    this.settle();
    this.advance(0);
    return this.#sent - before;
  }

  /** Where the attacker claims to be: mostly where the peer is. */
  source(): NetAddress {
    const dice = this.#dice;
    if (dice.chance(0.9)) return peerAddresses[this.#isMultihomed ? dice.below(2) : 0]!;
    const ip = dice.pick(['10.0.0.2', '10.1.0.2', '10.0.0.3', '10.0.0.1', '10.6.6.6', '255.255.255.255', '::1']);
    return { ip, udpPort: dice.pick([9899, 9898, 1]) };
  }

  /** What the users on both sides do meanwhile. */
  use(): void {
    const target = this.#target;
    if (target === undefined) return;
    if (this.#dice.chance(0.3)) this.#readAll(target);
    if (this.#dice.chance(0.5)) this.#sendSomething(target);
    for (const association of this.#peer.associations) {
      if (this.#dice.chance(0.5)) this.#sendSomething(association);
      if (this.#dice.chance(0.05)) association.shutdown(this.#now);
      if (this.#dice.chance(0.2)) association.requestHeartbeat(hostAddresses[0]!.ip, this.#now);
    }
    this.#drainPeer();
    this.settle();
  }

  /** Lets the time pass, timer by timer. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let timeouts = 0; ; timeouts++) {
      const at = Math.min(this.host.nextTimeout, this.#peer.nextTimeout, this.#bystander.nextTimeout);
      if (Number.isNaN(at)) throw new Error('a timeout is not a number');
      if (at > end) break;
      if (timeouts > maxTimeouts(ms)) throw new Error(`${timeouts} timeouts in ${ms} ms`);
      this.#now = Math.max(this.#now, at);
      if (this.host.nextTimeout <= this.#now) this.host.handleTimeout(this.#now);
      if (this.#peer.nextTimeout <= this.#now) this.#peer.handleTimeout(this.#now);
      if (this.#bystander.nextTimeout <= this.#now) this.#bystander.handleTimeout(this.#now);
      this.#drainBystander();
      this.#drainPeer();
      this.settle();
    }
    this.#now = end;
  }

  /** What everybody but the bystander makes the host hold for reading, in bytes as they are charged. */
  get heldBytes(): number {
    let held = this.host.bufferedBytes;
    for (const association of this.host.associations) held -= association.bufferedAmount;
    return held;
  }

  /** The bystander and the host exchange a message each: nothing of what has happened may keep them from it. */
  checkBystander(): void {
    const number = ++this.#exchanges;
    for (const [from, to] of [
      [this.#fromBystander, this.#toBystander],
      [this.#toBystander, this.#fromBystander],
    ] as const) {
      from.send({ data: pattern(number, 300), ppid: number }, this.#now);
      this.#drainBystander();
      this.settle();
      const message = to.receive(this.#now);
      if (message?.ppid !== number || to.receive(this.#now) !== undefined) throw new Error('the bystander was harmed');
      this.#drainBystander();
      this.settle();
    }
  }

  /** The bystander ends gracefully, everybody else at once; nothing is left. */
  finish(): void {
    this.#isHostHeard = false;
    this.#endAllBut(this.#toBystander);
    this.#fromBystander.shutdown(this.#now);
    this.#drainBystander();
    this.settle();
    if (this.#fromBystander.state !== 'CLOSED' || this.#toBystander.state !== 'CLOSED') throw new Error('not graceful');
    const { associationCount, bufferedBytes, nextTimeout } = this.host;
    if (associationCount + bufferedBytes !== 0 || nextTimeout !== Number.POSITIVE_INFINITY) {
      throw new Error(`${associationCount} associations, ${bufferedBytes} bytes, a timeout at ${nextTimeout} left`);
    }
  }

  /** Polls everything that the host has to say. */
  settle(): void {
    for (;;) {
      const transmit = this.host.pollTransmit(this.#now);
      if (transmit !== undefined) this.#carry(transmit);
      else if (this.host.pollEvent() === undefined) return;
    }
  }

  get #hostAddresses(): readonly NetAddress[] {
    return this.#isMultihomed ? hostAddresses : hostAddresses.slice(0, 1);
  }

  #bringTo(state: Exclude<FuzzedState, 'none'>): void {
    if (state === 'COOKIE-WAIT' || state === 'COOKIE-ECHOED') {
      this.#target = this.host.connect({ addresses: this.#peerAddresses, port: othersPort }, {}, this.#now);
      // One answer arrives at most: INIT ACK.
      this.#hear(state === 'COOKIE-ECHOED' ? 1 : 0);
      return;
    }
    const ours = this.#establish();
    this.#target = ours;
    const [theirs] = this.#peer.associations;
    if (state === 'SHUTDOWN-RECEIVED' || state === 'SHUTDOWN-PENDING') {
      // Something is outstanding: what keeps the association from moving on.
      this.#isHostHeard = state === 'SHUTDOWN-PENDING';
      for (let n = 0; n < 8; n++) ours.send({ data: pattern(n, 1_000), streamId: n }, this.#now);
      this.settle();
      this.#isHostHeard = true;
    }
    if (state === 'SHUTDOWN-PENDING' || state === 'SHUTDOWN-SENT') {
      ours.shutdown(this.#now);
    } else if (state === 'ESTABLISHED') {
      for (const association of [ours, theirs!]) for (let n = 0; n < 4; n++) this.#sendSomething(association);
    } else {
      theirs!.shutdown(this.#now);
      this.#isPeerHeard = true;
      this.#drainPeer();
      this.#isPeerHeard = false;
    }
    this.settle();
  }

  #establish(): Association {
    this.#isPeerHeard = true;
    if (this.#dice.chance(0.5)) this.host.connect({ addresses: this.#peerAddresses, port: othersPort }, {}, this.#now);
    else this.#peer.connect({ addresses: this.#hostAddresses, port: hostPort }, {}, this.#now);
    this.#drainPeer();
    this.settle();
    this.#isPeerHeard = false;
    return [...this.host.associations].find((association) => association !== this.#toBystander)!;
  }

  /** The host sends what it has to, and hears so many answers of the peer. */
  #hear(answers: number): void {
    const first = this.#packetCursor;
    this.settle();
    for (let n = 0; n < answers; n++) {
      const answer = this.packets[(first + n) % keptPackets]!;
      this.host.handlePacket(answer, peerAddresses[0]!, hostAddresses[0]!, this.#now);
    }
    this.settle();
  }

  get #peerAddresses(): readonly NetAddress[] {
    return this.#isMultihomed ? peerAddresses : peerAddresses.slice(0, 1);
  }

  #endAllBut(kept: Association): void {
    for (const association of this.host.associations) if (association !== kept) association.abort(undefined, this.#now);
    this.settle();
    for (const association of this.#peer.associations) association.abort(undefined, this.#now);
    // Its ABORT chunks are not kept: the attack would be over before it has begun.
    while (this.#peer.pollTransmit(this.#now) !== undefined);
    while (this.#peer.pollEvent() !== undefined);
  }

  #carry({ packet, to, from }: Transmit): void {
    this.#sent++;
    const source = from ?? hostAddresses[0]!;
    if (to.ip === bystanderAddress.ip) {
      this.#bystander.handlePacket(packet, source, bystanderAddress, this.#now);
      this.#drainBystander();
      return;
    }
    this.#observe(packet);
    if (this.#isHostHeard && peerAddresses.some(({ ip }) => ip === to.ip)) {
      this.#peer.handlePacket(packet, source, at(to.ip), this.#now);
      this.#drainPeer();
    }
  }

  /** What an attacker who sees all packets learns of the TSNs; first chunks tell enough. */
  #observe(packet: Uint8Array): void {
    const [tsn, initTsn] = [16, 28].map((offset) => (packet.length < offset + 4 ? 0 : readUint32(packet, offset)));
    switch (readUint8(packet, commonHeaderLength)) {
      case chunkTypes.DATA:
        this.hostTsn = tsn!;
        break;
      case chunkTypes.SACK:
        this.peerTsn = tsn!;
        break;
      case chunkTypes.INIT:
      case chunkTypes['INIT ACK']:
        this.hostTsn = initTsn!;
    }
  }

  #drainBystander(): void {
    for (;;) {
      const transmit = this.#bystander.pollTransmit(this.#now);
      if (transmit !== undefined) {
        this.host.handlePacket(transmit.packet, bystanderAddress, hostAddresses[0]!, this.#now);
      } else if (this.#bystander.pollEvent() === undefined) return;
    }
  }

  #drainPeer(): void {
    for (;;) {
      const transmit = this.#peer.pollTransmit(this.#now);
      if (transmit === undefined) {
        const polled = this.#peer.pollEvent();
        if (polled === undefined) return;
        if (polled.event.kind === 'readable') while (polled.association.receive(this.#now) !== undefined);
        continue;
      }
      const { packet, from = peerAddresses[0]! } = transmit;
      if (this.#isPeerHeard) this.host.handlePacket(packet, from, transmit.to, this.#now);
      this.#keep(packet);
    }
  }

  #keep(packet: Uint8Array): void {
    const type = readUint8(packet, commonHeaderLength);
    if (type === chunkTypes.INIT || type === chunkTypes['INIT ACK']) this.peerTsn = readUint32(packet, 28) - 1;
    this.packets[this.#packetCursor++ % keptPackets] = packet;
  }

  #readAll(association: Association): void {
    while (association.receive(this.#now) !== undefined) this.messagesRead++;
  }

  /** A message, or a request to change the streams, as far as the state allows it. */
  #sendSomething(association: Association): void {
    const dice = this.#dice;
    const length = dice.pick([1, 100, 1_000, 5_000]);
    const streamId = dice.below(8);
    const partial = dice.pick([{}, { maxRetransmits: 0 }, { lifetimeMs: 100 }]);
    try {
      if (dice.chance(0.1)) association.reconfigure(dice.pick(reconfigurations));
      else
        association.send(
          { data: pattern(length, length), streamId, unordered: dice.chance(0.3), ...partial },
          this.#now,
        );
    } catch (error) {
      if (!(error instanceof SctpError)) throw error;
    }
  }
}

const reconfigurations: readonly Parameters<Association['reconfigure']>[0][] = [
  { kind: 'reset outgoing streams', streamIds: [1, 2] },
  { kind: 'reset outgoing streams', streamIds: [] },
  { kind: 'reset incoming streams', streamIds: [3] },
  { kind: 'reset association' },
  { kind: 'add outgoing streams', count: 5 },
  { kind: 'add incoming streams', count: 5 },
];

function environment(seed: number): ConstructorParameters<typeof Endpoint>[1] {
  return { random: seededRandom(seed), hmac: (key, data) => createHmac('sha256', key).update(data).digest() };
}
