import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { events, hostRequests, requests } from '#shared/contract/contract.ts';
import { type RequestSpec, request } from '#shared/contract/define.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import { answer, router, strippedEvent } from './dispatch.ts';

const spec = request(
  z.object({ keyId: z.string() }),
  z.object({ arn: z.string(), list: z.array(z.object({ id: z.string() })) }),
);

describe('answer', () => {
  it('drops every member of a reply that the contract does not name, at any depth', async () => {
    const sdkLike = { arn: 'a', Plaintext: 'canary', list: [{ id: '1', Plaintext: 'canary' }] };
    const reply = await answer(spec, { keyId: 'k' }, async () => sdkLike);
    expect(reply).toEqual({ ok: true, value: { arn: 'a', list: [{ id: '1' }] } });
    expect(JSON.stringify(reply)).not.toContain('canary');
  });

  it('does not call the handler on input that does not fit', async () => {
    let called = false;
    const reply = await answer(spec, { keyId: 7 }, async () => {
      called = true;
      return { arn: '', list: [] };
    });
    expect(called).toBe(false);
    expect(reply).toMatchObject({ ok: false, fault: { code: 'BadRequest' } });
  });

  it('turns a reply that does not fit into a fault', async () => {
    const reply = await answer(spec, { keyId: 'k' }, async () => ({ arn: 3 }) as never);
    expect(reply).toMatchObject({ ok: false, fault: { code: 'BadReply' } });
  });

  it('passes a fault on and hides the words and stack of any other error', async () => {
    const known = await answer(spec, { keyId: 'k' }, async () => {
      throw new FaultError(fault('DiskFull', 'm', 'd', 'r'));
    });
    expect(known).toEqual({ ok: false, fault: fault('DiskFull', 'm', 'd', 'r') });
    const unknown = await answer(spec, { keyId: 'k' }, async () => {
      throw new TypeError('canary secret');
    });
    expect(JSON.stringify(unknown)).not.toContain('canary');
    expect(JSON.stringify(unknown)).not.toContain('dispatch.test');
    expect(unknown).toMatchObject({ ok: false, fault: { code: 'Internal', detail: 'TypeError' } });
  });
});

describe('router', () => {
  const route = router(requests, { app: { state: async () => ({}) } });
  it.each(['nope', 'app.nope', 'app.constructor', '__proto__.toString', 'app', ''])(
    'refuses %j',
    async (name) => {
      expect(await route(name, {})).toMatchObject({ ok: false, fault: { code: 'UnknownRequest' } });
    },
  );
});

describe('strippedEvent', () => {
  it('strips, and drops what is unknown or does not fit', () => {
    expect(strippedEvent('blobsChanged', { revision: 1, total: 2, secret: 'x' })).toEqual({
      name: 'blobsChanged',
      payload: { revision: 1, total: 2 },
    });
    expect(strippedEvent('blobsChanged', { revision: 'x' })).toBeNull();
    expect(strippedEvent('toString', {})).toBeNull();
  });
});

describe('the contract', () => {
  /** A schema that lets anything through would undo the stripping. */
  function permissive(schema: z.ZodType, path: string, seen = new Set<z.ZodType>()): string[] {
    if (seen.has(schema)) return [];
    seen.add(schema);
    const def = schema._zod.def as unknown as Record<string, unknown> & { type: string };
    const into: [string, unknown][] = [];
    if (def.type === 'any' || def.type === 'unknown') return [path];
    if (def.type === 'object') {
      // `never` refuses what is not named: stricter than stripping.
      const rest = def.catchall as z.ZodType | undefined;
      if (rest !== undefined && rest._zod.def.type !== 'never') return [`${path} (loose)`];
      into.push(...Object.entries(def.shape as object));
    }
    for (const key of ['element', 'innerType', 'valueType', 'keyType', 'left', 'right', 'in', 'out'])
      if (def[key] !== undefined) into.push([key, def[key]]);
    if (Array.isArray(def.options))
      into.push(...def.options.map((o, i): [string, unknown] => [String(i), o]));
    if (Array.isArray(def.items)) into.push(...def.items.map((o, i): [string, unknown] => [String(i), o]));
    return into.flatMap(([key, value]) => permissive(value as z.ZodType, `${path}.${key}`, seen));
  }

  const schemas: [string, z.ZodType][] = [
    ...[requests, hostRequests].flatMap((table) =>
      Object.entries(table).flatMap(([namespace, methods]) =>
        Object.entries(methods as Record<string, RequestSpec>).flatMap(
          ([name, spec]): [string, z.ZodType][] => [
            [`${namespace}.${name} input`, spec.input],
            [`${namespace}.${name} reply`, spec.reply],
          ],
        ),
      ),
    ),
    ...Object.entries(events).map(([name, spec]): [string, z.ZodType] => [name, spec.payload]),
  ];

  it.each(schemas)('%s names all it lets through', (name, schema) => {
    expect(permissive(schema, name)).toEqual([]);
  });

  it('drops what a sign-in holds beyond the code that a person types', () => {
    const kept = {
      profile: 'work',
      userCode: 'ABCD-EFGH',
      verificationUri: 'https://a/',
      verificationUriComplete: 'https://a/?user_code=ABCD-EFGH',
      startUrl: 'https://a/start',
      expiresAt: '2026-01-01T00:00:00Z',
    };
    const secrets = { deviceCode: 'canary', accessToken: 'canary', clientSecret: 'canary' };
    expect(strippedEvent('signInCode', { ...kept, ...secrets })?.payload).toEqual(kept);
    const asked = { id: '1', profile: null, serial: 'arn:aws:iam::111122223333:mfa/me' };
    expect(strippedEvent('mfaAsked', { ...asked, code: 'canary' })?.payload).toEqual(asked);
    expect(strippedEvent('mfaSettled', { id: '1', code: 'canary' })?.payload).toEqual({ id: '1' });
    const done = { profile: 'work', expiresAt: '2026-01-01T00:00:00Z', renewable: true };
    expect(requests.connection.signIn.reply.parse({ ...done, ...secrets })).toEqual(done);
  });

  it('takes a connection as it was written before FIPS and dual-stack could be chosen', () => {
    const old = { kind: 'aws', profile: 'work', region: null, endpointUrl: null } as const;
    expect(requests.connection.use.input.parse(old)).toEqual({ ...old, fips: null, dualStack: null });
  });

  it('names nothing that could hold plaintext or a credential', () => {
    const names = JSON.stringify(
      schemas.map(([name, schema]) => [name, z.toJSONSchema(schema, { unrepresentable: 'any' })]),
    );
    expect(names).not.toMatch(
      /"(Plaintext|plaintext|secretAccessKey|sessionToken|accessKeyId|password|accessToken|refreshToken|clientId|clientSecret|deviceCode)"/,
    );
  });
});
