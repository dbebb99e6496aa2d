import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FaultError } from '#shared/model/fault.ts';
import type { ShardManifest } from './shard-plan.ts';
import { bindState, checkState } from './shard-state.ts';

let top: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'rewrap-state-'));
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

const shardsOf = (plan: string): ShardManifest => ({ plan, count: 2 }) as ShardManifest;
const [ONE, OTHER] = [shardsOf('a'), shardsOf('b')];

function code(work: () => void): string | null {
  try {
    work();
    return null;
  } catch (error) {
    return error instanceof FaultError ? error.fault.code : String(error);
  }
}

test('a folder of state is bound to the shards that began in it, and to no others', () => {
  const state = join(top, 'deep', 'state');
  expect(code(() => checkState(state, ONE))).toBeNull();
  bindState(state, ONE);
  bindState(state, ONE);
  expect(code(() => bindState(state, OTHER))).toBe('StateOfOtherPlan');
  expect(code(() => checkState(state, OTHER))).toBe('StateOfOtherPlan');
  expect(code(() => bindState(state, { ...ONE, count: 3 }))).toBe('StateOfOtherPlan');
  expect(code(() => checkState(state, ONE))).toBeNull();
});

test('one that was made empty, as on a full disk, is bound by the next', () => {
  writeFileSync(join(top, 'state.json'), '');
  bindState(top, ONE);
  expect(readFileSync(join(top, 'state.json'), 'utf8')).toContain('"plan":"a"');
  expect(code(() => bindState(top, OTHER))).toBe('StateOfOtherPlan');
});

test('a file in its place, and what cannot be read in it, are said as that', () => {
  writeFileSync(join(top, 'file'), 'x');
  expect(code(() => bindState(join(top, 'file'), ONE))).toBe('StateNotWritable');
  expect(code(() => bindState(join(top, 'file', 'below'), ONE))).toBe('StateNotWritable');
  mkdirSync(join(top, 'odd', 'state.json'), { recursive: true });
  expect(code(() => bindState(join(top, 'odd'), ONE))).toBe('StateNotWritable');
});
