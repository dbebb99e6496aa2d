import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ApprovalKind, ApprovalQuestion, Approver } from '../../../services/approvals/index.ts';
import { boot, folder } from '../testing/boot.ts';
import { FakeElectron } from '../testing/electron.ts';
import { dialogApprover } from './approvals.ts';

const NO = 0;
const YES = 1;

const question = (...kinds: ApprovalKind[]): ApprovalQuestion => ({
  id: 1,
  kinds,
  hash: 'h',
  title: 'Re-encrypt 1 blob in 1 file?',
  words: ['one', 'two'],
  account: '444455556666',
});

function host(dataDir = folder()) {
  const electron = new FakeElectron();
  const approver: Approver = dialogApprover({ electron: electron.real, window: () => null, dataDir });
  return { electron, approver, file: join(dataDir, 'allowed-accounts.json'), dataDir };
}

it('asks in a dialog of the system: No is the default and what closing it means', async () => {
  const { electron, approver } = host();
  electron.answers.push(NO, YES);
  expect(await approver.ask(question('undo'))).toEqual({ hash: 'h', approved: false, by: 'dialog' });
  expect(electron.asked[0]).toMatchObject({
    message: 'Re-encrypt 1 blob in 1 file?',
    detail: 'one\ntwo',
    buttons: ['No', 'Yes'],
    defaultId: NO,
    cancelId: NO,
  });
  expect(electron.asked[0]?.checkboxLabel).toBeUndefined();
  expect(await approver.ask(question('undo'))).toMatchObject({ approved: true, by: 'dialog' });
});

it('keeps an account that is always allowed in a file of its own, and allows nothing else by it', async () => {
  const { electron, approver, file, dataDir } = host();
  electron.answers.push(YES);
  electron.checked = true;
  expect(await approver.ask(question('foreign-key'))).toMatchObject({ approved: true, by: 'dialog' });
  expect(electron.asked[0]?.checkboxLabel).toBe('Always allow keys of account 444455556666');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ accounts: ['444455556666'] });
  const next = host(dataDir);
  expect(await next.approver.ask(question('foreign-key'))).toMatchObject({ approved: true, by: 'always' });
  expect(next.electron.asked).toEqual([]);
  next.electron.answers.push(NO, NO);
  expect(await next.approver.ask(question('foreign-key', 'unverified'))).toMatchObject({ approved: false });
  expect(next.electron.asked[0]?.checkboxLabel).toBeUndefined();
  const other = { ...question('foreign-key'), account: '999999999999' };
  expect(await next.approver.ask(other)).toMatchObject({ approved: false });
});

it('keeps no account where the answer was No, and none from a file that does not fit', async () => {
  const { electron, approver, file } = host();
  electron.answers.push(NO, NO);
  electron.checked = true;
  await approver.ask(question('foreign-key'));
  writeFileSync(file, '{"accounts":["444455556666","*"]}');
  expect(await approver.ask(question('foreign-key'))).toMatchObject({ approved: false });
  expect(electron.asked).toHaveLength(2);
});

it('is what the engine is started with', async () => {
  const { electron, starts, started } = boot();
  await started;
  electron.answers.push(YES);
  expect(await starts[0]?.approver?.ask(question('undo'))).toMatchObject({ approved: true, by: 'dialog' });
  expect(electron.asked.at(-1)?.message).toBe('Re-encrypt 1 blob in 1 file?');
});
