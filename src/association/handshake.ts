import type { NetAddress } from '../base/address.ts';
import { type Tsn, tsn } from '../base/serial.ts';
import { type Instant, Timer } from '../base/time.ts';
import {
  addressParameter,
  type Chunk,
  type ErrorCause,
  type ErrorChunk,
  findParameter,
  type InitAckChunk,
  type InitChunk,
  joinTlvs,
  type MalformedChunk,
  type Parameter,
  type RecognizedParameters,
} from '../chunks/index.ts';
import type { Message } from '../streams/message.ts';
import { addressesToTell, listedAddresses, peerAddresses, supportedAddressTypes } from './addresses.ts';
import { declinesInterleaving, negotiate, offeredCapabilities, recognize } from './capabilities.ts';
import { collisionOf, staleCookieError } from './collision.ts';
import type { Context } from './context.ts';
import { createTransfer } from './create-transfer.ts';
import type { Heartbeats } from './heartbeats.ts';
import { createInit, hasTooSmallWindow, initiateTagOf, invalidMandatoryParameter, objectionTo } from './init.ts';
import { toldBy } from './introduction.ts';
import type { Path } from './path.ts';
import type { CookieWait, Transfer } from './state.ts';
import type { StateCookie } from './state-cookie.ts';

/** RFC 9260 §5.2.6: "SHOULD add no more than 1 second beyond the measured RTT". */
const cookieLifeMarginMs = 1_000;

/** Setting up an association, and set-up chunks that come when it exists already (RFC 9260 §5). */
export class Handshake {
  readonly #context: Context;
  readonly #heartbeats: Heartbeats;
  /** Where INIT and COOKIE ECHO were sent last, and when. */
  #path: Path;
  /** Where the INIT went, in that order. */
  #asked: Path[] = [];
  #sentAt: Instant = 0;
  /** Whether our INIT chunks offer I-DATA. */
  #offersInterleaving: boolean;

  constructor(context: Context, heartbeats: Heartbeats) {
    this.#context = context;
    this.#heartbeats = heartbeats;
    this.#path = context.paths.primary;
    this.#offersInterleaving = context.options.interleaving;
  }

  /** §5.1 A: sends INIT, starts T1-init, enters COOKIE-WAIT. */
  start(now: Instant): void {
    const { environment, myVerificationTag } = this.#context;
    // §5.1 A: "'A' MUST provide its Verification Tag (Tag_A)". §3.3.2: "Initial TSN SHOULD be set to a random value in
    // that range."
    this.#enterCookieWait(this.#createInit(myVerificationTag, tsn(environment.random.uint32())), 0, now);
  }

  /** Enters ESTABLISHED as the side that was asked, with what the cookie restores (§5.1 D). */
  accept(cookie: StateCookie, now: Instant): void {
    const context = this.#context;
    context.myVerificationTag = cookie.localTag;
    context.peerVerificationTag = cookie.peerTag;
    this.#introduceByCookie(cookie, now);
    const transfer = createTransfer(this.#context, cookie);
    context.state = { name: 'ESTABLISHED', ...transfer };
    this.#acknowledgeCookie();
    this.#heartbeats.start(now);
    context.events.push({ kind: 'established' });
  }

  /** §5.1 C. */
  handleInitAck(initAck: InitAckChunk, from: NetAddress, to: NetAddress | undefined, now: Instant): void {
    const context = this.#context;
    const { state } = context;
    // §5.2.3: "in any state other than the COOKIE-WAIT or CLOSED state, the endpoint SHOULD discard the INIT ACK chunk"
    if (state.name !== 'COOKIE-WAIT') {
      context.metrics.unexpectedChunks++;
      return;
    }
    if (initAck.initiateTag === 0) {
      // §3.3.3: "it MUST destroy the TCB and SHOULD send an ABORT chunk with the T bit set"
      this.#refuse(undefined, [], 'the peer answered with an INIT ACK without a tag', from, to);
      return;
    }
    const parameters = recognize(initAck.parameters, context.options, context.environment);
    const objection = objectionTo(initAck, parameters);
    if (objection !== undefined && hasTooSmallWindow(initAck)) {
      // §3.3.3: "with the a_rwnd value set to a value smaller than 1500 MUST discard the packet, SHOULD send […] an ABORT
      // chunk and using the Initiate Tag as the Verification Tag, and MUST NOT change the state of any existing association."
      context.sendAlone({ kind: 'ABORT', tagReflected: false, causes: objection }, initAck.initiateTag, from, to);
      return;
    }
    if (objection !== undefined) {
      // §3.3.3: "with the OS value set to 0, it MUST destroy the TCB and SHOULD send an ABORT chunk."; "with the MIS
      // value set to 0, it MUST destroy the TCB and SHOULD send an ABORT chunk."
      const flaw = parameters.flawed === undefined ? '' : `: ${parameters.flawed.reason}`;
      const message = `the peer answered with an INIT ACK that is not valid${flaw}`;
      this.#refuse(initAck.initiateTag, objection, message, from, to);
      return;
    }
    context.peerVerificationTag = initAck.initiateTag;
    // §5.1.4: "it MUST immediately send a COOKIE ECHO chunk". §3.3.3: "SHOULD process the INIT ACK chunk and send back
    // a COOKIE ECHO chunk."
    if (state.retransmissions === 0) context.paths.primary.rto.measure(now - this.#sentAt);
    if (this.#isDeclined(state, initAck, now)) return;
    this.#echoCookie(state, initAck, parameters, from, to, now);
  }

  /** An INIT ACK chunk that is too short to say all that it must. */
  handleMalformedInitAck({ value }: MalformedChunk, from: NetAddress, to: NetAddress | undefined): void {
    if (this.#context.state.name !== 'COOKIE-WAIT') return;
    const initiateTag = initiateTagOf(value);
    const message = 'the peer answered with an INIT ACK that is too short';
    this.#refuse(initiateTag, initiateTag === undefined ? [] : invalidMandatoryParameter, message, from, to);
  }

  /** Ends an association that an INIT ACK chunk has spoiled, and tells its sender, whose tag may be unknown. */
  #refuse(
    initiateTag: number | undefined,
    causes: readonly ErrorCause[],
    message: string,
    from: NetAddress,
    to: NetAddress | undefined,
  ): void {
    const context = this.#context;
    // §5.1: the tag of the ABORT "MUST be set to the Initiate Tag value of the received INIT or INIT ACK chunk"
    // §5.1.2 B: it "SHOULD be sent to the source IP address from which the last peer packet was received."
    const abort: Chunk = { kind: 'ABORT', tagReflected: initiateTag === undefined, causes };
    context.sendAlone(abort, initiateTag ?? context.myVerificationTag, from, to);
    context.close('local', 'SCTP_ERR_PROTOCOL_VIOLATION', causes, message);
  }

  /**
   * A peer that is not to be sent I-DATA was offered it, and will use it itself under this cookie: it gets another INIT, without the
   * offer. Answers to those before come to nothing.
   */
  #isDeclined(state: CookieWait, { initiateTag, parameters }: InitAckChunk, now: Instant): boolean {
    const context = this.#context;
    const { declined } = state;
    const isLate = declined !== undefined && (initiateTag === declined.initiateTag || declined.late > 0);
    const isUnwelcome = declinesInterleaving(context.options, parameters);
    if (!isUnwelcome || (!this.#offersInterleaving && !isLate)) return false;
    context.peerVerificationTag = 0;
    if (declined !== undefined) {
      if (initiateTag !== declined.initiateTag) declined.late--;
      return true;
    }
    this.#offersInterleaving = false;
    const late = state.retransmissions - state.staleCookies;
    const init = this.#createInit(state.init.initiateTag, state.init.initialTsn);
    this.#enterCookieWait(init, state.staleCookies, now, { initiateTag, late });
    return true;
  }

  /** A COOKIE ECHO chunk with a cookie of ours, for an association that exists: §5.2.4, Table 12. */
  handleCookieEcho(cookie: StateCookie, from: NetAddress, to: NetAddress | undefined, now: Instant): void {
    const context = this.#context;
    if (context.state.name === 'CLOSED') return;
    const collision = collisionOf(cookie, context, now);
    switch (collision) {
      case 'restart':
        this.#handleRestart(cookie, now);
        return;
      case 'simultaneous opening':
        this.#handleCrossedCookie(cookie, now);
        return;
      case 'duplicate':
        this.#handleOwnCookie(now);
        return;
      case 'stale':
        // "The endpoint also MUST transmit an ERROR chunk with a 'Stale Cookie' error cause to the peer endpoint"
        context.sendAlone(staleCookieError(cookie, now), cookie.peerTag, from, to);
        return;
      case 'late':
        // §5.2.4 C: "The endpoint SHOULD NOT change states and SHOULD leave any timers running."
        return;
      case 'unknown':
        return;
      default:
        return collision satisfies never;
    }
  }

  /** §5.1 E. */
  handleCookieAck(now: Instant): void {
    const context = this.#context;
    const { state } = context;
    // §5.2.5: "At any state other than COOKIE-ECHOED, an endpoint SHOULD silently discard a received COOKIE ACK chunk."
    if (state.name !== 'COOKIE-ECHOED') {
      context.metrics.unexpectedChunks++;
      return;
    }
    if (state.retransmissions === 0) context.paths.primary.rto.measure(now - this.#sentAt);
    const { sender, receiver, reconfiguration } = state;
    context.state = { name: 'ESTABLISHED', sender, receiver, reconfiguration };
    this.#heartbeats.start(now);
    context.events.push({ kind: 'established' });
  }

  /** §5.2.6, its third way: a new INIT that asks for a longer cookie life. */
  handleStaleCookie(now: Instant): void {
    const context = this.#context;
    const { state } = context;
    if (state.name !== 'COOKIE-ECHOED') return;
    // §5.2.6: "if the association is not in the COOKIE-ECHOED state, the ERROR chunk SHOULD be silently discarded.";
    // "SHOULD first examine if an association is in the process of being set up".
    const rttMs = now - this.#sentAt;
    const { initiateTag, initialTsn } = state.init;
    // §5.2.6: "SHOULD use the RTT information measured based on the previous COOKIE ECHO/ERROR chunk exchange".
    const lifeSpanIncrementMs = Math.ceil(rttMs) + cookieLifeMarginMs;
    context.peerVerificationTag = 0;
    const init = this.#createInit(initiateTag, initialTsn, [{ kind: 'Cookie Preservative', lifeSpanIncrementMs }]);
    // Each new INIT counts, or a peer to which every cookie is too old would keep us busy for ever.
    if (this.#mayTryAgain(state.staleCookies)) this.#enterCookieWait(init, state.staleCookies + 1, now);
  }

  /** T1-init and T1-cookie. */
  handleTimeout(now: Instant): void {
    const { state, paths } = this.#context;
    if (state.name === 'COOKIE-WAIT' && state.t1Init.expire(now)) {
      // §4: "If the T1-init timer expires, the endpoint MUST retransmit the INIT chunk"; "This MUST be repeated up to
      // 'Max.Init.Retransmits' times."; "the endpoint MUST abort the initialization process and report the error to the
      // SCTP user."
      if (!this.#mayTryAgain(state.retransmissions)) return;
      state.retransmissions++;
      // §5.1.6: "MUST follow the rules defined in Section 6.3". §5.1: "SHOULD follow the same rules given in Section
      // 6.3."
      this.#path.rto.backOff();
      // §5.1: "Retransmissions of INIT chunks and COOKIE ECHO chunks SHOULD use all addresses of the peer"
      this.#path = paths.nextUsable(this.#path);
      this.#sendInit(state, now);
    } else if (state.name === 'COOKIE-ECHOED' && state.t1Cookie.expire(now)) {
      // §5.1.4: "If the timer expires, the endpoint MUST retransmit the COOKIE ECHO chunk and restart the T1-cookie timer."
      if (!this.#mayTryAgain(state.retransmissions)) return;
      state.retransmissions++;
      this.#path.rto.backOff();
      this.#path = paths.nextUsable(this.#path);
      this.#sendCookieEcho(now);
    }
  }

  get nextTimeout(): Instant {
    const { state } = this.#context;
    if (state.name === 'COOKIE-WAIT') return state.t1Init.deadline;
    if (state.name === 'COOKIE-ECHOED') return state.t1Cookie.deadline;
    return Number.POSITIVE_INFINITY;
  }

  /** §5.1.4: "until either a COOKIE ACK chunk is received or 'Max.Init.Retransmits' […] is reached". */
  #mayTryAgain(retransmissions: number): boolean {
    if (retransmissions < this.#context.options.maxInitRetransmits) return true;
    this.#context.giveUp('SCTP_ERR_CONNECT_TIMEOUT', 'Max.Init.Retransmits');
    return false;
  }

  #enterCookieWait(init: InitChunk, staleCookies: number, now: Instant, declined?: CookieWait['declined']): void {
    const t1Init = new Timer();
    const retransmissions = staleCookies;
    const state: CookieWait = { name: 'COOKIE-WAIT', t1Init, init, staleCookies, declined, retransmissions };
    this.#context.state = state;
    this.#context.paths.forgetIntroduction();
    this.#path = this.#context.paths.primary;
    this.#asked = [];
    this.#sendInit(state, now);
  }

  #sendInit(state: CookieWait, now: Instant): void {
    this.#context.paths.reviewSource(this.#path);
    if (!this.#asked.includes(this.#path)) this.#asked.push(this.#path);
    const { address, localAddress, rto } = this.#path;
    // §8.5.1 A: "The sender MUST set the Verification Tag of the packet to 0."
    this.#context.sendAlone(state.init, 0, address, localAddress);
    this.#sentAt = now;
    state.t1Init.start(now, rto.rtoMs);
  }

  #echoCookie(
    state: CookieWait,
    initAck: InitAckChunk,
    { accepted, unrecognized }: RecognizedParameters,
    from: NetAddress,
    to: NetAddress | undefined,
    now: Instant,
  ): void {
    const context = this.#context;
    // The INIT that was answered has introduced us: the one to this address, or else the latest.
    const asked = this.#asked.find(({ address }) => address.ip === from.ip) ?? this.#path;
    this.#asked = [];
    context.paths.adopt(peerAddresses(accepted, from, context.environment));
    const source = (to ?? asked.localAddress)?.ip;
    context.paths.introduce(listedAddresses(state.init.parameters), source, asked.address, now);
    context.paths.handleArrival(from, to, now);
    this.#path = context.paths.primary.isUsable ? context.paths.primary : context.paths.current;
    // §5.1.1: "the valid outbound stream identifier range for either endpoint MUST be 0 to min(local OS, remote MIS) - 1"
    const transfer = createTransfer(this.#context, {
      localInitialTsn: state.init.initialTsn,
      peerInitialTsn: initAck.initialTsn,
      peerARwnd: initAck.aRwnd,
      outboundStreams: Math.min(context.options.outboundStreams, initAck.inboundStreams),
      inboundStreams: Math.min(context.options.maxInboundStreams, initAck.outboundStreams),
      capabilities: negotiate(context.options, context.environment, accepted, this.#offersInterleaving),
    });
    context.state = {
      name: 'COOKIE-ECHOED',
      t1Cookie: new Timer(),
      init: state.init,
      // §3.3.11: "This field MUST contain the exact cookie received in the State Cookie parameter".
      cookieEcho: { kind: 'COOKIE ECHO', cookie: findParameter(accepted, 'State Cookie')!.cookie },
      report: reportOf(unrecognized),
      staleCookies: state.staleCookies,
      retransmissions: 0,
      ...transfer,
    };
    this.#sendCookieEcho(now);
  }

  #sendCookieEcho(now: Instant): void {
    const { state, control } = this.#context;
    if (state.name !== 'COOKIE-ECHOED') return;
    control.clear();
    // §5.4: "the implementation MUST NOT send a COOKIE ECHO chunk to an UNCONFIRMED address": `#path` is a CONFIRMED
    // one.
    control.pushFirst(state.cookieEcho, this.#path);
    // §3.2.2: "it SHOULD bundle the ERROR chunk containing the 'Unrecognized Parameters' error cause with the chunk
    // sent in response (e.g., COOKIE ECHO)"
    if (state.report !== undefined) control.push(state.report, this.#path);
    this.#sentAt = now;
    // §5.1.4: "The endpoint MUST also start the T1-cookie timer after sending the COOKIE ECHO chunk."
    state.t1Cookie.start(now, this.#path.rto.rtoMs);
  }

  /** Table 12 D: the peer has not seen our COOKIE ACK, or our own COOKIE ECHO crossed its. */
  #handleOwnCookie(now: Instant): void {
    const { state } = this.#context;
    // §5.2.4 D: "SHOULD enter the ESTABLISHED state if it is in the COOKIE-ECHOED state. It SHOULD stop any T1-cookie
    // timer that is running and send a COOKIE ACK chunk."
    if (state.name === 'COOKIE-ECHOED') this.#establish(state, now);
    this.#acknowledgeCookie();
  }

  /** Table 12 B: both sides opened at the same time; the peer's tag is the one in the cookie. */
  #handleCrossedCookie(cookie: StateCookie, now: Instant): void {
    const context = this.#context;
    const { state } = context;
    // "The endpoint SHOULD stay in or enter the ESTABLISHED state, but it MUST update its peer's Verification Tag": the
    // peer has then not sent anything under its earlier tag. Once data has gone either way the cookie is a replay.
    const isOpening = state.name === 'COOKIE-WAIT' || state.name === 'COOKIE-ECHOED';
    const isFresh = state.name === 'ESTABLISHED' && state.sender.isUntouched && state.receiver.isUntouched;
    if (!isOpening && !isFresh) return;
    context.peerVerificationTag = cookie.peerTag;
    context.paths.adopt(cookie.peerAddresses);
    this.#introduceByCookie(cookie, now, 'init' in state ? listedAddresses(state.init.parameters) : []);
    this.#establish(createTransfer(this.#context, cookie), now);
    this.#acknowledgeCookie();
  }

  /** Table 12 A: "the existing session is treated the same as if it received an ABORT chunk followed by a new COOKIE ECHO". */
  #handleRestart(cookie: StateCookie, now: Instant): void {
    const context = this.#context;
    if (context.state.name === 'SHUTDOWN-ACK-SENT') {
      // "it MUST NOT set up a new association but instead resend the SHUTDOWN ACK chunk and send an ERROR chunk with a
      // 'Cookie Received While Shutting Down' error cause to its peer"
      const { current } = context.paths;
      context.control.push({ kind: 'SHUTDOWN ACK' }, current);
      context.control.push({ kind: 'ERROR', causes: [{ kind: 'Cookie Received While Shutting Down' }] }, current);
      return;
    }
    const undelivered = context.takeUndelivered();
    context.receiveQueue.releaseIncomplete();
    context.tellReaders();
    context.sendBuffer.clear();
    context.control.clear();
    context.paths.restart(cookie.peerAddresses);
    this.#introduceByCookie(cookie, now);
    // §5.3.1: a tag "MUST NOT change during the life time of an association": this is another one.
    context.myVerificationTag = cookie.localTag;
    context.peerVerificationTag = cookie.peerTag;
    context.renewTieTags();
    context.metrics.restarts++;
    // §5.2.4 A: "A RESTART notification SHOULD be sent to the ULP instead of a COMMUNICATION LOST notification."
    this.#establish(createTransfer(this.#context, cookie), now, undelivered);
    this.#acknowledgeCookie();
  }

  /** The peer knows us by the INIT ACK that brought it the cookie, and by our own INIT if it has seen one. */
  #introduceByCookie(cookie: StateCookie, now: Instant, alsoTold: readonly string[] = []): void {
    const { listed, source } = toldBy(this.#context.environment, cookie.introduction);
    this.#context.paths.introduce([...listed, ...alsoTold], source, cookie.peerAddresses[0]!, now);
  }

  #establish(transfer: Transfer, now: Instant, lost?: readonly Message[]): void {
    const { sender, receiver, reconfiguration } = transfer;
    this.#context.control.clear();
    this.#context.state = { name: 'ESTABLISHED', sender, receiver, reconfiguration };
    this.#heartbeats.start(now);
    this.#context.events.push(lost === undefined ? { kind: 'established' } : { kind: 'restart', undelivered: lost });
  }

  #acknowledgeCookie(): void {
    const { control, paths } = this.#context;
    // §5.1 D: "the COOKIE ACK chunk MUST be the first chunk in the packet."
    // §5.4: "MUST NOT send a COOKIE ACK chunk to an UNCONFIRMED address": `current` is a CONFIRMED one.
    control.pushFirst({ kind: 'COOKIE ACK' }, paths.current);
  }

  #createInit(initiateTag: number, initialTsn: Tsn, parameters: readonly Parameter[] = []): InitChunk {
    const { environment, options, paths } = this.#context;
    const peers = paths.all.map(({ address }) => address);
    const own = addressesToTell(environment, peers, paths.primary.localAddress?.ip).map(addressParameter);
    const offered = offeredCapabilities(options, environment, this.#offersInterleaving);
    // §3.3.2: "each parameter MUST only be included once". §3.3.2.1.4: "The sender of an INIT chunk or INIT ACK chunk
    // MUST NOT include this parameter."
    const all = [...parameters, ...own, ...supportedAddressTypes(environment), ...offered];
    return createInit(options, initiateTag, initialTsn, all);
  }
}

function reportOf(unrecognized: readonly Uint8Array[]): ErrorChunk | undefined {
  if (unrecognized.length === 0) return undefined;
  return { kind: 'ERROR', causes: [{ kind: 'Unrecognized Parameters', parameters: joinTlvs(unrecognized) }] };
}
