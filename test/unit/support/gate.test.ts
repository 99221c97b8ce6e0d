import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Gate } from '../../support/gate.ts';

it('a gate lets so many bytes through, tells when they have come, and opens further', async () => {
  const gate = new Gate();
  const log: string[] = [];
  const send = async (): Promise<void> => {
    for (const size of [3, 3, 3]) {
      await gate.pass(size);
      log.push(`passed ${gate.passed}`);
    }
  };
  const sending = send();
  const watching = gate.after(4).then(() => log.push('4 are through'));
  await turn();
  expect(log).toEqual([]);
  gate.open(5);
  await turn();
  expect(log).toEqual(['passed 3']);
  gate.open(1);
  await watching;
  expect(log).toEqual(['passed 3', 'passed 6', '4 are through']);
  gate.open(Number.POSITIVE_INFINITY);
  await sending;
  expect(gate.passed).toBe(9);
});
