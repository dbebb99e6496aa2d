import { expect, it } from 'vitest';
import { z } from 'zod';
import { requests } from '#shared/contract/contract.ts';
import type { ApprovalKind } from '../services/approvals/index.ts';
import { APPROVALS } from './approval-table.ts';

const names = Object.entries(requests).flatMap(([namespace, methods]) =>
  Object.keys(methods).map((method) => `${namespace}.${method}`),
);

it('every request of the contract says whether a person approves it, and why; nothing else is there', () => {
  expect(Object.keys(APPROVALS).sort()).toEqual(names.sort());
  for (const [name, { why }] of Object.entries(APPROVALS)) expect(why.length, name).toBeGreaterThan(10);
});

it('the requests that ask are these', () => {
  const asking = Object.entries(APPROVALS).filter(([, { asks }]) => asks.length > 0);
  const run: ApprovalKind[] = ['foreign-key', 'decrypt-here', 'unverified', 'no-backup'];
  const connection: ApprovalKind[] = ['endpoint', 'credential-process'];
  expect(Object.fromEntries(asking.map(([name, { asks }]) => [name, asks]))).toEqual({
    'connection.use': connection,
    'connection.renew': connection,
    'connection.useDestination': connection,
    'runs.start': [...run, 'continue'],
    'runs.resume': [...run, 'continue'],
    'runs.retry': [...run, 'continue'],
    'runs.compare': ['compare'],
    'runs.undo': ['undo'],
    'plans.run': [...run, 'continue', 'plan-file'],
  });
});

it('no request of the page has a member that could carry an approval', () => {
  const members = Object.values(requests).flatMap((methods) =>
    Object.values(methods).map(({ input }) =>
      JSON.stringify(z.toJSONSchema(input as z.ZodType, { io: 'input', unrepresentable: 'any' })),
    ),
  );
  expect(members.join('\n')).not.toMatch(/"(approv\w*|agreed|allow(ed)?|consent\w*|confirmed|answer)":\{/i);
});
