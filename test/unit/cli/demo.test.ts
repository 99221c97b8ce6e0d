import { describe, expect, it } from 'vitest';
import { run } from './command-line.ts';

describe('demo', () => {
  it('shows the main job and ends well', async () => {
    const { code, stdout, stderr } = await run('demo');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    for (const text of ['INIT', 'INIT ACK', 'COOKIE ECHO', 'COOKIE ACK', 'ESTABLISHED', 'Hello from stream 0']) {
      expect(stdout).toContain(text);
    }
    expect(stdout).toMatch(/goodput +\d+\.\d MB\/s/);
    expect(stdout).toContain('SHUTDOWN COMPLETE');
    expect(stdout).not.toContain('\x1b');
  });

  it('tells the same to a program', async () => {
    const { code, stdout } = await run('demo', '--json');
    expect(code).toBe(0);
    const records = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records.map(({ event }) => event)).toEqual(['association', 'handshake', 'echo', 'goodput', 'shutdown']);
    expect(records[3].bytes).toBeGreaterThan(1_000_000);
    expect(records[2].messages).toHaveLength(4);
  });
});
