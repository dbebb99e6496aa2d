import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Field } from '#shared/model/blob.ts';
import { manyRuns } from '../../../tools/many-runs.ts';
import { assemble } from './assemble.test-help.ts';
import {
  decode,
  identify,
  isSecretInClear,
  isText,
  looksLikeText,
  publicPart,
  readSdkMessage,
} from './index.ts';
import { databaseHead, enveloped, LOOK_ALIKES, sdkMessage } from './look-alikes.test-help.ts';
import { randomLooking } from './random.test-help.ts';

const ARN = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const fingerprintOf = (blob: Uint8Array) => Buffer.from(blob.subarray(5, 37)).toString('hex');

function all(fields: readonly Field[], name: string): Field[] {
  return fields.flatMap((one) => [...(one.name === name ? [one] : []), ...all(one.children, name)]);
}

describe('every look-alike', () => {
  const made = LOOK_ALIKES();

  test.each(made.map((one) => [one.name, one] as const))('%s', (_, { kind, label, bytes }) => {
    const id = identify(bytes);
    expect(id).toMatchObject({ kind, keyFingerprint: null, layout: null });
    expect(id.label).toContain(label);
    if (kind === 'kms-asymmetric-candidate') return;
    expect(id.reencryptable).toBe(false);
    // Two sentences: why, and what to do.
    expect(id.reason?.match(/[.!](?:\s|$)/g)?.length ?? 0).toBeGreaterThanOrEqual(
      kind === 'encryption-sdk-message' ? 1 : 2,
    );
  });

  test('is the same cut short, as far as its beginning says', () => {
    for (const { name, kind, bytes } of made) {
      if (kind === 'unknown' || bytes.length < 100) continue;
      const cut = identify(bytes.subarray(0, bytes.length - 10));
      // What is only recognised whole: a run of packets, a header with lengths that must fit.
      const whole = ['openpgp', 'database-encryption-sdk', 'spring-cloud-config', 'azure-key-vault', 'jwe'];
      if (whole.includes(kind) || name.includes('JWK') || name.includes('SM2')) continue;
      expect(cut.kind, name).toBe(kind);
    }
  });

  test('random bytes are taken for none of them', () => {
    const random = randomLooking('look-alikes');
    for (let i = 0; i < manyRuns(30_000, 5000); i++) {
      const { kind, label } = identify(random(100 + (i % 500)));
      expect(['unknown', 'kms-like', 'kms-asymmetric-candidate'], label).toContain(kind);
    }
  });

  test('the text forms are known as text', () => {
    expect(looksLikeText('vault:v1:abc')).toMatchObject({ kind: 'vault-transit', reencryptable: false });
    expect(looksLikeText('\n  "{cipher}AQA"')).toMatchObject({ kind: 'spring-cloud-config' });
    expect(looksLikeText('hello')).toBeNull();
    expect(looksLikeText('')).toBeNull();
  });

  test('what it says is in the summary, with its evidence', () => {
    const { summary } = decode(Buffer.from('$ANSIBLE_VAULT;1.1;AES256\n62313365'));
    expect(summary.map((one) => one.text).join(' ')).toContain('begins with $ANSIBLE_VAULT');
  });
});

describe('secrets in clear', () => {
  const secrets = LOOK_ALIKES().filter(({ bytes }) => {
    const { kind, label } = identify(bytes);
    return isSecretInClear(kind, label);
  });

  test('are the private keys and the keyset', () => {
    expect(secrets.length).toBeGreaterThanOrEqual(8);
  });

  test.each(secrets.map((one) => [one.name, one] as const))(
    '%s: critical, and nowhere shown',
    (name, { bytes }) => {
      const decoded = decode(bytes);
      expect(decoded.findings[0]).toMatchObject({ severity: 'critical' });
      const shown = JSON.stringify(decoded);
      const text = Buffer.from(bytes).toString('latin1');
      for (let at = 60; at + 12 < bytes.length; at += 7) {
        expect(shown).not.toContain(Buffer.from(bytes.subarray(at, at + 12)).toString('hex'));
        if (/^[\x21-\x7e]{12}$/.test(text.slice(at, at + 12)) && !text.slice(at, at + 12).includes('-----'))
          expect(shown, name).not.toContain(text.slice(at, at + 12));
      }
      const left = publicPart(bytes, decoded.identification);
      expect(left.length).toBeLessThan(64);
      if (left.length > 0) expect(identify(left).kind).toBe('private-key');
    },
  );
});

describe('Encryption SDK messages', () => {
  const blob = assemble({ layout: 'v2', kind: 2 });
  const other = assemble({ layout: 'v1' });

  test.each([1, 2] as const)('format %i: the whole header, each key with its own fingerprint', (version) => {
    const message = sdkMessage(
      version,
      [
        ['aws-kms', ARN, blob],
        ['aws-kms', ARN.replace('eu-central-1', 'us-east-1'), other],
        ['aws-kms-hierarchy', 'branch', randomBytes(92)],
        ['my-provider', 'name', randomBytes(32)],
      ],
      { purpose: 'test', 'aws-crypto-public-key': 'AAAA' },
    );
    const { fields, summary, findings } = decode(message);
    const names = fields.map((one) => one.name);
    expect(names).toEqual([
      'version',
      ...(version === 1 ? ['type'] : []),
      'algorithm suite',
      'message id',
      'encryption context',
      'encrypted data key count',
      'encrypted data key',
      'encrypted data key',
      'encrypted data key',
      'encrypted data key',
      'content type',
      ...(version === 1 ? ['reserved', 'IV length'] : []),
      'frame length',
      version === 1 ? 'header IV' : 'commitment',
      'header tag',
      'body',
    ]);
    expect(all(fields, 'frame length')[0]?.value).toBe('4096');
    expect(all(fields, 'pair').map((one) => one.value)).toEqual([
      'purpose = test',
      'aws-crypto-public-key = AAAA',
    ]);
    expect(all(fields, 'encrypted key').map((one) => one.value.includes('KMS blob'))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(all(fields, 'encrypted key')[0]?.value).toContain(fingerprintOf(blob));
    expect(all(fields, 'key material fingerprint').length).toBe(2);
    const said = summary.map((one) => one.text).join(' ');
    expect(said).toContain(`names ${ARN}`);
    expect(said).toContain(fingerprintOf(other));
    expect(findings[0]).toMatchObject({ code: 'encryption-sdk-message', severity: 'warning' });
  });

  test('the offsets given out are those of each ciphertext', () => {
    const message = sdkMessage(2, [
      ['aws-kms', ARN, blob],
      ['raw', 'x', randomBytes(10)],
    ]);
    const keys = readSdkMessage(message)?.keys ?? [];
    expect(keys.length).toBe(2);
    const [first] = keys;
    expect(
      Buffer.from(message.subarray(first?.ciphertext.start, first?.ciphertext.end)).equals(Buffer.from(blob)),
    ).toBe(true);
  });

  test('a message of many keys: all counted, the first shown', () => {
    const message = sdkMessage(
      2,
      Array.from({ length: 40 }, () => ['aws-kms', ARN, blob] as const),
    );
    const { fields, summary } = decode(message);
    expect(all(fields, 'encrypted data key').length).toBe(40);
    expect(summary.map((one) => one.text).join(' ')).toContain('30 more follow');
  });
});

describe('Database Encryption SDK', () => {
  const blob = assemble({ layout: 'v2' });

  test('the header is shown whole', () => {
    const { fields, summary, identification } = decode(databaseHead(blob));
    expect(identification).toMatchObject({ kind: 'database-encryption-sdk', reencryptable: false });
    expect(fields.map((one) => one.name)).toEqual([
      'format version',
      'format flavor',
      'message id',
      'encrypt legend',
      'encryption context',
      'encrypted data key count',
      'encrypted data key',
      'header commitment',
    ]);
    expect(all(fields, 'encrypt legend')[0]?.value).toBe('eess (2 encrypted)');
    expect(summary.map((one) => one.text).join(' ')).toContain(fingerprintOf(blob));
  });

  test('one byte more or less is no such header', () => {
    const head = databaseHead(blob);
    expect(identify(head.subarray(0, -1)).kind).not.toBe('database-encryption-sdk');
    expect(identify(Buffer.concat([head, Buffer.from([0])])).kind).not.toBe('database-encryption-sdk');
  });
});

test('an enveloped message is Nitro’s only with its 32-byte key identifier', () => {
  expect(identify(enveloped(32)).kind).toBe('nitro-recipient');
  expect(identify(enveloped(20)).kind).toBe('pkcs7');
  // BER with indefinite lengths, as KMS writes it.
  const ber = Buffer.concat([
    Buffer.from('308006092a864886f70d010703a0803080020102318201', 'hex'),
    Buffer.from('6b30820167020102', 'hex'),
    Buffer.from('8020', 'hex'),
    randomBytes(300),
  ]);
  expect(identify(ber).kind).toBe('nitro-recipient');
});

test('text is UTF-8 to the last byte looked at, whatever character stands there', () => {
  for (const char of ['é', '€', '😀', 'x'])
    for (let before = 65_530; before <= 65_540; before++) {
      const long = Buffer.from('a'.repeat(before) + char.repeat(8));
      expect(isText(long), `${char} after ${before}`).toBe(true);
    }
  expect(isText(Buffer.from([0x61, 0xc3]))).toBe(false);
  expect(isText(Buffer.from([0x61, 0x80, 0x61]))).toBe(false);
  expect(isText(Buffer.concat([Buffer.alloc(70_000, 0x61), Buffer.from([0xff])]))).toBe(true);
  expect(isText(Buffer.concat([Buffer.from([0xff]), Buffer.alloc(70_000, 0x61)]))).toBe(false);
});
