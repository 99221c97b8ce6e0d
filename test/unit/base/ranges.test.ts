import { describe, expect, it } from 'vitest';
import { TsnRanges } from '../../../src/base/ranges.ts';
import { tsn } from '../../../src/base/serial.ts';

/** `'3-5 9'` is a set of the TSNs 3, 4, 5 and 9. */
function setOf(text: string): TsnRanges {
  const ranges = new TsnRanges();
  for (const part of text.split(' ').filter(Boolean)) {
    const [start = 0, end = start] = part.split('-').map(Number);
    ranges.addRange(tsn(start), tsn(end));
  }
  return ranges;
}

function show(ranges: TsnRanges): string {
  const parts: string[] = [];
  for (let i = 0; i < ranges.length; i++) {
    const [start, end] = [ranges.start(i), ranges.end(i)];
    parts.push(start === end ? `${start}` : `${start}-${end}`);
  }
  return parts.join(' ');
}

describe('TsnRanges', () => {
  it.each([
    ['', '5', '5'],
    ['5', '6', '5-6'],
    ['5', '4', '4-5'],
    ['5', '7', '5 7'],
    ['5 7', '6', '5-7'],
    ['5-9', '6-7', '5-9'],
    ['5-6 10-11 20', '7-19', '5-20'],
    ['5-6 10-11 20', '1-30', '1-30'],
    ['10 20 30', '12-18', '10 12-18 20 30'],
    ['4294967294', '0', '4294967294 0'],
    ['4294967294', '4294967295', '4294967294-4294967295'],
    ['4294967294-4294967295', '0-3', '4294967294-3'],
  ])('%s and %s make %s', (before, added, after) => {
    const ranges = setOf(before);
    const [start = 0, end = start] = added.split('-').map(Number);
    ranges.addRange(tsn(start), tsn(end));
    expect(show(ranges)).toBe(after);
    expect([...ranges]).toHaveLength(ranges.size);
  });

  it.each([
    ['5-9', '1-3', '5-9'],
    ['5-9', '20', '5-9'],
    ['5-9', '7', '5-6 8-9'],
    ['5-9', '1-6', '7-9'],
    ['5-9', '8-20', '5-7'],
    ['5-9', '5-9', ''],
    ['5-9 20-25 30', '7-22', '5-6 23-25 30'],
    ['5-9 20-25 30', '6-30', '5'],
    ['5-9 20-25 30', '1-24', '25 30'],
    ['4294967290-5', '4294967295-0', '4294967290-4294967294 1-5'],
  ])('%s without %s is %s', (before, removed, after) => {
    const ranges = setOf(before);
    const [start = 0, end = start] = removed.split('-').map(Number);
    ranges.removeRange(tsn(start), tsn(end));
    expect(show(ranges)).toBe(after);
    expect([...ranges]).toHaveLength(ranges.size);
  });

  it('forgets all up to a TSN, the TSN included', () => {
    const ranges = setOf('4294967290-2 5-9 11');
    ranges.removeUpTo(tsn(6));
    expect(show(ranges)).toBe('7-9 11');
    ranges.removeUpTo(tsn(6));
    expect(show(ranges)).toBe('7-9 11');
    ranges.removeUpTo(tsn(100));
    expect(ranges.isEmpty).toBe(true);
  });

  it('finds the range at or behind a TSN', () => {
    const ranges = setOf('5-9 20-25');
    expect([4, 5, 9, 10, 25, 26].map((value) => ranges.rangeAtOrAfter(tsn(value)))).toEqual([0, 0, 0, 1, 1, -1]);
    expect([4, 5, 9, 10].map((value) => ranges.has(tsn(value)))).toEqual([false, true, true, false]);
  });

  it('knows its ends', () => {
    expect([setOf('').first, setOf('').last]).toEqual([undefined, undefined]);
    expect([setOf('5-9 20').first, setOf('5-9 20').last]).toEqual([5, 20]);
  });

  it('clears', () => {
    const ranges = setOf('5-9 20');
    ranges.clear();
    expect([ranges.size, ranges.length, ranges.isEmpty]).toEqual([0, 0, true]);
  });
});
