import fc, { type IRawProperty } from 'fast-check';

/** How many times as many runs as usual a property makes: for a night's work, `FUZZ_RUNS=1000`. */
const factor = Number(process.env['FUZZ_RUNS'] ?? 1) || 1;

/** How long a property may take in CI; what it has then not found it will find another day. */
const usualMs = 20_000;

/** The time for a test that calls `assertProperty`, in milliseconds. */
export const propertyTimeoutMs = 2 * usualMs * Math.max(1, factor);

/** Makes `usualRuns` runs, each time others. A failure prints fast-check's seed and path beside what the property says. */
export function assertProperty<Ts extends [unknown, ...unknown[]]>(
  property: IRawProperty<Ts>,
  usualRuns: number,
): void {
  fc.assert(property, {
    numRuns: Math.max(1, Math.round(usualRuns * factor)),
    interruptAfterTimeLimit: usualMs * Math.max(1, factor),
  });
}
