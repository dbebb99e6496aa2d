import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changeEffect, contextProblem, keysOf, pair, pairsOf, parseContextText } from './context.ts';

test('blank lines are left out; keys are case-sensitive; values may be empty', () => {
  const check = contextProblem([pair('App', '1'), pair(), pair('app', '')]);
  expect(check.context).toEqual({ App: '1', app: '' });
  expect(check.bytes).toBe('{"App":"1","app":""}'.length);
});

test('the same key twice is an error on the later line, never a silent loss', () => {
  const second = pair('app', '2');
  const check = contextProblem([pair('app', '1'), second]);
  expect(check.context).toBeNull();
  expect([...check.errors.keys()]).toEqual([second.id]);
});

test('a value without a key is an error', () => {
  expect(contextProblem([pair('', 'x')]).context).toBeNull();
});

test('no pairs are the empty context of no bytes', () => {
  expect(contextProblem([])).toMatchObject({ context: {}, bytes: 0 });
});

test('bytes count UTF-8, not characters', () => {
  expect(contextProblem([pair('ключ', '€')]).bytes).toBe(new TextEncoder().encode('{"ключ":"€"}').length);
});

test('pasted JSON of strings comes back as the same context', () => {
  const text = fc.string({ minLength: 1 }).filter((s) => s !== '__proto__');
  fc.assert(
    fc.property(fc.dictionary(text, fc.string(), { noNullPrototype: true }), (context) => {
      const read = parseContextText(JSON.stringify(context));
      expect(read.ok && contextProblem(read.pairs).context).toEqual(context);
      expect(contextProblem(pairsOf(context)).context).toEqual(context);
    }),
  );
});

test.each([
  ['{"a": 1}', 'is not a string'],
  ['["a"]', 'key=value'],
  ['{"a": "1", "a": "2"}', 'twice'],
  ['{"a": ', 'not valid JSON'],
  ['', 'first'],
  ['nonsense', 'key=value'],
])('%s is refused with a reason', (text, reason) => {
  const read = parseContextText(text);
  expect(read).toMatchObject({ ok: false, problem: expect.stringContaining(reason) });
});

test('a JSON value that looks like a key is no duplicate', () => {
  expect(parseContextText('{"a": "b", "b": "a:"}')).toMatchObject({ ok: true });
  expect(parseContextText('{"\\",\\"": "x", "y": ",", ": ": "y"}')).toMatchObject({ ok: true });
});

test('a key written in two ways is still the same key', () => {
  expect(parseContextText('{"a": "1", "\\u0061": "2"}')).toMatchObject({ ok: false });
});

test('lines and the CLI shorthand are read; only the first = splits', () => {
  const values = (text: string) => {
    const read = parseContextText(text);
    return read.ok ? contextProblem(read.pairs).context : read.problem;
  };
  expect(values('app=payments,env=prod')).toEqual({ app: 'payments', env: 'prod' });
  expect(values('app=a,b\ntoken=x=y\n')).toEqual({ app: 'a,b', token: 'x=y' });
});

test('the effect of a change counts blobs, not pairs, and finds the largest context', () => {
  const owns = [{ app: 'a', old: 'x' }, { app: 'b' }, null];
  expect(changeEffect(owns, { app: 'b', env: 'prod' }, ['old'])).toEqual({
    added: 3,
    replaced: 1,
    removed: 1,
    largest: '{"app":"b","env":"prod"}'.length,
  });
  expect(keysOf(owns)).toEqual([
    { key: 'app', count: 2 },
    { key: 'old', count: 1 },
  ]);
});

test('bytes are those of the compact JSON, whatever the characters', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' })), (context) => {
      const pairs = Object.entries(context).filter(([key]) => key !== '__proto__' && key !== '');
      const text = JSON.stringify(Object.fromEntries(pairs));
      const bytes = pairs.length === 0 ? 0 : new TextEncoder().encode(text).length;
      expect(contextProblem(pairs.map(([key, value]) => pair(key, value))).bytes).toBe(bytes);
    }),
  );
});
