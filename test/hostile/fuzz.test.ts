import { describe, expect, it } from 'vitest';
import { type FuzzReport, fuzz } from '../support/fuzzer.ts';
import { memoryInUse } from '../support/memory.ts';

/** What `npm run fuzz -- --packets N --bytes N --seed S` asks for. */
const given = {
  packets: Number(process.env['FUZZ_PACKETS'] ?? 0),
  bytes: Number(process.env['FUZZ_BYTES'] ?? 0),
  seed: Number(process.env['FUZZ_SEED'] ?? 1),
};
const isGiven = given.packets > 0 || given.bytes > 0;
const { packets, bytes, seed } = isGiven ? given : { ...given, packets: 1_000_000 };

describe('packets that follow the structure of SCTP and break its rules', () => {
  it('do not throw, hang, leak or harm others, in any state, single- or multi-homed', {
    timeout: isGiven ? 24 * 3_600_000 : 180_000,
  }, () => {
    /** While the hosts are under attack, from when all of them have been. */
    const memory: number[] = [];
    const observe = (report: FuzzReport): void => {
      memory.push(memoryInUse());
      if (isGiven) console.log(JSON.stringify({ ...report, memory: memory.at(-1) }));
    };
    const report = fuzz({ seed, packets, bytes, onProgress: observe });
    if (isGiven) console.log(JSON.stringify(report));
    expect(memory.at(-1)! - memory[0]!).toBeLessThan(32 * 1024 * 1024);
    // The attack got through: it is not the checksum or the tag that has stopped it.
    expect(report.messagesRead).toBeGreaterThan(report.rounds / 20);
    expect(report.ended).toBeGreaterThan(report.rounds / 20);
  });
});
