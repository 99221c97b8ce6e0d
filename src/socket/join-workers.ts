import { isMainThread, parentPort } from 'node:worker_threads';
import { SctpError } from '../base/errors.ts';
import type { WorkerPlace } from '../base/worker-place.ts';
import type { ForwardedPacket, WorkerGroup } from '../driver/worker-transport.ts';
import { requireWorkerPlace } from '../endpoint/worker-routing.ts';
import { RemoteAddresses } from '../transport/remote-addresses.ts';
import { isWorkerMessage, type PacketMessage, WorkerLink, type WorkerMessage } from './worker-link.ts';

export interface WorkerOptions extends WorkerPlace {
  /** Tells several groups of the same workers apart; the name that their WorkerRelay has. Default `'sctp'`. */
  readonly name?: string | undefined;
}

/** The way to the process or thread that has started us. */
interface ParentChannel {
  post(message: WorkerMessage): void;
  /** Returns how to stop. */
  listen(handle: (message: unknown) => void): () => void;
}

/**
 * The option `workers` of `listen`, for a process that was forked (`node:cluster`, `child_process.fork`) or a worker
 * thread: packets of other workers go through the WorkerRelay of the process or thread that has started this one.
 *
 * Throws SctpError `SCTP_ERR_INVALID_ARGUMENT`, and `SCTP_ERR_NOT_SUPPORTED` where there is nobody who has started us.
 */
export function joinWorkers({ index, count, name = 'sctp' }: WorkerOptions): WorkerGroup {
  requireWorkerPlace({ index, count });
  const channel = parentChannel();
  const remotes = new RemoteAddresses();
  let link: WorkerLink | undefined;
  return {
    index,
    count,
    forward: (worker, forwarded) => link !== undefined && !link.isFull && link.send(encode(name, worker, forwarded)),
    receive(handle) {
      if (link !== undefined) {
        throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', 'these workers have an endpoint already: join once for each');
      }
      const opened = new WorkerLink(name, channel.post, (message) => handle(decode(message, remotes)));
      const stop = channel.listen((message) => {
        if (isWorkerMessage(message, name)) opened.handleMessage(message);
      });
      opened.announce('open');
      link = opened;
      return () => {
        opened.announce('closed');
        stop();
        link = undefined;
      };
    },
  };
}

function parentChannel(): ParentChannel {
  if (!isMainThread && parentPort !== null) {
    const port = parentPort;
    return {
      post: (message) => port.postMessage(message),
      listen(handle) {
        port.on('message', handle);
        return () => port.off('message', handle);
      },
    };
  }
  if (process.send === undefined) {
    const message = 'this is no worker: start it with node:cluster, child_process.fork or worker_threads';
    throw new SctpError('SCTP_ERR_NOT_SUPPORTED', message);
  }
  return {
    post(message) {
      // A parent that has gone takes nothing, which is no error: with a callback, Node tells it there.
      process.send?.(message, undefined, undefined, () => {});
    },
    listen(handle) {
      process.on('message', handle);
      return () => process.off('message', handle);
    },
  };
}

function encode(name: string, worker: number, { packet, from, to }: ForwardedPacket): PacketMessage {
  const base64 = Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength).toString('base64');
  return { sctpWorkers: name, kind: 'packet', worker, packet: base64, from, to: to ?? null };
}

function decode({ packet, from, to }: PacketMessage, remotes: RemoteAddresses): ForwardedPacket {
  const bytes = Buffer.from(packet, 'base64');
  return {
    packet: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    from: remotes.get(from.ip, from.udpPort),
    to: to ?? undefined,
  };
}
