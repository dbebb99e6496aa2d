import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encrypted, ended, inPlace } from '../../bridge/engine/engine.test-help.ts';
import { PRACTICE_IDENTITIES, type PracticeKms, startPracticeKms } from '../../practice-kms/index.ts';
import { counts, gateSetUp, sops } from './gate.test-help.ts';

const set = gateSetUp();
const { put, gate } = set;
let practice: PracticeKms;

beforeEach(async () => {
  practice = await startPracticeKms({
    stateDir: join(set.top, 'kms'),
    trailDir: join(set.top, 'trail'),
  });
  process.env.AWS_ACCESS_KEY_ID = practice.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = practice.secretAccessKey;
  const { fault } = await set.page.connection.use({
    kind: 'aws',
    profile: null,
    region: practice.region,
    endpointUrl: practice.endpoint,
    fips: null,
    dualStack: null,
  });
  expect(fault).toBeNull();
});
afterEach(async () => {
  delete process.env.AWS_ACCESS_KEY_ID;
  delete process.env.AWS_SECRET_ACCESS_KEY;
  await practice.close();
});

async function key(more: object = {}): Promise<string> {
  const { KeyMetadata } = await practice.call('CreateKey', { ...more });
  return (KeyMetadata as { Arn: string }).Arn;
}
const text = async (arn: string, of = arn): Promise<string> =>
  (await encrypted(practice, arn, of)).toString('base64');

/** Dry runs that the practice KMS wrote down; it is closed, so that all are there. */
async function dryRunsAtKms(): Promise<number> {
  await practice.close();
  const folder = join(set.top, 'trail');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.gz'))
    .flatMap((name) => JSON.parse(gunzipSync(readFileSync(join(folder, name))).toString()).Records)
    .filter(({ requestParameters }) => requestParameters?.dryRun === true).length;
}

describe('the deletion gate, with requests counted at KMS', () => {
  it('sends one dry run for each key group and candidate, and none when asked again', async () => {
    const [one, two, three] = [await key(), await key(), await key()];
    put('a.txt', await text(one));
    put('a2.txt', await text(one, 'again'));
    put('b.txt', await text(two));
    const first = await gate([three]);
    expect({ verdict: first.verdict, unanswered: first.unanswered }).toEqual({
      verdict: 'safe',
      unanswered: [],
    });
    const again = await set.host.audit.deletionGates({ keys: [one], nameless: [] });
    expect({ verdict: again.verdict, dryRuns: again.dryRuns, ...counts(again) }).toEqual({
      verdict: 'needed',
      dryRuns: 0,
      lost: 2,
    });
    // Two groups, three keys of the account, the key in question first.
    expect(first.dryRuns).toBeLessThanOrEqual(6);
    expect(await dryRunsAtKms()).toBe(first.dryRuns);
  });

  it('needs a key of which a replica opens the blob, and says that there is one', async () => {
    const primary = await key({ MultiRegion: true });
    await practice.call('ReplicateKey', { KeyId: primary, ReplicaRegion: 'eu-west-1' });
    put('a.txt', await text(primary));
    const answer = await gate([primary]);
    expect({ verdict: answer.verdict, ...counts(answer) }).toMatchObject({ verdict: 'needed' });
    expect(counts(answer).lost ?? 0).toBe(0);
    const replica = primary.replace('us-east-1', 'eu-west-1');
    const both = await set.host.audit.deletionGates({ keys: [primary, replica], nameless: [] });
    expect({ verdict: both.verdict, ...counts(both) }).toMatchObject({ verdict: 'needed', lost: 1 });
  });

  it('does not pass a blob of another account, which no key of this one opens', async () => {
    const partner = { accessKeyId: PRACTICE_IDENTITIES.partner.accessKeyId };
    const { KeyMetadata } = await practice.call('CreateKey', {}, partner);
    const { Arn } = KeyMetadata as { Arn: string };
    const { CiphertextBlob } = await practice.call('Encrypt', { KeyId: Arn, Plaintext: 'dGhlaXJz' }, partner);
    put('a.txt', String(CiphertextBlob));
    const asked = await key();
    await key();
    const answer = await gate([asked]);
    expect({ verdict: answer.verdict, ...counts(answer) }).toEqual({ verdict: 'unanswered', possible: 1 });
    // KMS describes no key of another account that is not shared: nothing needs it, and it is no pass.
    const theirs = await set.host.audit.deletionGates({ keys: [Arn], nameless: [] });
    expect(theirs.verdict).toBe('unanswered');
    expect(await dryRunsAtKms()).toBe(answer.dryRuns + theirs.dryRuns);
  });

  it.each([
    ['an alias of another Region', 'arn:aws:kms:eu-west-1:111122223333:alias/payments'],
    [
      'a key of another Region',
      'arn:aws:kms:eu-west-1:111122223333:key/99999999-1111-4111-8111-111111111111',
    ],
    ['an id that this connection does not know', '99999999-1111-4111-8111-111111111111'],
    ['a multi-Region id that it does not know', 'mrk-99999999111141118111999999999999'],
  ])('does not pass %s', async (_, name) => {
    put('a.txt', await text(await key()));
    const answer = await gate([name]);
    expect({ verdict: answer.verdict, needs: answer.needs, gaps: answer.unanswered.length }).toEqual({
      verdict: 'unanswered',
      needs: [],
      gaps: 1,
    });
    expect(answer.unanswered.join()).toMatch(/not asked about|did not describe/);
  });

  it('passes a replica in a Region that KMS lists, when nothing is under the key', async () => {
    const primary = await key({ MultiRegion: true });
    await practice.call('ReplicateKey', { KeyId: primary, ReplicaRegion: 'eu-west-1' });
    put('a.txt', await text(await key()));
    const replica = primary.replace('us-east-1', 'eu-west-1');
    const both = await gate([primary, replica]);
    expect({ verdict: both.verdict, unanswered: both.unanswered }).toEqual({
      verdict: 'safe',
      unanswered: [],
    });
    const elsewhere = primary.replace('us-east-1', 'ap-south-1');
    const none = await set.host.audit.deletionGates({ keys: [elsewhere], nameless: [] });
    expect(none.unanswered.join()).toContain('Ask with a connection to ap-south-1');
  });

  it('does not ask a key that signs about RSA-sized blobs, which it cannot have made', async () => {
    const signs = await key({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' });
    const opens = await key({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' });
    const { CiphertextBlob } = await practice.call('Encrypt', {
      KeyId: opens,
      EncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
      Plaintext: 'c2VjcmV0',
    });
    put('a.bin', Buffer.from(String(CiphertextBlob), 'base64'));
    const answer = await gate([signs]);
    expect({ verdict: answer.verdict, dryRuns: answer.dryRuns, ...counts(answer) }).toEqual({
      verdict: 'safe',
      dryRuns: 0,
    });
  });

  it('needs each key of a group of two keys, and both together lose the file', async () => {
    const [one, two] = [await key(), await key()];
    const made = [await text(one), await text(two)];
    const file = sops([
      [1, one],
      [2, two],
    ]).split('\n');
    let at = 0;
    put(
      'a.yaml',
      file.map((line) => (/^ {10}enc: /.test(line) ? `          enc: ${made[at++]}` : line)).join('\n'),
    );
    const answer = await gate([one]);
    expect({ verdict: answer.verdict, ...counts(answer) }).toEqual({ verdict: 'needed', otherWay: 1 });
    const both = await set.host.audit.deletionGates({ keys: [one, two], nameless: [] });
    expect(both.keys.map(({ impact }) => impact.lost)).toEqual([1, 1]);
  });

  it('does not pass a file that changes while it is read', async () => {
    const asked = await key();
    const growing = join(set.tree, 'growing');
    writeFileSync(growing, Buffer.alloc(24 * 1024 * 1024, 'x'));
    put('a.txt', await text(await key()));
    let done = false;
    const answering = gate([asked]).finally(() => {
      done = true;
    });
    while (!done) {
      appendFileSync(growing, 'more');
      await setImmediate();
    }
    const answer = await answering;
    expect(answer.verdict).toBe('unanswered');
    expect(answer.unanswered.join()).toContain('growing');
  });

  it('passes an RSA key when its blobs were moved to a symmetric key', async () => {
    const rsa = await key({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' });
    const to = await key();
    for (const name of ['a', 'b']) {
      const { CiphertextBlob } = await practice.call('Encrypt', {
        KeyId: rsa,
        EncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
        Plaintext: Buffer.from(name).toString('base64'),
      });
      put(`${name}.bin`, Buffer.from(String(CiphertextBlob), 'base64'));
    }
    const before = await gate([rsa]);
    expect({ verdict: before.verdict, ...counts(before) }).toEqual({ verdict: 'needed', lost: 2 });
    const { rows } = await set.page.blobs.list({ offset: 0, limit: 10 });
    const { runId } = await set.page.runs.start(
      inPlace(
        rows.map(({ id }) => id),
        {
          source: { keyId: rsa, algorithm: 'RSAES_OAEP_SHA_256', context: { mode: 'declared' } },
          destination: { keyId: to, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
        },
      ),
    );
    expect((await ended(set.page, runId)).counts.succeeded).toBe(2);
    await set.page.intake.clear({ sourceIds: null });
    const after = await gate([rsa]);
    expect({ verdict: after.verdict, unanswered: after.unanswered, needs: after.needs }).toEqual({
      verdict: 'safe',
      unanswered: [],
      needs: [],
    });
  });
});
