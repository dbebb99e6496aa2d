import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import type { Client } from './client.ts';
import { answerOnTerminal, readHidden, type Terminal } from './prompt.ts';

function terminal(isTTY: boolean) {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = Object.assign(new PassThrough(), { isTTY });
  let shown = '';
  output.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
  });
  return { input, shown: () => shown, terminal: { input, output } satisfies Terminal };
}

function fakeClient() {
  const answers: unknown[] = [];
  const client = {
    page: { connection: { answerMfa: async (answer: unknown) => void answers.push(answer) } },
  };
  return { answers, client: client as unknown as Client };
}
const question = { id: 'q1', profile: 'guarded', serial: 'arn:aws:iam::111122223333:mfa/me' };

test('a line that is typed is not shown', async () => {
  const { input, shown, terminal: here } = terminal(true);
  const typed = readHidden('Code: ', here);
  input.write('123456\r');
  expect(await typed).toBe('123456');
  expect(shown()).toBe('Code: \n');
});

test.each(['\u0003', '\u0004'])('%j gives no line', async (key) => {
  const { input, terminal: here } = terminal(true);
  const typed = readHidden('Code: ', here);
  input.write(key);
  expect(await typed).toBeNull();
});

test('a question is asked with its device, and the code goes to the connection alone', async () => {
  const { input, shown, terminal: here } = terminal(true);
  const { answers, client } = fakeClient();
  answerOnTerminal(client, here)(question);
  await expect.poll(shown).toContain('arn:aws:iam::111122223333:mfa/me for profile guarded');
  input.write('123456\r');
  await expect.poll(() => answers).toEqual([{ id: 'q1', code: '123456' }]);
  expect(shown()).not.toContain('123456');
});

test('without a terminal no one is asked', async () => {
  const { shown, terminal: here } = terminal(false);
  const { answers, client } = fakeClient();
  answerOnTerminal(client, here)(question);
  await expect.poll(() => answers).toEqual([{ id: 'q1', code: null }]);
  expect(shown()).toBe('');
});
