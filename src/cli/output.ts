import { once } from 'node:events';
import type { SctpMessage } from '../index.ts';

/** Where a command writes: data to standard output, what it has to say about it to standard error. */
export class Output {
  readonly #json: boolean;

  /** `json`: everything goes to standard output, as one JSON object a line. */
  constructor(json: boolean) {
    this.#json = json;
  }

  /** Says something: `text` to a person, `record` to a program. */
  status(text: string, record: Readonly<Record<string, unknown>>): void {
    if (this.#json) process.stdout.write(`${JSON.stringify(record)}\n`);
    else process.stderr.write(`${text}\n`);
  }

  /** Writes what has arrived, verbatim; waits until standard output has room again. */
  async message(message: SctpMessage): Promise<void> {
    const written = this.#json ? `${JSON.stringify(messageRecord(message))}\n` : message.data;
    if (!process.stdout.write(written)) await once(process.stdout, 'drain');
  }
}

function messageRecord({ data, streamId, ppid, unordered }: SctpMessage): Readonly<Record<string, unknown>> {
  return { event: 'message', streamId, ppid, unordered, length: data.length, ...readable(data) };
}

/** Text as text, other bytes in base64. */
function readable(data: Uint8Array): { text: string } | { base64: string } {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data) };
  } catch {
    return { base64: Buffer.from(data).toString('base64') };
  }
}
