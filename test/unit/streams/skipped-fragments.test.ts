import { describe, expect, it } from 'vitest';
import { tsn } from '../../../src/base/serial.ts';
import { Received } from './received.ts';

/** The order in which TSNs come is that of the lines; `-` skips up to a TSN, and may name streams with their SSN. */
function run(
  lines: readonly string[],
  initialTsn = 10,
): { readonly texts: string[]; readonly held: number; readonly violation: string | undefined } {
  const received = new Received().startAt(initialTsn);
  for (const line of lines) {
    const violation = received.take(line);
    if (violation !== undefined) return { texts: received.read(), held: received.queue.heldBytes, violation };
  }
  return { texts: received.read(), held: received.queue.heldBytes, violation: undefined };
}

describe('what the peer has given up in the middle of a message (RFC 3758 §3.6)', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['the end, held', ['12 E0 c', '- 11 0:0', '13 BE1 d'], ['d']],
    ['the end, later', ['- 11 0:0', '12 E0 c', '13 BE1 d'], ['d']],
    ['the middle and the end, held', ['11 0 b', '12 E0 c', '- 10 0:0', '13 BE1 d'], ['d']],
    ['the middle held, the end later', ['11 0 b', '- 10 0:0', '12 E0 c', '13 BE1 d'], ['d']],
    ['the middle later, the end held', ['12 E0 c', '- 10 0:0', '11 0 b', '13 BE1 d'], ['d']],
    ['what is behind a gap, and the gap', ['13 0 d', '- 10 0:0', '12 0 c', '11 0 b', '14 E0 e', '15 BE1 f'], ['f']],
    ['the beginning, and what follows it', ['11 B0 a', '12 0 b', '- 12 0:0', '13 0 c', '14 E0 d', '15 BE1 e'], ['e']],
    ['two points in one message', ['12 0 c', '- 10 0:0', '- 11 0:0', '13 0 d', '14 E0 e', '15 BE1 f'], ['f']],
    ['the same point twice', ['- 10 0:0', '11 0 b', '- 10 0:0', '12 E0 c', '13 BE1 d'], ['d']],
    ['unordered: the end, held', ['12 U E0 c', '- 11', '13 U BE0 d'], ['d']],
    ['unordered: the end, later', ['- 11', '12 U E0 c', '13 U BE0 d'], ['d']],
    ['unordered: the beginning', ['11 U B0 a', '- 11', '12 U 0 b', '13 U E0 c', '14 U BE0 d'], ['d']],
    ['several messages', ['10 B0 a', '14 E1 e', '- 12 0:1', '13 1 d', '15 BE2 f'], ['f']],
    ['one beside others', ['11 E0 b', '12 B1 c', '- 10 0:0', '13 E1 d'], ['cd']],
    ['a whole message behind it', ['- 10 0:0', '11 BE1 b'], ['b']],
    ['the rest got no TSN', ['10 B0 a', '- 11 0:0', '12 BE1 c'], ['c']],
  ])('is dropped: %s', (_, lines, texts) => {
    expect(run(lines)).toEqual({ texts, held: 0, violation: undefined });
  });

  it('is dropped at the wrap of TSNs', () => {
    expect(run(['0 0 c', '- 4294967294 0:0', '4294967295 0 b', '1 E0 d', '2 BE1 e'], 0xffff_fff0)).toEqual({
      texts: ['e'],
      held: 0,
      violation: undefined,
    });
  });

  it('may be followed by something else, where the news comes when all is there: the rest got no TSN', () => {
    const received = new Received();
    received.take('10 B0 a');
    received.take('11 0 b');
    received.reassembly.noteGivenUp(tsn(11));
    expect(received.take('12 BE1 c')).toBeUndefined();
    expect([received.read(), received.queue.heldBytes]).toEqual([['c'], 0]);
  });

  it('and is delivered where it goes on in spite of such news', () => {
    const received = new Received();
    received.take('10 B0 a');
    received.reassembly.noteGivenUp(tsn(10));
    received.take('11 E0 b');
    expect(received.read()).toEqual(['ab']);
  });
});

/** All orders of a few lines. */
function ordersOf(lines: readonly string[]): string[][] {
  if (lines.length <= 1) return [[...lines]];
  return lines.flatMap((line, i) => ordersOf(lines.filter((_, j) => j !== i)).map((rest) => [line, ...rest]));
}

describe('a message that a peer who may give up messages has cut short, and tells nothing of, as all of it is here', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['before a message', ['10 B0 a', '11 0 b', '12 BE1 c', '13 B2 d', '14 E2 e'], ['c', 'de']],
    ['before a message in pieces', ['10 B0 a', '11 0 b', '12 B1 c', '13 E1 d', '14 BE2 e'], ['cd', 'e']],
    ['twice', ['10 B0 a', '11 B1 b', '12 1 c', '13 BE2 d'], ['d']],
    ['behind a message', ['10 BE0 a', '11 B1 b', '12 1 c', '13 BE2 d'], ['a', 'd']],
    ['before another stream', ['10 B0 a', '11 1/BE0 b', '12 BE1 c', '13 1/BE1 d'], ['b', 'c', 'd']],
    ['unordered', ['10 U B0 a', '11 U 0 b', '12 U BE0 c', '13 U B0 d', '14 U E0 e'], ['c', 'de']],
  ])('is dropped, and those behind it are delivered, in every order of arrival: %s', (_, lines, texts) => {
    for (const order of ordersOf(lines)) {
      const received = new Received({ peerGivesUp: true });
      for (const line of order) expect(received.take(line), order.join()).toBeUndefined();
      expect(received.read().sort(), order.join()).toEqual(texts);
      expect(received.queue.heldBytes, order.join()).toBe(0);
    }
  });
});

describe('fragments that cannot be a message (RFC 9260 §3.3.1, §6.9)', () => {
  it.each<[string, readonly string[]]>([
    ['the very first one has no B bit', ['10 E0 a']],
    ['nor an E bit', ['10 0 a']],
    ['nor is it ordered', ['10 U 0 a']],
    ['a beginning, and the next message', ['10 B0 a', '11 BE1 b']],
    ['a beginning, and the beginning of the next', ['10 B0 a', '11 B1 b']],
    ['a beginning, and the middle of the next', ['10 B0 a', '11 1 b']],
    ['a beginning, and one of another stream', ['10 B0 a', '11 1/E0 b']],
    ['a beginning, and an unordered one', ['10 B0 a', '11 U E0 b']],
    ['an unordered beginning, and an ordered one', ['10 U B0 a', '11 E0 b']],
    ['an unordered beginning, and a whole one', ['10 U B0 a', '11 BE0 b']],
    ['two beginnings', ['10 B0 a', '11 B0 b']],
    ['no end', ['10 B0 a', '11 0 b', '12 BE1 c']],
    ['a whole message, and a piece', ['10 BE0 a', '11 0 b']],
    ['a whole message, and a piece of the next', ['10 BE0 a', '11 E1 b']],
    ['an end, and a piece', ['10 B0 a', '11 E0 b', '12 1 c']],
    ['the next message, and a beginning before it', ['11 BE1 b', '10 B0 a']],
    ['the next message read already', ['11 U BE0 b', '10 U B0 a']],
    ['an end, and one before it that is another message', ['12 E0 c', '11 BE1 b']],
    ['an end of another stream', ['11 1/E0 b', '10 B0 a']],
    ['a hole that is filled with something else', ['10 B0 a', '12 E0 c', '11 BE1 b']],
  ])('are named: %s', (_, lines) => {
    expect(run(lines).violation).toBe('B and E bits of neighbouring TSNs do not fit');
  });

  it.each<[string, readonly string[]]>([
    ['what goes on with a skipped beginning', ['- 10', '11 E0 b']],
    ['pieces of a message, backwards', ['12 E0 c', '11 0 b', '10 B0 a']],
    ['a piece behind a gap', ['12 0 c']],
    ['two pieces behind a gap', ['12 0 c', '14 B5 e']],
    ['an end behind a gap, and the next message', ['12 E0 c', '13 BE1 d']],
    ['a beginning, a gap, and the next message', ['10 B0 a', '12 BE1 c']],
    ['unordered and ordered ones in turns', ['10 U B0 a', '11 U E0 b', '12 B0 c', '13 E0 d', '14 U BE9 e']],
    ['a gap that was skipped', ['10 BE0 a', '- 12 0:1', '13 E1 d']],
  ])('are none of these: %s', (_, lines) => {
    expect(run(lines).violation).toBeUndefined();
  });
});
