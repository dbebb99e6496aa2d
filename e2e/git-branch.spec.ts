import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { expect, type Stage, test } from './support/fixtures.ts';
import { rewrap, start } from './support/processes.ts';
import { decrypt, encrypt, FRESH, PAYMENTS, secret, write } from './support/vault.ts';

const WHO = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  ...{ GIT_AUTHOR_NAME: 'Ada', GIT_AUTHOR_EMAIL: 'ada@example.com' },
  ...{ GIT_COMMITTER_NAME: 'Ada', GIT_COMMITTER_EMAIL: 'ada@example.com' },
};

function gitIn(folder: string) {
  const env = { ...process.env, ...WHO };
  return (...args: string[]): string =>
    execFileSync('git', args, {
      cwd: folder,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
}

/** A clean repository with blobs in two folders and at the top, CRLF line endings in the working tree, and a `.sops.yaml`. */
async function repository({ files, kms }: Stage, perFolder = 2) {
  const folder = join(files, 'app');
  mkdirSync(folder, { recursive: true });
  const git = gitIn(folder);
  git('init', '-q', '-b', 'main');
  const arnOf = async (KeyId: string) =>
    (await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.Arn ?? '';
  const [from, to] = [await arnOf(PAYMENTS), await arnOf(FRESH)];
  const secrets = new Map<string, Buffer>();
  const put = async (name: string) => {
    const text = secret();
    secrets.set(name, text);
    write(
      folder,
      name,
      `# kept\nKEY=${Buffer.from(await encrypt(kms, PAYMENTS, text)).toString('base64')}\n`,
    );
  };
  for (const name of ['payments', 'web/deep'])
    for (let i = 0; i < perFolder; i++) await put(`${name}/${i}.env`);
  await put('top.env');
  write(folder, 'web/page.html', '<p>no ciphertext</p>\n');
  write(folder, '.gitattributes', '*.env text eol=crlf\n');
  write(folder, '.sops.yaml', `# ${from}\ncreation_rules:\n  - kms: "${from}" # the key\n`);
  git('add', '-A');
  git('commit', '-qm', 'one');
  const standing = () => ({
    head: readFileSync(join(folder, '.git/HEAD'), 'utf8'),
    index: readFileSync(join(folder, '.git/index')).toString('hex'),
    commit: git('rev-parse', 'HEAD'),
    status: git('status', '--porcelain'),
    branches: git('for-each-ref', '--format=%(refname)'),
    files: readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (name) => !name.startsWith('.git/'),
    ),
  });
  return { folder, git, from, to, secrets, standing };
}

const command = (folder: string, ...more: string[]): string[] => [
  ...['reencrypt', folder, '--practice', '--to', FRESH, '--git-branch', 'leave/payments'],
  ...more,
];

test('a branch has one commit for each folder, and a text for the pull request', async ({ stage }) => {
  const { folder, git, from, to, secrets, standing } = await repository(stage);
  const before = standing();
  const body = join(stage.files, 'body.md');
  const made = await rewrap(command(folder, '--sops-config', '--body-file', body), stage.home, WHO);
  expect(made.code, made.stdout + made.stderr).toBe(0);
  expect(made.stdout).toContain('Branch leave/payments: 3 commits');
  const { branches, ...rest } = before;
  expect(standing()).toEqual({ ...rest, branches: `refs/heads/leave/payments\n${branches}` });
  expect(readdirSync(join(stage.home, 'git-work'))).toEqual([]);

  const names = (commit: string) => git('show', '--name-only', '--format=', commit).split('\n');
  const commits = git('rev-list', '--reverse', 'main..leave/payments').split('\n');
  expect(commits.map(names)).toEqual([
    ['.sops.yaml', 'top.env'],
    ['payments/0.env', 'payments/1.env'],
    ['web/deep/0.env', 'web/deep/1.env'],
  ]);
  // Line endings of the commit, not of the working tree; every other byte as it was.
  for (const [name, text] of secrets) {
    const [, kept = '', blob = ''] = /^(# kept\n)KEY=(\S+)\n$/.exec(
      execFileSync('git', ['cat-file', 'blob', `leave/payments:${name}`], { cwd: folder, encoding: 'utf8' }),
    ) ?? [name];
    expect(kept).toBe('# kept\n');
    expect(await decrypt(stage.kms, Buffer.from(blob, 'base64'))).toEqual({ plaintext: text, keyArn: to });
  }
  expect(git('show', 'leave/payments:.sops.yaml')).toBe(
    `# ${from}\ncreation_rules:\n  - kms: "${to}" # the key`,
  );
  const message = git('log', '-1', '--format=%B', commits[1] ?? '');
  expect(message).toMatch(/^Re-encrypt 2 KMS blobs in payments\n/);
  for (const text of [message, readFileSync(body, 'utf8').replaceAll('&#64;', '@')])
    for (const part of [from, to, 'payments/0.env', 'with 5 blobs', 'dry run', 'history'])
      expect(text).toContain(part);

  // The copies that the run replaced are gone, and nothing is offered that would need them.
  const listed = (await rewrap(['runs'], stage.home)).stdout.trim();
  expect(listed).toMatch(/5 re-encrypted.*of a branch: its copies are removed$/);
  const [run = ''] = listed.split(' ');
  for (const verb of ['resume', 'retry']) {
    const refused = await rewrap(['runs', verb, run, '--practice'], stage.home);
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining('its copies of the files are removed'),
    ]);
  }

  const again = await rewrap(command(folder), stage.home, WHO);
  expect(again.code).toBe(2);
  expect(again.stderr).toContain('There is a branch leave/payments already.');
});

test('a dirty tree is refused, and a failed blob makes no branch', async ({ stage }) => {
  const { folder, git, standing } = await repository(stage);
  write(folder, 'note.txt', 'x');
  const dirty = await rewrap(command(folder), stage.home, WHO);
  expect(dirty.code).toBe(2);
  expect(dirty.stderr).toContain('The working tree is not clean: note.txt');
  write(
    folder,
    'web/bad.env',
    `KEY=${Buffer.from(await encrypt(stage.kms, PAYMENTS, secret(), { context: { a: 'b' } })).toString('base64')}\n`,
  );
  git('add', '-A');
  git('commit', '-qm', 'two');
  const before = standing();
  const failed = await rewrap(command(folder), stage.home, WHO);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toContain('no branch was made');
  expect(standing()).toEqual(before);
  for (const flags of [['--in-place'], ['--out', 'x'], ['--dry-run']])
    expect((await rewrap(command(folder, ...flags), stage.home, WHO)).code).toBe(2);
  expect(standing()).toEqual(before);
});

test('killed at any moment, the repository is as before; the same command then makes the branch', async ({
  stage,
}) => {
  const { folder, git, standing } = await repository(stage, 8);
  const before = standing();
  const faults = JSON.stringify([{ kind: 'latency', ms: 150, operations: ['ReEncrypt'] }]);
  const work = join(stage.home, 'git-work');
  /** Files of the work that hold what a run made so far. */
  const replaced = (): number => {
    if (!existsSync(work)) return -1;
    return readdirSync(work, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.env'))
      .length;
  };
  for (const moment of ['work', 'run', 'later'] as const) {
    const child = start(command(folder), stage.home, { ...WHO, REWRAP_PRACTICE_FAULTS: faults });
    let wait: Promise<unknown>;
    if (moment === 'work') wait = expect.poll(replaced, { intervals: [5] }).toBeGreaterThan(0);
    else {
      const requests = moment === 'run' ? 1 : 6;
      wait = expect
        .poll(
          async () => {
            const { stdout } = await rewrap(['runs', '--json'], stage.home);
            const [run] = JSON.parse(stdout || '[]');
            return run?.counts.succeeded ?? -1;
          },
          { intervals: [20] },
        )
        .toBeGreaterThanOrEqual(requests);
    }
    await Promise.race([wait, new Promise((done) => child.process.once('close', done))]);
    child.process.kill('SIGKILL');
    await child.stop('SIGKILL');
    if (git('for-each-ref', 'refs/heads/leave') !== '') {
      // It was made before the signal came.
      git('branch', '-q', '-D', 'leave/payments');
      break;
    }
    expect(standing()).toEqual(before);
  }
  const done = await rewrap(command(folder), stage.home, WHO);
  expect(done.code, done.stdout + done.stderr).toBe(0);
  expect(git('diff', '--name-only', 'main', 'leave/payments').split('\n')).toHaveLength(17);
  const { branches: _, ...rest } = standing();
  expect(before).toMatchObject(rest);
  expect(git('fsck', '--strict', '--no-dangling')).toBe('');
});
