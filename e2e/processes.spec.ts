import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DecryptCommand } from '@aws-sdk/client-kms';
import { runProcesses } from './support/children.ts';
import { expect, test } from './support/fixtures.ts';
import { connected, pickKey } from './support/screen.ts';
import { encrypt, FRESH, PAYMENTS } from './support/vault.ts';

/**
 * Fewer blobs than more processes are offered for, so that the run takes no minutes: the choice, which ScaleOffer.test.tsx
 * makes, is put into the page's request on its way.
 */
const FILES = 40;
const EACH = 50;
const BLOBS = '2,000';

test('a large run by two processes, one of them killed: every blob once, one record, undo offered', async ({
  page,
  stage,
  open,
}) => {
  test.slow();
  mkdirSync(stage.files, { recursive: true });
  const blob = Buffer.from(await encrypt(stage.kms, PAYMENTS, Buffer.from('p'.repeat(32)))).toString(
    'base64',
  );
  const content = `${Array.from({ length: EACH }, () => blob).join('\n')}\n`;
  for (let i = 0; i < FILES; i++) writeFileSync(join(stage.files, `list-${i}.txt`), `${content}# ${i}\n`);
  await page.routeWebSocket(/\/socket$/, (socket) => {
    const host = socket.connectToServer();
    socket.onMessage((text) => {
      const message = JSON.parse(String(text));
      if (message.name === 'runs.start') message.input.pace.processes = 2;
      host.send(JSON.stringify(message));
    });
  });
  const { host } = await open(stage.files);
  await connected(page);
  await expect(page.getByText(BLOBS, { exact: true }).first()).toBeVisible();
  await page.getByRole('checkbox', { name: 'Select all shown' }).click();
  await page.getByRole('button', { name: `Re-encrypt ${BLOBS} blobs` }).click();
  const sheet = page.getByRole('dialog', { name: 'Re-encrypt' });
  await pickKey(page, sheet, 'Destination key', FRESH);
  await sheet.getByRole('switch', { name: /^Verify each/ }).click();
  await sheet.getByRole('button', { name: `Re-encrypt ${BLOBS} blobs` }).click();

  await expect.poll(() => runProcesses(host.process.pid)).toHaveLength(2);
  const backups = () => readdirSync(stage.files).filter((name) => name.includes('.rewrap-backup-'));
  await expect.poll(() => backups().length).toBeGreaterThan(2);
  const [first = 0] = runProcesses(host.process.pid);
  process.kill(first, 'SIGKILL');
  await expect(sheet).toContainText('one died and another took its place');
  await expect.poll(() => runProcesses(host.process.pid).filter((pid) => pid !== first)).toHaveLength(2);

  const result = sheet.getByRole('region', { name: 'Result' });
  await expect(result).toContainText(`${BLOBS} re-encrypted`, { timeout: 200_000 });
  await expect(
    sheet.getByRole('button', { name: `Restore ${BLOBS} blobs in ${FILES} files…` }),
  ).toBeVisible();
  await expect.poll(() => runProcesses(host.process.pid)).toEqual([]);

  const runs = await page.evaluate(async () => {
    interface Run {
      readonly dryRun: boolean;
      readonly counts: object;
      readonly undo: object;
    }
    interface Api {
      runs: { list(input: object): Promise<{ value: { runs: readonly Run[] } }> };
    }
    const { value } = await (window as unknown as { rewrap: Api }).rewrap.runs.list({});
    return value.runs.filter(({ dryRun }) => !dryRun).map(({ counts, undo }) => ({ counts, undo }));
  });
  expect(runs).toMatchObject([
    { counts: { total: FILES * EACH, succeeded: FILES * EACH }, undo: { blobs: FILES * EACH, files: FILES } },
  ]);
  // Each file once: one backup of each, and nothing else beside it.
  expect(backups()).toHaveLength(FILES);
  expect(readdirSync(stage.files)).toHaveLength(2 * FILES);
  const made = new Set<string>();
  for (let i = 0; i < FILES; i++) {
    const lines = readFileSync(join(stage.files, `list-${i}.txt`), 'utf8').split('\n');
    expect(lines.slice(EACH)).toEqual([`# ${i}`, '']);
    for (const line of lines.slice(0, EACH)) made.add(line);
  }
  expect(made.size).toBe(FILES * EACH);
  expect(made.has(blob)).toBe(false);
  for (const one of [...made].filter((_, i) => i % 100 === 0)) {
    const { Plaintext } = await stage.kms.send(
      new DecryptCommand({ CiphertextBlob: Buffer.from(one, 'base64') }),
    );
    expect(Buffer.from(Plaintext ?? []).toString()).toBe('p'.repeat(32));
  }
});
