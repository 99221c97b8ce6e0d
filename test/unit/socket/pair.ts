import { setImmediate as nextTurn } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { NetAddress } from '../../../src/base/address.ts';
import type { SctpAssociation } from '../../../src/socket/association.ts';
import { connect } from '../../../src/socket/connect.ts';
import type { SctpEndpoint } from '../../../src/socket/endpoint.ts';
import { listen } from '../../../src/socket/listen.ts';
import type { ConnectOptions, ListenOptions } from '../../../src/socket/options.ts';
import { MemoryHub } from '../../../src/transport/memory.ts';
import type { Transport, TransportReceiver } from '../../../src/transport/transport.ts';

export const clientAddress: NetAddress = { ip: '10.0.0.1', udpPort: 9899 };
export const serverAddress: NetAddress = { ip: '10.0.0.2', udpPort: 9899 };

/** Packets that any wire was given, lost ones too. */
let packets = 0;

/** A wire that a test can cut. */
export class Wire {
  readonly #hub = new MemoryHub();
  readonly #receivers: TransportReceiver[] = [];
  isCut = false;

  transport(address: NetAddress): Transport {
    const inner = this.#hub.transport(address);
    const isCut = (): boolean => this.isCut;
    const receivers = this.#receivers;
    return {
      properties: inner.properties,
      addresses: inner.addresses,
      open(receiver) {
        receivers.push(receiver);
        return inner.open(receiver);
      },
      send(packet, to, from) {
        packets++;
        if (!isCut()) inner.send(packet, to, from);
      },
      close: () => inner.close(),
    };
  }

  /** Breaks the transport that was opened as the n-th. */
  fail(index: number, error: Error): void {
    this.#receivers[index]?.handleError(error);
  }
}

export interface Pair {
  readonly wire: Wire;
  readonly endpoint: SctpEndpoint;
  readonly client: SctpAssociation;
  readonly server: SctpAssociation;
}

/** Two associated ends in memory; whatever the test leaves open is aborted behind it. */
export async function pair(
  clientOptions: Partial<ConnectOptions> = {},
  serverOptions: Partial<ListenOptions> = {},
): Promise<Pair> {
  const wire = new Wire();
  const endpoint = await listen({ port: 5000, transport: wire.transport(serverAddress), ...serverOptions });
  onTestFinished(() => endpoint.abort());
  const client = await connect({
    host: serverAddress.ip,
    port: 5000,
    transport: wire.transport(clientAddress),
    ...clientOptions,
  });
  onTestFinished(() => client.abort());
  const { value: server } = await endpoint[Symbol.asyncIterator]().next();
  if (server === undefined) throw new Error('nobody came');
  return { wire, endpoint, client, server };
}

/** Waits until all has happened that happens without a timer: for ten turns of the event loop no wire got a packet. */
export async function quiet(): Promise<void> {
  let seen = packets;
  for (let turns = 0; turns < 10; turns++) {
    await nextTurn();
    if (packets !== seen) turns = 0;
    seen = packets;
  }
}

/** The text of the next so many messages. */
export async function read(association: SctpAssociation, count: number): Promise<string[]> {
  const texts: string[] = [];
  if (count === 0) return texts;
  for await (const { data } of association) {
    texts.push(new TextDecoder().decode(data));
    if (texts.length === count) break;
  }
  return texts;
}

/** The text of all messages until the end. */
export function readAll(association: SctpAssociation): Promise<string[]> {
  return read(association, Number.POSITIVE_INFINITY);
}
