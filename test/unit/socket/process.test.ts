import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const library = new URL('../../../dist/index.js', import.meta.url).href;

/** Runs a program against the built package in a process of its own; it has to end by itself. */
async function program(source: string): Promise<string> {
  const code = `import { connect, listen, SctpError } from '${library}';\n${source}`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
    timeout: 10_000,
  });
  return stdout;
}

const associated = `
  const endpoint = await listen({ port: 0, host: '127.0.0.1', udpPort: 0 });
  const client = await connect({ host: '127.0.0.1', port: endpoint.port, remoteUdpPort: endpoint.udpPort });
`;

describe('a process', () => {
  it('ends by itself when all is closed', async () => {
    expect(await program(`${associated} await client.close(); await endpoint.close(); console.log('done');`)).toBe(
      'done\n',
    );
  });

  it('ends by itself when all is aborted', async () => {
    expect(await program(`${associated} client.abort(); await endpoint.abort(); console.log('done');`)).toBe('done\n');
  });

  it('ends by itself when a connect has failed', async () => {
    const source = `
      await connect({ host: '127.0.0.1', port: 7, remoteUdpPort: 9, signal: AbortSignal.timeout(50) })
        .catch((error) => console.log(error instanceof SctpError, error.code));
    `;
    expect(await program(source)).toBe('true SCTP_ERR_CANCELLED\n');
  });

  it('lives as long as an association that nobody looks at', async () => {
    const source = `${associated}
      setTimeout(() => { console.log('still here'); client.close().then(() => endpoint.close()); }, 300).unref();
    `;
    expect(await program(source)).toBe('still here\n');
  });

  it('is not ended by a rejection that nobody awaits', async () => {
    const source = `${associated}
      client.send('');
      client.send('x', { streamId: 65_000 });
      client.close();
      client.send('late');
      await client.closed;
      client.send('later');
      await endpoint.close();
      console.log('done');
    `;
    expect(await program(source)).toBe('done\n');
  });

  it('is ended by what a listener throws, as with any emitter', async () => {
    const source = `${associated}
      process.on('uncaughtException', (error) => { console.log(error.message); });
      client.on('close', () => { throw new Error('a mistake of the user'); });
      await client.close();
      await endpoint.close();
    `;
    expect(await program(source)).toBe('a mistake of the user\n');
  });
});
