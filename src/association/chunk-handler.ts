import type { NetAddress } from '../base/address.ts';
import type { SctpErrorCode } from '../base/errors.ts';
import type { Instant } from '../base/time.ts';
import {
  type AbortChunk,
  type Chunk,
  chunkTypes,
  commonHeaderLength,
  type ErrorCause,
  encodeChunk,
  findCause,
  type Packet,
  type ReconfigChunk,
  unrecognizedChunkAction,
} from '../chunks/index.ts';
import type { Context } from './context.ts';
import type { Handshake } from './handshake.ts';
import type { Heartbeats } from './heartbeats.ts';
import type { Path } from './path.ts';
import type { PathMtuDiscovery } from './path-mtu-discovery.ts';
import type { Shutdown } from './shutdown.ts';
import type { Transmitter } from './transmitter.ts';

/** The rooms that take chunks. */
export interface ChunkRooms {
  readonly handshake: Handshake;
  readonly heartbeats: Heartbeats;
  readonly pathMtuDiscovery: PathMtuDiscovery;
  readonly shutdown: Shutdown;
  readonly transmitter: Transmitter;
}

/** Hands each chunk of a packet to the room that knows it, where the state allows it (RFC 9260 §4, §6). */
export class ChunkHandler {
  readonly #context: Context;
  readonly #handshake: Handshake;
  readonly #heartbeats: Heartbeats;
  readonly #pathMtuDiscovery: PathMtuDiscovery;
  readonly #shutdown: Shutdown;
  readonly #transmitter: Transmitter;
  /** Of the packet that is being handled. */
  #forwardTsns = 0;

  constructor(context: Context, rooms: ChunkRooms) {
    this.#context = context;
    this.#handshake = rooms.handshake;
    this.#heartbeats = rooms.heartbeats;
    this.#pathMtuDiscovery = rooms.pathMtuDiscovery;
    this.#shutdown = rooms.shutdown;
    this.#transmitter = rooms.transmitter;
  }

  /** §6.10: "An endpoint MUST process received chunks in their order in the packet." */
  handlePacket(packet: Packet, firstIndex: number, from: NetAddress, to: NetAddress | undefined, now: Instant): void {
    const context = this.#context;
    context.metrics.packetsReceived++;
    context.metrics.bytesReceived += packet.byteLength;
    // RFC 6951 §5.4, once "the verification tag" has been checked; a reflected tag is the peer's, and proves nothing.
    const isVerified = packet.verificationTag === context.myVerificationTag;
    const known = isVerified ? context.paths.handleArrival(from, to, now) : undefined;
    const path = known ?? context.paths.current;
    let hasData = false;
    this.#forwardTsns = 0;
    for (let i = firstIndex; i < packet.chunks.length; i++) {
      const chunk = packet.chunks[i]!;
      if (bringsTsns(chunk)) hasData = true;
      if (!this.#handleChunk(chunk, packet, path, from, to, now)) break;
    }
    const { state } = context;
    if ('receiver' in state) {
      if (hasData) state.receiver.handleEndOfPacket(now);
      state.reconfiguration.handleProgress();
      if (hasData) this.#shutdown.handleData(now);
    }
    this.#shutdown.handleProgress(now);
  }

  /** Returns whether the chunks behind this one are to be processed. */
  #handleChunk(
    chunk: Chunk,
    packet: Packet,
    path: Path,
    from: NetAddress,
    to: NetAddress | undefined,
    now: Instant,
  ): boolean {
    const context = this.#context;
    switch (chunk.kind) {
      case 'DATA':
      case 'I-DATA':
        return this.#handleData(chunk, packet, path);
      case 'FORWARD-TSN':
      case 'I-FORWARD-TSN':
        // RFC 3758 §3.3.2: not negotiated, "act as if it does NOT support the FORWARD TSN chunk"
        if (!context.capabilities.partialReliability) return this.#handleUnrecognized(chunk, path);
        if (++this.#forwardTsns <= mostForwardTsns) return this.#handleData(chunk, packet, path);
        context.metrics.unexpectedChunks++;
        return true;
      case 'SACK':
        return this.#handleSack(chunk, now);
      case 'INIT ACK':
        this.#handshake.handleInitAck(chunk, from, to, now);
        return false; // §5.1: it is "the only" chunk of its packet
      case 'COOKIE ACK':
        this.#handshake.handleCookieAck(now);
        return true;
      case 'HEARTBEAT':
        this.#heartbeats.handleHeartbeat(chunk, path);
        return true;
      case 'HEARTBEAT ACK':
        if (!this.#pathMtuDiscovery.handleHeartbeatAck(chunk, now)) this.#heartbeats.handleHeartbeatAck(chunk, now);
        return true;
      case 'ABORT':
        this.#handleAbort(chunk, from, now);
        return false;
      case 'ERROR':
        this.#handleError(chunk.causes, now);
        return true;
      case 'SHUTDOWN':
        this.#shutdown.handleShutdown(chunk, now);
        return true;
      case 'SHUTDOWN ACK':
        this.#shutdown.handleShutdownAck(from, to, packet.verificationTag);
        return false;
      case 'SHUTDOWN COMPLETE':
        this.#shutdown.handleShutdownComplete();
        return false;
      case 'malformed':
        // §3.3.7: "an ABORT chunk with a format error […], it MUST silently discard it." §6.10: "If the receiver
        // detects a partial chunk, it MUST drop the chunk."
        context.metrics.malformedChunks++;
        if (chunk.type !== chunkTypes['INIT ACK']) return true;
        this.#handshake.handleMalformedInitAck(chunk, from, to);
        return false;
      case 'INIT': // never bundled, and never under a tag (§8.5.1 A)
      case 'COOKIE ECHO': // first in its packet, or not at all (§5.1 C)
        context.metrics.unexpectedChunks++;
        return false;
      case 'RE-CONFIG':
        return this.#handleReconfig(chunk, path, now);
      case 'PAD':
        return true; // RFC 4820 §3: "The receiver of the PAD chunk MUST discard this chunk and continue processing"
      case 'AUTH':
      case 'ASCONF':
      case 'ASCONF-ACK':
      case 'unknown':
        return this.#handleUnrecognized(chunk, path);
      default:
        return chunk satisfies never;
    }
  }

  #handleData(chunk: TsnChunk, packet: Packet, path: Path): boolean {
    const { state, metrics } = this.#context;
    switch (state.name) {
      case 'ESTABLISHED':
      case 'SHUTDOWN-PENDING':
      case 'SHUTDOWN-SENT':
        return chunk.kind === 'DATA' || chunk.kind === 'I-DATA'
          ? state.receiver.handleData(chunk, packet, path)
          : state.receiver.handleForwardTsn(chunk, path);
      // §6: "DATA chunks MUST only be received […] in ESTABLISHED, SHUTDOWN-PENDING, and SHUTDOWN-SENT states."
      // §6: "A DATA chunk received in any other state SHOULD be discarded."
      case 'CLOSED':
      case 'COOKIE-WAIT':
      case 'COOKIE-ECHOED':
      case 'SHUTDOWN-RECEIVED':
      case 'SHUTDOWN-ACK-SENT':
        metrics.unexpectedChunks++;
        return true;
      default:
        return state satisfies never;
    }
  }

  #handleSack(chunk: Extract<Chunk, { kind: 'SACK' }>, now: Instant): boolean {
    const { state, metrics } = this.#context;
    switch (state.name) {
      case 'ESTABLISHED':
      case 'SHUTDOWN-PENDING':
      case 'SHUTDOWN-RECEIVED':
        // §6: "A SACK chunk MUST be processed in ESTABLISHED, SHUTDOWN-PENDING, and SHUTDOWN-RECEIVED states."
        metrics.sacksReceived++;
        this.#transmitter.handleSack(state.sender.handleSack(chunk, now));
        return this.#context.state.name !== 'CLOSED';
      // §6: "A SACK chunk received in any other state SHOULD be discarded." In COOKIE-ECHOED nothing was sent yet.
      case 'CLOSED':
      case 'COOKIE-WAIT':
      case 'COOKIE-ECHOED':
      case 'SHUTDOWN-SENT':
      case 'SHUTDOWN-ACK-SENT':
        metrics.unexpectedChunks++;
        return true;
      default:
        return state satisfies never;
    }
  }

  #handleReconfig(chunk: ReconfigChunk, path: Path, now: Instant): boolean {
    const { state, metrics, capabilities } = this.#context;
    if (!capabilities.streamReconfiguration) return this.#handleUnrecognized(chunk, path);
    switch (state.name) {
      case 'ESTABLISHED':
      case 'SHUTDOWN-PENDING':
      case 'SHUTDOWN-SENT': // what the peer has yet to send may wait for our answer
      case 'SHUTDOWN-RECEIVED':
        state.reconfiguration.handleChunk(chunk, path, now);
        return true;
      case 'CLOSED':
      case 'COOKIE-WAIT':
      case 'COOKIE-ECHOED':
      case 'SHUTDOWN-ACK-SENT':
        metrics.unexpectedChunks++;
        return true;
      default:
        return state satisfies never;
    }
  }

  /** §9.1: "the receiving endpoint MUST remove the association from its record and SHOULD report the termination". */
  #handleAbort({ causes, tagReflected }: AbortChunk, from: NetAddress, now: Instant): void {
    // §3.3.7: "an endpoint that receives an ABORT chunk MUST NOT respond to that ABORT chunk by sending an ABORT chunk
    // of its own." §9.1: "MUST NOT respond to any received packet that contains an ABORT chunk".
    const { name } = this.#context.state;
    if (tagReflected && this.#heartbeats.handleReflectedAbort(from, now)) return;
    // Both sides have delivered everything, and the peer has forgotten the association (T bit): its SHUTDOWN COMPLETE was
    // lost, and something that came late has met nobody (§8.4 8). What is left to say is said.
    if (name === 'SHUTDOWN-ACK-SENT' && tagReflected) {
      this.#context.close('peer', undefined);
      return;
    }
    const isOpening = name === 'COOKIE-WAIT' || name === 'COOKIE-ECHOED';
    const code: SctpErrorCode = isOpening ? 'SCTP_ERR_REFUSED' : 'SCTP_ERR_ABORTED_BY_PEER';
    // §9.1: "the Upper Layer Abort Reason SHOULD be made available to the upper layer."
    this.#context.close('peer', code, causes);
  }

  #handleError(causes: readonly ErrorCause[], now: Instant): void {
    if (findCause(causes, 'Stale Cookie') !== undefined) this.#handshake.handleStaleCookie(now);
    else this.#context.events.push({ kind: 'error', causes });
  }

  /** §3.2: what this association does not speak, by the action bits of its type. */
  #handleUnrecognized(chunk: Exclude<Chunk, { kind: 'malformed' }>, path: Path): boolean {
    const type = chunk.kind === 'unknown' ? chunk.type : chunkTypes[chunk.kind];
    const { stop, report } = unrecognizedChunkAction(type);
    this.#context.metrics.unexpectedChunks++;
    // A report that quotes a chunk of any size has to fit into one packet: the chunk's beginning says what it was.
    if (report && this.#context.control.mayRespond(leastReport, path)) {
      const quoted = encodeChunk(chunk).subarray(0, path.assuredPacketSize - commonHeaderLength - 8);
      this.#context.control.respond(
        { kind: 'ERROR', causes: [{ kind: 'Unrecognized Chunk Type', chunk: quoted }] },
        this.#context.paths.forReplyTo(path),
      );
    }
    return !stop;
  }
}

/**
 * FORWARD-TSN chunks of one packet that are looked at, each of which goes through all messages in pieces. One says all, and
 * what is dropped is sent again as if it had been lost.
 */
const mostForwardTsns = 4;

/** An ERROR chunk with a cause that quotes a chunk without a value. */
const leastReport = 12;

/** The chunks that a SACK chunk acknowledges. */
type TsnChunk = Extract<Chunk, { kind: 'DATA' | 'I-DATA' | 'FORWARD-TSN' | 'I-FORWARD-TSN' }>;

function bringsTsns({ kind }: Chunk): boolean {
  return kind === 'DATA' || kind === 'I-DATA' || kind === 'FORWARD-TSN' || kind === 'I-FORWARD-TSN';
}
