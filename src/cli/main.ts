#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { SctpError, type SctpErrorCode } from '../index.ts';
import type { Command } from './command.ts';
import { connectCommand } from './commands/connect.ts';
import { demoCommand } from './commands/demo.ts';
import { listenCommand } from './commands/listen.ts';
import { UsageError } from './option-table.ts';

const commands: Readonly<Record<string, Command>> = {
  demo: demoCommand,
  listen: listenCommand,
  connect: connectCommand,
};

/** What to do, where the error itself does not say so. */
const advice: Partial<Record<SctpErrorCode, string>> = {
  SCTP_ERR_ADDRESS_IN_USE: 'it is in use: stop who has it, or choose another one with --udp-port',
  SCTP_ERR_HOST_NOT_FOUND: 'check the name, or give an address',
  SCTP_ERR_PEER_UNREACHABLE: 'what was not acknowledged is lost; check the network, and connect again',
};

const wrongUsage = 2;
const failure = 1;

async function main([name, ...args]: readonly string[]): Promise<void> {
  if (name === undefined) throw new UsageError('no command given; sctp-ts --help lists them');
  if (name === '--help' || name === '-h' || name === 'help') return print(overview());
  if (name === '--version') return print(version());
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw new UsageError(`there is no command '${name}'; sctp-ts --help lists them`);
  if (args.includes('--help') || args.includes('-h')) return print(describe(name, command));
  try {
    await command.run(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${name}: ${error.message} (usage: sctp-ts ${name} ${command.usage})`);
  }
}

function overview(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return `SCTP (RFC 9260) in UDP (RFC 6951)\n\nUsage: sctp-ts COMMAND …\n\n${lines.join('\n')}\n\nsctp-ts COMMAND --help says more.`;
}

function describe(name: string, { usage, summary, help }: Command): string {
  return `sctp-ts ${name}: ${summary}\n\nUsage: sctp-ts ${name} ${usage}\n\n${help()}`;
}

function version(): string {
  const manifest: { version: string } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  return manifest.version;
}

function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const hint = error instanceof SctpError ? advice[error.code] : undefined;
  return hint === undefined ? error.message : `${error.message}; ${hint}`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

// Whoever reads our output has seen enough: nothing to report.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : failure));

main(process.argv.slice(2)).catch((error: unknown) => {
  const message = describeFailure(error);
  process.stderr.write(`sctp-ts: ${message.replaceAll('\n', ' ')}\n`);
  // What is still open must not keep a failed command alive.
  process.stdin.destroy();
  process.exitCode = error instanceof UsageError ? wrongUsage : failure;
});
