import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { run } from './command-line.ts';

const oneLine = /^sctp-ts: [^\n]+\n$/;

describe('sctp-ts', () => {
  it('explains itself and its commands', async () => {
    const { code, stdout } = await run('--help');
    expect(code).toBe(0);
    for (const command of ['demo', 'listen', 'connect']) {
      expect(stdout).toContain(`\n  ${command} `);
      const help = await run(command, '--help');
      expect(help).toMatchObject({ code: 0, stderr: '' });
      expect(help.stdout).toContain(`Usage: sctp-ts ${command}`);
    }
  });

  it('lists every option of an association', async () => {
    const { stdout } = await run('connect', '--help');
    expect(stdout).toMatch(/--rto-min-ms MS +default 1000/);
    expect(stdout).toMatch(/--no-delay /);
    expect(stdout).toMatch(/--defaults rfc9260\|webrtc/);
  });

  it('tells its version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
    expect(await run('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it.each([
    [[], 'no command'],
    [['fly'], "no command 'fly'"],
    [['toString'], "no command 'toString'"],
    [['listen'], 'PORT is missing'],
    [['listen', 'http'], "PORT takes a number, not 'http'"],
    [['listen', '70000'], 'PORT takes an integer from 0 to 65535'],
    [['listen', '1', '2'], "'2' is one argument too many"],
    [['listen', '1', '--echo', '--discard'], '--echo and --discard exclude each other'],
    [['listen', '1', '--raw'], "Unknown option '--raw'"],
    [['connect', '127.0.0.1'], 'PORT is missing'],
    [['connect', '127.0.0.1', '1', '--stream', 'x'], '--stream takes a number'],
    [['connect', '127.0.0.1', '1', '--defaults', 'mine'], '--defaults takes one of rfc9260|webrtc'],
    [['demo', 'now'], "'now' is one argument too many"],
  ])('exits 2 with one line for %j', async (args, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(oneLine);
    expect(stderr).toContain(message);
  });

  it('exits 1 with one line for a peer that is not there', async () => {
    const quick = ['--rto-initial-ms', '10', '--rto-min-ms', '10', '--rto-max-ms', '20', '--max-init-retransmits', '1'];
    const { code, stdout, stderr } = await run('connect', '127.0.0.1', '7', '--remote-udp-port', '9', ...quick);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(oneLine);
    expect(stderr).toContain('127.0.0.1:7 (UDP port 9)');
  });

  it('does not wait forever for an answer', async () => {
    const { code, stderr } = await run(
      'connect',
      '127.0.0.1',
      '7',
      '--remote-udp-port',
      '9',
      '--connect-timeout-ms',
      '50',
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(oneLine);
    expect(stderr).toContain('did not answer');
  });

  it('exits 1 with one line for a name that does not exist and an option out of bounds', async () => {
    const nowhere = await run('connect', 'no-such-host.invalid', '7');
    expect(nowhere.code).toBe(1);
    expect(nowhere.stderr).toMatch(oneLine);
    const slow = await run('connect', '127.0.0.1', '7', '--sack-delay-ms', '501');
    expect(slow.code).toBe(1);
    expect(slow.stderr).toMatch(oneLine);
    expect(slow.stderr).toContain('sackDelayMs');
  });
});
