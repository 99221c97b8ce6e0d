/**
 * The other process of `sctp-ts demo`, forked by it: serves one association, then ends.
 *
 * @module
 */
import { listen, type SctpAssociation } from '../index.ts';
import { bulkStreamId, endOfBulkPpid, loopback } from './demo-protocol.ts';

/** Returns every message, but only counts those on the bulk stream, and answers its end with the number of bytes. */
async function serve(association: SctpAssociation): Promise<void> {
  let bulkBytes = 0;
  for await (const { data, streamId, ppid } of association) {
    if (ppid === endOfBulkPpid) await association.send(String(bulkBytes), { streamId, ppid });
    else if (streamId === bulkStreamId) bulkBytes += data.length;
    else await association.send(data, { streamId, ppid });
  }
}

const endpoint = await listen({ port: 0, host: loopback, udpPort: 0 });
// The parent is gone, whatever the reason: so are we.
process.on('disconnect', () => void endpoint.abort());
process.send?.({ port: endpoint.port, udpPort: endpoint.udpPort });
for await (const association of endpoint) {
  await serve(association);
  break;
}
await endpoint.close();
process.disconnect();
