import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readChunks, readLines } from '../../../src/cli/input.ts';

async function linesOf(...chunks: string[]): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of readLines(Readable.from(chunks.map((chunk) => Buffer.from(chunk))))) {
    lines.push(Buffer.from(line).toString());
  }
  return lines;
}

describe('readLines', () => {
  it('gives lines with their newlines, wherever the reads were cut', async () => {
    expect(await linesOf('one\ntwo\n')).toEqual(['one\n', 'two\n']);
    expect(await linesOf('o', 'n', 'e\nt', 'wo', '\n')).toEqual(['one\n', 'two\n']);
  });

  it('gives the end of the input without a newline as it is', async () => {
    expect(await linesOf('one\ntw', 'o')).toEqual(['one\n', 'two']);
  });

  it('gives an empty line as its newline, and nothing of nothing', async () => {
    expect(await linesOf('\n\na\n')).toEqual(['\n', '\n', 'a\n']);
    expect(await linesOf()).toEqual([]);
  });

  it('ends when its stream is destroyed', async () => {
    const stream = new PassThrough();
    stream.write('one\ntwo');
    const lines = readLines(stream);
    expect((await lines.next()).done).toBe(false);
    const next = lines.next();
    stream.destroy();
    expect(Buffer.from((await next).value ?? []).toString()).toBe('two');
    expect((await lines.next()).done).toBe(true);
  });

  it('throws what broke its stream', async () => {
    const stream = new PassThrough();
    const next = readLines(stream).next();
    stream.destroy(new Error('disk on fire'));
    await expect(next).rejects.toThrow('disk on fire');
  });
});

describe('readChunks', () => {
  it('gives reads as they come', async () => {
    const chunks: string[] = [];
    for await (const chunk of readChunks(Readable.from([Buffer.from('a\nb'), Buffer.from('c')]))) {
      chunks.push(Buffer.from(chunk).toString());
    }
    expect(chunks).toEqual(['a\nb', 'c']);
  });
});
