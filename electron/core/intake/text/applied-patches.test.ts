import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { madeUpBlob } from '../blob.test-help.ts';
import { base64, NEW, nextBlob, OLD } from '../formats/envelopes/envelope.test-help.ts';
import { rewrite, scan } from '../index.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-patch-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const call = (tool: string, args: readonly string[], input = '') =>
  spawnSync(tool, args, { cwd: folder, input, encoding: 'utf8' });
const has = (tool: string): boolean => spawnSync(tool, ['--version']).status === 0;
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `line${from + i}: value\n`).join('');
const wrapped = (blob: string) => (blob.match(/.{1,64}/g) ?? []).map((line) => `    ${line}\n`).join('');

/** Two states of a file, of which the second has blobs that the first has not; `\n` at its end or not. */
const STATES: readonly (readonly [string, (blob: string, arn: string) => string])[] = [
  ['an added value', (blob) => `${lines(0, 9)}enc: ${blob}\n${lines(9, 20)}`],
  ['a wrapped value', (blob) => `${lines(0, 9)}enc: |\n${wrapped(blob)}${lines(9, 20)}`],
  [
    'a value with its label',
    (blob, arn) => `${lines(0, 3)}{"CiphertextBlob": "${blob}", "KeyId": "${arn}"}\n${lines(3, 9)}`,
  ],
  ['two hunks', (blob) => `first: ${blob}\n${lines(0, 20)}`],
  ['no line end at the end', (blob) => `${lines(0, 20)}enc: ${blob}`],
];

const DIFFS: readonly (readonly [tool: string, args: readonly string[]])[] = [
  ['git', ['diff', '--no-index', '--no-color', 'old.txt', 'new.txt']],
  ['git', ['diff', '--no-index', '--no-color', '-U0', 'old.txt', 'new.txt']],
  ['diff', ['-u', 'old.txt', 'new.txt']],
  ['diff', ['-c', 'old.txt', 'new.txt']],
  ['diff', ['old.txt', 'new.txt']],
];

for (const [tool, args] of DIFFS)
  test.runIf(has(tool) && has('patch')).each(STATES)(`${tool} ${args[0]} ${args.at(-3)}: %s`, (_, state) => {
    const before = `${lines(0, 20)}`;
    const old = base64(madeUpBlob(32));
    write('old.txt', before);
    write('new.txt', state(old, OLD));
    const patch = call(tool, args).stdout;
    const bytes = new Uint8Array(Buffer.from(patch));
    const found = scan(bytes, 'x.patch');
    expect(found.blobs.map(({ notPutBack }) => notPutBack)).toEqual([undefined]);
    const made = madeUpBlob(32);
    const next = found.blobs.map((one) => ({ found: one, next: nextBlob(made) }));
    const changed = Buffer.from(rewrite(bytes, found, next)).toString();
    const wanted = state(base64(made), NEW);
    const appliers: (readonly [string, readonly string[]])[] = [['patch', ['--batch', 'old.txt']]];
    if (tool === 'git')
      appliers.push(['git', ['apply', '-p1', ...(args.includes('-U0') ? ['--unidiff-zero'] : [])]]);
    for (const [applier, how] of appliers) {
      write('old.txt', before);
      // git names both states; what it is given is the older one under either name.
      write('new.txt', before);
      const { status, stderr } = call(applier, how, changed);
      expect([status, stderr]).toEqual([0, '']);
      expect(readFileSync(join(folder, applier === 'git' ? 'new.txt' : 'old.txt'), 'utf8')).toBe(wanted);
    }
  });
