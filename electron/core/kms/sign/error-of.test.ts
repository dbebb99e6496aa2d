import { expect, test } from 'vitest';
import { errorOf } from './sign.ts';

const json = (members: object) => JSON.stringify(members);
const named = (name: string, message = '') => ({ name, message });

test.each<[string, string, string | null, object | null]>([
  ['in __type', json({ __type: 'DisabledException', message: 'm' }), null, named('DisabledException', 'm')],
  [
    'with its namespace',
    json({ __type: 'com.amazonaws.kms#NotFoundException' }),
    null,
    named('NotFoundException'),
  ],
  ['in code', json({ code: 'Throttling', Message: 'slower' }), null, named('Throttling', 'slower')],
  ['in the header first', json({ __type: 'A', message: 'm' }), 'B', named('B', 'm')],
  [
    'with the address behind it',
    '{}',
    'ThrottlingException:http://internal.amazon.com/a#b',
    named('ThrottlingException'),
  ],
  ['in the header over a page', '<html>', 'KMSInternalException', named('KMSInternalException')],
  ['not at all', '{}', null, named('')],
  ['not at all, without a body', '', null, named('')],
  ['not at all, in JSON that is no object', '"busy"', null, named('')],
  ['not at all, but as numbers', json({ __type: 1, message: 2 }), null, named('')],
  ['not at all, by a page', '<html>busy</html>', null, null],
  ['not at all, in half an answer', '{"__type":"Disab', null, null],
])('an error named %s', (_how, body, header, expected) => {
  expect(errorOf(body, header)).toEqual(expected);
});

test('no name and no text is kept at any length', () => {
  const long = 'x'.repeat(1_000_000);
  const found = errorOf(json({ __type: `a#${long}`, message: long }), null);
  expect(found).toEqual(named('x'.repeat(200), 'x'.repeat(2_000)));
});
