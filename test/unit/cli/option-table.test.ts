import { describe, expect, it } from 'vitest';
import {
  describeOptions,
  flag,
  integer,
  kebabCase,
  list,
  number,
  parseCommandLine,
  port,
  text,
  UsageError,
} from '../../../src/cli/option-table.ts';

const table = {
  host: list('A[,B]', 'addresses'),
  udpPort: port('a port'),
  ppid: integer('N', 'an identifier', 0xffff_ffff),
  echo: flag('a switch'),
  pcap: text('FILE', 'a file'),
};
const shared = { rtoMinMs: number('MS', 'default 1000'), noDelay: flag('default true') };

function parse(...args: string[]): ReturnType<typeof parseCommandLine<typeof table>> {
  return parseCommandLine(args, table, ['PORT'], shared);
}

describe('parseCommandLine', () => {
  it('reads options of every kind, in any order', () => {
    const line = parse(
      '--echo',
      '9999',
      '--host',
      '::1, 127.0.0.1',
      '--udp-port=0',
      '--pcap',
      'x.pcapng',
      '--ppid',
      '51',
    );
    expect(line).toEqual({
      options: { host: ['::1', '127.0.0.1'], udpPort: 0, ppid: 51, echo: true, pcap: 'x.pcapng' },
      shared: {},
      positionals: ['9999'],
    });
  });

  it('keeps the shared options apart, and can switch a switch off', () => {
    expect(parse('1', '--rto-min-ms', '200.5', '--no-no-delay').shared).toEqual({ rtoMinMs: 200.5, noDelay: false });
    expect(parse('1', '--no-delay').shared).toEqual({ noDelay: true });
  });

  it.each([
    [[], 'PORT is missing'],
    [['1', '2'], "'2' is one argument too many"],
    [['1', '--what'], "Unknown option '--what'"],
    [['1', '--udp-port', '65536'], "--udp-port takes an integer from 0 to 65535, not '65536'"],
    [['1', '--udp-port', 'x'], "--udp-port takes a number, not 'x'"],
    [['1', '--udp-port='], "--udp-port takes a number, not ''"],
    [['1', '--ppid', '1.5'], "--ppid takes an integer from 0 to 4294967295, not '1.5'"],
  ])('refuses %j', (args, message) => {
    expect(() => parse(...args)).toThrow(UsageError);
    expect(() => parse(...args)).toThrow(message);
  });

  it('says one line of a missing or a superfluous value', () => {
    for (const args of [
      ['1', '--pcap'],
      ['1', '--echo=yes'],
      ['1', '--pcap', '--echo'],
    ]) {
      expect(() => parse(...args)).toThrow(expect.objectContaining({ message: expect.not.stringContaining('\n') }));
    }
  });
});

describe('help', () => {
  it('shows options as they are typed, aligned', () => {
    expect(describeOptions({ udpPort: table.udpPort, echo: table.echo })).toBe(
      ['  --udp-port PORT  a port', '  --echo           a switch'].join('\n'),
    );
  });

  it('writes names in kebab-case', () => {
    expect(kebabCase('rtoMinMs')).toBe('rto-min-ms');
  });
});
