import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { FakeElectron } from '../testing/electron.ts';
import { FakeEngine } from '../testing/engine.ts';
import { FakeWindow } from '../testing/window.ts';
import { savePlan, saveReport, saveText } from './save-report.ts';

const folder = mkdtempSync(join(tmpdir(), 'rewrap-report-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function stage() {
  const electron = new FakeElectron();
  const engine = new FakeEngine();
  const bytes = new TextEncoder().encode('<h1>report</h1>');
  engine.answers.set('audit.report', {
    ok: true,
    value: { name: 'rewrap-audit-2026-11-24.html', type: 'text/html', bytes },
  });
  let last: string | null = null;
  const keep = (path: string): void => {
    last = path;
  };
  const owner = new FakeWindow();
  return {
    electron,
    engine,
    last: () => last,
    save: (format: 'html' | 'pdf' | 'csv') =>
      saveReport(
        {
          electron: electron.real,
          engine,
          window: () => owner.real,
          lastFolder: { get: () => last, set: keep },
        },
        { subject: { of: 'audit' }, format },
      ),
  };
}

test('a report goes where the person says, and its folder is remembered', async () => {
  const { electron, engine, save, last } = stage();
  electron.saveTo = { canceled: false, filePath: join(folder, 'mine.html') };
  expect(await save('html')).toEqual({ url: null, name: 'mine.html', saved: true });
  expect(readFileSync(join(folder, 'mine.html'), 'utf8')).toBe('<h1>report</h1>');
  expect(engine.hostCalls).toEqual([
    { name: 'audit.report', input: { subject: { of: 'audit' }, format: 'html' } },
  ]);
  expect(electron.saves[0]).toMatchObject({ defaultPath: 'rewrap-audit-2026-11-24.html' });
  expect(last()).toBe(folder);
  expect(electron.windows).toEqual([]);
});

test('a plan is saved for its owner alone, and what it left out is said', async () => {
  const { electron, engine } = stage();
  const bytes = new TextEncoder().encode('{"rewrapPlan":1}');
  engine.answers.set('plans.write', { ok: true, value: { name: 'rewrap-plan.json', bytes, leftOut: 2 } });
  const path = join(folder, 'plan.json');
  electron.saveTo = { canceled: false, filePath: path };
  const parts = {
    electron: electron.real,
    engine,
    window: () => new FakeWindow().real,
    lastFolder: { get: () => null, set: () => {} },
  };
  const wanted = { request: {}, rules: [] };
  const name = 'plan.json';
  expect(await savePlan(parts, wanted)).toEqual({
    ok: true,
    value: { url: null, name, saved: true, leftOut: 2 },
  });
  // As it came: the engine's thread reads it.
  expect(engine.hostCalls[0]?.input).toBe(wanted);
  expect(readFileSync(path, 'utf8')).toBe('{"rewrapPlan":1}');
  if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);
  electron.saveTo = { canceled: true, filePath: '' };
  expect(await savePlan(parts, wanted)).toEqual({
    ok: true,
    value: { url: null, name: '', saved: false, leftOut: 2 },
  });
});

test('rules go where the person says as the engine wrote them, and what it refuses is never asked about', async () => {
  const { electron, engine } = stage();
  const path = join(folder, 'ours.yaml');
  electron.saveTo = { canceled: false, filePath: path };
  let last: string | null = null;
  const parts = {
    electron: electron.real,
    engine,
    window: () => new FakeWindow().real,
    lastFolder: {
      get: () => last,
      set: (next: string) => {
        last = next;
      },
    },
  };
  const wanted = { kind: 'rules', text: 'version: 1\n' } as const;
  const value = {
    name: 'rewrap-rules.yaml',
    type: 'application/yaml',
    bytes: new TextEncoder().encode('a: 1\n'),
  };
  engine.answers.set('audit.textFile', { ok: true, value });
  expect(await saveText(parts, wanted)).toEqual({ url: null, name: 'ours.yaml', saved: true });
  expect(engine.hostCalls).toEqual([{ name: 'audit.textFile', input: wanted }]);
  expect(readFileSync(path, 'utf8')).toBe('a: 1\n');
  expect(electron.saves[0]).toMatchObject({
    title: 'Save the rules',
    defaultPath: 'rewrap-rules.yaml',
    filters: [{ name: 'YAML', extensions: ['yaml'] }],
  });
  expect(last).toBe(folder);
  electron.saveTo = { canceled: true, filePath: '' };
  expect(await saveText(parts, wanted)).toEqual({ url: null, name: '', saved: false });
  const asked = electron.saves.length;
  const refusal = { code: 'BadRules', message: 'm', detail: 'd', remedy: 'r', raw: null, retryable: false };
  engine.answers.set('audit.textFile', { ok: false, fault: refusal });
  await expect(saveText(parts, wanted)).rejects.toMatchObject({ fault: { code: 'BadRules' } });
  expect(electron.saves).toHaveLength(asked);
});

test('a folder that is gone meanwhile is not where the dialog begins', async () => {
  const { electron, save } = stage();
  const gone = join(folder, 'gone');
  mkdirSync(gone);
  electron.saveTo = { canceled: false, filePath: join(gone, 'a.html') };
  await save('html');
  await save('html');
  expect(electron.saves[1]?.defaultPath).toBe(join(gone, 'rewrap-audit-2026-11-24.html'));
  rmSync(gone, { recursive: true });
  electron.saveTo = { canceled: true, filePath: '' };
  await save('html');
  expect(electron.saves[2]?.defaultPath).toBe('rewrap-audit-2026-11-24.html');
});

test('a closed dialog writes nothing', async () => {
  const { save } = stage();
  expect(await save('csv')).toEqual({ url: null, name: '', saved: false });
});

test('a PDF is printed from the HTML in a hidden window without script, closed afterwards', async () => {
  const { electron, engine, save } = stage();
  electron.saveTo = { canceled: false, filePath: join(folder, 'a.pdf') };
  expect(await save('pdf')).toEqual({ url: null, name: 'a.pdf', saved: true });
  expect(readFileSync(join(folder, 'a.pdf'), 'utf8')).toBe('%PDF-fake');
  expect(engine.hostCalls[0]?.input).toMatchObject({ format: 'html' });
  expect(electron.saves[0]?.defaultPath).toBe('rewrap-audit-2026-11-24.pdf');
  const [hidden, ...others] = electron.windows;
  expect(others).toEqual([]);
  expect(hidden?.options).toMatchObject({
    show: false,
    webPreferences: { javascript: false, sandbox: true, nodeIntegration: false },
  });
  expect(hidden?.webContents.prints).toEqual([expect.objectContaining({ printBackground: true })]);
  expect(hidden?.did).toEqual(['destroy']);
  expect(electron.partitions[0]?.partition).not.toMatch(/^persist:/);
  expect(await (await electron.session.fetch('app://rewrap/report.html')).text()).toBe('<h1>report</h1>');
  expect(electron.session.cancels('https://example.com/')).toBe(true);
});

test('a print that fails and a file that cannot be written are reported', async () => {
  const { electron, save } = stage();
  electron.saveTo = { canceled: false, filePath: join(folder, 'no', 'such', 'folder.html') };
  await expect(save('html')).rejects.toMatchObject({ fault: { code: 'CannotWrite' } });
  FakeWindow.loadFails = new Error('no page');
  try {
    await expect(save('pdf')).rejects.toMatchObject({ fault: { code: 'PrintFailed' } });
    expect(electron.window.did).toEqual(['destroy']);
  } finally {
    FakeWindow.loadFails = null;
  }
});
