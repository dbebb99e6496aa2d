import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { APPROVALS } from '../../electron/bridge/approval-table.ts';
import { faults } from '../support/far.ts';
import { expect, type Stage, test } from '../support/fixtures.ts';
import { FORGED, HOST_REQUESTS, type HostileCall, hostileCalls } from '../support/hostile-inputs.ts';
import { kmsProxy } from '../support/kms-proxy.ts';
import { rewrap, start } from '../support/processes.ts';
import { decrypt, encrypt, FRESH, PAYMENTS, secret, write } from '../support/vault.ts';

/**
 * A script that runs in the real page of a host that approves nothing: it has `window.rewrap`, the secret of the session
 * and a socket of its own. Whatever it asks, nothing happens that a person must approve.
 */

const OWN_ACCOUNT = '111122223333';
const PARTNER = '444455556666';
/** Answers that would mean that a call got past what checks it, or broke something. */
const BROKEN = ['Internal', 'BadReply', 'EngineStopped', 'HostStopped'];

interface Answered {
  readonly name: string;
  readonly ok: boolean;
  readonly code: string | null;
  readonly value: unknown;
}

/** Makes calls in the page, `width` at a time, and gives their answers. */
async function callInPage(page: Page, calls: readonly HostileCall[], width: number): Promise<Answered[]> {
  return page.evaluate(
    async ({ list, most }) => {
      type Reply = { ok: boolean; value?: unknown; fault?: { code: string } };
      type Api = Record<string, Record<string, (input: unknown) => Promise<Reply>>>;
      const { rewrap } = window as unknown as { rewrap: Api };
      /** What is too large to be sent here is made here. */
      const made = (value: unknown): unknown => {
        if (typeof value !== 'object' || value === null) return value;
        if ('$huge' in value) {
          if (value.$huge === 'text') return 'x'.repeat(50_000);
          if (value.$huge === 'list') return Array.from({ length: 20_000 }, () => 0);
          return Object.fromEntries(Array.from({ length: 11_000 }, (_, i) => [`k${i}`, 0]));
        }
        if ('$deep' in value) {
          let deep: unknown = {};
          for (let level = 0; level < Number(value.$deep); level++) deep = { a: [deep] };
          return deep;
        }
        if (Array.isArray(value)) return value.map(made);
        return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, made(one)]));
      };
      const answers: { name: string; ok: boolean; code: string | null; value: unknown }[] = [];
      const queue = list.entries();
      const worker = async () => {
        for (const [at, { name, input }] of queue) {
          const [namespace = '', method = ''] = name.split('.');
          const reply = await rewrap[namespace]?.[method]?.(made(input));
          // A connection that was refused is an answer, with the fault in it.
          type State = { fault?: { code: string } | null; destination?: State | null };
          const state = (namespace === 'connection' ? reply?.value : null) as State | null;
          const code = reply?.fault?.code ?? state?.fault?.code ?? state?.destination?.fault?.code ?? null;
          answers[at] = { name, ok: code === null, code, value: reply?.ok ? reply.value : null };
        }
      };
      await Promise.all(Array.from({ length: most }, worker));
      return answers;
    },
    { list: calls, most: width },
  );
}

async function one<T>(page: Page, name: string, input: unknown): Promise<T> {
  const [answer] = await callInPage(page, [{ name, input }], 1);
  expect(answer, name).toMatchObject({ ok: true });
  return answer?.value as T;
}

/** An address that notes whatever reaches it. */
async function trap() {
  const reached: string[] = [];
  const server = createServer((request, response) => {
    reached.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`);
    response.end('{}');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, reached, close: () => server.close() };
}

interface Victim {
  readonly path: string;
  readonly bytes: Buffer;
  readonly plaintext: Buffer;
}

async function victim(stage: Stage, name: string): Promise<Victim> {
  const plaintext = secret();
  const bytes = Buffer.from(await encrypt(stage.kms, PAYMENTS, plaintext));
  return { path: write(stage.files, name, bytes), bytes, plaintext };
}

/** A file is as it was; or it was replaced as is free: it opens under a key of the own account, beside its backup. */
async function replacedFreely(stage: Stage, { path, bytes, plaintext }: Victim): Promise<boolean> {
  const now = readFileSync(path);
  if (now.equals(bytes)) return false;
  const opened = await decrypt(stage.kms, now);
  expect(opened.plaintext).toEqual(plaintext);
  expect(opened.keyArn).toContain(`:${OWN_ACCOUNT}:key/`);
  const folder = join(path, '..');
  const backups = readdirSync(folder).filter((name) => name.includes('.rewrap-backup-'));
  expect(backups.some((name) => readFileSync(join(folder, name)).equals(bytes))).toBe(true);
  return true;
}

test('a hostile page: no request, forged approval, token or flood does what a person must approve', async ({
  stage,
  page,
}) => {
  test.slow();
  const proxy = await kmsProxy(stage.endpoint);
  const evil = await trap();
  const ran = join(stage.home, 'the-command-ran');
  write(
    stage.home,
    'no-aws-credentials',
    ['default', 'admin']
      .map((name) => `[${name}]\naws_access_key_id = AKIAPRACTICEKMSEXAMPL\naws_secret_access_key = any\n`)
      .join(''),
  );
  write(
    stage.home,
    'no-aws-config',
    `[profile process]\nregion = us-east-1\ncredential_process = touch ${ran}\n[profile admin]\nregion = us-east-1\n`,
  );
  const env = { AWS_ENDPOINT_URL: proxy.url, AWS_REGION: 'us-east-1' };
  const victims = await Promise.all(Array.from({ length: 8 }, (_, i) => victim(stage, `v${i}/f.bin`)));
  const folder = (i: number) => join(stage.files, `v${i}`);

  // What the person did in a shell before: a run to undo, one to try again and one to resume, under terms of the shell.
  const shell = (...args: string[]) =>
    rewrap(['reencrypt', ...args, '--to', FRESH, '--in-place'], stage.home, env);
  expect((await shell(folder(0), '--backup')).code).toBe(0);
  // A cause that passes: of one that stays, no retry is offered.
  const denied = { kind: 'error', code: 'AccessDeniedException', message: 'no', status: 400 };
  await faults(stage, [{ ...denied, operations: ['ReEncrypt'] }]);
  expect((await shell(folder(1), '--no-verify')).code).toBe(1);
  await faults(stage, []);
  const undone = readFileSync(join(folder(0), 'f.bin'));
  const asked = proxy.passed.length;
  proxy.state.lie = async ({ operation }, ask, response) => {
    if (operation !== 'ReEncrypt') {
      const { status, headers, body } = await ask();
      response.writeHead(status, { 'content-type': headers['content-type'] ?? '' }).end(body);
    }
  };
  const killed = start(['reencrypt', folder(2), '--to', FRESH, '--in-place', '--no-verify'], stage.home, env);
  await expect
    .poll(() => proxy.passed.slice(asked).some(({ operation }) => operation === 'ReEncrypt'))
    .toBe(true);
  await killed.stop('SIGKILL');
  proxy.state.lie = null;

  const shellRecords = (await historyOf(stage)).length;
  const host = start(['serve', stage.files], stage.home, env);
  const [, address = ''] = await host.waitFor(/Rewrap is at (\S+)/);
  await page.goto(address);
  await expect(page.getByRole('button', { name: /^Connection: AWS.*111122223333/ })).toBeVisible();
  const before = proxy.passed.length;

  // What the application itself names.
  const { rows } = await one<{ rows: { id: string; file: string; keyFingerprint: string }[] }>(
    page,
    'blobs.list',
    {
      offset: 0,
      limit: 100,
    },
  );
  const blobOf = (i: number): string => rows.find(({ file }) => file.includes(`v${i}/`))?.id ?? '';
  const { runs } = await one<{
    runs: { id: string; undo: unknown; retry: { failed: number } | null; status: string }[];
  }>(page, 'runs.list', {});
  const toUndo = runs.find(({ undo }) => undo !== null)?.id ?? '';
  const toRetry = runs.find(({ retry }) => (retry?.failed ?? 0) > 0)?.id ?? '';
  const toResume = runs.find(({ status }) => status === 'unfinished')?.id ?? '';
  for (const id of [toUndo, toRetry, toResume]) expect(id).not.toBe('');
  const keys = await one<{ keys: { arn: string; aliases: string[] }[] }>(page, 'keys.list', {
    refresh: false,
  });
  const shared = await partnerKey(stage);

  const run = (i: number, more: object = {}) => ({
    blobIds: [blobOf(i)],
    source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
    destination: { keyId: FRESH, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
    grantTokens: [],
    output: { mode: 'in-place', backup: true },
    method: 'reencrypt',
    verify: true,
    dryRun: false,
    ...more,
  });
  const foreign = { destination: { ...run(3).destination, keyId: shared } };
  // A plan that the page made itself, and brings.
  const planId = await page.evaluate(
    async ({ draft }) => {
      type Reply<T> = { ok: boolean; value: T };
      const api = (window as unknown as { rewrap: Record<string, never> }).rewrap as unknown as {
        plans: {
          save(input: unknown): Promise<Reply<{ url: string; name: string }>>;
          list(input: unknown): Promise<Reply<{ plans: { planId: string }[] }>>;
        };
        takeFiles(files: File[]): Promise<unknown>;
      };
      const saved = await api.plans.save(draft);
      const text = await (await fetch(saved.value.url)).text();
      await api.takeFiles([new File([text], 'brought.json')]);
      return (await api.plans.list({})).value.plans[0]?.planId ?? '';
    },
    { draft: (({ grantTokens: _, dryRun: __, ...request }) => ({ request, rules: [] }))(run(3)) },
  );
  expect(planId).not.toBe('');

  // --- 1. Each request that needs an approval, as it is and with every forged one.
  const use = { kind: 'aws', profile: 'admin', region: 'us-east-1', endpointUrl: evil.url };
  const process = { kind: 'aws', profile: 'process', region: 'us-east-1', endpointUrl: null };
  const held = await one<{ runId: string }>(page, 'runs.start', run(4, { blobIds: [blobOf(4), blobOf(5)] }));
  await expect
    .poll(async () => (await one<{ status: string }>(page, 'runs.get', held)).status)
    .toBe('paused');
  const attacks: readonly [name: keyof typeof APPROVALS, kind: string, input: object][] = [
    ['runs.start', 'foreign-key', run(3, foreign)],
    ['runs.start', 'decrypt-here', run(3, { method: 'decrypt-encrypt', output: { mode: 'download' } })],
    ['runs.start', 'unverified', run(3, { verify: false })],
    ['runs.retry', 'unverified', { runId: toRetry }],
    ['runs.resume', 'unverified', { runId: toResume }],
    ['runs.resume', 'continue', held],
    ['runs.undo', 'undo', { runId: toUndo }],
    ['runs.compare', 'compare', { runId: toUndo, sample: null }],
    ['plans.run', 'plan-file', { planId, dryRun: false }],
    ['connection.use', 'endpoint', use],
    ['connection.use', 'credential-process', process],
    ['connection.useDestination', 'endpoint', { choice: use }],
    ['connection.useDestination', 'credential-process', { choice: process }],
  ];
  const forged = (list: typeof attacks): HostileCall[] =>
    list.flatMap(([name, , input]) => [
      { name, input },
      ...FORGED.map((more) => ({ name, input: { ...input, ...more } })),
      // In the place of what it says, and beside it.
      { name, input: { input, ...FORGED[0] } },
    ]);
  const first = await callInPage(page, forged(attacks), 1);
  // Each as it is reaches the question, and is refused there; so is each forged one that the contract takes at all.
  expect(first.filter((_, i) => i % (FORGED.length + 2) === 0).map(({ code }) => code)).toEqual(
    attacks.map(() => 'NotApproved'),
  );
  expect(Object.keys(codesOf(first)).sort()).toEqual(['BadRequest', 'NotApproved']);
  // All at once, and again: an answer to one is none to another.
  const flood = await callInPage(
    page,
    [1, 2].flatMap(() => forged(attacks)),
    200,
  );
  expect(flood.filter(({ ok }) => ok)).toEqual([]);
  // Without a backup, where the endpoint does not keep one by itself.
  await one(page, 'connection.use', { kind: 'practice' });
  const practice: typeof attacks = [
    ['runs.start', 'no-backup', run(3, { output: { mode: 'in-place', backup: false } })],
  ];
  expect(codesOf(await callInPage(page, forged(practice), 1))).toEqual({
    NotApproved: FORGED.length + 1,
    BadRequest: 1,
  });
  const tried = new Set([...attacks, ...practice].map(([, kind]) => kind));
  const named = new Set(Object.values(APPROVALS).flatMap(({ asks }) => asks));
  expect([...tried].sort()).toEqual([...named].sort());
  const approvals = first.length + flood.length + FORGED.length + 2;
  await one(page, 'connection.use', {
    kind: 'aws',
    profile: null,
    region: 'us-east-1',
    endpointUrl: proxy.url,
  });
  for (const [i, each] of victims.entries())
    if (i !== 0 && i !== 4 && i !== 5) expect(readFileSync(each.path)).toEqual(each.bytes);

  // --- 2. Every request of the contract with everything that it does not mean.
  const known = {
    ...{
      blobId: blobOf(6),
      blobIds: [blobOf(6)],
      sourceIds: ['x'],
      runId: toUndo,
      planId,
      a: planId,
      b: planId,
    },
    ...{
      keyId: FRESH,
      'source.keyId': null,
      keyArn: shared,
      key: shared,
      folderToken: 'f1',
      grantTokens: [],
    },
    ...{ algorithm: 'SYMMETRIC_DEFAULT', profile: 'admin', region: 'us-east-1', endpointUrl: evil.url },
    ...{
      fingerprint: rows[0]?.keyFingerprint ?? '',
      until: '2099-01-01',
      keyIds: [keys.keys[0]?.arn ?? FRESH],
    },
  };
  // What takes the list or the connection away comes last.
  const weight = ({ name }: HostileCall): number =>
    name === 'intake.clear' ? 2 : name.startsWith('connection.') ? 1 : 0;
  const calls = hostileCalls(known).sort((a, b) => weight(a) - weight(b));
  expect(new Set(calls.map(({ name }) => name)).size).toBe(Object.keys(APPROVALS).length);
  const answers = await callInPage(page, calls, 24);
  expect(answers.filter(({ code }) => code !== null && BROKEN.includes(code))).toEqual([]);

  // --- 3. A socket of the script's own: other envelopes, requests of the host, replays, forged secrets, uploads.
  const raw = await page.evaluate(attackTransport, {
    names: [
      ...HOST_REQUESTS,
      'engine.callHost',
      'approvals.answer',
      '__proto__.toString',
      'app.constructor',
      '',
    ],
    replay: { name: 'runs.start', input: run(7, { verify: false }) },
  });
  expect(raw.admitted).toBe(0);
  expect(raw.reached).toEqual([]);
  expect(raw.uploadsTaken).toBe(0);

  // --- What happened: nothing that a person must approve.
  const sent = proxy.passed.slice(before).filter(({ members }) => members.DryRun !== true);
  expect(sent.filter(({ operation }) => operation === 'Decrypt' || operation === 'Encrypt')).toEqual([]);
  const elsewhere = sent.filter(
    ({ operation, members }) =>
      operation === 'ReEncrypt' && String(members.DestinationKeyId).includes(PARTNER),
  );
  expect(elsewhere).toEqual([]);
  expect(evil.reached).toEqual([]);
  expect(existsSync(ran)).toBe(false);
  let free = 0;
  for (const [i, each] of victims.entries()) {
    if (i === 0) expect(readFileSync(each.path)).toEqual(undone);
    else if (await replacedFreely(stage, each)) free += 1;
  }
  // It answers as before. What was counted is written by the time that it has stopped.
  await one(page, 'app.state', {});
  await host.stop();
  const questions = (await historyOf(stage)).slice(shellRecords).filter(({ kind }) => kind === 'approval');
  // Each kind of question once at least; a flood is counted, and does not fill the history.
  const refusedFor = questions.map(({ detail }) => /For: ([\w, -]+)\./.exec(detail)?.[1]?.split(', ') ?? []);
  expect([...new Set(refusedFor.flat())].sort()).toEqual([...named].sort());
  const more = questions.reduce((sum, { detail }) => sum + Number(/^(\d+) more /.exec(detail)?.[1] ?? 0), 0);
  expect(more).toBeGreaterThan(attacks.length);
  expect(questions.length).toBeLessThan(200);
  expect(questions.filter(({ outcome }) => outcome === 'approved')).toEqual([]);
  expect((await rewrap(['history', 'verify'], stage.home)).code).toBe(0);
  const codes = codesOf(answers);
  console.log(
    `hostile page: ${answers.length} calls of ${Object.keys(APPROVALS).length} requests (${answers.length - (codes.ok ?? 0)} refused), ` +
      `${approvals} forged approvals (0 through), ${raw.frames} frames and ${raw.secrets} forged secrets (0 let in), ` +
      `${sent.length} KMS requests, ${free} files re-encrypted as is free`,
  );
  await proxy.close();
  evil.close();
});

async function historyOf({ home }: Stage): Promise<{ kind: string; outcome: string; detail: string }[]> {
  return JSON.parse((await rewrap(['history', '--limit', '5000', '--json'], home)).stdout);
}

const codesOf = (answers: readonly Answered[]): Record<string, number> =>
  answers.reduce<Record<string, number>>((counts, { code }) => {
    counts[code ?? 'ok'] = (counts[code ?? 'ok'] ?? 0) + 1;
    return counts;
  }, {});

/** The ARN of the key of the other account that the practice shares. */
async function partnerKey(stage: Stage): Promise<string> {
  const { KMSClient, DescribeKeyCommand } = await import('@aws-sdk/client-kms');
  const kms = new KMSClient({
    endpoint: stage.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIAPRACTICEPARTNERX', secretAccessKey: 'any' },
  });
  const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: 'alias/shared-with-practice' }));
  kms.destroy();
  return KeyMetadata?.Arn ?? '';
}

/** Runs in the page. */
async function attackTransport({
  names,
  replay,
}: {
  names: string[];
  replay: { name: string; input: unknown };
}) {
  const session = sessionStorage.getItem('rewrap-session') ?? '';
  const counts = { frames: 0, secrets: 0, admitted: 0, uploadsTaken: 0 };
  const reached: string[] = [];
  const open = (enter: unknown) =>
    new Promise<{ socket: WebSocket; admitted: boolean }>((resolve) => {
      const socket = new WebSocket(`ws://${location.host}/socket`);
      socket.onopen = () => socket.send(typeof enter === 'string' ? enter : JSON.stringify(enter));
      socket.onmessage = ({ data }) => resolve({ socket, admitted: 'admitted' in JSON.parse(String(data)) });
      socket.onclose = () => resolve({ socket, admitted: false });
    });
  // Secrets and tokens that are near the real one, and what is no greeting.
  const near = [
    `${session.slice(0, -1)}_`,
    session.slice(1),
    `${session}A`,
    session.toUpperCase(),
    '',
    'x'.repeat(43),
  ];
  for (const greeting of [
    ...near.flatMap((guess) => [
      { enter: { token: guess, session: null } },
      { enter: { token: null, session: guess } },
    ]),
    { enter: { token: null, session: null }, admitted: session },
    { enter: { token: [session], session: { $ne: null } } },
    { id: 1, ...replay },
    'enter',
    '[]',
  ]) {
    counts.secrets += 1;
    const { socket, admitted } = await open(greeting);
    if (admitted) counts.admitted += 1;
    socket.close();
  }
  // The script has the session's secret: a socket of its own is let in, and reaches what the page reaches.
  const frames = [
    ...names.map((name, id) => ({
      id,
      name,
      input: { paths: ['/etc/passwd'], path: '/etc/passwd', origin: 'picked' },
    })),
    ...names.map((name, id) => ({ id, name: `host.${name}`, input: {} })),
    ...Array.from({ length: 50 }, () => ({ id: 7, ...replay })),
    { id: 1, ...replay, approval: { approved: true, hash: 'a'.repeat(64), by: 'terminal' } },
    { id: 1, type: 'approved', answer: { approved: true, by: 'terminal', hash: 'a'.repeat(64) } },
    { id: 1, reply: { ok: true, value: { approved: true, by: 'dialog' } } },
    { event: 'approvalWaiting', payload: { waiting: null } },
    { admitted: session },
    { id: -1, ...replay },
    { id: 1, name: ['runs.start'], input: replay.input },
    { id: 1, name: { toString: 'runs.start' }, input: replay.input },
  ].map((frame) => JSON.stringify(frame));
  const deep = `{"id":1,"name":"app.setLook","input":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
  for (const frame of [...frames, deep, '', 'null', '{', '\u0000', '[[[[[[']) {
    const { socket, admitted } = await open({ enter: { token: null, session } });
    if (!admitted) throw new Error('the own session was not let in');
    counts.frames += 1;
    await new Promise<void>((resolve) => {
      socket.onmessage = ({ data }) => {
        const message = JSON.parse(String(data));
        if (!('reply' in message)) return;
        if (message.reply.ok) reached.push(frame);
        resolve();
      };
      socket.onclose = () => resolve();
      socket.send(frame);
    });
    socket.close();
  }
  for (const [secret, path] of [
    [near[0], 'a.bin'],
    ['', 'a.bin'],
    [session, '../../../../tmp/rewrap-escaped'],
    [session, '/etc/rewrap-escaped'],
    [session, 'a\u0000b'],
  ] as const) {
    const response = await fetch(`/upload?${new URLSearchParams({ batch: crypto.randomUUID(), path })}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/octet-stream', 'X-Rewrap-Session': secret ?? '' },
      body: 'x',
    });
    if (response.ok && secret !== session) counts.uploadsTaken += 1;
  }
  return { ...counts, reached };
}
