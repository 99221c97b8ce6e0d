import type { LinkMtu, NetAddress } from '../base/address.ts';
import { asciiBytes } from '../base/bytes.ts';
import type { Environment } from '../base/environment.ts';
import type { SctpErrorCode } from '../base/errors.ts';
import { errorCodes } from '../base/errors.ts';
import { Ledger } from '../base/ledger.ts';
import { randomTag } from '../base/random.ts';
import { Ring } from '../base/ring.ts';
import type { Slab } from '../base/slab.ts';
import { type Chunk, type ErrorCause, encodePacket, type PacketBuilder } from '../chunks/index.ts';
import type { Message, OutgoingMessage } from '../streams/message.ts';
import { ReceiveQueue } from '../streams/receive-queue.ts';
import { createScheduler } from '../streams/schedulers.ts';
import { SendQueue } from '../streams/send-queue.ts';
import type { OwnAddresses } from './addresses.ts';
import { type Capabilities, noCapabilities } from './capabilities.ts';
import { ControlQueue } from './control-queue.ts';
import type { AssociationEvent } from './events.ts';
import { type AssociationMetrics, createMetrics } from './metrics.ts';
import type { AssociationOptions } from './options.ts';
import type { Path } from './path.ts';
import type { Paths } from './paths.ts';
import { acceptEverything, type ReconfigurationPolicy } from './reconfiguration-policy.ts';
import { SendBuffer } from './send-buffer.ts';
import type { State } from './state.ts';
import type { CookieJar } from './state-cookie.ts';

/** A packet to hand to the transport. Its memory is never written to again, unless it is given back (`Endpoint.reclaim`). */
export interface Transmit {
  readonly packet: Uint8Array;
  readonly to: NetAddress;
  /** The local address to send from, undefined to leave it to the transport. */
  readonly from: NetAddress | undefined;
}

/** What the owner of an association gives it. */
export interface AssociationEnvironment extends Environment, OwnAddresses {
  readonly cookieJar: CookieJar;
  /** Where packets are written. */
  readonly slab: Slab;
  /** Writes them, one after the other. */
  readonly builder: PacketBuilder;
  /** The headers below SCTP on IPv4, and the largest SCTP packet, both in bytes (see `Transport`). */
  readonly overhead: number;
  readonly maxPacketSize: number;
  localAddresses: readonly NetAddress[];
  /** The MTU of the link towards an address: path MTUs are discovered where the transport tells it (RFC 8899). */
  readonly linkMtu: LinkMtu | undefined;
  /** Bytes in the buffers of all associations. */
  readonly ledger: Ledger;
  /** How the transport below protects packets, as RFC 9653 §4 numbers it; undefined where CRC32c is all there is. */
  readonly errorDetectionMethod: number | undefined;
  /** A Verification Tag that no association of ours has or had lately. */
  readonly unusedTag: () => number;
}

/** What the rooms of one association share. Each of them changes `state` only as RFC 9260 §4 draws it. */
export class Context {
  readonly options: AssociationOptions;
  readonly environment: AssociationEnvironment;
  readonly localPort: number;
  readonly remotePort: number;
  readonly paths: Paths;
  readonly sendQueue: SendQueue;
  readonly receiveQueue: ReceiveQueue;
  readonly sendBuffer: SendBuffer;
  readonly control: ControlQueue = new ControlQueue();
  readonly events: Ring<AssociationEvent> = new Ring();
  /** Packets that are complete: with a chunk that must travel alone, or with another tag than the association's. */
  readonly packets: Ring<Transmit> = new Ring();
  readonly metrics: AssociationMetrics = createMetrics();
  state: State = { name: 'CLOSED' };
  /** How long the peer may let data wait; 0 for as long as it likes. */
  standstillMs: number;
  myVerificationTag: number;
  /** 0 until the peer's INIT or INIT ACK has told. */
  peerVerificationTag = 0;
  inboundStreams = 0;
  reconfigurationPolicy: ReconfigurationPolicy = acceptEverything;
  #capabilities: Capabilities = noCapabilities;
  /** What we ask for until it is negotiated. */
  outboundStreams: number;
  /** What this association holds of the endpoint's memory. */
  readonly #buffers: Ledger;
  #tieTags: { readonly local: number; readonly peer: number } | undefined;

  constructor(
    options: AssociationOptions,
    environment: AssociationEnvironment,
    localPort: number,
    remotePort: number,
    myVerificationTag: number,
    createPaths: (context: Context) => Paths,
  ) {
    this.options = options;
    this.environment = environment;
    this.localPort = localPort;
    this.remotePort = remotePort;
    this.myVerificationTag = myVerificationTag;
    this.outboundStreams = options.outboundStreams;
    this.standstillMs = options.standstillMs;
    this.#buffers = new Ledger(environment.ledger);
    const { partialDeliveryPoint, receiveBufferSize } = options;
    this.receiveQueue = new ReceiveQueue(this.#buffers, Math.min(partialDeliveryPoint, receiveBufferSize / 4));
    this.sendQueue = new SendQueue(createScheduler(options.scheduler), (message) => this.handleAbandoned(message));
    this.sendBuffer = new SendBuffer(options.sendBufferSize, this.#buffers, () => {
      if (this.state.name !== 'CLOSED') this.events.push({ kind: 'writable' });
    });
    this.paths = createPaths(this);
  }

  /** The negotiated numbers of streams. Messages that wait for a stream that there is not are given up. */
  setStreams(outbound: number, inbound: number): void {
    this.outboundStreams = outbound;
    this.inboundStreams = inbound;
    this.sendQueue.dropStreamsFrom(outbound);
  }

  /** What both sides speak; nothing until the handshake has told. */
  get capabilities(): Capabilities {
    return this.#capabilities;
  }

  setCapabilities(capabilities: Capabilities): void {
    this.#capabilities = capabilities;
    this.sendQueue.isInterleaving = capabilities.interleaving;
    this.sendQueue.countsFsnFromSecond = capabilities.linuxInterleaving === true;
  }

  /** A message was given up by its policy, and leaves the send buffer. */
  handleAbandoned(message: OutgoingMessage): void {
    const stream = this.sendQueue.stream(message.streamId);
    const wasSent = message.fragmented > 0;
    if (wasSent) stream.abandonedSent++;
    else stream.abandonedUnsent++;
    this.metrics.messagesAbandoned++;
    this.events.push({ kind: 'abandoned', message, wasSent });
    this.sendBuffer.handleAbandoned(message);
  }

  /**
   * RFC 9260 §1.3: "Two 32-bit random numbers", by which a State Cookie can speak of this association "and yet not reveal the
   * true Verification Tags": whoever sends an INIT chunk gets to see them.
   */
  get tieTags(): { readonly local: number; readonly peer: number } {
    const { random } = this.environment;
    this.#tieTags ??= { local: randomTag(random), peer: randomTag(random) };
    return this.#tieTags;
  }

  /** The association is another: cookies that speak of the one before mean it no more. */
  renewTieTags(): void {
    this.#tieTags = undefined;
  }

  /**
   * Whether our packets need a CRC32c. RFC 9653 §5.2: "an endpoint SHOULD use zero as the checksum when sending an SCTP packet"
   * where the peer takes it: unless the packet holds an INIT or COOKIE ECHO chunk, or answers what is out of the blue.
   */
  get needsChecksum(): boolean {
    return !this.#capabilities.zeroChecksumToPeer;
  }

  /**
   * Sends `chunk` in a packet of its own, under `verificationTag`; from where the packet that it answers was sent to. What the
   * peer may take for out of the blue, or may not have agreed about yet, has a checksum.
   */
  sendAlone(
    chunk: Chunk,
    verificationTag: number,
    to: NetAddress,
    from: NetAddress | undefined,
    checksum = true,
  ): void {
    const { localPort: sourcePort, remotePort: destinationPort } = this;
    // §3: "INIT, INIT ACK, and SHUTDOWN COMPLETE chunks MUST NOT be bundled with any other chunk into an SCTP packet."
    // §12.3: "an INIT chunk MUST NOT be bundled with any other chunk in a packet".
    // RFC 9653 §5.2 1 a: "MUST include a correct CRC32c checksum in the packet containing the INIT chunk."
    const { slab } = this.environment;
    const packet = encodePacket({ sourcePort, destinationPort, verificationTag }, [chunk], { slab, checksum });
    this.packets.push({ packet, to, from });
  }

  /** Sends `chunk` to the peer in a packet of its own, unless that would come from an address that the peer does not know. */
  sendAloneOn(path: Path, chunk: Chunk): void {
    if (path.isAside) return;
    this.sendAlone(chunk, this.peerVerificationTag, path.address, path.localAddress, this.needsChecksum);
  }

  /** Sends `chunks` in a packet that nothing else joins, as soon as possible; likewise. */
  sendTogether(chunks: readonly Chunk[], { address, localAddress, isAside }: Path): void {
    if (isAside) return;
    const { localPort: sourcePort, remotePort: destinationPort, peerVerificationTag: verificationTag } = this;
    const { slab } = this.environment;
    const encoding = { slab, checksum: this.needsChecksum };
    const packet = encodePacket({ sourcePort, destinationPort, verificationTag }, chunks, encoding);
    this.packets.push({ packet, to: address, from: localAddress });
  }

  /** Tells the readers of messages in delivery what they wait for. */
  tellReaders(): void {
    for (let message = this.receiveQueue.takeWoken(); message !== undefined; message = this.receiveQueue.takeWoken()) {
      this.events.push({ kind: 'partialDelivery', message });
    }
  }

  /** Ends the association without another word to the peer. */
  close(
    by: 'local' | 'peer',
    code: SctpErrorCode | undefined,
    causes: readonly ErrorCause[] = [],
    message: string | undefined = undefined,
  ): void {
    if (this.state.name === 'CLOSED') return;
    const undelivered = this.takeUndelivered();
    this.state = { name: 'CLOSED' };
    this.sendBuffer.clear();
    this.control.clear();
    // Their readers hear of the end.
    this.receiveQueue.abandonArriving();
    while (this.receiveQueue.takeWoken() !== undefined);
    // What is still to be read belongs to the reader now.
    this.#buffers.leave();
    const error = code === undefined ? undefined : { code, message: message ?? errorCodes[code] };
    this.events.push({ kind: 'closed', ending: { graceful: code === undefined, by, error, causes, undelivered } });
  }

  /** Ends the association and tells the peer why (RFC 9260 §9.1). */
  abort(code: SctpErrorCode, causes: readonly ErrorCause[], message?: string): void {
    if (this.state.name === 'CLOSED') return;
    // §3.3.7: control chunks "MUST be placed before the ABORT chunk in the SCTP packet": there are none beside it.
    // §9.1: "When an endpoint decides to abort an existing association, it MUST send an ABORT chunk to its peer"; "MUST
    // fill in the peer's Verification Tag in the outbound packet and MUST NOT bundle any DATA chunk with the ABORT
    // chunk."
    // §8.5.1 B: "MUST always fill in the Verification Tag field of the outbound packet with the destination endpoint's
    // tag value if it is known." Before that there is nobody to tell.
    if (this.peerVerificationTag !== 0) {
      this.sendAloneOn(this.paths.current, { kind: 'ABORT', tagReflected: false, causes });
    }
    this.close('local', code, causes, message);
  }

  /**
   * Ends the association with a peer that has not answered in time. It may live all the same and be cut off one way only: an
   * ABORT chunk tells it, as those of the kernels do. `what` says which limit was exceeded.
   */
  giveUp(code: SctpErrorCode, what: string): void {
    this.abort(code, [{ kind: 'Protocol Violation', information: asciiBytes(`no answer: ${what} exceeded`) }]);
  }

  /** All messages that were accepted and not delivered. They leave the queues, and are still in the send buffer. */
  takeUndelivered(): Message[] {
    const undelivered = new Set<OutgoingMessage>();
    if ('sender' in this.state) this.state.sender.collectUndelivered(undelivered);
    for (const message of this.sendQueue.drain()) {
      // What is left of a message in pieces was collected with what is on its way of it.
      if (!undelivered.has(message)) message.collect([]);
      undelivered.add(message);
    }
    const left = [...undelivered].filter(({ data }) => data.length > 0);
    return left.sort((a, b) => a.arrival - b.arrival);
  }
}
