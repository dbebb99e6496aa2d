import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64, plainBase64, plaintextToken, withoutToken } from './json-bytes.ts';

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const tokenIn = (json: string) => {
  const at = bytes(json);
  const range = plainBase64(at, plaintextToken(at));
  return Buffer.from(at.subarray(range.start, range.end)).toString();
};

describe('the token of Plaintext', () => {
  it.each([
    ['{"KeyId":"k","Plaintext":"QUJD","EncryptionAlgorithm":"SYMMETRIC_DEFAULT"}', 'QUJD'],
    ['{ "Plaintext" : "QUJD" }', 'QUJD'],
    ['{"CiphertextForRecipient":null,"Plaintext":"QQ==","n":{"a":[1,"}"]}}', 'QQ=='],
    ['{"KeyId":"a \\" quote","Plaintext":"QUJD"}', 'QUJD'],
    ['{"KeyId":"Plaintext","Plaintext":"QUJD"}', 'QUJD'],
    ['{"Plaintext":"QU\\/+"}', 'QU/+'],
    ['{"Plaintext":""}', ''],
  ])('%s', (json, token) => expect(tokenIn(json)).toBe(token));

  it.each([
    '{"KeyId":"k"}',
    '{"Plaintext":null}',
    '{"Plaintext":"QUJD","Plaintext":"QUJD"}',
    '{"a":{"Plaintext":"QUJD"}}',
    '[{"Plaintext":"QUJD"}]',
    '{"\\u0050laintext":"QUJD","Plaintext":"QUJD"}',
    '{"Plaintext":"QUJD"',
    '{"Plaintext":"QU',
    '{"Plaintext":"QU D"}',
    '{"Plaintext":"QU\\u0041D"}',
    '{"Plaintext":"QUJ"}',
    '',
  ])('is refused in %s', (json) => expect(() => tokenIn(json)).toThrow(SyntaxError));

  it('says nothing of the reply where it cannot be read', () => {
    for (const json of ['{"Plaintext":"c2VjcmV0 "}', '{"Plaintext":"c2VjcmV0",}']) {
      const at = bytes(json);
      try {
        withoutToken(at, plaintextToken(at));
        tokenIn(json);
        expect.unreachable();
      } catch (error) {
        expect(String(error)).not.toContain('c2Vj');
      }
    }
  });

  it('leaves the other members, without it', () => {
    const at = bytes('{"KeyId":"schlüssel","Plaintext":"QUJD"}');
    expect(withoutToken(at, plaintextToken(at))).toEqual({ KeyId: 'schlüssel', Plaintext: '' });
  });

  it('is found in any object that JSON writes', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((key) => key !== 'Plaintext' && !/["\\\p{C}]/u.test(key)),
          fc.oneof(fc.string(), fc.double({ noNaN: true }), fc.constant(null), fc.array(fc.string())),
          { maxKeys: 4 },
        ),
        fc.uint8Array(),
        (others, plaintext) => {
          const base64 = Buffer.from(plaintext).toString('base64');
          expect(tokenIn(JSON.stringify({ ...others, Plaintext: base64, last: 1 }))).toBe(base64);
        },
      ),
    );
  });
});

it('decodes base64 as Node does', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (plaintext) => {
      const into = new Uint8Array(300);
      const length = decodeBase64(bytes(Buffer.from(plaintext).toString('base64')), into);
      expect(Buffer.from(into.subarray(0, length))).toEqual(Buffer.from(plaintext));
    }),
  );
});
