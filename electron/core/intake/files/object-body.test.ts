import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { madeUpBlob } from '../blob.test-help.ts';
import { scan } from '../scan.ts';
import { asObjectBody, isInstruction } from './object-body.ts';

const metadata = (wrap: string) =>
  scan(
    Buffer.from(
      JSON.stringify({
        'x-amz-key-v2': Buffer.from(madeUpBlob()).toString('base64'),
        'x-amz-iv': randomBytes(12).toString('base64'),
        'x-amz-matdesc': '{"aws:x-amz-cek-alg":"AES/GCM/NoPadding"}',
        'x-amz-wrap-alg': wrap,
        'x-amz-cek-alg': 'AES/GCM/NoPadding',
      }),
    ),
    'a.instruction',
  );

test('an instruction file is known by its name and what it holds', () => {
  expect(isInstruction('a.instruction', metadata('kms+context'))).toBe(true);
  expect(isInstruction('a.instruction', metadata('AES/GCM'))).toBe(true);
  expect(isInstruction('a.json', metadata('kms+context'))).toBe(false);
  expect(isInstruction('a.instruction', scan(Buffer.from('Mix well.'), ''))).toBe(false);
});

test.each([300, 256, 512])('a body of %i random bytes is what its linkedValue says', (size) => {
  const body = asObjectBody(scan(randomBytes(size), 'a'), 'a.instruction');
  expect(body?.blobs[0]?.identification).toMatchObject({
    kind: 's3-encryption-client',
    reencryptable: false,
    reason: expect.stringContaining('instruction file'),
  });
  expect(body?.blobs[0]?.findings.map(({ code }) => code)).toEqual(['s3-object-body']);
});

test('what names itself stays what it is', () => {
  expect(asObjectBody(scan(madeUpBlob(), 'a'), 'a.instruction')).toBeNull();
  expect(asObjectBody(scan(Buffer.from('text'), 'a'), 'a.instruction')).toBeNull();
});
