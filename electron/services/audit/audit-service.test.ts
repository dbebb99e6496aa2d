import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FindingCode } from '#shared/findings.ts';
import type { Facet } from '#shared/model/audit.ts';
import { engineAt } from '../../bridge/engine/engine.test-help.ts';
import type { Engine } from '../../bridge/index.ts';
import { type Client, client } from '../../hosts/cli/client.ts';

let folder = '';
let engine: Engine;
let page: Client['page'];
let host: Client['host'];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-audit-'));
  engine = engineAt(join(folder, 'home'), { version: '1.2.3' });
  ({ page, host } = client(engine));
  await page.connection.use({ kind: 'practice' });
  await host.intake.addPaths({ paths: [join(folder, 'home', 'practice', 'vault')], origin: 'path' });
  await page.audit.askKeys({ refresh: false, all: false });
});

afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

/**
 * The sample vault by hand, from its README and from what each file says of itself. alias/payments made seven blobs,
 * of which three files name its ARN; alias/legacy made four, alias/retired one, and no file says so; one is RSA.
 */
const BY_HAND: Partial<Record<Facet, Record<string, number>>> = {
  key: { 'alias/payments': 7, 'a material of four': 4, 'a material of one': 1, 'not known': 1 },
  alias: { 'alias/payments': 7, 'not known': 6 },
  account: { '111122223333': 7, 'not known': 6 },
  region: { 'us-east-1': 7, 'not known': 6 },
  state: { enabled: 7, 'not known': 6 },
  spec: { SYMMETRIC_DEFAULT: 7, 'not known': 6 },
  origin: { 'AWS KMS': 7, 'not known': 6 },
  manager: { 'customer managed': 7, 'not known': 6 },
  rotation: { 'never rotated': 7, 'not known': 6 },
  lastUse: { 'within 30 days': 7, 'not known': 6 },
  age: { 'no date declared': 13 },
  kind: { 'kms-symmetric': 12, 'kms-asymmetric-candidate': 1 },
  container: { 'aws-cli-json': 3, text: 7, raw: 3 },
  repository: { 'in no repository': 13 },
  coverage: {
    'declared in files': 3,
    'inferred from blobs with the same key material': 4,
    'same key, not yet identified': 5,
    'not known': 1,
  },
};

describe('the audit of the sample vault', () => {
  it('is what the table made by hand says', async () => {
    const summary = await page.audit.summary({});
    expect(summary.totals).toEqual({
      blobs: 13,
      files: 13,
      otherFiles: 0,
      repositories: 0,
      materials: 3,
      materialsNamed: 1,
      keys: 1,
      accounts: 1,
      regions: 1,
    });
    expect(summary.caller).toBe('arn:aws:iam::111122223333:user/practice');
    expect(summary.gaps).toEqual([]);
    const counted = Object.fromEntries(
      summary.facets.map(({ facet, bars }) => [
        facet,
        Object.fromEntries(
          bars.map(({ label, blobs }) => [
            label.startsWith('key material') ? `a material of ${blobs === 4 ? 'four' : 'one'}` : label,
            blobs,
          ]),
        ),
      ]),
    );
    expect(counted).toEqual(BY_HAND);
  });

  it('finds what is wrong with it, and its report says the same', async () => {
    const { findings } = await page.audit.findings({ offset: 0, limit: 100 });
    expect(findings.map(({ code, severity, blobs }) => [code, severity, blobs])).toEqual([
      ['key-deletion-unguarded', 'info', 7],
      ['double-base64', 'info', 1],
      ['other-readings', 'info', 1],
      ['source-needed', 'info', 1],
    ]);
    const { name, bytes } = await host.audit.report({ subject: { of: 'audit' }, format: 'json' });
    expect(name).toMatch(/^rewrap-audit-\d{4}-\d{2}-\d{2}\.json$/);
    const report = JSON.parse(new TextDecoder().decode(bytes));
    expect(report.summary.totals.blobs).toBe(13);
    expect(report.blobs.map(({ file, keyKnownBy }: Record<string, string>) => [file, keyKnownBy])).toEqual([
      ['vault/damaged/session-key.b64', 'inferred'],
      ['vault/legacy/backup-passphrase.txt', 'grouped'],
      ['vault/legacy/console-password.txt', 'grouped'],
      ['vault/legacy/ldap-bind.hex', 'grouped'],
      ['vault/legacy/smtp-password.b64url', 'grouped'],
      ['vault/legacy/vpn-shared-key.kms', 'grouped'],
      ['vault/orders/orders-data-key.json', 'declared'],
      ['vault/partner/handover.bin', 'unknown'],
      ['vault/payments/api-token.bin', 'inferred'],
      ['vault/payments/db-password.txt', 'inferred'],
      ['vault/payments/snapshot-data-key.json', 'declared'],
      ['vault/payments/tls-private-key.b64', 'inferred'],
      ['vault/payments/webhook-secret.json', 'declared'],
    ]);
  });

  it('answers what a deletion breaks', async () => {
    expect(await page.audit.deletion({ key: 'alias/payments' })).toMatchObject({
      answer: '7 blobs in 7 files could never be opened again.',
      declared: 3,
      inferred: 4,
      possible: 5,
    });
    const of = { by: 'deletion', key: 'alias/payments' } as const;
    const asked = { offset: 0, limit: 10 };
    const known = await page.audit.members({ of: { ...of, known: true }, ...asked });
    const possible = await page.audit.members({ of: { ...of, known: false }, ...asked });
    expect([known.total, possible.total]).toEqual([7, 5]);
    expect(new Set([...known.blobIds, ...possible.blobIds]).size).toBe(12);
    expect(await page.audit.deletion({ key: 'alias/partner-rsa' })).toMatchObject({
      severity: 'possible',
      possible: 1,
    });
  });

  it('chooses by findings of keys as the audit has them, and says where KMS was not asked', async () => {
    const state = (code: FindingCode) => page.plans.select({ rules: [{ name: 'finding', value: code }] });
    expect(await state('key-disabled')).toEqual({
      blobIds: [],
      notes: ['Not known of 6 blobs whether it has key-disabled: its key is not known.'],
    });
    const away = engineAt(join(folder, 'away'), {});
    const offline = client(away);
    await offline.host.intake.addPaths({
      paths: [join(folder, 'home', 'practice', 'vault')],
      origin: 'path',
    });
    await expect(
      offline.page.plans.select({ rules: [{ name: 'finding', value: 'key-disabled' }] }),
    ).rejects.toMatchObject({ fault: { code: 'KmsNotAsked' } });
    await expect(
      offline.page.plans.select({ rules: [{ name: 'finding', value: 'rule-age' }] }),
    ).rejects.toMatchObject({ fault: { code: 'NoRulesInUse' } });
    expect(
      (await offline.page.plans.select({ rules: [{ name: 'finding', value: 'double-base64' }] })).blobIds,
    ).toHaveLength(1);
    await away.close();
  });

  it('keeps a suppression over a restart of the engine’s view, and takes it back', async () => {
    const [first] = (await page.audit.findings({ offset: 0, limit: 1 })).findings;
    await page.audit.suppress({ id: first?.id ?? '', reason: 'planned', until: '2999-01-01' });
    const after = (await page.audit.findings({ offset: 0, limit: 10 })).findings;
    const silent = after.find(({ suppressed }) => suppressed !== null);
    expect(silent).toMatchObject({
      code: first?.code,
      suppressed: { reason: 'planned', where: 'here' },
    });
    await page.audit.unsuppress({ id: silent?.id ?? '' });
    expect((await page.audit.summary({})).findings).toMatchObject({ info: 4, suppressed: 0 });
    await expect(
      page.audit.suppress({ id: first?.id ?? '', reason: 'late', until: '2001-01-01' }),
    ).rejects.toMatchObject({ fault: { code: 'BadExpiry' } });
  });

  it('writes down a key search and a run with contexts, hashes, keys and request ids', async () => {
    const { rows } = await page.blobs.list({ offset: 0, limit: 100 });
    const webhook = rows.find(({ file }) => file.endsWith('webhook-secret.json'));
    const token = rows.find(({ file }) => file.endsWith('api-token.bin'));
    await page.keyGroups.findKey({ blobId: token?.id ?? '', keyIds: ['alias/payments'], context: null });
    const { runId } = await page.runs.start({
      blobIds: [webhook?.id ?? ''],
      source: {
        keyId: null,
        algorithm: 'SYMMETRIC_DEFAULT',
        context: { mode: 'given', context: { app: 'payments', env: 'practice' } },
      },
      destination: {
        keyId: 'alias/payments-2027',
        algorithm: 'SYMMETRIC_DEFAULT',
        context: { mode: 'same' },
      },
      grantTokens: [],
      output: { mode: 'in-place', backup: false },
      verify: true,
      dryRun: false,
      method: 'reencrypt',
    });
    await expect
      .poll(async () => (await page.history.list({ offset: 0, limit: 1 })).records[0]?.kind)
      .toBe('run-ended');
    const { records } = await page.history.list({ offset: 0, limit: 100 });
    const blob = records.find(({ kind }) => kind === 'blob');
    expect(blob).toMatchObject({
      runId,
      outcome: 'reencrypted',
      who: 'arn:aws:iam::111122223333:user/practice',
      file: 'vault/payments/webhook-secret.json',
      sha256Before: webhook?.sha256,
      sourceContext: { app: 'payments', env: 'practice' },
      destinationContext: { app: 'payments', env: 'practice' },
      sourceAlgorithm: 'SYMMETRIC_DEFAULT',
    });
    expect(blob?.sha256After).toMatch(/^[0-9a-f]{64}$/);
    expect(blob?.sourceMaterial).toMatch(/^[0-9a-f]{64}$/);
    expect(blob?.requestIds).toHaveLength(1);
    expect(records.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining([
        'connected',
        'keys-read',
        'key-search',
        'run-started',
        'run-ended',
        'suppressed',
        'unsuppressed',
        'report',
      ]),
    );
    const search = records.find(({ kind }) => kind === 'key-search');
    expect(search).toMatchObject({ outcome: 'found', file: 'vault/payments/api-token.bin' });
    expect(search?.requestIds).toHaveLength(1);
    expect(await page.history.verify({ expected: null })).toMatchObject({ ok: true });
    // What KMS said of the material now names it: the group is known, no longer only declared.
    const summary = await page.audit.summary({});
    expect(summary.facets.find(({ facet }) => facet === 'coverage')?.bars[0]).toMatchObject({
      value: 'kms',
      blobs: 7,
    });
    const run = await host.audit.report({ subject: { of: 'run', runId }, format: 'json' });
    const report = JSON.parse(new TextDecoder().decode(run.bytes));
    expect(report.items[0]).toMatchObject({ destinationContext: { app: 'payments', env: 'practice' } });
    expect(report.history).toHaveLength(3);
  });

  it('refuses bad rules, keeps good ones, and judges by them', async () => {
    await expect(page.audit.setRules({ text: 'version: 2', name: 'x.yaml' })).rejects.toMatchObject({
      fault: { code: 'BadRules' },
    });
    await page.audit.setRules({ text: 'version: 1\nregions: [eu-west-1]\n', name: 'eu.yaml' });
    const { violations, unjudged } = await page.audit.summary({});
    expect(violations).toBe(1);
    expect(unjudged).toEqual([{ rule: 'regions', blobs: 5 + 1, why: 'the Region of its key is not known' }]);
    expect(await page.audit.rules({})).toMatchObject({ name: 'eu.yaml' });
    await page.audit.setRules({ text: null, name: null });
    expect((await page.audit.summary({})).violations).toBeNull();
  });

  it('tries rules without putting them to use', async () => {
    const before = await page.history.list({ offset: 0, limit: 1 });
    const text = 'version: 1\nregions: [eu-west-1]\n';
    const tried = await page.audit.tryRules({ text });
    expect(tried).toMatchObject({ violations: 1, unjudged: 1 });
    expect(tried.broken).toHaveLength(1);
    expect(await page.audit.rules({})).toEqual({ text: null, name: null, problem: null });
    expect((await page.audit.summary({})).violations).toBeNull();
    expect((await page.history.list({ offset: 0, limit: 1 })).total).toBe(before.total);
    await page.audit.setRules({ text, name: 'eu.yaml' });
    expect((await page.audit.summary({})).violations).toBe(tried.violations);
    await page.audit.setRules({ text: null, name: null });
    await expect(page.audit.tryRules({ text: 'version: 2' })).rejects.toMatchObject({
      fault: { code: 'BadRules' },
    });
  });

  it('says of each blob what keys and rules add to its files', async () => {
    await page.audit.setRules({ text: 'version: 1\nregions: [eu-west-1]\n', name: 'eu.yaml' });
    const { findings } = await page.audit.findings({ offset: 0, limit: 5000 });
    const beyond = findings.filter(({ source, suppressed }) => source !== 'files' && suppressed === null);
    expect(beyond.length).toBeGreaterThan(0);
    const all = await page.audit.rowFindings({ offset: 0, limit: 20_000 });
    expect(all.findings.map(({ id }) => id)).toEqual(beyond.map(({ id }) => id));
    expect(all.rows).toHaveLength(all.total);
    for (const [place, { id, blobs }] of beyond.entries()) {
      const { blobIds } = await page.audit.members({ of: { by: 'finding', id }, offset: 0, limit: 50_000 });
      const having = all.rows.filter(({ of }) => of.includes(place)).map(({ blobId }) => blobId);
      expect(having).toHaveLength(blobs);
      expect(new Set(having)).toEqual(new Set(blobIds));
    }
    const part = await page.audit.rowFindings({ offset: 1, limit: 2 });
    expect(part.rows).toEqual(all.rows.slice(1, 3));
    await page.audit.setRules({ text: null, name: null });
  });
});
