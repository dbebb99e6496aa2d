import type { Reply, RewrapApi } from '#shared/contract/api.ts';
import type { BlobRow } from '#shared/model/blob.ts';
import type { KeyInfo } from '#shared/model/key.ts';
import { BROKEN, never, no, ok } from './answers.ts';
import { facetRows, HISTORY_HEAD, makeFindings, makeHistory, makeSummary } from './audit.ts';
import { fakeConnection } from './connection.ts';
import { makeDetail } from './detail.ts';
import { FakeEvents } from './events.ts';
import { makeKeyGroups } from './key-groups.ts';
import { KEYS } from './keys.ts';
import type { FakeOptions } from './options.ts';
import { makeRows, makeSources } from './rows.ts';
import { fakeRuns } from './run-rooms.ts';

/** A host that lives in the page, for looking at every state of it. Never part of the product. */
export function makeFake(options: FakeOptions): RewrapApi<File> {
  let rows: BlobRow[] = makeRows(options.n);
  let revision = 1;
  const events = new FakeEvents();
  const { emit } = events;
  const connection = fakeConnection(options, emit);
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
    const skippedFiles = options.odd
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
    return ok({ sources: rows.length, blobs: rows.length, skippedFiles, moreSkipped: 0 });
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
      endOtherSessions: () => ok({ ended: 0 }),
      ready: () => ok({}),
      copyDiagnostics: () => ok({ text: null }),
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
            endSessions: options.host === 'loopback',
          },
          outputFolders: options.host === 'loopback' ? [{ token: 'out', path: '/home/alice/out' }] : [],
          connection: connection.state(),
          approval: null,
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
    },
    keyGroups: {
      list: () => ok({ revision, keys: [], ...makeKeyGroups(rows) }),
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
    connection: connection.room,
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
    ...fakeRuns(options, () => rows, emit),
    preflight: {
      permissions: ({ blobIds }) =>
        ok(
          {
            checks: [
              {
                step: 'reencrypt' as const,
                sourceKeyId: KEYS[0]?.arn ?? '',
                sourceKnownBy: 'kms' as const,
                blobs: Math.max(1, blobIds.length - 2),
                answer: options.failing ? ('refused' as const) : ('allowed' as const),
                ignoredDryRun: false,
                fault: options.failing ? BROKEN : null,
                requestId: '3c0cb451-9932-41b3-9a49-405d810e7a6c',
              },
              {
                step: 'verify' as const,
                sourceKeyId: KEYS[1]?.arn ?? '',
                sourceKnownBy: null,
                blobs: blobIds.length,
                answer: 'allowed' as const,
                ignoredDryRun: false,
                fault: null,
                requestId: '7d1ab0ce-2f0b-4c0e-9b58-2f1b6c1e0a44',
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
          known: true,
          certain: rows.length,
          declared: 0,
          inferred: 0,
          viaAlias: 0,
          contradicted: 0,
          damaged: 0,
          possible: 0,
          lost: rows.length,
          otherWay: 0,
          maybeOtherWay: 0,
          references: [],
          moreReferences: 0,
          files: rows.length,
          byFile: rows.slice(0, 200).map(({ file }) => ({ file, blobs: 1 })),
          notes: ['This is about the blobs in the list.'],
        }),
      askKeys: () => ok({ asked: 3, gaps: [] }, 500),
      suppress: () => ok({}),
      unsuppress: () => ok({}),
      rules: () => ok({ text: null, name: null, problem: null }),
      setRules: (rules) => ok({ ...rules, problem: null }),
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
    on: (event, listener) => events.on(event, listener),
  };
}
