import { peerAddresses } from '../association/addresses.ts';
import type { Association, AssociationIdentity, Demand } from '../association/association.ts';
import type { AssociationEnvironment, Transmit } from '../association/context.ts';
import { staleCookieError } from '../association/collision.ts';
import { longestCookieLifeMs, needsChecksum } from '../association/init.ts';
import { type AssociationOptions, givesOptions, type OptionsPreset, resolveOptions } from '../association/options.ts';
import { CookieJar, type StateCookie } from '../association/state-cookie.ts';
import { isInit } from '../association/verification-tag.ts';
import type { NetAddress } from '../base/address.ts';
import { asciiBytes } from '../base/bytes.ts';
import { hasValidChecksum } from '../base/checksum.ts';
import { DeadlineHeap } from '../base/deadline-heap.ts';
import type { Environment } from '../base/environment.ts';
import { SctpError } from '../base/errors.ts';
import { isUnicast } from '../base/ip.ts';
import { Ledger } from '../base/ledger.ts';
import { randomTag } from '../base/random.ts';
import { Ring } from '../base/ring.ts';
import { Slab } from '../base/slab.ts';
import type { Instant } from '../base/time.ts';
import {
  type Chunk,
  type CookieEchoChunk,
  decodePacket,
  encodePacket,
  type InitChunk,
  type Packet,
  PacketBuilder,
} from '../chunks/index.ts';
import { AssociationTable } from './association-table.ts';
import { createCounters, type EndpointCounters } from './counters.ts';
import { EndedTags } from './ended-tags.ts';
import type { EndpointEvent, EndpointOptions, RemotePeer } from './endpoint-options.ts';
import { Listener } from './listener.ts';
import { answerOutOfTheBlue, isMalformedInit } from './out-of-the-blue.ts';
import { Pressure } from './pressure.ts';
import { requireAddress, requirePort } from './require.ts';
import { Slot } from './slot.ts';
import { requireWorkerPlace } from './worker-routing.ts';

export type { Transmit } from '../association/context.ts';
export type { EndpointEvent, EndpointOptions, RemotePeer } from './endpoint-options.ts';

/** Who takes packets of strangers. */
const sparing = { sparing: true };

/**
 * Many associations on one SCTP port, sans-IO. Finds the association of a packet by our Verification Tag, answers INIT
 * chunks without keeping anything of them, and what comes out of the blue by §8.4.
 *
 * After each input (`handlePacket`, `handleTimeout`, a command to an association) poll `pollTransmit` and `pollEvent`
 * until both are undefined, then read `nextTimeout`. An association that nobody speaks to costs nothing.
 */
export class Endpoint {
  readonly port: number;
  /** Whether associations of others are accepted. */
  listening: boolean;
  readonly #options: AssociationOptions;
  readonly #given: EndpointOptions;
  readonly #environment: AssociationEnvironment;
  readonly #table = new AssociationTable<Slot>();
  readonly #ended: EndedTags;
  readonly #deadlines = new DeadlineHeap<Slot>();
  readonly #active = new Ring<Slot>();
  readonly #eventful = new Ring<Slot>();
  /** Answers that belong to no association. */
  readonly #replies = new Ring<Transmit>();
  readonly #counters = createCounters();
  readonly #listener: Listener;
  readonly #pressure = new Pressure();

  /** @throws SctpError SCTP_ERR_INVALID_ARGUMENT */
  constructor(options: EndpointOptions, environment: Environment) {
    // RFC 9260 §3.1: "The Source Port Number 0 MUST NOT be used."
    requirePort(options.port);
    requireWorkerPlace(options.workers);
    // §1.3: "All transport addresses used by an SCTP endpoint MUST use the same port number".
    this.port = options.port;
    this.listening = options.listening ?? false;
    this.#given = options;
    this.#options = resolveOptions(options);
    this.#ended = new EndedTags(longestCookieLifeMs(this.#options));
    this.#environment = {
      random: environment.random,
      hmac: (key, data) => environment.hmac(key, data),
      cookieJar: new CookieJar(environment),
      slab: environment.slab ?? new Slab(),
      builder: new PacketBuilder(),
      overhead: options.overhead ?? 28,
      maxPacketSize: options.maxPacketSize ?? 65_507,
      linkMtu: options.linkMtu,
      localAddresses: options.localAddresses ?? [],
      sources: options.sources,
      ledger: new Ledger(),
      errorDetectionMethod: options.errorDetectionMethod,
      unusedTag: () => this.#unusedTag(),
    };
    this.#listener = new Listener(this.#options, this.#environment, this.#counters, options.limits ?? {});
  }

  /** The addresses that our user has chosen to bind, for transports that know them only once they are open. */
  set localAddresses(addresses: readonly NetAddress[]) {
    this.#environment.localAddresses = addresses;
  }

  /** All associations that are not closed. */
  get associations(): ReadonlySet<Association> {
    return new Set(Array.from(this.#table.values(), ({ association }) => association));
  }

  /** How many associations there are. */
  get associationCount(): number {
    return this.#table.size;
  }

  /** Bytes in the send and receive buffers of all associations, as `maxBufferedBytes` counts them. */
  get bufferedBytes(): number {
    return this.#environment.ledger.bytes;
  }

  /** A copy of the counters. */
  get counters(): EndpointCounters {
    return { ...this.#counters };
  }

  /**
   * ASSOCIATE (RFC 9260 §11.1.2): begins an association. `options` override the endpoint's; what else is in there is ignored.
   * @throws SctpError SCTP_ERR_INVALID_ARGUMENT
   */
  connect(
    remote: RemotePeer,
    options: Partial<AssociationOptions> & { readonly defaults?: OptionsPreset | undefined },
    now: Instant,
  ): Association {
    for (const address of remote.addresses) requireAddress(address);
    if (remote.addresses.length === 0) throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', 'connect needs an address');
    // §3.1: "The Destination Port Number 0 MUST NOT be used."
    requirePort(remote.port);
    // §1.3: "Two SCTP endpoints MUST NOT have more than one SCTP association between them at any given time."
    if (remote.addresses.some((address) => this.#table.findOpenAt(address, remote.port) !== undefined)) {
      throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', 'there is an association with this peer already');
    }
    const slot = this.#createSlot(
      {
        localPort: this.port,
        remotePort: remote.port,
        myVerificationTag: this.#unusedTag(),
        addresses: remote.addresses,
        // §5.4 1: those that our user names are "automatically considered to be CONFIRMED".
        confirmed: remote.addresses.length,
      },
      givesOptions(options) ? resolveOptions({ ...this.#given, ...options }) : this.#options,
    );
    slot.association.connect(now);
    return slot.association;
  }

  /**
   * Takes one datagram. `to` is the local address that it was sent to, where the transport knows it; with `isLate`, it may have been
   * here for a while, because its taker was busy. Returns what it wants first.
   */
  handlePacket(bytes: Uint8Array, from: NetAddress, to: NetAddress | undefined, now: Instant, isLate = false): Demand {
    if (this.#listener.isPressed) this.#relievePressure(now);
    const slot = this.#handlePacket(bytes, from, to, now, isLate);
    if (slot !== undefined) this.#settle(slot, now);
    if (this.#replies.length > 0) return 'answer';
    return slot?.association.demand ?? 'nothing';
  }

  /** Returns whose packet it was. */
  #handlePacket(
    bytes: Uint8Array,
    from: NetAddress,
    to: NetAddress | undefined,
    now: Instant,
    isLate: boolean,
  ): Slot | undefined {
    this.#counters.packetsReceived++;
    const packet = bytes.length < 16 ? undefined : decodePacket(bytes, sparing);
    if (packet === undefined || packet.chunks.length === 0) {
      this.#counters.tooShort++;
      return undefined;
    }
    // RFC 9653 §5.3: "Otherwise, the endpoint MUST drop all SCTP packets with an incorrect CRC32c checksum."
    // RFC 9260 §6.8: "the receiver MUST first check the CRC32c checksum"; "MUST treat the packet as an invalid SCTP packet".
    if (!this.#acceptsWithoutChecksum(packet) && !hasValidChecksum(bytes)) {
      this.#counters.badChecksum++;
      return undefined;
    }
    // §3.1: "The Source Port Number 0 MUST NOT be used": nobody can be answered there.
    if (packet.sourcePort === 0) {
      this.#counters.outOfTheBlue++;
      return undefined;
    }
    const first = packet.chunks[0]!;
    if (packet.destinationPort !== this.port || isMalformedInit(first)) {
      this.#answerOutOfTheBlue(packet, from, to);
      return undefined;
    }
    if (first.kind === 'COOKIE ECHO') {
      // §8.4 4: "contains a COOKIE ECHO chunk as the first chunk, it MUST be processed as described in Section 5.1."
      return this.#handleCookieEcho(first, packet, from, to, now);
    }
    // §6: "received in CLOSED is out of the blue and SHOULD be handled per Section 8.4", and so for SACK: "in the
    // CLOSED state is out of the blue and SHOULD be processed according to the rules in Section 8.4."
    const slot = this.#findSlot(packet, from);
    if (slot === 'elsewhere') {
      this.#counters.unknownSource++;
      return undefined;
    }
    const isForUs = slot !== undefined || this.listening;
    if (isForUs && isInit(packet) && !this.#listener.takesInit(now)) return undefined;
    if (slot === undefined) this.#handleUnmatched(packet, from, to, now);
    else if (first.kind === 'INIT' && isInit(packet)) slot.association.handleInit(first, from, to, now);
    else if (!slot.association.handlePacket(packet, from, to, now, isLate)) this.#counters.badVerificationTag++;
    return slot;
  }

  /** To be called at `nextTimeout`, or later; earlier does no harm. */
  handleTimeout(now: Instant): void {
    if (this.#listener.isPressed) this.#relievePressure(now);
    for (;;) {
      const slot = this.#deadlines.first;
      if (slot === undefined || slot.deadline > now) return;
      slot.association.handleTimeout(now);
      this.#settle(slot, now);
      this.#deadlines.schedule(slot, slot.association.nextTimeout);
    }
  }

  /** When `handleTimeout` is due; `Infinity` when nothing waits. It may be early, never late. */
  get nextTimeout(): Instant {
    return this.#deadlines.first?.deadline ?? Number.POSITIVE_INFINITY;
  }

  /** The next packet to send, undefined when there is none now. */
  pollTransmit(now: Instant): Transmit | undefined {
    for (;;) {
      const transmit = this.#replies.shift() ?? this.#pollActive(now);
      if (transmit !== undefined) this.#counters.packetsSent++;
      if (transmit !== undefined || this.#active.length === 0) return transmit;
    }
  }

  /** The packet that `pollTransmit` has returned last is out, and looked at by nobody: its memory serves for others. */
  reclaim(packet: Uint8Array): void {
    this.#environment.slab.giveBack(packet);
  }

  /** The next event, undefined when there is none. The first of an association that a peer began is 'established'. */
  pollEvent(): EndpointEvent | undefined {
    for (;;) {
      const slot = this.#eventful.peek();
      if (slot === undefined) return undefined;
      const event = slot.association.pollEvent();
      if (event !== undefined) return { association: slot.association, event };
      slot.hasEvents = false;
      this.#eventful.shift();
    }
  }

  #relievePressure(now: Instant): void {
    const isPressed = (): boolean => this.#listener.isPressed;
    this.#pressure.relieve(() => this.associations, isPressed, now);
  }

  #pollActive(now: Instant): Transmit | undefined {
    const slot = this.#active.peek();
    if (slot === undefined) return undefined;
    const transmit = slot.association.pollTransmit(now);
    if (transmit !== undefined) return transmit;
    this.#active.shift();
    slot.isActive = false;
    this.#settle(slot, now);
    // A deadline that has moved back is left where it is: it is looked at again when it comes, which costs less than
    // moving it with every packet.
    const deadline = slot.association.nextTimeout;
    if (deadline < slot.deadline || deadline === Number.POSITIVE_INFINITY) this.#deadlines.schedule(slot, deadline);
    return undefined;
  }

  /**
   * RFC 9653 §5.3: having offered it, "it MUST accept SCTP packets that have an incorrect checksum value of zero and that
   * fulfill the requirements of the announced alternate error detection method used for this association".
   */
  #acceptsWithoutChecksum(packet: Packet): boolean {
    if (packet.checksum !== 0 || this.#environment.errorDetectionMethod === undefined) return false;
    const [first] = packet.chunks;
    if (first?.kind === 'INIT' || first?.kind === 'COOKIE ECHO') return false;
    return this.#table.findByTag(packet.verificationTag)?.association.offersZeroChecksum === true;
  }

  /**
   * Whose packet it is; 'elsewhere' where its tag is an association's and its source is none of that peer's addresses. A
   * NAT that has moved sends such packets, and a host whose address has changed. §8.4 8: "SHOULD respond to the sender of the
   * OOTB packet with an ABORT chunk", which would end an association that may live: who knows its tag is no stranger.
   */
  #findSlot(packet: Packet, from: NetAddress): Slot | 'elsewhere' | undefined {
    const byTag = this.#table.findByTag(packet.verificationTag);
    if (byTag !== undefined) {
      const { association } = byTag;
      return association.remotePort === packet.sourcePort && association.knowsAddress(from.ip) ? byTag : 'elsewhere';
    }
    const [first] = packet.chunks;
    const isReflected = (first?.kind === 'ABORT' || first?.kind === 'SHUTDOWN COMPLETE') && first.tagReflected;
    if (isReflected) return this.#table.findByPeer(from, packet.sourcePort);
    if (first?.kind === 'INIT' && isInit(packet)) return this.#findByInit(first, packet.sourcePort, from);
    const known = this.#table.findOpenAt(from, packet.sourcePort);
    const isOpening = known?.association.state === 'COOKIE-WAIT' || known?.association.state === 'COOKIE-ECHOED';
    // §8.5.1 E: SHUTDOWN ACK for an association that is only opening "is treated as an OOTB packet". Whatever else comes
    // from a peer that we know, under a tag that is not ours, the association is to "silently discard" (§8.5).
    return isOpening && packet.chunks.some((chunk) => chunk.kind === 'SHUTDOWN ACK') ? undefined : known;
  }

  /**
   * §5.1.2 D: an INIT belongs to an association "if the use of any of the valid address parameters contained within the
   * chunk would identify an existing TCB".
   */
  #findByInit(init: InitChunk, remotePort: number, from: NetAddress): Slot | undefined {
    for (const address of peerAddresses(init.parameters, from, this.#environment)) {
      const slot = this.#table.findByPeer(address, remotePort);
      if (slot !== undefined) return slot;
    }
    return undefined;
  }

  #handleUnmatched(packet: Packet, from: NetAddress, to: NetAddress | undefined, now: Instant): void {
    const [first] = packet.chunks;
    // §8.4 3: "an INIT chunk with a Verification Tag set to 0, it SHOULD be processed as described in Section 5.1."
    // §8.4 1): "to or from a non-unicast address"
    const isUnicastPacket = isUnicast(from.ip) && (to === undefined || isUnicast(to.ip));
    if (this.listening && isUnicastPacket && first?.kind === 'INIT' && isInit(packet))
      this.#handleInit(first, packet.sourcePort, from, to, now);
    else this.#answerOutOfTheBlue(packet, from, to);
  }

  #handleInit(init: InitChunk, remotePort: number, from: NetAddress, to: NetAddress | undefined, now: Instant): void {
    const ports = { localPort: this.port, peerPort: remotePort };
    const answer = this.#listener.answerInit(init, ports, this.#unusedTag(), { from, to }, this.#table.size, now);
    // §5.1: "The destination IP address of the INIT ACK chunk MUST be set to the source IP address of the INIT chunk";
    // "An endpoint MUST send the INIT ACK chunk to the IP address from which it received the INIT chunk." §5.1.2: "The
    // packet containing the INIT ACK chunk MUST be sent to the source address of the packet containing the INIT chunk."
    if (answer === undefined) return;
    const { chunk, verificationTag } = answer;
    const checksum = chunk.kind !== 'INIT ACK' || needsChecksum(init, this.#options, this.#environment);
    this.#reply(chunk, verificationTag, this.port, remotePort, from, to, checksum);
  }

  /** RFC 9260 §5.1.5, and §5.2.4 when the association exists. */
  #handleCookieEcho(
    chunk: CookieEchoChunk,
    packet: Packet,
    from: NetAddress,
    to: NetAddress | undefined,
    now: Instant,
  ): Slot | undefined {
    const cookie = this.#listener.openCookie(chunk, packet);
    if (cookie === undefined) return undefined;
    const slot = this.#table.findByTag(cookie.localTag) ?? this.#findByCookie(cookie);
    if (slot !== undefined) {
      // §5.1.5: "If a COOKIE ECHO chunk is received from an endpoint with which the receiver of the COOKIE ECHO chunk
      // has an existing association, the procedures in Section 5.2 SHOULD be followed."
      slot.association.handleCookieEcho(cookie, packet, from, to, now);
      return slot;
    }
    if (this.#ended.remembers(cookie.localTag)) {
      // A peer that still waits for its COOKIE ACK has missed the end; any other drops an ABORT chunk (§8.4 2).
      const abort: Chunk = { kind: 'ABORT', tagReflected: false, causes: [] };
      this.#reply(abort, cookie.peerTag, cookie.localPort, cookie.peerPort, from, to);
      return undefined;
    }
    if (!this.listening) return undefined;
    if (this.#ended.hasForgotten(cookie.createdAt)) {
      // It may have been used before. Its owner, if it was not, asks for another (§5.2.6).
      this.#counters.staleCookies++;
      this.#reply(staleCookieError(cookie, now), cookie.peerTag, cookie.localPort, cookie.peerPort, from, to);
      return undefined;
    }
    return this.#accept(cookie, packet, from, to, now);
  }

  #findByCookie({ peerAddresses, peerPort }: StateCookie): Slot | undefined {
    for (const address of peerAddresses) {
      const slot = this.#table.findByPeer(address, peerPort);
      if (slot !== undefined) return slot;
    }
    return undefined;
  }

  #accept(
    cookie: StateCookie,
    packet: Packet,
    from: NetAddress,
    to: NetAddress | undefined,
    now: Instant,
  ): Slot | undefined {
    const objection = this.#listener.objectionToCookie(cookie, this.#table.size, now);
    if (objection !== undefined) {
      this.#reply(objection, cookie.peerTag, cookie.localPort, cookie.peerPort, from, to);
      return undefined;
    }
    const slot = this.#createSlot(
      {
        localPort: cookie.localPort,
        remotePort: cookie.peerPort,
        myVerificationTag: cookie.localTag,
        // §5.4 2: "the only CONFIRMED address is the address to which the packet containing the INIT ACK chunk was sent"
        addresses: cookie.peerAddresses,
        confirmed: 1,
      },
      this.#options,
    );
    slot.establishedAt = now;
    slot.association.accept(cookie, packet, from, to, now);
    return slot;
  }

  #createSlot(identity: AssociationIdentity, options: AssociationOptions): Slot {
    const slot = new Slot(identity, options, this.#environment, this.#activate);
    this.#table.add(slot);
    return slot;
  }

  readonly #activate = (slot: Slot): void => {
    if (!slot.isActive) {
      slot.isActive = true;
      this.#active.push(slot);
    }
    if (!slot.hasEvents) {
      slot.hasEvents = true;
      this.#eventful.push(slot);
    }
  };

  /** Keeps the table in step: a closed association is forgotten, one that restarted or learned addresses is found by them. */
  #settle(slot: Slot, now: Instant): void {
    const { association } = slot;
    if (association.state === 'CLOSED') {
      if (this.#table.findByTag(slot.tag) !== slot) return;
      this.#table.remove(slot);
      // §14.2: "if an association is 'CLOSED', its TCB SHOULD be removed."
      this.#ended.add(slot.tag, slot.establishedAt ?? now, now);
      this.#deadlines.schedule(slot, Number.POSITIVE_INFINITY);
    } else if (association.placeVersion !== slot.placeVersion) {
      this.#table.remove(slot);
      if (association.myVerificationTag !== slot.tag) {
        this.#ended.add(slot.tag, slot.establishedAt ?? now, now);
        slot.establishedAt = now;
      }
      slot.tag = association.myVerificationTag;
      slot.placeVersion = association.placeVersion;
      // §1.3: an INIT ACK chunk may claim addresses at which we have another association; this one must not harm it.
      if (association.paths.some(({ address }) => this.#table.findOpenAt(address, association.remotePort))) {
        association.abort(asciiBytes('one of the addresses belongs to another association'), now);
        this.#deadlines.schedule(slot, Number.POSITIVE_INFINITY);
        return;
      }
      this.#table.add(slot);
    }
  }

  #answerOutOfTheBlue(packet: Packet, from: NetAddress, to: NetAddress | undefined): void {
    this.#counters.outOfTheBlue++;
    if (isInit(packet)) this.#counters.initsRefused++;
    const reply = answerOutOfTheBlue(packet, from.ip, to?.ip);
    if (reply === undefined) return;
    this.#reply(reply.chunk, reply.verificationTag, packet.destinationPort, packet.sourcePort, from, to);
  }

  /**
   * Answers without an association, from the address that was asked. RFC 9653 §5.2 1 b: "it MUST include a correct CRC32c
   * checksum in the response packet." Without a `checksum` goes nothing but what belongs to an association in the making.
   */
  #reply(
    chunk: Chunk,
    verificationTag: number,
    sourcePort: number,
    destinationPort: number,
    to: NetAddress,
    from: NetAddress | undefined,
    checksum = true,
  ): void {
    const { slab } = this.#environment;
    const packet = encodePacket({ sourcePort, destinationPort, verificationTag }, [chunk], { slab, checksum });
    this.#replies.push({ packet, to, from });
  }

  /** A new tag; §5.3.1: "very important that the Initiate Tag value be randomized". */
  #unusedTag(): number {
    for (;;) {
      const tag = randomTag(this.#environment.random, this.#given.workers);
      // §5.3.1: "A new Verification Tag value MUST be used each time the endpoint tears down and then reestablishes".
      if (!this.#table.hasTag(tag) && !this.#ended.remembers(tag)) return tag;
    }
  }
}
