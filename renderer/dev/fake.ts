import type { EventName, EventPayload, Input, Reply, RewrapApi } from '#shared/contract/api.ts';
import type { requests } from '#shared/contract/contract.ts';
import type { BlobRow } from '#shared/model/blob.ts';
import type { ConnectionChoice, ConnectionState } from '#shared/model/connection.ts';
import type { Fault } from '#shared/model/fault.ts';
import type { KeyInfo } from '#shared/model/key.ts';
import type { PlanEntry, PlanView } from '#shared/model/plan-view.ts';
import type { RunRequest } from '#shared/model/run.ts';
import { facetRows, HISTORY_HEAD, makeFindings, makeHistory, makeSummary } from './audit.ts';
import { makeClusters } from './clusters.ts';
import { makeDetail } from './detail.ts';
import { KEYS } from './keys.ts';
import { makeCheck, makeComparison, makePlan } from './plans.ts';
import { makeRows, makeSources } from './rows.ts';
import { FakeRun } from './runs.ts';
import { makeStates, stateItems } from './states.ts';

/** What the fake host shows, from the page's query: `?n=5000&conn=aws&failing&slow&host=loopback&keys=failed&hang`. */
export interface FakeOptions {
  readonly n: number;
  readonly conn: 'practice' | 'aws' | 'failed' | 'connecting';
  readonly host: 'desktop' | 'loopback';
  readonly failing: boolean;
  readonly slow: boolean;
  readonly hang: boolean;
  readonly keys: 'ready' | 'failed' | 'gaps' | 'loading';
  readonly odd: boolean;
  /** A run in each of its states. */
  readonly states: boolean;
}

const NO_CREDENTIALS: Fault = {
  code: 'CredentialsProviderError',
  message: 'The profile “prod” gives no valid credentials.',
  detail: 'Its SSO session ended on 2026-11-23 at 18:00.',
  remedy: 'Run “aws sso login --profile prod”, then connect again.',
  raw: {
    name: 'CredentialsProviderError',
    message: 'The SSO session associated with this profile has expired.',
    requestId: null,
  },
  retryable: true,
};
const BROKEN: Fault = {
  code: 'AccessDeniedException',
  message: 'This identity may not list keys.',
  detail: 'No policy allows kms:ListKeys for user/alice in account 111122223333.',
  remedy: 'Allow kms:ListKeys, or give a key by its ARN where one is asked for.',
  raw: {
    name: 'AccessDeniedException',
    message: 'User is not authorized to perform: kms:ListKeys',
    requestId: 'c0ffee00-1111-4222-8333-444455556666',
  },
  retryable: false,
};

const CODE = {
  userCode: 'ABCD-EFGH',
  verificationUri: 'https://device.sso.eu-central-1.amazonaws.com/',
  verificationUriComplete: 'https://device.sso.eu-central-1.amazonaws.com/?user_code=ABCD-EFGH',
  expiresAt: new Date(Date.now() + 600_000).toISOString(),
};

/** What the page may leave out, as the host's parser adds it. */
const chosen = (input: Input<typeof requests.connection.use>): ConnectionChoice =>
  input.kind === 'practice'
    ? input
    : { ...input, fips: input.fips ?? null, dualStack: input.dualStack ?? null };

function stateOf(choice: ConnectionChoice, status: ConnectionState['status']): ConnectionState {
  const practice = choice.kind === 'practice';
  const ready = status === 'ready';
  return {
    choice,
    status,
    region: practice ? 'us-east-1' : (choice.region ?? 'eu-central-1'),
    endpoint: practice ? 'http://127.0.0.1:40123' : null,
    route: {
      region: practice ? 'us-east-1' : (choice.region ?? 'eu-central-1'),
      endpoint: practice ? 'http://127.0.0.1:40123' : null,
      partition: 'aws',
      fips: choice.kind === 'aws' && choice.fips === true,
      dualStack: choice.kind === 'aws' && choice.dualStack === true,
      proxy: practice ? null : 'HTTPS_PROXY: proxy.corp:3128',
      caBundle: practice ? null : 'AWS_CA_BUNDLE',
    },
    identity: ready
      ? practice
        ? { account: '111122223333', arn: 'arn:aws:iam::111122223333:user/practice', userId: 'AIDAPRACTICE' }
        : {
            account: '444455556666',
            arn: 'arn:aws:sts::444455556666:assumed-role/PlatformAdmin/alice',
            userId: 'AROAEXAMPLE:alice',
          }
      : null,
    fault: status === 'failed' ? NO_CREDENTIALS : null,
  };
}

/** A host that lives in the page, for looking at every state of it. Never part of the product. */
export function makeFake(options: FakeOptions): RewrapApi<File> {
  let rows: BlobRow[] = makeRows(options.n);
  let revision = 1;
  const choice: ConnectionChoice =
    options.conn === 'practice'
      ? { kind: 'practice' }
      : {
          kind: 'aws',
          profile: 'prod',
          region: 'eu-central-1',
          endpointUrl: null,
          fips: null,
          dualStack: null,
        };
  const status = options.conn === 'failed' || options.conn === 'connecting' ? options.conn : 'ready';
  let connection = stateOf(choice, status);
  let destination: ConnectionState | null = null;
  let endSignIn: (fault: Fault | null) => void = () => {};
  const runs = new Map<string, FakeRun>();
  const plans: string[] = [];
  const states = options.states ? makeStates() : [];
  const entryOf = ({ planId, name, createdAt, mode, touches, destinationKeyId }: PlanView): PlanEntry => ({
    planId,
    name,
    createdAt,
    mode,
    touches,
    destinationKeyId,
  });
  const begin = (request: RunRequest) => {
    const id = `r${runs.size + 1}`;
    const chosen = rows.filter((row) => request.blobIds.includes(row.id));
    const settings = {
      failing: options.failing,
      slow: options.slow,
      connection: 'practice KMS · us-east-1 · 111122223333',
    };
    runs.set(id, new FakeRun(id, request, chosen, settings, (run) => emit('runProgress', run)));
    return ok({ runId: id });
  };
  const listeners = new Map<EventName, Set<(payload: never) => void>>();
  const emit = <E extends EventName>(event: E, payload: EventPayload<E>): void => {
    for (const listener of listeners.get(event) ?? []) listener(payload as never);
  };
  const ok = <T>(value: T, ms = 5): Promise<Reply<T>> =>
    new Promise((resolve) => setTimeout(() => resolve({ ok: true, value: structuredClone(value) }), ms));
  const no = <T>(fault: Fault): Promise<Reply<T>> => Promise.resolve({ ok: false, fault });
  const never = <T>(): Promise<Reply<T>> => new Promise(() => {});
  const keyOf = (keyId: string): Promise<Reply<KeyInfo>> => {
    const key = KEYS.find(
      (each) => each.arn === keyId || each.keyId === keyId || each.aliases.includes(keyId),
    );
    return key === undefined
      ? no({
          ...BROKEN,
          code: 'NotFoundException',
          message: 'KMS knows no such key.',
          detail: `${keyId} does not exist in this account and Region.`,
          remedy: 'Check the id, the account and the Region.',
        })
      : ok(key, 400);
  };
  const added = () => {
    if (rows.length === 0) rows = makeRows(24);
    revision += 1;
    emit('blobsChanged', { revision, total: rows.length });
    const oddities = options.odd
      ? [
          { file: 'vault/link', code: 'symlink', message: 'A symbolic link: links are not followed.' },
          { file: 'vault/huge.iso', code: 'too-large', message: 'Larger than 64 MiB: not read.' },
          {
            file: 'vault/private',
            code: 'unreadable',
            message: 'Permission denied: make it readable for you and add it again.',
          },
        ]
      : [];
    return ok({ sources: rows.length, blobs: rows.length, oddities, moreOddities: 0 });
  };
  return {
    app: {
      look: () =>
        ok({
          theme: 'system' as const,
          density: 'compact' as const,
          textSize: 100 as const,
          inspectorWidth: 440,
        }),
      setLook: () => ok({}),
      state: () =>
        ok({
          version: '0.1.0',
          host: options.host,
          platform: 'linux',
          can: {
            chooseFiles: options.host === 'desktop',
            chooseFolder: options.host === 'desktop',
            readClipboard: options.host === 'desktop',
            reveal: options.host === 'desktop',
            openBrowser: options.host === 'desktop',
            download: options.host === 'loopback',
          },
          outputFolders: options.host === 'loopback' ? [{ token: 'out', path: '/home/alice/out' }] : [],
          connection,
        }),
    },
    intake: {
      choose: added,
      paste: added,
      clear: ({ sourceIds }) => {
        rows = sourceIds === null ? [] : rows.filter((row) => !sourceIds.includes(row.sourceId));
        revision += 1;
        emit('blobsChanged', { revision, total: rows.length });
        return ok({});
      },
    },
    blobs: {
      list: ({ offset, limit }) =>
        options.hang
          ? never()
          : ok({ total: rows.length, revision, rows: rows.slice(offset, offset + limit) }),
      changes: ({ since }) =>
        ok({ total: rows.length, revision, whole: since !== revision, changed: 0, rows: [], gone: [] }),
      sources: ({ offset, limit }) =>
        ok({ total: rows.length, sources: makeSources(rows, options.host).slice(offset, offset + limit) }),
      inspect: ({ blobId }) => {
        const row = rows.find((each) => each.id === blobId);
        return row === undefined
          ? no({ ...BROKEN, code: 'NoSuchBlob', message: 'This blob is gone.' })
          : ok(makeDetail(row));
      },
      resultText: () => ok({ text: 'AQICAHh…' }),
    },
    clusters: {
      list: () => ok({ revision, ...makeClusters(rows) }),
      name: () => ok({}),
      findKey: ({ keyIds }) =>
        ok(
          {
            asked: KEYS.filter(({ arn }) => keyIds === null || keyIds.includes(arn))
              .slice(0, 2)
              .map(({ arn }, i) => ({
                keyId: arn,
                algorithm: 'SYMMETRIC_DEFAULT',
                answer: i === 0 ? ('other-key' as const) : ('key-fits-context-does-not' as const),
                detail: i === 0 ? 'KMS says that another key made it.' : 'The context is another.',
                requestId: '3c0cb451-9932-41b3-9a49-405d810e7a6c',
              })),
            found: null,
            likely: KEYS[1]?.arn ?? null,
          },
          600,
        ),
    },
    connection: {
      profiles: () =>
        ok({
          profiles: [
            { name: 'default', region: 'us-east-1', method: 'Access key', sso: false, mfa: false },
            { name: 'prod', region: 'eu-central-1', method: 'SSO', sso: true, mfa: false },
            { name: 'audit', region: null, method: 'Assumes a role', sso: false, mfa: true },
          ],
          problems: [],
        }),
      use: (next) => {
        const whole = chosen(next);
        connection = stateOf(whole, whole.kind === 'aws' && whole.profile === 'prod' ? 'failed' : 'ready');
        emit('connectionChanged', connection);
        return ok(connection, 400);
      },
      renew: () => ok(connection, 400),
      useDestination: ({ choice: next }) => {
        destination = next === null ? null : stateOf(chosen(next), 'ready');
        emit('destinationChanged', { destination });
        return ok({ destination }, 400);
      },
      destination: () => ok({ destination }),
      signIn: ({ profile }) => {
        emit('signInCode', { ...CODE, profile: profile ?? 'default' });
        return new Promise((resolve) => {
          endSignIn = (fault) => {
            emit('signInEnded', { profile: profile ?? 'default', fault });
            resolve(
              fault === null
                ? {
                    ok: true,
                    value: { profile: profile ?? 'default', expiresAt: CODE.expiresAt, renewable: true },
                  }
                : { ok: false, fault },
            );
          };
        });
      },
      cancelSignIn: () => {
        endSignIn({ ...BROKEN, code: 'Aborted' });
        return ok({});
      },
      openSignIn: () => ok({}),
      answerMfa: ({ id }) => {
        emit('mfaSettled', { id });
        return ok({});
      },
      waiting: () => ok({ signIn: null, mfa: [] }),
      state: () => ok(connection),
    },
    keys: {
      list: () =>
        options.keys === 'failed'
          ? no(BROKEN)
          : options.keys === 'loading'
            ? never()
            : ok({
                keys: KEYS,
                total: KEYS.length,
                listedAt: new Date().toISOString(),
                gaps:
                  options.keys === 'gaps'
                    ? ['ListAliases: kms:ListAliases is not allowed for this identity']
                    : [],
              }),
      describe: ({ keyId }) => keyOf(keyId),
      detail: ({ keyId }) => keyOf(keyId),
    },
    output: {
      chooseFolder: () => ok({ folder: { token: 't1', path: '/home/alice/rewrapped' } }),
      reveal: () => ok({}),
    },
    runs: {
      start: (request) => begin(request),
      pause: ({ runId }) => {
        runs.get(runId)?.hold(true, (run) => emit('runProgress', run));
        return ok({});
      },
      resume: ({ runId }) => {
        runs.get(runId)?.hold(false, (run) => emit('runProgress', run));
        return ok({});
      },
      retry: ({ runId }) => {
        const run = runs.get(runId);
        if (run === undefined) return no(BROKEN);
        const failed = run.items.filter((item) => item.state === 'failed');
        return begin({ ...run.request, blobIds: failed.map((item) => item.blobId) });
      },
      undo: ({ runId }) => {
        const run = runs.get(runId);
        if (run === undefined) return no(BROKEN);
        return ok({ restored: run.undo((now) => emit('runProgress', now)), left: [], leftTotal: 0 });
      },
      get: ({ runId }) => {
        const run = runs.get(runId);
        return run === undefined ? no(BROKEN) : ok(run.summary);
      },
      list: () => ok({ runs: [...runs.values()].map((run) => run.summary).concat(states) }),
      items: ({ runId, offset, limit, only }) => {
        const state = states.find(({ id }) => id === runId);
        const all = state === undefined ? (runs.get(runId)?.items ?? []) : stateItems(state);
        const items = all.filter((item) => only === 'all' || item.state === 'failed');
        return ok({ total: items.length, items: items.slice(offset, offset + limit) });
      },
      cancel: ({ runId }) => {
        runs.get(runId)?.cancel((run) => emit('runProgress', run));
        return ok({});
      },
      download: () => ok({ url: '/download', name: 'rewrapped.zip' }),
    },
    plans: {
      select: () => ok({ blobIds: rows.slice(0, 7).map(({ id }) => id) }, 100),
      save: () => ok({ url: null, name: 'rewrap-plan.json', saved: true, leftOut: 0 }),
      open: () => {
        plans.unshift(`p${plans.length + 1}`);
        emit('planOpened', { planId: plans[0] ?? '' });
        return ok({ planId: plans[0] ?? null });
      },
      list: () => ok({ plans: plans.map((planId) => entryOf(makePlan(planId, rows))) }),
      view: ({ planId }) => (options.failing ? no(BROKEN) : ok(makePlan(planId, rows))),
      check: () => ok(makeCheck(rows), 400),
      compare: () => ok(makeComparison(rows)),
      run: ({ dryRun }) =>
        begin({
          blobIds: rows.map(({ id }) => id),
          source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
          destination: {
            keyId: KEYS[1]?.arn ?? '',
            algorithm: 'SYMMETRIC_DEFAULT',
            context: { mode: 'same' },
          },
          grantTokens: [],
          output: { mode: 'in-place', backup: true },
          route: 'reencrypt',
          verify: true,
          dryRun,
        }),
      close: ({ planId }) => {
        plans.splice(plans.indexOf(planId), 1);
        return ok({});
      },
    },
    preflight: {
      permissions: ({ blobIds }) =>
        ok(
          {
            checks: [
              {
                sourceKeyId: KEYS[0]?.arn ?? '',
                sourceKnownBy: 'kms' as const,
                blobs: Math.max(1, blobIds.length - 2),
                answer: options.failing ? ('refused' as const) : ('allowed' as const),
                ignoredDryRun: false,
                fault: options.failing ? BROKEN : null,
                requestId: '3c0cb451-9932-41b3-9a49-405d810e7a6c',
              },
            ],
            withoutKey: Math.min(2, blobIds.length - 1),
            unasked: 0,
          },
          400,
        ),
    },
    practice: { restoreVault: added },
    audit: {
      summary: () => ok(makeSummary(rows, makeFindings(rows), revision)),
      findings: () => ok({ total: 3, findings: makeFindings(rows) }),
      members: ({ of }) => {
        const blobIds = of.by === 'facet' ? facetRows(rows, of.facet, of.value) : rows.map(({ id }) => id);
        return ok({ total: blobIds.length, blobIds });
      },
      deletion: ({ key }) =>
        ok({
          answer: `${rows.length} blobs could never be opened again.`,
          severity: 'some',
          key: null,
          asked: key,
          certain: rows.length,
          declared: 0,
          possible: 0,
          files: rows.length,
          byFile: rows.slice(0, 200).map(({ file }) => ({ file, blobs: 1 })),
          notes: ['This is about the blobs in the list.'],
        }),
      askKeys: () => ok({ asked: 3, gaps: [] }, 500),
      suppress: () => ok({}),
      unsuppress: () => ok({}),
      rules: () => ok({ text: null, name: null }),
      setRules: (rules) => ok(rules),
      export: () => ok({ url: null, name: 'rewrap-audit.html', saved: true }),
    },
    history: {
      list: () => ok({ total: 2, head: HISTORY_HEAD, records: makeHistory() }),
      verify: () =>
        ok({
          ok: true,
          head: HISTORY_HEAD,
          broken: null,
          proves: 'A chain alone cannot show that its end was cut off.',
        }),
    },
    takeFiles: added,
    on(event, listener) {
      const set = listeners.get(event) ?? new Set();
      listeners.set(event, set);
      set.add(listener as (payload: never) => void);
      return () => void set.delete(listener as (payload: never) => void);
    },
  };
}
