import { PassThrough } from 'node:stream';
import { WriteStream } from 'node:tty';
import { afterEach, expect, test, vi } from 'vitest';
import { painted } from './say.ts';

const stream = (isTTY: boolean) =>
  Object.assign(new PassThrough(), {
    isTTY,
    getColorDepth: WriteStream.prototype.getColorDepth,
  }) as unknown as NodeJS.WriteStream;

afterEach(() => vi.unstubAllEnvs());

test('colour is for a terminal that has colours, and NO_COLOR takes it away', () => {
  // Node asks these first: a build server that it does not know has no colours.
  for (const name of [
    'NO_COLOR',
    'FORCE_COLOR',
    'NODE_DISABLE_COLORS',
    'CI',
    'TF_BUILD',
    'TMUX',
    'COLORTERM',
  ])
    vi.stubEnv(name, undefined);
  vi.stubEnv('TERM', 'xterm-256color');
  expect(painted('bad', 'failed', stream(true))).toBe('\u001b[31mfailed\u001b[39m');
  expect(painted('bad', 'failed', stream(false))).toBe('failed');
  vi.stubEnv('TERM', 'dumb');
  expect(painted('bad', 'failed', stream(true))).toBe('failed');
  vi.stubEnv('TERM', 'xterm-256color');
  vi.stubEnv('NO_COLOR', '1');
  expect(painted('bad', 'failed', stream(true))).toBe('failed');
});
