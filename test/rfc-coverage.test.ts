import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** What scripts/rfc-coverage.mjs reports. */
interface Report {
  readonly requirements: readonly Requirement[];
  /** Identifiers beside the requirements that none of them has. */
  readonly unknown: readonly string[];
  /** Whether docs/RFC-COVERAGE.md is what the script would write. */
  readonly isCurrent: boolean;
}

interface Requirement {
  readonly rfc: string;
  readonly id: string;
  readonly level: string;
  readonly text: string;
  readonly implementedAt: readonly string[];
  readonly testedAt: readonly string[];
  /** What the sentence asks for besides, and no test quotes by itself. */
  readonly untestedClauses: readonly string[];
  readonly reason?: string;
  readonly isReviewed: boolean;
}

const script = fileURLToPath(new URL('../scripts/rfc-coverage.mjs', import.meta.url));
const output = execFileSync(process.execPath, [script, '--json'], { encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 });
const report = JSON.parse(output) as Report;

const due = report.requirements.filter(({ reason, isReviewed }) => reason === undefined && isReviewed);
const isMust = ({ level }: Requirement): boolean => /^(MUST|SHALL|REQUIRED)/.test(level);
const named = ({ rfc, id, text }: Requirement): string => `RFC ${rfc} ${id}: ${text}`;

describe('the RFC coverage', () => {
  it('knows an implementation and a test of every MUST, or a reason why there is none', () => {
    const missing = due.filter(isMust).filter((each) => each.implementedAt.length === 0 || each.testedAt.length === 0);
    expect(missing.map(named)).toEqual([]);
  });

  it('knows a test of each clause of a MUST that asks for several things', () => {
    const missing = due.filter(isMust).filter(({ untestedClauses }) => untestedClauses.length > 0);
    expect(missing.map((each) => `${named(each)} ${JSON.stringify(each.untestedClauses)}`)).toEqual([]);
  });

  it('knows an implementation of every SHOULD, or a reason why there is none', () => {
    const missing = due.filter((each) => !isMust(each) && each.implementedAt.length === 0);
    expect(missing.map(named)).toEqual([]);
  });

  it('has been gone through to its end', () => {
    expect(report.requirements.filter(({ isReviewed }) => !isReviewed).map(named)).toEqual([]);
  });

  it('names no requirement that there is not', () => {
    expect(report.unknown).toEqual([]);
  });

  it('is written down as it is: `npm run coverage:rfc` does so', () => {
    expect(report.isCurrent).toBe(true);
  });
});
