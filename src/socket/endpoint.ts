import type { Association } from '../association/association.ts';
import { SctpError } from '../base/errors.ts';
import { Ring } from '../base/ring.ts';
import { TurnoverMap } from '../base/turnover-map.ts';
import { Driver } from '../driver/driver.ts';
import { systemEnvironment } from '../driver/system.ts';
import { type ForwardingCounters, type WorkerGroup, WorkerTransport } from '../driver/worker-transport.ts';
import type { EndpointLimits } from '../endpoint/admission.ts';
import type { EndpointCounters } from '../endpoint/counters.ts';
import { Endpoint } from '../endpoint/endpoint.ts';
import type { Transport } from '../transport/transport.ts';
import { sctpTunnelingPort } from '../transport/udp.ts';
import { type AssociationOwner, SctpAssociation } from './association.ts';
import { type CloseOptions, disposeLimit, isLimited, requireCloseOptions } from './close-limit.ts';
import type { SctpClosed } from './closed.ts';
import { describePeer } from './describe-peer.ts';
import type { ChosenTransport } from './make-transport.ts';
import { type GivenAssociationOptions, type PeerOptions, requireHost, requirePort } from './options.ts';
import { rejection } from './quiet.ts';
import { Readers } from './readers.ts';
import { resolveAddresses } from './resolve.ts';
import { TypedEmitter } from './typed-emitter.ts';
import { cancelled } from './waiting-sends.ts';

/** What `SctpEndpoint.on` can be asked for. */
export type EndpointEvents = {
  /** A peer has connected; while somebody listens, every association comes here and none to the iterators. */
  association: readonly [association: SctpAssociation];
  /** The transport failed: all associations are broken, and the endpoint closes. */
  error: readonly [error: SctpError];
  /** The endpoint is closed. */
  close: readonly [];
};

interface OpenOptions {
  readonly listening: boolean;
  readonly associationOptions: GivenAssociationOptions;
  readonly limits?: Partial<EndpointLimits> | undefined;
  readonly workers?: WorkerGroup | undefined;
}

/**
 * How many associations may wait for somebody to take them; one more is aborted, so that strangers cannot fill the
 * memory of a program that does not look.
 */
const backlog = 128;

/** How long a peer may let data wait while its endpoint closes, where the caller has set no limit. */
const closingStandstillMs = 10_000;

/**
 * One SCTP port on one socket, with all of its associations. Made by `listen`.
 *
 * `for await (const association of endpoint)` or `on('association')` takes what peers have established; each
 * association goes to one taker. The iterators end when the endpoint is closed, and throw if its transport failed.
 */
export class SctpEndpoint extends TypedEmitter<EndpointEvents> {
  readonly #transport: Transport;
  readonly #core: Endpoint;
  readonly #driver: Driver;
  readonly #owner: AssociationOwner;
  readonly #associations = new TurnoverMap<number, SctpAssociation>();
  /** Whom to tell of the peer's answer, or of the end before it. */
  readonly #connecting = new TurnoverMap<number, (closed: SctpClosed | undefined) => void>();
  readonly #untaken = new Ring<SctpAssociation>();
  readonly #readers: Readers<SctpAssociation>;
  #failure: SctpError | undefined;
  #isClosed = false;
  #closing: Promise<void> | undefined;

  private constructor(transport: Transport, core: Endpoint) {
    super();
    this.#transport = transport;
    this.#core = core;
    this.#driver = new Driver(core, transport, {
      handleAssociation: (association) => this.#accept(association),
      handleTransportError: (error) => this.#fail(error),
    });
    this.#owner = this.#ownerOfAssociations();
    this.#readers = new Readers({
      take: () => (this.listenerCount('association') > 0 ? undefined : this.#untaken.shift()),
      end: () => (this.#isClosed ? { error: this.#failure } : undefined),
    });
  }

  /** Opens a transport and an endpoint on it. Rejects as `Transport.open` does. */
  static async open(chosen: ChosenTransport, options: OpenOptions): Promise<SctpEndpoint> {
    const { listening, associationOptions, limits, workers } = options;
    const transport = workers === undefined ? chosen.transport : new WorkerTransport(chosen.transport, workers);
    const core = new Endpoint(
      { ...associationOptions, ...transport.properties, port: chosen.port, listening, limits, workers },
      systemEnvironment,
    );
    const endpoint = new SctpEndpoint(transport, core);
    await endpoint.#driver.open();
    if (transport.properties.sources === undefined) core.localAddresses = transport.addresses;
    return endpoint;
  }

  /** The SCTP port. */
  get port(): number {
    return this.#core.port;
  }

  /** What was received, and why packets were dropped: a snapshot. */
  get counters(): EndpointCounters {
    return this.#core.counters;
  }

  /** What went between this endpoint and the other workers on its port: a snapshot; undefined when it is alone. */
  get forwarding(): ForwardingCounters | undefined {
    return this.#transport instanceof WorkerTransport ? this.#transport.counters : undefined;
  }

  /** The UDP port, 0 when the transport is not UDP. */
  get udpPort(): number {
    return this.#transport.addresses[0]?.udpPort ?? 0;
  }

  /** The local IP addresses. */
  get addresses(): readonly string[] {
    return this.#transport.addresses.map(({ ip }) => ip);
  }

  /** The associations that have not ended, with those that are being established: a snapshot. */
  get associations(): ReadonlySet<SctpAssociation> {
    return new Set(this.#associations.values());
  }

  /**
   * Establishes an association from this socket and port. Rejects with SctpError: `SCTP_ERR_HOST_NOT_FOUND`,
   * `SCTP_ERR_CONNECT_TIMEOUT`, `SCTP_ERR_REFUSED`, `SCTP_ERR_CANCELLED` by the signal, `SCTP_ERR_INVALID_ARGUMENT`.
   */
  async connect(options: PeerOptions): Promise<SctpAssociation> {
    const { host, port, remoteUdpPort = this.udpPort === 0 ? 0 : sctpTunnelingPort, signal } = options;
    requireHost('host', host);
    requirePort('port', port, 1);
    requirePort('remoteUdpPort', remoteUdpPort);
    if (signal?.aborted) throw cancelled(signal);
    const ips = await resolveAddresses(host);
    const addresses = ips.map((ip) => ({ ip, udpPort: remoteUdpPort }));
    await this.#transport.properties.sources?.learn(addresses);
    if (signal?.aborted) throw cancelled(signal);
    if (this.#closing !== undefined) throw new SctpError('SCTP_ERR_CLOSED', 'the endpoint is closed');
    const core = this.#core.connect({ addresses, port }, options, this.#driver.now());
    this.#driver.schedule();
    return this.#establish(core, host, signal);
  }

  /**
   * Takes no more associations, closes those that there are gracefully, then the socket. Resolves when that is done,
   * also if some of them failed: each one tells so itself.
   *
   * When a limit is reached, what is still open is aborted. Without one, an association is given up with
   * `SCTP_ERR_STANDSTILL` whose peer has let data wait for ten seconds (`standstillMs`): one peer that keeps its window closed
   * does not hold up the end of a service. `timeoutMs: Infinity` waits for it, too. It may be called again to set a tighter
   * limit. Rejects with `SCTP_ERR_INVALID_ARGUMENT`, and does nothing, when the options are wrong.
   */
  close(options: CloseOptions = {}): Promise<void> {
    try {
      requireCloseOptions(options);
    } catch (error) {
      return rejection(error);
    }
    this.#closing ??= this.#close();
    for (const association of this.#associations.values()) {
      if (isLimited(options)) void association.close(options);
      else association.standstillMs = closingStandstillMs;
    }
    return this.#closing;
  }

  /** Aborts all associations and closes the socket. */
  abort(reason?: Uint8Array | string): Promise<void> {
    for (const association of this.#associations.values()) association.abort(reason);
    return this.close();
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<SctpAssociation, undefined> {
    return this.#readers.iterate();
  }

  /** As `close` with a limit of ten seconds. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close(disposeLimit);
  }

  protected override listenersChanged(event: keyof EndpointEvents): void {
    // Later, so that the caller may add its other listeners first.
    if (event === 'association') queueMicrotask(() => this.#offer());
  }

  #establish(
    core: Association,
    host: string | readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<SctpAssociation> {
    const association = this.#track(core, host);
    return new Promise((resolve, reject) => {
      const cancel = (): void => {
        reject(cancelled(signal));
        association.abort();
      };
      signal?.addEventListener('abort', cancel, { once: true });
      this.#connecting.set(association.id, (closed) => {
        signal?.removeEventListener('abort', cancel);
        if (closed === undefined) resolve(association);
        else {
          const detail = `the endpoint was closed before ${describePeer(host, core)} answered`;
          reject(closed.error ?? new SctpError('SCTP_ERR_CLOSED', detail));
        }
      });
    });
  }

  /** The association that was asked for stands, or it has ended. */
  #handleAnswer(association: SctpAssociation, closed?: SctpClosed): void {
    this.#connecting.get(association.id)?.(closed);
    this.#connecting.delete(association.id);
  }

  #accept(core: Association): void {
    const association = this.#track(core, core.paths[0]?.address.ip ?? 'peer');
    if (this.#untaken.length < backlog) this.#untaken.push(association);
    else association.abort('too many associations wait to be accepted');
    this.#offer();
  }

  #track(core: Association, host: string | readonly string[]): SctpAssociation {
    const association = new SctpAssociation(core, this.#owner, host);
    this.#associations.set(association.id, association);
    return association;
  }

  /** What all associations share. */
  #ownerOfAssociations(): AssociationOwner {
    return {
      driver: this.#driver,
      failure: () => this.#failure,
      handleEstablished: (association) => this.#handleAnswer(association),
      handleClosed: (association, closed) => {
        this.#associations.delete(association.id);
        this.#handleAnswer(association, closed);
      },
    };
  }

  /** Hands over what waits to be taken, as far as somebody wants it. */
  #offer(): void {
    while (this.listenerCount('association') > 0) {
      const association = this.#untaken.shift();
      if (association === undefined) break;
      this.emit('association', association);
    }
    this.#readers.wake();
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure =
      error instanceof SctpError ? error : new SctpError('SCTP_ERR_TRANSPORT', error.message, { cause: error });
    this.emit('error', this.#failure);
    void this.abort();
  }

  /** Closes when its last association has ended, but still answers a peer that has missed the end for `lingerMs`. */
  closeAfter(association: SctpAssociation, lingerMs: number): void {
    void association.closed.then(({ graceful }) => {
      this.#closing ??= this.#close(graceful ? lingerMs : 0);
    });
  }

  async #close(lingerMs = 0): Promise<void> {
    // RFC 9260 §9: "An endpoint SHOULD terminate its association when it exits from service."
    this.#core.listening = false;
    // Again for those that were still shaking hands.
    while (this.#associations.size > 0) {
      await Promise.allSettled(Array.from(this.#associations.values(), (association) => association.close()));
    }
    await this.#driver.close(lingerMs);
    this.#isClosed = true;
    this.#readers.wake();
    this.emit('close');
  }
}
