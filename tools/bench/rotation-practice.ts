import {
  PRACTICE_ACCESS_KEY_ID,
  PRACTICE_SECRET_ACCESS_KEY,
  startPracticeKms,
} from '../../electron/practice-kms/index.ts';

/** The practice KMS in a process of its own: prints its address, a key, and blobs under another one; ends with stdin. */
const practice = await startPracticeKms({ stateDir: process.argv[2] ?? '' });
const key = async (): Promise<string> => {
  const { KeyMetadata } = await practice.call('CreateKey', {});
  return (KeyMetadata as { Arn: string }).Arn;
};
const [from, destination] = [await key(), await key()];
const blobs: string[] = [];
for (let i = 0; i < 20; i++) {
  const { CiphertextBlob } = await practice.call('Encrypt', {
    KeyId: from,
    Plaintext: Buffer.alloc(32, i).toString('base64'),
  });
  blobs.push(String(CiphertextBlob));
}
console.log(
  JSON.stringify({
    endpoint: practice.endpoint,
    destination,
    blobs,
    accessKeyId: PRACTICE_ACCESS_KEY_ID,
    secretAccessKey: PRACTICE_SECRET_ACCESS_KEY,
  }),
);
process.stdin.resume();
process.stdin.once('end', () => void practice.close().then(() => process.exit(0)));
