import type { SctpAssociation } from '../index.ts';
import type { Output } from './output.ts';

/** Writes all that arrives until the association ends. Rejects with the SctpError that ended it. */
export async function printMessages(association: SctpAssociation, output: Output): Promise<void> {
  for await (const message of association) await output.message(message);
}

/** Sends every message back as it came, as far as there is a stream for it. */
export async function echoMessages(association: SctpAssociation): Promise<void> {
  for await (const { data, streamId, ppid, unordered } of association) {
    await association.send(data, { streamId: streamId % association.outboundStreams, ppid, unordered });
  }
}

/** Takes all that arrives. A listener rather than an iterator: it is what a fast sender is measured against. */
export async function discardMessages(association: SctpAssociation): Promise<void> {
  association.on('message', () => {});
  await association.closed;
}

/** The peer as a status line names it. */
export function peerName(association: SctpAssociation): string {
  const address = association.paths[0]?.address;
  if (address === undefined) return 'peer';
  return `${address.ip} port ${association.remotePort}${address.udpPort === 0 ? '' : ` (UDP port ${address.udpPort})`}`;
}
