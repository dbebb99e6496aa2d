import { generateKeyPairSync } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import type { Reconciliation } from '../shared/model/reconcile.ts';
import { expect, type Stage, test } from './support/fixtures.ts';
import { rewrap, start } from './support/processes.ts';
import { encrypt, FRESH, PAYMENTS, secret, write } from './support/vault.ts';

interface TrailRecord {
  readonly eventID: string;
  readonly requestID: string;
  readonly eventName: string;
  readonly eventTime: string;
  readonly userIdentity: object;
  readonly requestParameters: { readonly dryRun?: boolean };
}

/** A practice KMS of the same keys that also writes CloudTrail files, and the profile `prod` that leads to it. */
async function withTrail({ home, files }: Stage) {
  const trail = join(files, 'AWSLogs');
  const practice = start(['practice-kms', '--state', join(home, 'practice'), '--cloudtrail', trail], home);
  const [, endpoint = '', id = '', key = ''] = await practice.waitFor(
    /listens at (\S+) .*[\s\S]*AWS_ACCESS_KEY_ID=(\S+) AWS_SECRET_ACCESS_KEY=(\S+)/,
  );
  const config = write(
    files,
    'aws/config',
    `[profile prod]\nregion = us-east-1\nendpoint_url = ${endpoint}\naws_access_key_id = ${id}\naws_secret_access_key = ${key}\n`,
  );
  return { trail, practice, env: { AWS_CONFIG_FILE: config } };
}

function recordsOf(trail: string): TrailRecord[] {
  return readdirSync(trail, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.gz'))
    .flatMap((name) => JSON.parse(gunzipSync(readFileSync(join(trail, name))).toString()).Records);
}

/** An event that says that the trail goes on long after. */
const LATER = {
  eventSource: 's3.amazonaws.com',
  eventName: 'PutObject',
  eventTime: '2099-01-01T00:00:00Z',
  eventID: 'later',
};

test('a key is left: audit, plan, run, reconcile, gate, bundle, verified elsewhere, tampered with', async ({
  stage,
}) => {
  const { home, files, kms } = stage;
  const { trail, practice, env } = await withTrail(stage);
  const vault = join(files, 'vault');
  for (const name of ['payments/db.env', 'payments/api.env', 'billing/key.env'])
    write(vault, name, `KEY=${Buffer.from(await encrypt(kms, PAYMENTS, secret())).toString('base64')}\n`);
  const run = (...args: string[]) => rewrap([...args, '--profile', 'prod'], home, env);
  const offline = (...args: string[]) => rewrap(args, home);
  const arn = (await kms.send(new DescribeKeyCommand({ KeyId: PAYMENTS }))).KeyMetadata?.Arn ?? '';

  await test.step('audit: the key protects three blobs, and may not go', async () => {
    const audit = await run('audit', vault, '--format', 'json');
    expect(audit.code, audit.stderr).toBe(0);
    const gate = await run('audit', vault, '--safe-to-delete', PAYMENTS, '--format', 'json');
    expect(gate.code, gate.stderr).toBe(1);
    expect(JSON.parse(gate.stdout).keys[0].impact).toMatchObject({ lost: 3 });
  });

  const plan = join(files, 'plan.json');
  const runId = await test.step('plan and run', async () => {
    const planned = await run('plan', vault, '--to', FRESH, '--rule', `key=${arn}`, '-o', plan);
    expect(planned.code, planned.stderr).toBe(0);
    const ran = await run('run', plan, '--json');
    expect(ran.code, ran.stderr).toBe(0);
    const { run: summary } = JSON.parse(ran.stdout);
    expect(summary.counts).toMatchObject({ total: 3, succeeded: 3, failed: 0 });
    return String(summary.id);
  });
  await practice.stop();

  await test.step('reconcile: whole, one event dropped, one doubled, one forged', async () => {
    const records = recordsOf(trail);
    const moved = records.filter((one) => one.eventName === 'ReEncrypt' && !one.requestParameters.dryRun);
    expect(moved).toHaveLength(3);
    const [first, second] = moved;
    if (first === undefined || second === undefined) throw new Error('no event');
    const reconciled = async (
      name: string,
      all: readonly object[],
    ): Promise<{ code: number | null; said: Reconciliation }> => {
      const file = join(files, `${name}.json.gz`);
      writeFileSync(file, gzipSync(JSON.stringify({ Records: [...all, LATER] })));
      const { code, stdout } = await offline('reconcile', file, '--run', runId, '--json');
      return { code, said: JSON.parse(stdout) };
    };
    const whole = await reconciled('whole', records);
    expect(whole.said).toMatchObject({ verdict: 'agrees', missed: [], withoutBlob: [] });
    expect(whole.code).toBe(0);

    const dropped = await reconciled(
      'dropped',
      records.filter((one) => one !== first),
    );
    expect(dropped.code).toBe(1);
    expect(dropped.said.withoutEvent).toMatchObject([{ requestId: first.requestID }]);

    const doubled = await reconciled('doubled', [...records, first]);
    expect(doubled.code).toBe(0);
    expect(doubled.said.events.duplicates).toBe(1);

    const eve = { ...second.userIdentity, arn: 'arn:aws:iam::111122223333:user/eve' };
    const forged = await reconciled(
      'forged',
      records.map((one) => (one === second ? { ...one, userIdentity: eve } : one)),
    );
    expect(forged.code).toBe(1);
    expect(forged.said.differences).toMatchObject([{ requestId: second.requestID, member: 'principal' }]);

    const all = await reconciled('all-three', [
      ...records
        .filter((one) => one !== first)
        .map((one) => (one === second ? { ...one, userIdentity: eve } : one)),
      moved[2] ?? {},
    ]);
    expect(all.said).toMatchObject({
      verdict: 'differs',
      blobs: { total: 3, matched: 2, different: 1, withoutEvent: 1 },
      events: { duplicates: 1 },
    });
  });

  await test.step('the gate opens when the backups of the run are gone, too', async () => {
    const ask = () => rewrap(['audit', vault, '--practice', '--safe-to-delete', PAYMENTS], home);
    const held = await ask();
    expect(held.code, held.stdout + held.stderr).toBe(4);
    expect(held.stdout).toContain('3 not read: backups that Rewrap made');
    const backups = readdirSync(vault, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.includes('.rewrap-backup-'),
    );
    expect(backups).toHaveLength(3);
    for (const name of backups) rmSync(join(vault, name));
    const open = await ask();
    expect(open.code, open.stdout + open.stderr).toBe(0);
    expect(open.stdout).toContain('NOTHING NEEDS IT');
  });

  const bundle = join(files, 'evidence');
  const pair = generateKeyPairSync('ed25519');
  const signing = write(files, 'signing.pem', pair.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await test.step('a signed bundle', async () => {
    const made = await rewrap(
      ['evidence', vault, '--practice', '--run', runId, '--attach', plan, '--sign', signing, '-o', bundle],
      home,
    );
    expect(made.code, made.stderr).toBe(0);
  });

  // Another computer: another folder, an empty home, no key and no connection; only the public key came another way.
  const elsewhere = mkdtempSync(join(files, 'elsewhere-'));
  const emptyHome = join(elsewhere, 'home');
  mkdirSync(emptyHome);
  const publicKey = write(elsewhere, 'public.pem', pair.publicKey.export({ type: 'spki', format: 'pem' }));
  const verify = async (folder: string) => {
    const verified = await rewrap(
      ['verify', folder, '--public-key', publicKey, '--json'],
      join(emptyHome, 'rewrap'),
      { HOME: emptyHome, AWS_CONFIG_FILE: join(emptyHome, 'none') },
    );
    return { code: verified.code, said: JSON.parse(verified.stdout) };
  };
  const copied = (name: string): string => {
    const folder = join(elsewhere, name);
    cpSync(bundle, folder, { recursive: true });
    return folder;
  };

  await test.step('verified elsewhere', async () => {
    const { code, said } = await verify(copied('whole'));
    expect(said).toMatchObject({ ok: true, wrong: [], isKnownKey: true });
    expect(code).toBe(0);
    expect(readdirSync(emptyHome)).toEqual([]);
  });

  await test.step('each part that is tampered with is named', async () => {
    const parts = readdirSync(bundle).sort();
    expect(parts).toEqual([
      'audit.cdx.json',
      'audit.json',
      'history.jsonl',
      'plan.json',
      'public-key.pem',
      'run.json',
      'statement.dsse.json',
    ]);
    for (const part of parts) {
      const changed = copied(`changed-${part}`);
      const bytes = readFileSync(join(changed, part));
      const at = Math.floor(bytes.length / 2);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(join(changed, part), bytes);
      const removed = copied(`removed-${part}`);
      rmSync(join(removed, part));
      for (const folder of [changed, removed]) {
        const { code, said } = await verify(folder);
        expect(code, folder).toBe(1);
        expect(
          said.wrong.map((one: { part: string }) => one.part),
          folder,
        ).toEqual([part]);
      }
    }
    const more = copied('more');
    write(more, 'more.txt', 'x');
    expect((await verify(more)).said.wrong).toMatchObject([{ part: 'more.txt' }]);
  });
});
