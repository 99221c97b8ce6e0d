import { ReadableStream, WritableStream } from 'node:stream/web';
import type { SctpStream } from './sctp-stream.ts';

/** One SCTP stream as a pair of WHATWG streams. */
export interface WebStreamPair {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

/**
 * The two directions of `stream`. Closing the writable one is `end()`, aborting it destroys both; cancelling the readable one
 * drops what still comes. (`Duplex.toWeb` would let `close()` wait for the end of both directions.)
 */
export function webStreamPair(stream: SctpStream): WebStreamPair {
  const iterator = stream.iterator({ destroyOnReturn: false });
  const readable = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = (await iterator.next()) as IteratorResult<Uint8Array, undefined>;
        if (done === true) controller.close();
        else controller.enqueue(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
      },
      async cancel() {
        await iterator.return?.();
        stream.resume();
      },
    },
    { highWaterMark: 0 },
  );
  const writable = new WritableStream<Uint8Array>({
    start(controller) {
      stream.on('error', (error) => controller.error(error));
    },
    write: (bytes) => settled((done) => stream.write(bytes, done)),
    close: () => settled((done) => stream.end(done)),
    abort() {
      stream.destroy();
    },
  });
  return { readable, writable };
}

function settled(start: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
