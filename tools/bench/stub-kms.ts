import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { assemble } from '../../electron/core/inspect/assemble.test-help.ts';

/**
 * A KMS that does nothing: it answers with the blob that came, under another key material and with a number in it, so that no
 * two are the same. It takes a few hundredths of a millisecond for a request, and a run is measured rather than it. Prints
 * what a bench needs of it, as the practice KMS of the bench does; ends with its standard input.
 */
const KEY = 'arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-00000000000';
const [from, destination] = [`${KEY}1`, `${KEY}2`];
const BLOBS = 20;
/** Where a blob has its fingerprint, and random bytes that may be another number. */
const FINGERPRINT = [5, 37] as const;
const NUMBER = 38;

let made = 0;

/** The blob with another fingerprint and number. */
function reEncrypted(blob: string): string {
  const bytes = Buffer.from(blob, 'base64');
  bytes.fill(34, ...FINGERPRINT);
  bytes.writeUInt32BE(++made, NUMBER);
  return bytes.toString('base64');
}

const ANSWERS: Readonly<Record<string, (input: Record<string, string>) => object>> = {
  ReEncrypt: ({ CiphertextBlob = '' }) => ({
    CiphertextBlob: reEncrypted(CiphertextBlob),
    SourceKeyId: from,
    KeyId: destination,
    SourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    DestinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    SourceKeyMaterialId: 'a'.repeat(64),
    DestinationKeyMaterialId: 'b'.repeat(64),
  }),
  DescribeKey: () => ({
    KeyMetadata: {
      KeyId: destination.slice(-36),
      Arn: destination,
      AWSAccountId: '111122223333',
      Enabled: true,
      KeyState: 'Enabled',
      KeyUsage: 'ENCRYPT_DECRYPT',
      KeySpec: 'SYMMETRIC_DEFAULT',
      KeyManager: 'CUSTOMER',
      Origin: 'AWS_KMS',
      EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
      MultiRegion: false,
    },
  }),
};

/** What STS says of who asks. */
const IDENTITY =
  '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>' +
  '<Arn>arn:aws:iam::111122223333:user/bench</Arn><UserId>U</UserId><Account>111122223333</Account>' +
  '</GetCallerIdentityResult></GetCallerIdentityResponse>';

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    if (request.headers['x-amz-target'] === undefined) {
      response.writeHead(200, { 'content-type': 'text/xml' });
      response.end(IDENTITY);
      return;
    }
    const operation = String(request.headers['x-amz-target'] ?? '').split('.')[1] ?? '';
    const answer = ANSWERS[operation];
    const status = answer === undefined ? 400 : 200;
    const body = JSON.stringify(
      answer?.(JSON.parse(Buffer.concat(parts).toString())) ?? { __type: 'UnsupportedOperationException' },
    );
    response.writeHead(status, {
      'content-type': 'application/x-amz-json-1.1',
      'content-length': Buffer.byteLength(body),
      'x-amzn-requestid': `request-${made}`,
    });
    response.end(body);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  const blobs = Array.from({ length: BLOBS }, (_, i) => {
    const bytes = Buffer.from(assemble({ layout: 'v2', fingerprint: new Uint8Array(32).fill(17) }));
    bytes.writeUInt32BE(i, NUMBER);
    return bytes.toString('base64');
  });
  const endpoint = `http://127.0.0.1:${port}`;
  console.log(JSON.stringify({ endpoint, destination, blobs, accessKeyId: 'stub', secretAccessKey: 'stub' }));
});
process.stdin.resume();
process.stdin.once('end', () => process.exit(0));
