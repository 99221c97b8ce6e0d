import { createWriteStream, type WriteStream } from 'node:fs';
import debug from 'debug';
import type { NetAddress } from '../base/address.ts';
import { SctpError } from '../base/errors.ts';
import { systemWallClockMs } from '../driver/system.ts';
import { pcapngHeader, pcapngPacket } from '../trace/pcapng.ts';
import { tap } from '../transport/tap.ts';
import type { Transport } from '../transport/transport.ts';

const log = debug('sctp:pcap');

/** How much may wait for a slow disk, in bytes; packets beyond are missing in the file rather than in memory. */
const highestBacklog = 64 * 1024 * 1024;

/** Stands for an address that the transport does not know. */
const unknownAddress: NetAddress = { ip: '0.0.0.0', udpPort: 0 };

/**
 * The same transport, with every packet in both directions written to `file` (pcapng). Closing it waits until the file
 * is complete. `open` rejects with SctpError `SCTP_ERR_TRANSPORT` when the file cannot be written.
 */
export function record(transport: Transport, file: string): Transport {
  let stream: WriteStream | undefined;
  const tapped = tap(transport, (_direction, packet, from = unknownAddress, to = unknownAddress) => {
    if (stream === undefined || stream.writableLength > highestBacklog) return;
    stream.write(pcapngPacket({ timeMs: systemWallClockMs(), from, to, packet }));
  });
  return {
    properties: tapped.properties,
    get addresses(): readonly NetAddress[] {
      return tapped.addresses;
    },
    async open(receiver) {
      stream = await openFile(file);
      stream.on('error', (error) => {
        stream = undefined;
        log('recording to %s ends: %s', file, error.message);
      });
      stream.write(pcapngHeader());
      try {
        await tapped.open(receiver);
      } catch (error) {
        await finished(stream);
        throw error;
      }
    },
    send: tapped.send,
    async close() {
      await tapped.close();
      await finished(stream);
    },
  };
}

function openFile(file: string): Promise<WriteStream> {
  return new Promise((resolve, reject) => {
    const stream = createWriteStream(file);
    stream.once('open', () => resolve(stream));
    stream.once('error', (error) => {
      reject(new SctpError('SCTP_ERR_TRANSPORT', `cannot record to ${file}: ${error.message}`, { cause: error }));
    });
  });
}

/** Resolves when all is in the file, or the file has failed. */
function finished(stream: WriteStream | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (stream === undefined || stream.closed) resolve();
    else stream.once('close', resolve).end();
  });
}
