import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ruleOf } from '#shared/model/rule.ts';
import { encrypted, engineAt } from '../../bridge/engine/engine.test-help.ts';
import type { Engine } from '../../bridge/index.ts';
import { assemble } from '../../core/inspect/assemble.test-help.ts';
import { sdkMessage } from '../../core/inspect/look-alikes.test-help.ts';
import { type Client, client } from '../../hosts/cli/client.ts';
import { type PracticeKms, startPracticeKms } from '../../practice-kms/index.ts';

/**
 * A tree as real repositories are: an alias and an ARN of one key over several key materials, a key of which two labels
 * are wrong, messages of the Encryption SDK in many carriers, files with other recipients, and configuration.
 */
const PRODUCTION = 'arn:aws:kms:us-east-1:610119931565:key/29397ad6-1111-4111-8111-111111111111';
const ALIAS = 'alias/infrastructure-secrets-production';
const ALIAS_ARN = `arn:aws:kms:us-east-1:610119931565:${ALIAS}`;
const BUSY = 'arn:aws:kms:us-east-1:579766882180:key/89fcc2c4-1111-4111-8111-111111111111';
const WRONG = 'arn:aws:kms:us-east-2:579766882180:key/77777777-1111-4111-8111-111111111111';
const SDK = 'arn:aws:kms:us-west-2:658956600833:key/b3537ef1-1111-4111-8111-111111111111';
const OTHER = 'arn:aws:kms:us-west-2:658956600833:key/590fd781-1111-4111-8111-111111111111';
const MRK = 'mrk-80bd8ecdcd4342aebd84b7dc9da498a7';
const MRK_US = `arn:aws:kms:us-east-1:222222222222:key/${MRK}`;
const MRK_EU = `arn:aws:kms:eu-west-1:222222222222:key/${MRK}`;

let folder = '';
let engine: Engine;
let page: Client['page'];
let host: Client['host'];

const material = (n: number): Buffer => Buffer.alloc(32, n);
const blob = (n: number): string =>
  Buffer.from(assemble({ layout: 'v2', fingerprint: material(n) })).toString('base64');
const labelled = (n: number, key: string): string => JSON.stringify({ CiphertextBlob: blob(n), KeyId: key });
const sops = (entries: readonly (readonly [string, string])[], more = ''): string =>
  `a: ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]\nsops:\n    kms:\n${entries
    .map(([arn, enc]) => `    - arn: ${arn}\n      created_at: "2024-01-01T00:00:00Z"\n      enc: ${enc}\n`)
    .join(
      '',
    )}${more}    lastmodified: "2024-01-01T00:00:00Z"\n    mac: ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]\n    version: 3.8.0\n`;
const PGP = '    pgp:\n    - fp: ABCDEF\n      enc: x\n';

function tree(): Record<string, string | Uint8Array> {
  const files: Record<string, string | Uint8Array> = {};
  // Five key materials that only the alias names, and a sixth that both name.
  for (let n = 1; n <= 5; n += 1)
    for (let i = 0; i < 3; i += 1)
      files[`infra/m${n}-${i}.yaml`] = sops([[ALIAS_ARN, blob(n)]], i === 0 ? PGP : '');
  for (let i = 0; i < 4; i += 1) files[`infra/bare-${i}.json`] = labelled(6, ALIAS);
  files['infra/arn.json'] = labelled(6, PRODUCTION);
  files['infra/unlabelled.bin'] = Buffer.from(blob(6), 'base64');
  for (let i = 0; i < 7; i += 1) files[`busy/${i}.json`] = labelled(20, BUSY);
  for (let i = 0; i < 2; i += 1) files[`busy/wrong-${i}.json`] = labelled(20, WRONG);
  files['busy/plain.bin'] = Buffer.from(blob(20), 'base64');
  const message = sdkMessage(2, [['aws-kms', SDK, Buffer.from(blob(30), 'base64')]]).toString('base64');
  files['sdk/a.json'] = JSON.stringify({ secret: message });
  files['sdk/b.yaml'] = `secret: ${message}\n`;
  files['sdk/c.env'] = `SECRET=${message}\n`;
  files['sdk/d.py'] = `SECRET = "${message}"\n`;
  files['sdk/e.tf'] = `variable "x" {\n  default = "${message}"\n}\n`;
  files['sdk/two.bin'] = sdkMessage(2, [
    ['aws-kms', SDK, Buffer.from(blob(30), 'base64')],
    ['aws-kms', OTHER, Buffer.from(blob(31), 'base64')],
  ]);
  files['regions/us-1.json'] = labelled(40, MRK_US);
  files['regions/us-2.json'] = labelled(40, MRK_US);
  files['regions/eu.json'] = labelled(40, MRK_EU);
  files['unknown.bin'] = Buffer.from(blob(50), 'base64');
  files['.sops.yaml'] = `creation_rules:\n  - path_regex: prod\n    kms: '${ALIAS_ARN}'\n`;
  files['Pulumi.prod.yaml'] = `secretsprovider: awskms://${ALIAS}?region=us-east-1\nconfig: {}\n`;
  files['main.tf'] = `resource "aws_s3_bucket" "x" {\n  kms_master_key_id = "${PRODUCTION}"\n}\n# ${ALIAS}\n`;
  files['stack.yaml'] =
    `AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties:\n      KmsMasterKeyId: 29397ad6-1111-4111-8111-111111111111\n`;
  return files;
}

function put(root: string, files: Record<string, string | Uint8Array>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
}

/** Files of the blobs that the plan rule of a key chooses. */
async function planned(key: string): Promise<string[]> {
  const rule = ruleOf(`key=${key}`);
  const { blobIds } = await page.plans.select({ rules: rule === null ? [] : [rule] });
  return filesOf(blobIds);
}

async function filesOf(blobIds: readonly string[]): Promise<string[]> {
  const { rows } = await page.blobs.list({ offset: 0, limit: 1000 });
  const byId = new Map(rows.map((row) => [row.id, row.file.replace(/^tree\//, '')]));
  return blobIds.map((id) => byId.get(id) ?? '').sort();
}

const listed = async (key: string): Promise<string[]> =>
  filesOf(
    (await page.audit.members({ of: { by: 'deletion', key, known: true }, offset: 0, limit: 1000 })).blobIds,
  );

const names = Object.keys(tree());
const infra = names.filter((name) => name.startsWith('infra/')).sort();
const busy = names.filter((name) => name.startsWith('busy/')).sort();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-evidence-'));
  put(join(folder, 'tree'), tree());
  engine = engineAt(join(folder, 'home'));
  ({ page, host } = client(engine));
  await host.intake.addPaths({ paths: [join(folder, 'tree')], origin: 'path' });
});

afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('what breaks without a key, offline', () => {
  const spellings = [
    ALIAS,
    ALIAS_ARN,
    PRODUCTION,
    '29397ad6-1111-4111-8111-111111111111',
    `awskms://${ALIAS}?region=us-east-1`,
  ];

  it.each(spellings)('lists every blob of a key that files call by alias and ARN: %s', async (asked) => {
    expect(await listed(asked)).toEqual(infra);
    expect(await planned(asked)).toEqual(infra);
    const impact = await page.audit.deletion({ key: asked });
    expect(impact).toMatchObject({ certain: 0, inferred: 1, contradicted: 0, files: 21, known: true });
    // Five key materials are tied to the id by the alias alone, which may have been moved.
    if (asked.includes('29397ad6')) expect(impact).toMatchObject({ declared: 5, viaAlias: 15, lost: 6 });
    // The SOPS files that also open with PGP are not lost.
    else {
      expect(impact).toMatchObject({ declared: 20, viaAlias: 0, lost: 16, otherWay: 5, maybeOtherWay: 0 });
      expect(impact.answer).toContain('16 could never be opened again, 5 open another way');
    }
  });

  it('names the configuration that refers to the key, and no comment', async () => {
    const { references } = await page.audit.deletion({ key: ALIAS });
    expect(
      references.map(({ file, line, sort }) => [file.replace(/^tree\//, ''), line, sort]).sort(),
    ).toEqual([
      ['.sops.yaml', 3, 'sops-rule'],
      ['Pulumi.prod.yaml', 1, 'pulumi-provider'],
      ['main.tf', 2, 'terraform'],
      ['stack.yaml', 6, 'cloudformation'],
    ]);
  });

  it('loses no label to two that contradict it', async () => {
    expect(await listed(BUSY)).toEqual(busy);
    expect(await planned(BUSY)).toEqual(busy);
    const impact = await page.audit.deletion({ key: BUSY });
    expect(impact).toMatchObject({ severity: 'some', declared: 0, contradicted: 10, files: 10 });
    expect(impact.answer).not.toContain('could never be opened again');
    const bar = (await page.audit.summary({})).keys.find(({ label }) => label === BUSY);
    expect(bar).toMatchObject({ blobs: 7, by: 'contradicted' });
  });

  it('finds messages of the Encryption SDK in every carrier, and those that open another way', async () => {
    const impact = await page.audit.deletion({ key: SDK });
    expect(impact).toMatchObject({ declared: 6, files: 6, lost: 5, otherWay: 1 });
    expect(await page.audit.deletion({ key: OTHER })).toMatchObject({ declared: 1, lost: 0, otherWay: 1 });
  });

  it('says that a replica may be left: only KMS lists replicas', async () => {
    for (const asked of [MRK_US, MRK_EU, MRK])
      expect(await page.audit.deletion({ key: asked })).toMatchObject({
        declared: 3,
        lost: 0,
        otherWay: 0,
        maybeOtherWay: 3,
      });
  });

  it('takes a name with white space around it, and an alias without its prefix', async () => {
    const short = ALIAS.slice('alias/'.length);
    for (const asked of [` ${ALIAS}\n`, short, ` ${short}`]) {
      expect(await listed(asked)).toEqual(infra);
      expect((await page.audit.deletion({ key: asked })).asked).toBe(ALIAS);
      expect(await planned(asked)).toEqual(infra);
    }
  });

  it('refuses a plan by what is no key’s name, and says what its rule chose in vain', async () => {
    const select = (value: string) => page.plans.select({ rules: [{ name: 'key', value }] });
    for (const typo of ['t-a', ' ', '29397ad6'])
      await expect(select(typo)).rejects.toMatchObject({ fault: { code: 'NoSuchKeyName' } });
    const { blobIds, notes } = await select(SDK);
    expect(blobIds).toEqual([]);
    expect(notes.join()).toMatch(/^6 blobs that these rules choose cannot be re-encrypted and are left out/);
  });

  it('says of a name that stands nowhere that it stands nowhere', async () => {
    for (const typo of ['typo', '29397ad6', 'alias infrastructure']) {
      const impact = await page.audit.deletion({ key: typo });
      expect(impact).toMatchObject({ known: false, possible: 0, severity: 'none' });
      expect(impact.answer).toContain('No such name here');
    }
    const unheard = await page.audit.deletion({ key: 'alias/unheard-of' });
    expect(unheard.answer).toContain('No such name here');
    expect(unheard.possible).toBeGreaterThan(0);
  });
});

describe('a message under a branch key', () => {
  it('may be under any key, and says where its key is named; beside another data key it may open the message', async () => {
    const root = mkdtempSync(join(tmpdir(), 'rewrap-branch-key-'));
    const own = engineAt(join(root, 'home'));
    const branch = [
      'aws-kms-hierarchy',
      '0f0f0f0f-1111-4111-8111-111111111111',
      Buffer.alloc(92, 7),
    ] as const;
    const raw = ['raw-rsa', 'key', Buffer.alloc(256, 7)] as const;
    const { page: there, host: at } = client(own);
    await at.audit.useRules({ text: JSON.stringify({ version: 1, keys: [SDK] }), name: null });
    try {
      put(join(root, 'tree'), {
        'branch.json': JSON.stringify({ secret: sdkMessage(2, [branch]).toString('base64') }),
        'raw.bin': sdkMessage(2, [raw]),
        'both.bin': sdkMessage(2, [['aws-kms', SDK, Buffer.from(blob(30), 'base64')], branch]),
      });
      await at.intake.addPaths({ paths: [join(root, 'tree')], origin: 'path' });
      const impact = await there.audit.deletion({ key: SDK });
      expect(impact).toMatchObject({ declared: 1, lost: 0, maybeOtherWay: 1, possible: 2 });
      expect(impact.notes.join('\n')).toContain('2 messages of an Encryption SDK name a branch key');
      expect(await there.audit.deletion({ key: OTHER })).toMatchObject({ severity: 'possible', possible: 2 });
      expect(await there.audit.deletion({ key: 'no name of a key' })).toMatchObject({ possible: 0 });
      // No gate about keys passes what names no key.
      const { violations, unjudged } = await there.audit.summary({});
      expect({ violations, unjudged }).toMatchObject({
        violations: 0,
        unjudged: [{ rule: 'keys', blobs: 2 }],
      });
    } finally {
      await own.close();
      rmSync(root, { recursive: true, force: true });
    }
  });
});

describe('an alias that two accounts have', () => {
  it('refers to each of its keys, perhaps: no place in configuration is left out', async () => {
    const root = mkdtempSync(join(tmpdir(), 'rewrap-two-accounts-'));
    const own = engineAt(join(root, 'home'));
    try {
      put(join(root, 'tree'), {
        'arn.json': labelled(6, PRODUCTION),
        'alias.json': labelled(6, ALIAS_ARN),
        'elsewhere.json': labelled(7, ALIAS_ARN.replace('610119931565', '222222222222')),
        'main.tf': `data "aws_kms_key" "k" {\n  key_id = "${ALIAS}"\n}\n`,
        'app.env': `KMS_KEY_ID=${ALIAS}\n`,
        'other.env': 'KMS_KEY_ID=alias/another\n',
      });
      const { page: there, host: at } = client(own);
      await at.intake.addPaths({ paths: [join(root, 'tree')], origin: 'path' });
      for (const key of [PRODUCTION, ALIAS, ALIAS_ARN]) {
        const { references } = await there.audit.deletion({ key });
        expect(references.map(({ file }) => file).sort(), key).toEqual(['tree/app.env', 'tree/main.tf']);
      }
    } finally {
      await own.close();
      rmSync(root, { recursive: true, force: true });
    }
  });
});

describe('a key is the same by all its names, offline', () => {
  const label = ['arn', 'id', 'alias', 'alias ARN'];
  it.each([
    [PRODUCTION, '29397ad6-1111-4111-8111-111111111111'],
    [PRODUCTION, ALIAS],
    [PRODUCTION, ALIAS_ARN],
    [ALIAS, PRODUCTION],
  ])(`in rules: ${label.join(', ')}`, async (key, same) => {
    await host.audit.useRules({ text: `version: 1\nkeys: ["${same}"]\n`, name: 'rules' });
    const { findings } = await page.audit.findings({ offset: 0, limit: 1000 });
    const broken = findings.filter(({ code }) => code === 'rule-key').flatMap(({ keyArn }) => keyArn);
    expect(broken).not.toContain(key);
    const places = findings.filter(({ code }) => code.startsWith('rule-key'));
    const infraHit = places
      .flatMap(({ examples }) => examples)
      .filter(({ file }) => file.startsWith('tree/infra/'));
    expect(infraHit).toEqual([]);
    await host.audit.useRules({ text: null, name: null });
  });

  it('and contradicted labels pass no gate', async () => {
    await host.audit.useRules({ text: `version: 1\nkeys: ["${BUSY}", "${WRONG}"]\n`, name: 'rules' });
    const { findings } = await page.audit.findings({ offset: 0, limit: 1000 });
    const found = findings.find(({ code }) => code === 'rule-key-contradicted');
    expect(found).toMatchObject({ blobs: 10, violation: true });
    await host.audit.useRules({ text: null, name: null });
  });
});

describe('the Region of a blob', () => {
  it('is the one that its own label says', async () => {
    const { facets } = await page.audit.summary({});
    const bars = facets.find(({ facet }) => facet === 'region')?.bars ?? [];
    expect(bars.find(({ value }) => value === 'eu-west-1')?.blobs).toBe(1);
    const { blobIds } = await page.audit.members({
      of: { by: 'facet', facet: 'region', value: 'eu-west-1' },
      offset: 0,
      limit: 10,
    });
    expect(await filesOf(blobIds)).toEqual(['regions/eu.json']);
    await host.audit.useRules({ text: 'version: 1\nregions: [eu-west-1]\n', name: 'rules' });
    const { findings } = await page.audit.findings({ offset: 0, limit: 1000 });
    const violations = findings.filter(({ code }) => code === 'rule-region');
    expect(violations.flatMap(({ examples }) => examples.map(({ file }) => file))).not.toContain(
      'tree/regions/eu.json',
    );
    await host.audit.useRules({ text: null, name: null });
  });
});

describe('with the practice KMS connected', () => {
  beforeAll(async () => {
    await page.connection.use({ kind: 'practice' });
    await page.audit.askKeys({ refresh: false, all: true });
  }, 60_000);

  it('no alias of another account is gone, and nothing is lost from an answer', async () => {
    const { findings } = await page.audit.findings({ offset: 0, limit: 1000 });
    expect(findings.map(({ code }) => code)).not.toContain('key-gone');
    expect(findings.map(({ code }) => code)).not.toContain('alias-gone');
    expect(await listed(ALIAS)).toEqual(infra);
    const impact = await page.audit.deletion({ key: ALIAS });
    expect(impact.key).toBeNull();
    expect(impact.possible).toBeGreaterThan(0);
  });

  it('says so first: other accounts are named, of which it knows nothing', async () => {
    const { practice } = await page.audit.summary({});
    expect(practice?.account).toBe('111122223333');
    expect(practice?.accounts).toEqual(
      expect.arrayContaining(['610119931565', '579766882180', '658956600833', '222222222222']),
    );
    expect(practice?.blobs).toBe(21 + 9 + 7 + 3);
  });
});

describe('with the KMS of the keys connected', () => {
  let practice: PracticeKms;
  let own: Engine;
  let at: Client;
  let home = '';

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'rewrap-evidence-kms-'));
    practice = await startPracticeKms({ stateDir: join(home, 'home', 'practice') });
    const made = async (alias: string): Promise<string> => {
      const { KeyMetadata } = await practice.call('CreateKey', {});
      const arn = String((KeyMetadata as { Arn: string }).Arn);
      await practice.call('CreateAlias', { AliasName: alias, TargetKeyId: arn });
      return arn;
    };
    const a = await made('alias/a');
    const b = await made('alias/b');
    const under = (key: string) => encrypted(practice, key, 'x');
    const files: Record<string, string | Uint8Array> = {
      'app3/labelled.json': JSON.stringify({
        CiphertextBlob: (await under(a)).toString('base64'),
        KeyId: 'alias/a',
      }),
      'app3/plain-a.bin': await under(a),
      // The one wrong label of the folder.
      'app3/wrong.json': JSON.stringify({
        CiphertextBlob: (await under(b)).toString('base64'),
        KeyId: 'alias/a',
      }),
    };
    for (let i = 0; i < 5; i += 1) files[`app3/plain-b${i}.bin`] = await under(b);
    put(join(home, 'tree'), files);
    await practice.close();
    own = engineAt(join(home, 'home'));
    at = client(own);
    await at.page.connection.use({ kind: 'practice' });
    await at.host.intake.addPaths({ paths: [join(home, 'tree')], origin: 'path' });
    await at.page.audit.askKeys({ refresh: false, all: true });
  }, 60_000);

  afterAll(async () => {
    await own.close();
    rmSync(home, { recursive: true, force: true });
  });

  it('a key that never rotated has one key material: an alias of it names no second one', async () => {
    const { keys, facets } = await at.page.audit.summary({});
    expect(keys.map(({ name, blobs, by, key }) => [name, blobs, by, key])).toEqual([
      ['alias/a', 2, 'declared', null],
    ]);
    const coverage = facets.find(({ facet }) => facet === 'coverage')?.bars ?? [];
    expect(coverage.map(({ value, blobs }) => [value, blobs])).toEqual([
      ['declared', 2],
      ['grouped', 6],
    ]);
    const { findings } = await at.page.audit.findings({ offset: 0, limit: 100 });
    expect(findings.map(({ code }) => code)).not.toContain('key-not-rotated');
    expect(await at.page.audit.deletion({ key: 'alias/a' })).toMatchObject({ viaAlias: 2, possible: 6 });
  });

  it('and no gate for that key passes', async () => {
    await at.host.audit.useRules({ text: 'version: 1\nkeys: [alias/a]\n', name: 'rules' });
    const { unjudged } = await at.page.audit.summary({});
    expect(unjudged.reduce((sum, { blobs }) => sum + blobs, 0)).toBe(8);
    await at.host.audit.useRules({ text: null, name: null });
  });

  it('findings that depend on KMS name the connection that was asked', async () => {
    const { findings } = await at.page.audit.findings({ offset: 0, limit: 100 });
    for (const { source, evidence } of findings)
      if (source === 'kms')
        expect(evidence.join(' ')).toContain('practice KMS · us-east-1 · arn:aws:iam::111122223333:');
  });
});
