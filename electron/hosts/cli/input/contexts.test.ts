import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { contextOption, shorthandHints } from './contexts.ts';

let folder: string;
const at = (name: string) => `file://${join(folder, name)}`;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-contexts-'));
  writeFileSync(join(folder, 'plain.json'), '{"app": "billing", "env": ""}\n');
  writeFileSync(join(folder, 'marked.json'), '\ufeff{"app":"billing"}');
  writeFileSync(join(folder, 'powershell.json'), Buffer.from('\ufeff{"app":"bil\u00fcling"}\r\n', 'utf16le'));
  writeFileSync(join(folder, 'latin.json'), Buffer.from('{"app":"bil\u00fcling"}', 'latin1'));
  writeFileSync(join(folder, 'list.json'), '["app"]');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ['app=billing', { app: 'billing' }],
  ['app=', { app: '' }],
  ['a=b,c=d', { a: 'b,c=d' }],
  ['a=b=c', { a: 'b=c' }],
  [' a = b ', { ' a ': ' b ' }],
  ['__proto__=x', JSON.parse('{"__proto__":"x"}')],
  ['{"app":"billing","env":"a=b"}', { app: 'billing', env: 'a=b' }],
  [' {} ', {}],
])('%s', (value, context) => {
  expect(contextOption(value, undefined)).toEqual(context);
});

test('files of JSON, in the encodings that editors and shells write', () => {
  expect(contextOption(at('plain.json'), undefined)).toEqual({ app: 'billing', env: '' });
  expect(contextOption(at('marked.json'), undefined)).toEqual({ app: 'billing' });
  expect(contextOption(at('powershell.json'), undefined)).toEqual({ app: 'bil\u00fcling' });
});

test('several are one context; a key twice with another value is refused', () => {
  const first = contextOption('{"a":"1"}', undefined);
  expect(contextOption('b=2', first)).toEqual({ a: '1', b: '2' });
  expect(contextOption('a=1', first)).toEqual({ a: '1' });
  expect(() => contextOption('a=2', first)).toThrow('"a" is given twice');
});

test.each([
  ['novalue', 'KEY=VALUE'],
  ['=x', 'KEY=VALUE'],
  ['', 'KEY=VALUE'],
  ['{a=b', 'not valid JSON'],
  ['{"a":1}', 'no string'],
  ['{"a":null}', 'no string'],
  ['{"":"x"}', 'empty key'],
  ['{"a":"1","a":"2"}', 'one key twice'],
  [`{"a":"${'x'.repeat(9000)}"}`, '8,192 bytes'],
])('%s is refused', (value, why) => {
  expect(() => contextOption(value, undefined)).toThrow(why);
});

test('a file that cannot be used is refused with its name', () => {
  expect(() => contextOption(at('none.json'), undefined)).toThrow(/none\.json cannot be read: .*ENOENT/);
  expect(() => contextOption(at('latin.json'), undefined)).toThrow('not valid UTF-8');
  expect(() => contextOption(at('list.json'), undefined)).toThrow('no JSON object');
});

test('what looks like shorthand of the AWS CLI is said to be one pair, and how two are given', () => {
  expect(shorthandHints('--context', { a: 'b,c=d e' })).toEqual([
    `--context 'a=b,c=d e' was taken as one pair: the key "a" with the value "b,c=d e". If these are 2 pairs, give: --context a=b --context 'c=d e'`,
  ]);
  expect(shorthandHints('--context', { a: 'b,c', d: 'e=f', g: '' })).toEqual([]);
});
