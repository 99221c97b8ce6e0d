import type { Socket } from 'node:dgram';
import { PatientTimer } from './patient-timer.ts';

/** A socket that sends less than this in a second gains nothing from being connected. */
const worthwhilePackets = 64;

const periodMs = 1_000;

/**
 * Connects a UDP socket that talks to one remote only, while it has much to send: the system then looks up neither route
 * nor destination for each packet.
 *
 * A connected socket hears nobody else, not even its peer at a port that a NAT has changed (RFC 6951 §5.4). So the
 * connection lasts as long as packets go out in numbers and answers come back, and ends for good once another remote is
 * sent to.
 */
export class ConnectedSocket {
  readonly #socket: Socket;
  #port = 0;
  #ip = '';
  #isConnected = false;
  #hasSeveral = false;
  #sent = 0;
  #received = 0;
  /** Late, it still sees what has come by then. */
  readonly #timer: PatientTimer = new PatientTimer(() => this.#review(), false);

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Sends to `ip` and `port`; the socket may be connected there, before or after. */
  send(packet: Uint8Array, port: number, ip: string, onSent: (error: Error | null) => void): void {
    if (port !== this.#port || ip !== this.#ip) this.#handleOther(port, ip);
    this.#sent++;
    if (this.#isConnected) {
      this.#socket.send(packet);
      return;
    }
    this.#socket.send(packet, port, ip, onSent);
    if (this.#hasSeveral) return;
    if (!this.#timer.isRunning) this.#timer.start(periodMs);
    if (this.#sent === worthwhilePackets && this.#received > 0) this.#connect();
  }

  /** A packet has come from the one remote, or before there was one. */
  handleReceived(): void {
    this.#received++;
  }

  /** Ends the connection; the socket stays. */
  close(): void {
    this.#timer.stop();
    this.#disconnect();
  }

  /** Once a second while something is sent. */
  #review(): void {
    if (this.#isConnected) {
      if (this.#sent < worthwhilePackets || this.#received === 0) this.#disconnect();
      else this.#timer.start(periodMs);
    }
    this.#sent = 0;
    this.#received = 0;
  }

  #handleOther(port: number, ip: string): void {
    if (this.#port !== 0) this.#hasSeveral = true;
    this.#port = port;
    this.#ip = ip;
    this.#disconnect();
  }

  #connect(): void {
    // Its address is no name, so that it is connected when this returns, or not at all.
    this.#socket.connect(this.#port, this.#ip, (error?: Error) => {
      if (error !== undefined) this.#hasSeveral = true;
    });
    try {
      this.#socket.remoteAddress();
      this.#isConnected = true;
    } catch {
      this.#hasSeveral = true;
    }
  }

  #disconnect(): void {
    if (!this.#isConnected) return;
    this.#isConnected = false;
    this.#socket.disconnect();
  }
}
