import type { SctpAssociation, SctpEndpoint } from '../../src/index.ts';
import type { Gate } from '../support/gate.ts';
import { type Pattern, PatternCheck, patternMessages } from './usrsctp/pattern.ts';

/**
 * Sends a pattern and reads its echo, both at once; rejects at the first message that is not the expected one. Each
 * message passes `gate` before it is sent.
 */
export async function exchange(association: SctpAssociation, pattern: Pattern, gate?: Gate): Promise<PatternCheck> {
  const check = new PatternCheck(pattern);
  const send = async (): Promise<void> => {
    for (const { data, streamId, ppid } of patternMessages(pattern)) {
      await gate?.pass(data.length);
      await association.send(data, { streamId, ppid });
    }
  };
  const receive = async (): Promise<void> => {
    for await (const message of association) {
      check.take(message);
      if (check.isComplete) return;
    }
    throw new Error(`the peer closed after ${check.received} of ${pattern.messages} messages`);
  };
  await Promise.all([send(), receive()]);
  return check;
}

/** Returns every message of a pattern, once it has passed `gate`, to where it came from, until the peer closes. */
export async function echo(association: SctpAssociation, pattern: Pattern, gate?: Gate): Promise<PatternCheck> {
  const check = new PatternCheck(pattern);
  for await (const message of association) {
    check.take(message);
    await gate?.pass(message.data.length);
    await association.send(message.data, { streamId: message.streamId, ppid: message.ppid });
  }
  return check;
}

/** The next association that a peer sets up. */
export async function accept(endpoint: SctpEndpoint): Promise<SctpAssociation> {
  const { value } = await endpoint[Symbol.asyncIterator]().next();
  if (value === undefined) throw new Error('the endpoint was closed');
  return value;
}
