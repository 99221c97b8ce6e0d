import type { Readable } from 'node:stream';

const newline = 0x0a;

/**
 * The lines of a stream, each with its newline as `ncat` sends them, so that the other side prints what was typed. A
 * last line without one is sent as it is. Ends when the stream ends, or is destroyed without an error.
 */
export async function* readLines(stream: Readable): AsyncGenerator<Uint8Array, void, undefined> {
  const unfinished: Uint8Array[] = [];
  for await (const chunk of readChunks(stream)) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      yield Buffer.concat([...unfinished.splice(0), chunk.subarray(start, end + 1)]);
      start = end + 1;
    }
    if (start < chunk.length) unfinished.push(chunk.subarray(start));
  }
  if (unfinished.length > 0) yield Buffer.concat(unfinished);
}

/** What each read of the stream gives. Ends as `readLines` does. */
export async function* readChunks(stream: Readable): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of stream) yield chunk;
  } catch (error) {
    // Destroyed by us when nobody needs the input any more: Node calls that a premature close.
    if (stream.errored !== null || !stream.destroyed) throw error;
  }
}
