import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Reply } from '#shared/contract/api.ts';
import { eventChannel, hostChannel, requestChannel } from '#shared/contract/channels.ts';
import { events, requests } from '#shared/contract/contract.ts';
import { fault } from '#shared/model/fault.ts';
import { chosenDataDir } from '../../../core/storage/data-folder.ts';
import { boot, settle } from '../testing/boot.ts';
import { ICON } from '../testing/electron.ts';
import { INTAKE } from '../testing/engine.ts';
import { FakeContents, frame } from '../testing/window.ts';

const ADD_PATHS = hostChannel('intake', 'addPaths');
const contractChannels = Object.entries(requests).flatMap(([namespace, methods]) =>
  Object.keys(methods).map((method) => requestChannel(namespace, method)),
);
const OVERRIDDEN = [
  'app.setLook',
  'connection.openSignIn',
  'intake.choose',
  'intake.paste',
  'app.ready',
  'app.copyDiagnostics',
  'app.chooseDataFolder',
  'output.chooseFolder',
  'output.reveal',
  'blobs.reveal',
  'blobs.drag',
  'blobs.save',
  'plans.open',
  'plans.save',
  'plans.shard',
  'runs.download',
  'audit.export',
  'audit.saveText',
];

async function booted(change?: Parameters<typeof boot>[0]) {
  const all = boot(change);
  await all.started;
  const invoke = async (
    channel: string,
    input: unknown,
    sender?: Parameters<typeof all.electron.invoke>[2],
  ) => (await all.electron.invoke(channel, input, sender)) as Reply<unknown>;
  const ask = (name: string, input: unknown) => {
    const [namespace = '', method = ''] = name.split('.');
    return invoke(requestChannel(namespace, method), input);
  };
  return { ...all, invoke, ask };
}

test('one handler for each request of the contract and one host request, nothing more', async () => {
  const { electron } = await booted();
  expect([...electron.handlers.keys()].sort()).toEqual([...contractChannels, ADD_PATHS].sort());
});

test('a request goes to the engine under its name, with its input, and its reply comes back', async () => {
  const { engine, ask } = await booted();
  for (const channel of contractChannels) {
    const name = channel.replace('rewrap:', '');
    if (OVERRIDDEN.includes(name)) continue;
    const input = { marker: name };
    expect(await ask(name, input)).toEqual({ ok: true, value: `engine answered ${name}` });
    expect(engine.calls.at(-1)).toEqual({ name, input });
  }
});

describe('the sender', () => {
  const refused = { ok: false, fault: { code: 'ForeignSender' } };
  const own = frame('app://rewrap/');

  test.each([
    ['another origin in our own main frame', { main: frame('https://example.com/') }],
    ['a blank main frame', { main: frame('about:blank') }],
    ['a file', { main: frame('file:///app/index.html') }],
    ['another host of our scheme', { main: frame('app://rewrap.example/') }],
    ['our host as a user name', { main: frame('app://rewrap@example.com/') }],
    ['our name with a port', { main: frame('app://rewrap:1/') }],
    ['a frame inside our page, even of our origin', { frame: frame('app://rewrap/', own) }],
    ['a frame that is gone', { frame: null }],
    ['other contents that show our page', { contents: new FakeContents() }],
  ])('%s is refused on every channel', async (_what, foreign) => {
    const { electron, engine, invoke } = await booted();
    if ('main' in foreign) electron.window.webContents.mainFrame = foreign.main;
    const sender = 'main' in foreign ? {} : foreign;
    for (const channel of electron.handlers.keys()) {
      expect(await invoke(channel, { paths: ['/etc/passwd'], origin: 'path' }, sender)).toMatchObject(
        refused,
      );
    }
    expect(engine.calls).toEqual([]);
    expect(engine.hostCalls).toEqual([]);
    expect(electron.opened).toEqual([]);
  });

  test('a frame that throws when it is read is refused', async () => {
    const { invoke } = await booted();
    const gone = Object.defineProperty({ parent: null }, 'url', {
      get: () => {
        throw new Error('Render frame was disposed');
      },
    });
    expect(await invoke(requestChannel('app', 'state'), {}, { frame: gone as never })).toMatchObject(refused);
  });

  test('nothing is answered while there is no window', async () => {
    const { electron, invoke } = await booted();
    const { webContents } = electron.window;
    electron.window.closeByHand();
    expect(await invoke(requestChannel('app', 'state'), {}, { contents: webContents })).toMatchObject(
      refused,
    );
  });

  test('the top frame of our contents is accepted though it is another object', async () => {
    const { invoke } = await booted();
    expect(await invoke(requestChannel('app', 'state'), {}, { frame: frame('app://rewrap/') })).toMatchObject(
      {
        ok: true,
      },
    );
  });
});

describe('dropped files', () => {
  test('their paths reach the engine as paths, whatever origin is claimed', async () => {
    const { engine, invoke } = await booted();
    expect(await invoke(ADD_PATHS, { paths: ['/a', '/b'], origin: 'upload' })).toEqual({
      ok: true,
      value: INTAKE,
    });
    expect(engine.hostCalls).toEqual([
      { name: 'intake.addPaths', input: { paths: ['/a', '/b'], origin: 'path' } },
    ]);
  });

  test('anything else than paths is refused', async () => {
    const { engine, invoke } = await booted();
    for (const input of [
      undefined,
      null,
      {},
      { paths: '/a', origin: 'path' },
      { paths: [1], origin: 'path' },
    ]) {
      expect(await invoke(ADD_PATHS, input)).toMatchObject({ ok: false, fault: { code: 'BadRequest' } });
    }
    expect(engine.hostCalls).toEqual([]);
  });
});

describe('choosing', () => {
  test('files: several, taken in, their folder remembered across starts', async () => {
    const { dir, electron, engine, ask } = await booted();
    electron.chosen = { canceled: false, filePaths: [join(dir, 'one.bin'), join(dir, 'two.bin')] };
    expect(await ask('intake.choose', { what: 'files' })).toEqual({ ok: true, value: INTAKE });
    expect(electron.opened[0]?.properties).toEqual(['openFile', 'multiSelections']);
    expect(electron.opened[0]).not.toHaveProperty('defaultPath');
    expect(engine.hostCalls).toEqual([
      { name: 'intake.addPaths', input: { paths: electron.chosen.filePaths, origin: 'picked' } },
    ]);
    electron.chosen = { canceled: true, filePaths: [] };
    await ask('intake.choose', { what: 'folder' });
    expect(electron.opened[1]).toMatchObject({ properties: ['openDirectory'], defaultPath: dir });
    expect(readFileSync(join(dir, 'data', 'desktop-state.json'), 'utf8')).toContain(JSON.stringify(dir));
  });

  test('a remembered folder that is gone is not offered', async () => {
    const { electron, ask } = await booted();
    electron.chosen = { canceled: false, filePaths: ['/no/such/folder'] };
    await ask('intake.choose', { what: 'folder' });
    await ask('intake.choose', { what: 'folder' });
    expect(electron.opened[1]).not.toHaveProperty('defaultPath');
  });

  test('nothing: the engine is not asked', async () => {
    const { engine, ask } = await booted();
    const none = { sources: 0, blobs: 0, skippedFiles: [], moreSkipped: 0 };
    expect(await ask('intake.choose', { what: 'files' })).toEqual({ ok: true, value: none });
    expect(engine.hostCalls).toEqual([]);
  });

  test('a second dialog does not open beside the first', async () => {
    const { electron, ask } = await booted();
    const both = await Promise.all([ask('intake.choose', { what: 'files' }), ask('output.chooseFolder', {})]);
    expect(electron.opened).toHaveLength(1);
    expect(both[1]).toEqual({ ok: true, value: { folder: null } });
    await ask('output.chooseFolder', {});
    expect(electron.opened).toHaveLength(2);
  });

  test('input that does not fit opens nothing', async () => {
    const { electron, ask } = await booted();
    expect(await ask('intake.choose', { what: '/etc' })).toMatchObject({
      ok: false,
      fault: { code: 'BadRequest' },
    });
    expect(electron.opened).toEqual([]);
  });

  test('a fault of the engine comes through', async () => {
    const { electron, engine, ask } = await booted();
    electron.chosen = { canceled: false, filePaths: ['/a'] };
    const broken = fault('DiskFull', 'The disk is full.', '', 'Free some space.');
    engine.answers.set('intake.addPaths', { ok: false, fault: broken });
    expect(await ask('intake.choose', { what: 'files' })).toEqual({ ok: false, fault: broken });
  });

  test('an output folder becomes a token, and members outside the contract are stripped', async () => {
    const { dir, electron, engine, ask } = await booted();
    electron.chosen = { canceled: false, filePaths: [dir] };
    engine.answers.set('output.addFolder', { ok: true, value: { token: 't1', path: dir, inode: 7 } });
    expect(await ask('output.chooseFolder', {})).toEqual({
      ok: true,
      value: { folder: { token: 't1', path: dir } },
    });
    expect(electron.opened[0]?.properties).toEqual(['openDirectory', 'createDirectory']);
    expect(engine.hostCalls).toEqual([{ name: 'output.addFolder', input: { path: dir } }]);
  });
});

describe('a blob as a file', () => {
  const bytes = Uint8Array.of(1, 2, 3);
  const file = { ok: true as const, value: { name: 'a.env-SECRET.bin', bytes } };

  test('is dragged out: the page names a blob, the host writes its ciphertext for its user alone', async () => {
    const { dir, electron, engine, ask } = await booted();
    engine.answers.set('blobs.file', file);
    expect(await ask('blobs.drag', { blobId: 'b1', path: '/etc/passwd' })).toEqual({ ok: true, value: {} });
    expect(engine.hostCalls).toEqual([{ name: 'blobs.file', input: { blobId: 'b1' } }]);
    const [drag] = electron.windows[0]?.webContents.drags ?? [];
    expect(drag?.icon).toBe(ICON);
    expect(drag?.file.startsWith(join(dir, 'data', 'dragged'))).toBe(true);
    expect(basename(drag?.file ?? '')).toBe('a.env-SECRET.bin');
    expect(new Uint8Array(readFileSync(drag?.file ?? ''))).toEqual(bytes);
    if (process.platform !== 'win32') expect(statSync(drag?.file ?? '').mode & 0o777).toBe(0o600);
    electron.app.quit();
    await settle();
    await settle();
    expect(existsSync(join(dir, 'data', 'dragged'))).toBe(false);
  });

  test('dropped on its own window is nothing new; the last twenty are kept', async () => {
    const { dir, electron, engine, ask, invoke } = await booted();
    engine.answers.set('blobs.file', file);
    for (let i = 0; i < 25; i++) await ask('blobs.drag', { blobId: 'b1' });
    expect(readdirSync(join(dir, 'data', 'dragged'))).toHaveLength(20);
    const last = electron.windows[0]?.webContents.drags.at(-1)?.file ?? '';
    const asked = engine.hostCalls.length;
    const none = { sources: 0, blobs: 0, skippedFiles: [], moreSkipped: 0 };
    expect(await invoke(ADD_PATHS, { paths: [last], origin: 'path' })).toEqual({ ok: true, value: none });
    expect(engine.hostCalls).toHaveLength(asked);
    const other = join(dir, 'one.bin');
    await invoke(ADD_PATHS, { paths: [last, other], origin: 'path' });
    expect(engine.hostCalls.at(-1)?.input).toEqual({ paths: [other], origin: 'path' });
  });

  test('of which nothing is known begins no drag; a crash leaves nothing for the next start', async () => {
    const { dir, electron, engine, ask } = await booted(({ dir }) => {
      mkdirSync(join(dir, 'data', 'dragged', 'blob-old'), { recursive: true });
    });
    expect(existsSync(join(dir, 'data', 'dragged'))).toBe(false);
    const gone = fault('BlobGone', 'Gone.', '', '');
    engine.answers.set('blobs.file', { ok: false, fault: gone });
    expect(await ask('blobs.drag', { blobId: 'b1' })).toEqual({ ok: false, fault: gone });
    expect(electron.windows[0]?.webContents.drags).toEqual([]);
  });

  test('is saved where a person says', async () => {
    const { dir, electron, engine, ask } = await booted();
    engine.answers.set('blobs.file', file);
    electron.saveTo = { canceled: false, filePath: join(dir, 'mine.bin') };
    expect(await ask('blobs.save', { blobId: 'b1' })).toEqual({
      ok: true,
      value: { url: null, name: 'mine.bin', saved: true },
    });
    expect(electron.saves[0]).toMatchObject({ defaultPath: 'a.env-SECRET.bin' });
    expect(new Uint8Array(readFileSync(join(dir, 'mine.bin')))).toEqual(bytes);
  });
});

describe('the data folder', () => {
  const facts = (dir: string, fixed: boolean) => ({
    ok: true as const,
    value: { path: join(dir, 'data'), next: join(dir, 'data'), usual: join(dir, 'data'), fixed },
  });

  test('is chosen in a dialog, for the next start, and taken back; a closed dialog changes nothing', async () => {
    const { dir, electron, engine, ask } = await booted();
    engine.answers.set('app.dataFolder', facts(dir, false));
    const data = join(dir, 'data');
    await ask('app.chooseDataFolder', { what: 'another' });
    expect(chosenDataDir(data)).toBeNull();
    mkdirSync(join(dir, 'disk'));
    electron.chosen = { canceled: false, filePaths: [join(dir, 'disk')] };
    expect(await ask('app.chooseDataFolder', { what: 'another', path: '/etc' })).toEqual(facts(dir, false));
    expect(chosenDataDir(data)).toBe(join(dir, 'disk', 'Rewrap'));
    // The usual one again is asked for, too: a page alone changes nothing.
    electron.answers.push(0, 1);
    await ask('app.chooseDataFolder', { what: 'usual' });
    expect(chosenDataDir(data)).toBe(join(dir, 'disk', 'Rewrap'));
    expect(electron.asked.at(-1)).toMatchObject({ buttons: ['No', 'Yes'], defaultId: 0, cancelId: 0 });
    await ask('app.chooseDataFolder', { what: 'usual' });
    expect(chosenDataDir(data)).toBeNull();
  });

  test('that REWRAP_HOME names is not chosen', async () => {
    const { dir, electron, engine, ask } = await booted();
    engine.answers.set('app.dataFolder', facts(dir, true));
    expect(await ask('app.chooseDataFolder', { what: 'another' })).toMatchObject({
      fault: { code: 'DataFolderFixed' },
    });
    expect(electron.opened).toEqual([]);
  });
});

describe('shards', () => {
  test('go into the folder that a person chose, and the page names none', async () => {
    const { dir, electron, engine, ask } = await booted();
    electron.chosen = { canceled: false, filePaths: [dir] };
    const written = { name: 'rewrap-shards-x', folder: join(dir, 'rewrap-shards-x'), leftOut: 1 };
    engine.answers.set('plans.writeShards', { ok: true, value: written });
    const draft = { request: {}, rules: [], shards: 4, parent: '/etc' };
    expect(await ask('plans.shard', draft)).toEqual({
      ok: true,
      value: { url: null, name: 'rewrap-shards-x', saved: true, leftOut: 1 },
    });
    expect(electron.opened[0]?.properties).toEqual(['openDirectory', 'createDirectory']);
    // As it came: the engine's thread reads it, and refuses what the contract does not name.
    expect(engine.hostCalls).toEqual([{ name: 'plans.writeShards', input: { draft, parent: dir } }]);
  });

  test('of a closed dialog are none, and the engine is not asked', async () => {
    const { engine, ask } = await booted();
    expect(await ask('plans.shard', {})).toMatchObject({ ok: true, value: { saved: false } });
    expect(engine.hostCalls).toEqual([]);
  });
});

describe('pasting', () => {
  test('reads the clipboard in the main process', async () => {
    const { engine, ask } = await booted(({ electron, engine }) => {
      electron.clipboardText = 'AQIDAHh=';
      engine.answers.set('intake.paste', { ok: true, value: { ...INTAKE, Plaintext: 'x' } });
    });
    expect(await ask('intake.paste', { text: null })).toEqual({ ok: true, value: INTAKE });
    expect(engine.calls).toEqual([{ name: 'intake.paste', input: { text: 'AQIDAHh=' } }]);
  });

  test('takes text that the page was given, and leaves the clipboard alone', async () => {
    const { engine, ask } = await booted(({ electron }) => {
      electron.clipboardText = 'something private';
    });
    await ask('intake.paste', { text: 'AQID' });
    expect(engine.calls).toEqual([{ name: 'intake.paste', input: { text: 'AQID' } }]);
  });

  test('an empty clipboard is said to be empty', async () => {
    const { engine, ask } = await booted(({ electron }) => {
      electron.clipboardText = ' \n';
    });
    expect(await ask('intake.paste', { text: null })).toMatchObject({
      ok: false,
      fault: { code: 'ClipboardEmpty' },
    });
    expect(engine.calls).toEqual([]);
  });
});

describe('showing a new file', () => {
  const which = { runId: 'r', blobId: 'b' };

  test('opens its folder; the path stays here', async () => {
    const { electron, engine, ask } = await booted();
    engine.answers.set('output.pathOf', { ok: true, value: { path: '/out/new.bin' } });
    expect(await ask('output.reveal', which)).toEqual({ ok: true, value: {} });
    expect(electron.revealed).toEqual(['/out/new.bin']);
    expect(engine.hostCalls).toEqual([{ name: 'output.pathOf', input: which }]);
  });

  test('and the folder of a blob of the list', async () => {
    const { electron, engine, ask } = await booted();
    engine.answers.set('blobs.pathOf', { ok: true, value: { path: '/vault/a.bin' } });
    expect(await ask('blobs.reveal', { blobId: 'b1' })).toEqual({ ok: true, value: {} });
    expect(electron.revealed).toEqual(['/vault/a.bin']);
  });

  test('says so where there is none', async () => {
    const { electron, engine, ask } = await booted();
    engine.answers.set('output.pathOf', { ok: true, value: { path: null } });
    expect(await ask('output.reveal', which)).toMatchObject({ ok: false, fault: { code: 'NoFile' } });
    expect(electron.revealed).toEqual([]);
  });

  test('downloads are not offered', async () => {
    const { engine, ask } = await booted();
    expect(await ask('runs.download', { runId: 'r' })).toMatchObject({
      ok: false,
      fault: { code: 'NotOffered' },
    });
    expect(engine.calls).toEqual([]);
  });
});

test('a message larger than any request is refused before anything is made of it', async () => {
  const { engine, ask, invoke } = await booted();
  const large = { text: 'x'.repeat(51_000_000) };
  for (const reply of [await ask('intake.paste', large), await invoke(ADD_PATHS, large)])
    expect(reply).toMatchObject({ ok: false, fault: { code: 'TooLarge' } });
  expect([...engine.calls, ...engine.hostCalls]).toEqual([]);
});

test('diagnostics are put on the clipboard here; the page gets none of them', async () => {
  const { electron, ask } = await booted();
  expect(await ask('app.copyDiagnostics', {})).toEqual({ ok: true, value: { text: null } });
  expect(electron.clipboardText).toMatch(/^Rewrap 1\.2\.3/);
});

describe('events', () => {
  test('each of the contract reaches the window, and no other', async () => {
    const { electron, engine, ask } = await booted();
    await ask('app.ready', {});
    for (const name of Object.keys(events)) engine.emit(name, { marker: name });
    engine.emit('secret', {});
    engine.emit('toString', {});
    expect(electron.window.webContents.sent).toEqual(
      Object.keys(events).map((name) => ({ channel: eventChannel(name), args: [{ marker: name }] })),
    );
  });

  test('without a window they go nowhere', async () => {
    const { electron, engine } = await booted();
    const { webContents } = electron.window;
    electron.window.closeByHand();
    engine.emit('blobsChanged', { revision: 1, total: 0 });
    expect(webContents.sent).toEqual([]);
  });
});
