import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkContext, pair, pairsOf, parseContextText } from './context.ts';

test('blank lines are left out; keys are case-sensitive; values may be empty', () => {
  const check = checkContext([pair('App', '1'), pair(), pair('app', '')]);
  expect(check.context).toEqual({ App: '1', app: '' });
  expect(check.bytes).toBe('{"App":"1","app":""}'.length);
});

test('the same key twice is an error on the later line, never a silent loss', () => {
  const second = pair('app', '2');
  const check = checkContext([pair('app', '1'), second]);
  expect(check.context).toBeNull();
  expect([...check.errors.keys()]).toEqual([second.id]);
});

test('a value without a key is an error', () => {
  expect(checkContext([pair('', 'x')]).context).toBeNull();
});

test('no pairs are the empty context of no bytes', () => {
  expect(checkContext([])).toMatchObject({ context: {}, bytes: 0 });
});

test('bytes count UTF-8, not characters', () => {
  expect(checkContext([pair('ключ', '€')]).bytes).toBe(new TextEncoder().encode('{"ключ":"€"}').length);
});

test('pasted JSON of strings comes back as the same context', () => {
  const text = fc.string({ minLength: 1 }).filter((s) => s !== '__proto__');
  fc.assert(
    fc.property(fc.dictionary(text, fc.string(), { noNullPrototype: true }), (context) => {
      const read = parseContextText(JSON.stringify(context));
      expect(read.ok && checkContext(read.pairs).context).toEqual(context);
      expect(checkContext(pairsOf(context)).context).toEqual(context);
    }),
  );
});

test.each([
  ['{"a": 1}', 'no string'],
  ['["a"]', 'key=value'],
  ['{"a": "1", "a": "2"}', 'twice'],
  ['{"a": ', 'not valid JSON'],
  ['', 'nothing'],
  ['nonsense', 'key=value'],
])('%s is refused with a reason', (text, reason) => {
  const read = parseContextText(text);
  expect(read).toMatchObject({ ok: false, problem: expect.stringContaining(reason) });
});

test('a JSON value that looks like a key is no duplicate', () => {
  expect(parseContextText('{"a": "b", "b": "a:"}')).toMatchObject({ ok: true });
});

test('lines and the CLI shorthand are read; only the first = splits', () => {
  const values = (text: string) => {
    const read = parseContextText(text);
    return read.ok ? checkContext(read.pairs).context : read.problem;
  };
  expect(values('app=payments,env=prod')).toEqual({ app: 'payments', env: 'prod' });
  expect(values('app=a,b\ntoken=x=y\n')).toEqual({ app: 'a,b', token: 'x=y' });
});
