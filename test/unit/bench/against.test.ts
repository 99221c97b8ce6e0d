import { describe, expect, it } from 'vitest';

// What the ratio of two builds is worth. Nothing is measured: no timing decides a test.

interface Interval {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  readonly confidence: number;
}

interface Row {
  readonly name: string;
  readonly value: number;
  readonly against: Interval & { readonly value: number; readonly ratios: number[]; readonly isNoWorse: boolean };
}

interface AgainstModule {
  ratioInterval(ratios: readonly number[]): Interval;
  isNoWorse(interval: { readonly high: number }): boolean;
  measureAgainst(
    question: { readonly rows: readonly { readonly name: string; readonly unit: string }[] },
    contenders: { readonly ours: () => Promise<number[]>; readonly theirs: () => Promise<number[]> },
    settings: { readonly pairs: number },
  ): Promise<Row[]>;
}

const bench = new URL('../../../bench/', import.meta.url);
const { ratioInterval, isNoWorse, measureAgainst } = (await import(
  new URL('harness/against.mjs', bench).href
)) as AgainstModule;
const { againstLines } = (await import(new URL('harness/report.mjs', bench).href)) as {
  againstLines(row: Row, id: string): string[];
};
const { parseArguments } = (await import(new URL('harness/arguments.mjs', bench).href)) as {
  parseArguments(args: readonly string[]): { readonly runs: number };
};

describe('the interval of a ratio', () => {
  it('goes from the second least to the second greatest of nine, whatever their order', () => {
    const interval = ratioInterval([9, 1, 8, 2, 7, 3, 6, 4, 5]);
    // 2 (1 + 9) of the 512 ways in which nine coins fall are outside.
    expect(interval).toEqual({ ratio: 5, low: 2, high: 8, confidence: 1 - 20 / 512 });
  });

  it('covers the median in as many of all ways in which samples may lie around it as it claims', () => {
    for (const count of [6, 7, 8, 9, 11, 12]) {
      const { low, high, confidence } = ratioInterval(Array.from({ length: count }, (_, index) => index + 1));
      const covers = (below: number) => below >= low && count - below >= count + 1 - high;
      let covered = 0;
      for (let way = 0; way < 2 ** count; way++) if (covers(bits(way))) covered++;
      expect(covered / 2 ** count).toBeCloseTo(confidence, 12);
      expect(confidence).toBeGreaterThanOrEqual(0.95);
      // A narrower one would claim less than 95 %.
      const narrower = (below: number) => below >= low + 1 && count - below >= count + 2 - high;
      let rest = 0;
      for (let way = 0; way < 2 ** count; way++) if (narrower(bits(way))) rest++;
      expect(rest / 2 ** count).toBeLessThan(0.95);
    }
  });

  it('needs six ratios', () => {
    expect(() => ratioInterval([1, 1, 1, 1, 1])).toThrow('5 pairs have no interval: there have to be 6');
  });

  it('is no worse while it reaches 0.97', () => {
    expect([0.969, 0.97, 1, 1.2].map((high) => isNoWorse({ high }))).toEqual([false, true, true, true]);
  });
});

describe('two builds', () => {
  async function nine(unit: string, ours: readonly number[], theirs: readonly number[]) {
    const calls: string[] = [];
    const from = (side: string, values: readonly number[]) => {
      let run = 0;
      return async () => {
        calls.push(side);
        return [values[run++]!];
      };
    };
    const contenders = { ours: from('o', ours), theirs: from('t', theirs) };
    const [row] = await measureAgainst({ rows: [{ name: 'fake/row', unit }] }, contenders, { pairs: 9 });
    return { row: row!, calls: calls.join('') };
  }

  it('run in pairs that begin in turn, and are compared pair by pair', async () => {
    // The machine gets slower; the build is always better by a tenth.
    const theirs = [900, 800, 700, 600, 500, 400, 300, 200, 100];
    const { row, calls } = await nine(
      'Mbit/s',
      theirs.map((value) => value * 1.1),
      theirs,
    );
    expect(calls).toBe('ottoottoottoottoot');
    expect(row.value).toBeCloseTo(550);
    expect(row.against.value).toBe(500);
    for (const value of [row.against.ratio, row.against.low, row.against.high]) expect(value).toBeCloseTo(1.1);
    expect(row.against.isNoWorse).toBe(true);
  });

  it('count costs the other way round', async () => {
    const { row } = await nine('ns/packet', new Array(9).fill(125), new Array(9).fill(100));
    expect(row.against).toMatchObject({ ratio: 0.8, low: 0.8, high: 0.8, isNoWorse: false });
    expect(againstLines(row, 'abc1234').map((line) => line.replace(/ +/g, ' '))).toEqual([
      'fake/row (ns/packet, less is better)',
      ' working tree 125.0 [125.0 … 125.0]',
      ' abc1234 100.0 [100.0 … 100.0]',
      ' ratio × 0.800 WORSE [0.800 … 0.800]',
    ]);
  });
});

describe('--against', () => {
  it('makes nine pairs, or as many as are asked for, from six on', () => {
    expect(parseArguments(['--against', 'HEAD']).runs).toBe(9);
    expect(parseArguments(['--against', 'HEAD', '--runs', '15']).runs).toBe(15);
    expect(parseArguments([]).runs).toBe(5);
    expect(() => parseArguments(['--against', 'HEAD', '--runs', '5'])).toThrow('--against needs 6 runs or more, not 5');
  });
});

function bits(word: number): number {
  let count = 0;
  for (let rest = word; rest > 0; rest >>>= 1) count += rest & 1;
  return count;
}
