import type { Timer } from '../base/time.ts';
import type { CookieEchoChunk, ErrorChunk, InitChunk } from '../chunks/index.ts';
import type { DataReceiver } from './data-receiver.ts';
import type { DataSender } from './data-sender.ts';
import type { StreamReconfiguration } from './stream-reconfiguration.ts';

/** What exists once both sides' parameters are known. */
export interface Transfer {
  readonly sender: DataSender;
  readonly receiver: DataReceiver;
  readonly reconfiguration: StreamReconfiguration;
}

export interface CookieWait {
  readonly name: 'COOKIE-WAIT';
  readonly t1Init: Timer;
  readonly init: InitChunk;
  /** How often the peer has found a cookie of its own too old. */
  readonly staleCookies: number;
  /** An INIT ACK chunk that we did not want, and how many more answers to the INIT chunks before may come. */
  readonly declined?: { readonly initiateTag: number; late: number } | undefined;
  retransmissions: number;
}

export interface CookieEchoed extends Transfer {
  readonly name: 'COOKIE-ECHOED';
  readonly t1Cookie: Timer;
  readonly init: InitChunk;
  readonly cookieEcho: CookieEchoChunk;
  /** "Unrecognized Parameters" of the INIT ACK, which travel behind the COOKIE ECHO (RFC 9260 §3.2.2). */
  readonly report: ErrorChunk | undefined;
  readonly staleCookies: number;
  retransmissions: number;
}

export interface Established extends Transfer {
  readonly name: 'ESTABLISHED';
}

export interface ShutdownPending extends Transfer {
  readonly name: 'SHUTDOWN-PENDING';
}

export interface ShutdownSent extends Transfer {
  readonly name: 'SHUTDOWN-SENT';
  readonly t2Shutdown: Timer;
  readonly t5ShutdownGuard: Timer;
  retransmissions: number;
}

export interface ShutdownReceived extends Transfer {
  readonly name: 'SHUTDOWN-RECEIVED';
}

export interface ShutdownAckSent extends Transfer {
  readonly name: 'SHUTDOWN-ACK-SENT';
  readonly t2Shutdown: Timer;
  /** Still running where our own SHUTDOWN chunk started it; undefined where only the peer wants to end. */
  readonly t5ShutdownGuard: Timer | undefined;
  retransmissions: number;
}

/** The states of RFC 9260 §4. A state owns what exists in it: leaving it leaves its timers behind. */
export type State =
  | { readonly name: 'CLOSED' }
  | CookieWait
  | CookieEchoed
  | Established
  | ShutdownPending
  | ShutdownSent
  | ShutdownReceived
  | ShutdownAckSent;

export type StateName = State['name'];
