import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

// The shape of `npm run bench -- --json FILE`, with contenders that measure nothing: no timing decides a test.

interface Summary {
  readonly value: number;
  readonly samples: readonly number[];
}

interface Row extends Summary {
  readonly name: string;
  readonly unit: string;
  readonly peers: Readonly<Record<string, Summary | { readonly missing: string }>>;
}

type Contender = () => Promise<number | number[]> | number | number[];

interface Question {
  readonly rows: readonly { readonly name: string; readonly unit: string }[];
  readonly limit?: string;
  readonly ours: Contender;
  readonly peers: Readonly<Record<string, Contender>>;
}

interface MeasureModule {
  measure(question: Question, settings: { readonly runs: number }): Promise<Row[]>;
  advantage(unit: string, value: number, other: number): number;
}

interface ReportModule {
  rowLines(row: Row, limit?: string): string[];
  comparisonLines(rows: readonly Row[], earlier: readonly Row[]): string[];
  markdownLines(rows: readonly Row[], limitOf: (name: string) => string | undefined): string[];
}

const bench = new URL('../../../bench/', import.meta.url);
const { measure, advantage } = (await import(new URL('harness/measure.mjs', bench).href)) as MeasureModule;
const report = (await import(new URL('harness/report.mjs', bench).href)) as ReportModule;

/** Says who ran, and measures what it is given, one value after the other. */
function contender(calls: string[], name: string, values: readonly (number | number[])[]): Contender {
  let run = 0;
  return () => {
    calls.push(name);
    return values[run++]!;
  };
}

async function fakeRow(): Promise<{ row: Row; calls: string[] }> {
  const calls: string[] = [];
  const rows = await measure(
    {
      rows: [{ name: 'fake/rate', unit: 'Mbit/s' }],
      ours: contender(calls, 'ours', [30, 10, 20]),
      peers: {
        fast: contender(calls, 'fast', [40, 80, 60]),
        absent: () => {
          calls.push('absent');
          throw new Error('it is not installed\n    at somewhere');
        },
      },
    },
    { runs: 3 },
  );
  return { row: rows[0]!, calls };
}

describe('the harness of the benchmarks', () => {
  it('runs ours and the peers in turn; a peer that cannot run is not asked again', async () => {
    const { calls } = await fakeRow();
    expect(calls).toEqual(['ours', 'fast', 'absent', 'ours', 'fast', 'ours', 'fast']);
  });

  it('writes rows of medians, samples and what is missing', async () => {
    const { row } = await fakeRow();
    expect(JSON.parse(JSON.stringify([row]))).toEqual([
      {
        name: 'fake/rate',
        unit: 'Mbit/s',
        value: 20,
        samples: [30, 10, 20],
        peers: { fast: { value: 60, samples: [40, 80, 60] }, absent: { missing: 'it is not installed' } },
      },
    ]);
  });

  it('gives each of several rows its part of a run', async () => {
    const times = [
      { name: 'fake/p50', unit: 'ns/echo' },
      { name: 'fake/p99', unit: 'ns/echo' },
    ];
    const rows = await measure({ rows: times, ours: () => [5, 9], peers: {} }, { runs: 2 });
    expect(rows.map(({ name, value, samples }) => [name, value, samples])).toEqual([
      ['fake/p50', 5, [5, 5]],
      ['fake/p99', 9, [9, 9]],
    ]);
  });

  it.each([0, Number.NaN, Number.POSITIVE_INFINITY])('does not take %s for a measurement', async (value) => {
    const question = { rows: [{ name: 'fake/rate', unit: 'Mbit/s' }], ours: () => value, peers: {} };
    await expect(measure(question, { runs: 1 })).rejects.toThrow('which cannot be');
  });

  it('knows that less is better where the unit is a cost', () => {
    expect(advantage('Mbit/s', 20, 10)).toBe(2);
    expect(advantage('ns/packet', 20, 10)).toBe(0.5);
    expect(advantage('bytes/association', 10, 20)).toBe(2);
  });

  it('prints ratios for people, for the documentation, and to an earlier run', async () => {
    const { row } = await fakeRow();
    const table = report.rowLines(row, 'fast').join('\n');
    expect(table).toContain('fake/rate (Mbit/s, more is better)');
    expect(table).toMatch(/fast \(limit\) +60\.00 +× 0\.33/);
    expect(table).toMatch(/absent +missing: it is not installed/);
    expect(report.markdownLines([row], () => 'fast').at(-1)).toBe(
      '| `fake/rate` | Mbit/s | 20.00 | limit `fast` 60.00 (× 0.33) · `absent` missing (it is not installed) |',
    );
    expect(report.comparisonLines([row], [{ ...row, value: 10 }])[0]).toMatch(/× 2\.00 +10\.00 → 20\.00 Mbit\/s/);
    expect(report.comparisonLines([row], [])[0]).toContain('was not measured then');
  });

  it('is asked every question that there is a file for', () => {
    const list = readFileSync(new URL('questions.mjs', bench), 'utf8');
    const files = readdirSync(bench).filter((name) => /^(core|loopback|scale)-.*\.mjs$/.test(name));
    expect(files.filter((name) => !list.includes(`'./${name}'`))).toEqual([]);
  });

  it('documents every row that it measures', () => {
    const documented = readFileSync(new URL('../docs/PERFORMANCE.md', bench), 'utf8');
    const files = readdirSync(bench).filter((name) => name.endsWith('.mjs'));
    const names = files.flatMap((file) =>
      [...readFileSync(new URL(file, bench), 'utf8').matchAll(/name: ['`]([a-z]+\/[a-z0-9/-]+)/g)].map(
        ([, name]) => name!,
      ),
    );
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !documented.includes(name))).toEqual([]);
  });
});
