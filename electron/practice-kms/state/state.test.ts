import { createSecretKey, randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  CreateAliasCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  GetKeyLastUsageCommand,
  ListKeysCommand,
  ReEncryptCommand,
  RotateKeyOnDemandCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KIND } from '../crypto/blob-layout.ts';
import { seal } from '../crypto/ciphers.ts';
import { startPracticeKms } from '../practice-kms.ts';
import { clientFor, refused, startKit } from '../testing/test-kit.ts';
import { STEPS } from './database.ts';

let base: string;
let stateDir: string;
const FILE = 'practice-kms.sqlite';

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'practice-state-'));
  stateDir = join(base, 'deep', 'state');
});
afterEach(() => rm(base, { recursive: true, force: true }));

describe('the state file', () => {
  it('outlives a restart: keys, aliases, states and what they open', async () => {
    const first = await startKit({ stateDir });
    const arn = await first.key('alias/kept');
    const rsa = await first.key('alias/rsa', { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' });
    await first.client.send(new DisableKeyCommand({ KeyId: await first.key('alias/off') }));
    const plaintext = randomBytes(77);
    const { CiphertextBlob } = await first.client.send(
      new EncryptCommand({ KeyId: arn, Plaintext: plaintext, EncryptionContext: { a: 'b' } }),
    );
    const toRsa = await first.client.send(
      new ReEncryptCommand({
        CiphertextBlob,
        SourceEncryptionContext: { a: 'b' },
        DestinationKeyId: rsa,
        DestinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
      }),
    );
    first.client.destroy();
    await first.practice.close();

    const second = await startPracticeKms({ stateDir });
    const client = clientFor(second);
    const opened = await client.send(
      new DecryptCommand({ CiphertextBlob, KeyId: 'alias/kept', EncryptionContext: { a: 'b' } }),
    );
    expect(plaintext.equals(opened.Plaintext ?? Buffer.alloc(0))).toBe(true);
    const fromRsa = await client.send(
      new DecryptCommand({
        CiphertextBlob: toRsa.CiphertextBlob,
        KeyId: 'alias/rsa',
        EncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
      }),
    );
    expect(plaintext.equals(fromRsa.Plaintext ?? Buffer.alloc(0))).toBe(true);
    await refused(
      client.send(new EncryptCommand({ KeyId: 'alias/off', Plaintext: plaintext })),
      'DisabledException',
    );
    client.destroy();
    await second.close();
    await second.close();
  });

  it('is shared by two servers, which see each other at once', async () => {
    const [one, two] = await Promise.all([startKit({ stateDir }), startKit({ stateDir })]);
    const arn = await one.key('alias/shared');
    const Plaintext = Buffer.from('p');
    const encrypt = () => two.client.send(new EncryptCommand({ KeyId: 'alias/shared', Plaintext }));
    for (let round = 0; round < 5; round += 1) {
      expect((await encrypt()).KeyId).toBe(arn);
      await one.client.send(new DisableKeyCommand({ KeyId: arn }));
      await refused(encrypt(), 'DisabledException');
      await one.client.send(new EnableKeyCommand({ KeyId: arn }));
    }
    const other = await one.key(null);
    await one.client.send(new UpdateAliasCommand({ AliasName: 'alias/shared', TargetKeyId: other }));
    expect((await encrypt()).KeyId).toBe(other);
    // Both write at once; nothing is lost and no one sees that the file is busy.
    await Promise.all([one, two].flatMap((kit) => Array.from({ length: 20 }, () => kit.key(null))));
    const { Keys } = await two.client.send(new ListKeysCommand({}));
    expect(Keys?.length).toBe(42);
    const race = await Promise.allSettled(
      [one, two].map((kit) =>
        kit.client.send(new CreateAliasCommand({ AliasName: 'alias/race', TargetKeyId: arn })),
      ),
    );
    expect(race.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
    await two.end();
    await one.end();
  });

  it('keeps Regions apart', async () => {
    const east = await startKit({ stateDir });
    const west = await startKit({ stateDir, region: 'us-west-2' });
    const arn = await east.key('alias/east');
    const { CiphertextBlob } = await east.client.send(
      new EncryptCommand({ KeyId: arn, Plaintext: Buffer.from('p') }),
    );
    const destination = await west.key('alias/west');
    expect(destination).toMatch(/^arn:aws:kms:us-west-2:/);
    await refused(
      west.client.send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: destination })),
      'AccessDeniedException',
      'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
    );
    await refused(
      west.client.send(
        new ReEncryptCommand({ CiphertextBlob, SourceKeyId: arn, DestinationKeyId: destination }),
      ),
      'NotFoundException',
      'Invalid arn us-east-1',
    );
    await refused(west.client.send(new DescribeKeyCommand({ KeyId: 'alias/east' })), 'NotFoundException');
    await west.end();
    await east.end();
  });

  it('takes over the file of an earlier version, with all that is in it', async () => {
    await mkdir(stateDir, { recursive: true });
    const path = join(stateDir, FILE);
    const old = new DatabaseSync(path);
    old.exec(STEPS[0] ?? '');
    old.exec('PRAGMA user_version = 1');
    const keyId = '1234abcd-12ab-34cd-56ef-1234567890ab';
    const secret = randomBytes(32);
    const fingerprint = randomBytes(32);
    old
      .prepare(
        "INSERT INTO keys VALUES (?, ?, 'old', 'SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', 'Enabled', ?, NULL)",
      )
      .run('us-east-1', keyId, 1_600_000_000_000);
    old
      .prepare('INSERT INTO materials VALUES (?, ?, ?, ?, ?)')
      .run('us-east-1', keyId, fingerprint, 'ab'.repeat(32), secret);
    old.prepare("INSERT INTO aliases VALUES ('us-east-1', 'alias/old', ?, 1, 1)").run(keyId);
    old.close();
    const blob = seal(createSecretKey(secret), fingerprint, KIND.Encrypt, Buffer.from('kept'), { a: 'b' });

    // Two at once: one brings it up, the other finds it so.
    const [kit, other] = await Promise.all([startKit({ stateDir }), startPracticeKms({ stateDir })]);
    await other.close();
    const opened = await kit.client.send(
      new DecryptCommand({ CiphertextBlob: blob, KeyId: 'alias/old', EncryptionContext: { a: 'b' } }),
    );
    expect(Buffer.from(opened.Plaintext ?? []).toString()).toBe('kept');
    expect(opened.KeyMaterialId).toBe('ab'.repeat(32));
    const { KeyMetadata } = await kit.client.send(new DescribeKeyCommand({ KeyId: keyId }));
    expect(KeyMetadata).toMatchObject({
      AWSAccountId: '111122223333',
      Description: 'old',
      MultiRegion: false,
      CurrentKeyMaterialId: 'ab'.repeat(32),
    });
    await kit.client.send(new RotateKeyOnDemandCommand({ KeyId: keyId }));
    await kit.client.send(new DecryptCommand({ CiphertextBlob: blob, EncryptionContext: { a: 'b' } }));
    const usage = await kit.client.send(new GetKeyLastUsageCommand({ KeyId: keyId }));
    // Nothing was tracked before the file was taken over.
    expect(usage.TrackingStartDate?.getTime()).toBeGreaterThan(usage.KeyCreationDate?.getTime() ?? Infinity);
    await kit.end();
  });

  it('forgets a key after its waiting period', async () => {
    const kit = await startKit({ stateDir });
    const arn = await kit.key('alias/doomed');
    const { CiphertextBlob } = await kit.client.send(
      new EncryptCommand({ KeyId: arn, Plaintext: Buffer.from('p') }),
    );
    const db = new DatabaseSync(join(stateDir, FILE), { timeout: 5000 });
    db.prepare("UPDATE keys SET state = 'PendingDeletion', deletion_at = ?").run(Date.now() - 1);
    await refused(kit.client.send(new DecryptCommand({ CiphertextBlob })), 'AccessDeniedException');
    await refused(kit.client.send(new DescribeKeyCommand({ KeyId: arn })), 'NotFoundException');
    expect((await kit.client.send(new ListKeysCommand({}))).Keys).toEqual([]);
    expect(db.prepare('SELECT count(*) AS n FROM materials').get()).toEqual({ n: 0 });
    expect(db.prepare('SELECT count(*) AS n FROM aliases').get()).toEqual({ n: 0 });
    db.close();
    await kit.end();
  });

  it.skipIf(process.platform === 'win32')('is private to its owner', async () => {
    const kit = await startKit({ stateDir });
    await kit.key(null);
    expect((await stat(stateDir)).mode & 0o777).toBe(0o700);
    for (const name of [FILE, `${FILE}-wal`, `${FILE}-shm`])
      expect((await stat(join(stateDir, name))).mode & 0o777).toBe(0o600);
    await kit.practice.close();
    await chmod(join(stateDir, FILE), 0o644);
    const again = await startPracticeKms({ stateDir });
    expect((await stat(join(stateDir, FILE))).mode & 0o777).toBe(0o600);
    await again.close();
    kit.client.destroy();
  });

  it('never holds plaintext', async () => {
    const kit = await startKit({ stateDir });
    const canary = 'canary-9f3c1b7e-plaintext';
    await kit.key('alias/k');
    await kit.key('alias/r', { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' });
    const { CiphertextBlob } = await kit.client.send(
      new EncryptCommand({ KeyId: 'alias/k', Plaintext: Buffer.from(canary) }),
    );
    await kit.client.send(new DecryptCommand({ CiphertextBlob }));
    await kit.client.send(
      new ReEncryptCommand({
        CiphertextBlob,
        DestinationKeyId: 'alias/r',
        DestinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_1',
      }),
    );
    for (const name of [FILE, `${FILE}-wal`]) {
      const bytes = await readFile(join(stateDir, name));
      for (const form of [
        Buffer.from(canary),
        Buffer.from(canary, 'utf16le'),
        Buffer.from(Buffer.from(canary).toString('base64')),
        Buffer.from(Buffer.from(canary).toString('hex')),
      ])
        expect(bytes.includes(form)).toBe(false);
    }
    await kit.end();
  });

  it('is left alone when it is not ours or not readable', async () => {
    const kit = await startKit({ stateDir });
    await kit.practice.close();
    kit.client.destroy();
    const path = join(stateDir, FILE);
    const code = { fault: { code: 'PracticeStateUnusable' } };

    const db = new DatabaseSync(path);
    db.exec('PRAGMA user_version = 99');
    db.close();
    await expect(startPracticeKms({ stateDir })).rejects.toMatchObject(code);

    await rm(path);
    const foreign = new DatabaseSync(path);
    foreign.exec('CREATE TABLE of_another (x)');
    foreign.close();
    await expect(startPracticeKms({ stateDir })).rejects.toMatchObject(code);

    await writeFile(path, 'this is a text file, not a database, and long enough to be looked at'.repeat(20));
    await expect(startPracticeKms({ stateDir })).rejects.toMatchObject(code);
    expect(await readFile(path, 'utf8')).toMatch(/^this is a text file/);

    await writeFile(join(base, 'file'), '');
    await expect(startPracticeKms({ stateDir: join(base, 'file', 'x') })).rejects.toMatchObject(code);
  });
});
