import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { type FuzzReport, fuzz } from '../support/fuzzer.ts';

/** What `npm run fuzz -- --packets N --bytes N --seed S` asks for. */
const given = {
  packets: Number(process.env['FUZZ_PACKETS'] ?? 0),
  bytes: Number(process.env['FUZZ_BYTES'] ?? 0),
  seed: Number(process.env['FUZZ_SEED'] ?? 1),
};
const isGiven = given.packets > 0 || given.bytes > 0;
const { packets, bytes, seed } = isGiven ? given : { ...given, packets: 1_000_000 };

/** Bytes in the heap and in buffers, garbage left aside. */
function memoryInUse(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function show(report: FuzzReport): void {
  if (isGiven) console.log(JSON.stringify(report));
}

describe('packets that follow the structure of SCTP and break its rules', () => {
  it('do not throw, hang, leak or harm others, in any state, single- or multi-homed', {
    timeout: isGiven ? 24 * 3_600_000 : 180_000,
  }, () => {
    fuzz({ seed: ~seed, packets: 20_000 }); // what is compiled and cached once is no leak
    const before = memoryInUse();
    const report = fuzz({ seed, packets, bytes, onProgress: show });
    const growth = memoryInUse() - before;
    show(report);
    if (isGiven) console.log(`memory before ${before} bytes, growth ${growth} bytes`);
    expect(growth).toBeLessThan(16 * 1024 * 1024);
    // The attack got through: it is not the checksum or the tag that has stopped it.
    expect(report.messagesRead).toBeGreaterThan(report.rounds / 20);
    expect(report.ended).toBeGreaterThan(report.rounds / 20);
  });
});
