import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { BlobRow } from '#shared/model/blob.ts';
import { createEngine } from '../../electron/bridge/engine/create-engine.ts';
import { NO_CAPABILITIES } from '../../electron/bridge/engine/index.ts';
import { assemble } from '../../electron/core/inspect/assemble.test-help.ts';
import { type Client, client } from '../../electron/hosts/cli/client.ts';

/** What one action took; printed as JSON on the last line, in the order in which it was done. */
export interface AuditStep {
  readonly what: string;
  /** Processor time of all threads, milliseconds. */
  readonly cpuMs: number;
  /** The most processor time of the engine's thread in which nothing else was answered, milliseconds. */
  readonly heldMs: number;
}

const MODELS = Array.from({ length: 10 }, (_, i) =>
  assemble({ layout: 'v2', fingerprint: new Uint8Array(32).fill(17 * (i + 1)) }),
);

const root = mkdtempSync(join(tmpdir(), 'rewrap-bench-audit-'));
const engine = createEngine({
  host: 'cli',
  version: 'bench',
  can: NO_CAPABILITIES,
  dataDir: join(root, 'home'),
  outputFolders: [],
  connection: null,
});
try {
  const { page, host } = client(engine);
  const steps = await measure(page, host, join(root, 'files'), Number(process.argv[2] ?? '100000'));
  console.log(JSON.stringify(steps));
} finally {
  await engine.close();
  rmSync(root, { recursive: true, force: true });
}

async function measure(
  page: Client['page'],
  host: Client['host'],
  folder: string,
  blobs: number,
): Promise<AuditStep[]> {
  await page.connection.use({ kind: 'practice' });
  const { keys } = await page.keys.list({ refresh: false, side: 'source', offset: 0, limit: 100 });
  makeFiles(
    folder,
    blobs,
    keys.map(({ arn }) => arn),
  );
  await host.intake.addPaths({ paths: [folder], origin: 'path' });
  const steps: AuditStep[] = [];
  const step = async (what: string, work: () => unknown): Promise<void> => {
    steps.push({ what, ...(await timed(work)) });
  };
  const listed = await timed(() => page.blobs.list({ offset: 0, limit: 1 }));
  const rows: BlobRow[] = [];
  while (rows.length < blobs)
    rows.push(...(await page.blobs.list({ offset: rows.length, limit: 1000 })).rows);
  await step('one bare pass over the rows', () => barePass(rows));
  steps.push({ what: 'first list', ...listed });
  await step('first count', () => page.audit.summary({}));
  await page.audit.askKeys({ refresh: false, all: false });
  await step('count after KMS described the keys', () => page.audit.summary({}));
  const rules = 'version: 1\naccounts: ["999988887777"]\nmaximumAgeDays: 30\ncontext: {required: [app]}\n';
  await step('rules put to use', async () => {
    await page.audit.setRules({ text: rules, name: 'rules.yaml' });
    await page.audit.summary({});
  });
  const { findings } = await page.audit.findings({ offset: 0, limit: 100 });
  const widest = [...findings].sort((a, b) => b.blobs - a.blobs)[0];
  await step('widest finding suppressed', async () => {
    await page.audit.suppress({ id: widest?.id ?? '', reason: 'bench', until: '2999-01-01' });
    await page.audit.summary({});
  });
  await step('blobs behind the widest bar', async () => {
    const of = { by: 'facet', facet: 'coverage', value: 'grouped' } as const;
    for (let at = 0, total = 1; at < total; at += 20_000)
      ({ total } = await page.audit.members({ of, offset: at, limit: 20_000 }));
  });
  await step('what a deletion breaks', () => page.audit.deletion({ key: keys[0]?.arn ?? '' }));
  writeFileSync(join(folder, 'one-more.env'), `SECRET=${blobOf(blobs)}\n`);
  await host.intake.addPaths({ paths: [join(folder, 'one-more.env')], origin: 'path' });
  await step('list after one more file', () => page.blobs.list({ offset: 0, limit: 1 }));
  await step('count after one more file', () => page.audit.summary({}));
  await step('may the key be deleted', () =>
    host.audit.deletionGates({ keys: [keys[0]?.arn ?? ''], nameless: [] }),
  );
  for (const format of ['csv', 'sarif', 'cyclonedx', 'json', 'html'] as const) {
    let bytes: Uint8Array = new Uint8Array();
    const taken = await timed(async () => {
      ({ bytes } = await host.audit.report({ subject: { of: 'audit' }, format }));
    });
    const mb = (n: number): string => `${(n / 1e6).toFixed(1)} MB`;
    const size = `${mb(bytes.length)}, ${mb(gzipSync(bytes).length)} as gzip`;
    steps.push({ what: `report, ${format.toUpperCase()}: ${size}`, ...taken });
  }
  return steps;
}

async function timed(work: () => unknown): Promise<{ cpuMs: number; heldMs: number }> {
  await new Promise((resolve) => setTimeout(resolve, 20));
  let heldMs = 0;
  let last = threadMs();
  const tick = (): void => {
    const now = threadMs();
    heldMs = Math.max(heldMs, now - last);
    last = now;
  };
  const timer = setInterval(tick, 1);
  const used = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(used);
  tick();
  clearInterval(timer);
  return { cpuMs: (user + system) / 1000, heldMs };
}

/** Processor time of this thread: what others on the machine take from it does not count. */
function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** The least that any count must do: look at each row once, and count by key material and by file. */
function barePass(rows: readonly BlobRow[]): number {
  const materials = new Map<string | null, number>();
  const files = new Set<string>();
  for (const { file, identification } of rows) {
    materials.set(identification.keyFingerprint, (materials.get(identification.keyFingerprint) ?? 0) + 1);
    files.add(file);
  }
  return materials.size + files.size;
}

function blobOf(i: number): string {
  const bytes = Buffer.from(MODELS[i % MODELS.length] ?? new Uint8Array());
  // Salt, nonce and content differ from blob to blob, as they do in life.
  for (const at of [38, 108, 140]) bytes.writeUInt32BE(i, at);
  return bytes.toString('base64');
}

/** Four of five blobs stand in dotenv files that name no key, one in a JSON file that does. */
function makeFiles(folder: string, blobs: number, arns: readonly string[]): void {
  let made = 0;
  for (let file = 0; made < blobs; file += 1) {
    const inside = join(folder, `team-${Math.floor(file / 500)}`);
    if (file % 500 === 0) mkdirSync(inside, { recursive: true });
    if (file % 2 === 0) {
      const arn = arns[(made % 4) % arns.length] ?? '';
      const text = JSON.stringify({ CiphertextBlob: blobOf((made % 4) + 10 * made), KeyId: arn });
      writeFileSync(join(inside, `console-${file}.json`), text);
      made += 1;
      continue;
    }
    const lines: string[] = [];
    for (let i = 0; i < 4 && made < blobs; i += 1, made += 1)
      lines.push(`SECRET_${i}=${blobOf(4 + (made % 6) + 10 * made)}\n`);
    writeFileSync(join(inside, `service-${file}.env`), lines.join(''));
  }
}
