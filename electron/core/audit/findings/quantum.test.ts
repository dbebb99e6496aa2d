import { describe, expect, it } from 'vitest';
import type { BlobRow } from '#shared/model/blob.ts';
import { arnOf, input, key, reportText, row } from '../audit.test-help.ts';
import { makeAudit } from '../audit.ts';
import { readRules } from '../rules/rules.ts';

const rsa = (more: Partial<Parameters<typeof row>[0]> = {}, sizeBytes = 256): BlobRow => ({
  ...row({ file: 'a', kind: 'kms-asymmetric-candidate', material: null, ...more }),
  sizeBytes,
});
const sm2 = (more: Partial<Parameters<typeof row>[0]> = {}): BlobRow => rsa(more, 130);
const found = (...args: Parameters<typeof input>) =>
  makeAudit(input(...args)).findings.filter(({ code }) => code === 'quantum-exposed');

describe('ciphertext that a quantum computer opens', () => {
  it.each([
    ['its algorithm is declared', rsa({ algorithm: 'RSAES_OAEP_SHA_256' }), 'RSA', 'files'],
    ['SM2 is declared', sm2({ algorithm: 'SM2PKE' }), 'SM2', 'files'],
    ['KMS describes the key that its file names', rsa({ keyArn: arnOf('rsa') }), 'RSA', 'kms'],
    ['KMS describes an SM2 key', sm2({ keyArn: arnOf('sm') }), 'SM2', 'kms'],
  ] as const)('is known where %s', (_, blob, words, source) => {
    const keys = [key('rsa', { spec: 'RSA_2048' }), key('sm', { spec: 'SM2' })];
    expect(found([blob], keys)).toMatchObject([
      { title: `It is under ${words}: stored now, decrypted later.`, source, blobs: 1, severity: 'warning' },
    ]);
  });

  it.each([
    ['nothing but the size says so', rsa(), []],
    ['the file names a key that KMS did not describe', rsa({ keyArn: arnOf('rsa') }), []],
    ['the key signs: the bytes are a signature', rsa({ keyArn: arnOf('k') }), [{ usage: 'SIGN_VERIFY' }]],
    ['the modulus has another size', rsa({ keyArn: arnOf('k') }, 512), [{}]],
    ['the key is symmetric', rsa({ keyArn: arnOf('k') }), [{ spec: 'SYMMETRIC_DEFAULT' }]],
    ['an alias names the key, and can be moved', rsa({ keyArn: 'alias/k' }), [{}]],
    ['the blob has the header of a symmetric one', row({ file: 'a', keyArn: arnOf('k') }), [{}]],
  ] as const)('is not said where %s', (_, blob, [spec]) => {
    expect(
      found([blob], spec === undefined ? [] : [key('k', { spec: 'RSA_2048', ...spec } as never)]),
    ).toEqual([]);
  });

  it('is offered to be re-encrypted', () => {
    const blob = rsa({ algorithm: 'RSAES_OAEP_SHA_1' });
    const offered = { ...blob, identification: { ...blob.identification, reencryptable: true } };
    expect(found([offered], [])).toMatchObject([{ reencryptable: 1 }]);
  });

  it('a rule that forbids it is not answered for bytes of the size alone', () => {
    const rules = readRules('version: 1\nforbid: [quantum-exposed]');
    const { summary } = makeAudit({
      ...input([rsa({ algorithm: 'SM2PKE' }), rsa(), rsa({ keyArn: arnOf('s') })], [key('s')]),
      rules,
    });
    expect(summary.violations).toBe(1);
    expect(summary.unjudged).toMatchObject([{ rule: 'forbid quantum-exposed', blobs: 1 }]);
  });

  it.each(['text', 'json', 'csv', 'sarif', 'cyclonedx'] as const)('stands in the report as %s', (format) => {
    const text = reportText(makeAudit(input([rsa({ algorithm: 'RSAES_OAEP_SHA_256' })], [])), format);
    expect(text).toContain(format === 'cyclonedx' ? '"nistQuantumSecurityLevel":0' : 'quantum');
  });
});
