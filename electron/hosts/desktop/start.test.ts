import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { eventChannel } from '#shared/contract/channels.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import { chooseDataDir } from '../../core/storage/data-folder.ts';
import { boot, settle } from './testing/boot.ts';
import type { FakeElectron } from './testing/electron.ts';
import { FakeEngine } from './testing/engine.ts';
import { emit } from './testing/event.ts';
import { FakeWindow } from './testing/window.ts';

afterEach(() => {
  FakeWindow.loadFails = null;
  vi.restoreAllMocks();
});

const paths = (...list: string[]) => ({ name: 'intake.addPaths', input: { paths: list, origin: 'picked' } });

describe('before ready', () => {
  test('sandbox, scheme and lock, in this order, with no privilege that bypasses anything', async () => {
    const { electron, started } = boot();
    await started;
    expect(electron.log).toEqual([
      'enableSandbox',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE updates.example',
      'privileges [{"scheme":"app","privileges":{"standard":true,"secure":true,"supportFetchAPI":true}}]',
      'lock',
      'ready',
    ]);
  });

  test('REWRAP_HOME becomes the data folder, made private, before the lock is asked for', async () => {
    const { electron, dir, options, started } = boot(undefined, {
      process: { env: { REWRAP_HOME: 'my/home' } },
    });
    await started;
    expect(electron.log.slice(0, 2)).toEqual(['setPath userData', 'setAppLogsPath']);
    expect(existsSync(join(dir, 'my/home/logs/rewrap.log'))).toBe(true);
    expect(options[0]?.dataDir).toBe(join(dir, 'my/home'));
    expect(existsSync(join(dir, 'my/home'))).toBe(true);
  });

  test('a data folder that was chosen in the settings is in use from the start, its lock too', async () => {
    const { electron, dir, options, started } = boot(({ dir }) => {
      mkdirSync(join(dir, 'disk'));
      chooseDataDir(join(dir, 'data'), join(dir, 'disk'));
    });
    await started;
    expect(electron.log.indexOf('setPath userData')).toBeLessThan(electron.log.indexOf('lock'));
    expect(options[0]?.dataDir).toBe(join(dir, 'disk', 'Rewrap'));
  });

  test('one that is gone is said, and no other one is begun', async () => {
    const { electron, dir, options, started } = boot(({ dir }) => {
      mkdirSync(join(dir, 'disk'));
      chooseDataDir(join(dir, 'data'), join(dir, 'disk'));
      rmSync(join(dir, 'disk'), { recursive: true });
    });
    await started;
    expect(electron.boxes[0]?.content).toContain(
      `The data folder ${join(dir, 'disk', 'Rewrap')} is not there`,
    );
    expect([options.length, electron.exitCode]).toEqual([0, 1]);
  });
});

test('the "About" box has its icon from outside the archive', async () => {
  const { electron, started } = boot();
  await started;
  expect(electron.about).toMatchObject({ applicationVersion: '1.2.3', iconPath: '/resources/icon.png' });
});

test('the engine learns what this host can do', async () => {
  const { dir, options, started } = boot();
  await started;
  expect(options).toEqual([
    {
      host: 'desktop',
      version: '1.2.3',
      can: {
        chooseFiles: true,
        chooseFolder: true,
        readClipboard: true,
        reveal: true,
        openBrowser: true,
        download: false,
        endSessions: false,
      },
      dataDir: join(dir, 'data'),
      outputFolders: [],
      paths: [],
    },
  ]);
});

describe('files from outside', () => {
  test('named on the command line are what the engine starts with', async () => {
    const errors = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { dir, electron, engine, options, started } = boot(undefined, {
      process: { argv: ['rewrap', '--flag', 'one.bin', 'nope.bin'] },
    });
    await started;
    expect(options[0]?.paths).toEqual([join(dir, 'one.bin')]);
    expect(engine.hostCalls).toEqual([]);
    expect(errors.mock.calls).toEqual([['rewrap: there is no file or folder "nope.bin"']]);
    expect(electron.asked).toMatchObject([{ type: 'warning', message: 'One name was not found' }]);
    expect(electron.asked[0]?.detail).toContain('“nope.bin”');
  });

  test('that a second instance names and that are not there are said to be missing', async () => {
    const { dir, electron, engine, started } = boot();
    await started;
    emit(electron.app, 'second-instance', ['rewrap', ...'abcdefg'], dir, {});
    await settle();
    expect(engine.hostCalls).toEqual([]);
    expect(electron.asked).toMatchObject([{ message: '7 names were not found' }]);
    expect(electron.asked[0]?.detail).toMatch(/“a”, “b”, “c”, “d”, “e”, 2 more\./);
  });

  test('of which nothing was taken in are said to be, with the reason', async () => {
    const { electron, started } = boot(({ engine }) => {
      const skippedFiles = [{ file: '/a.bin', code: 'unreadable', message: 'It cannot be read.' }];
      const value = { sources: 0, blobs: 0, skippedFiles, moreSkipped: 0 };
      engine.answers.set('intake.addPaths', { ok: true, value });
    });
    await started;
    emit(electron.app, 'open-file', '/a.bin');
    await settle();
    expect(electron.asked).toMatchObject([
      { message: 'Nothing was taken in', detail: '/a.bin: It cannot be read.' },
    ]);
  });

  test('while Rewrap ends are opened by the one that follows it, once', async () => {
    let finish = () => {};
    const { dir, electron, engine, started } = boot(
      ({ engine }) => {
        engine.closing = new Promise((resolve) => {
          finish = resolve;
        });
      },
      { process: { env: { APPIMAGE: '/opt/Rewrap.AppImage' } } },
    );
    await started;
    electron.app.quit();
    electron.window.closeByHand();
    emit(electron.app, 'second-instance', ['rewrap', 'one.bin'], dir, {});
    emit(electron.app, 'second-instance', ['rewrap', 'two.bin'], dir, {});
    emit(electron.app, 'activate', false);
    await settle();
    // Nothing is asked of an engine that closes, no window opened on it, and no box says that it refused.
    expect(engine.hostCalls).toEqual([]);
    expect(electron.windows).toHaveLength(1);
    expect(electron.asked).toEqual([]);
    expect(electron.relaunches).toEqual([]);
    finish();
    await settle();
    expect(electron.relaunches).toEqual([
      { args: [join(dir, 'one.bin'), join(dir, 'two.bin')], execPath: '/opt/Rewrap.AppImage' },
    ]);
  });

  test('opened before ready wait for the engine and are what it starts with', async () => {
    const { electron, engine, options, started } = boot();
    expect(emit(electron.app, 'open-file', '/a.bin').defaultPrevented).toBe(true);
    emit(electron.app, 'open-file', '/b.bin');
    expect(electron.windows).toHaveLength(0);
    await started;
    expect(options[0]?.paths).toEqual(['/a.bin', '/b.bin']);
    expect(engine.hostCalls).toEqual([]);
  });

  test('opened while the engine starts are taken in together once it runs', async () => {
    const started = new FakeEngine();
    const { electron, started: done } = boot(undefined, {
      startEngine: async () => {
        emit(electron.app, 'open-file', '/a.bin');
        emit(electron.app, 'open-file', '/b.bin');
        return started;
      },
    });
    await done;
    expect(started.hostCalls).toEqual([paths('/a.bin', '/b.bin')]);
  });

  test('opened later are taken in at once, and the window comes to the front', async () => {
    const { electron, engine, started } = boot();
    await started;
    emit(electron.app, 'open-file', '/a.bin');
    expect(engine.hostCalls).toEqual([paths('/a.bin')]);
    expect(electron.window.did).toEqual(['show', 'focus']);
  });

  test('of a second instance are read against its own folder', async () => {
    const { dir, electron, engine, started } = boot();
    await started;
    electron.window.minimised = true;
    emit(electron.app, 'second-instance', ['rewrap', '--x', 'a.js'], join(dir, 'renderer/assets'), {});
    expect(engine.hostCalls).toEqual([paths(join(dir, 'renderer/assets/a.js'))]);
    expect(electron.window.did).toEqual(['restore', 'show', 'focus']);
  });

  test('of a second instance without any only bring the window to the front', async () => {
    const { dir, electron, engine, started } = boot();
    await started;
    emit(electron.app, 'second-instance', ['rewrap'], dir, {});
    expect(engine.hostCalls).toEqual([]);
    expect(electron.window.did).toEqual(['show', 'focus']);
  });

  test('that the engine refuses are spoken of', async () => {
    const { electron, started } = boot(({ engine }) => {
      const refusal = fault('Full', 'There is no room.', '', 'Make room.');
      engine.answers.set('intake.addPaths', { ok: false, fault: refusal });
    });
    await started;
    emit(electron.app, 'open-file', '/a.bin');
    await settle();
    expect(electron.asked).toMatchObject([
      { message: 'Rewrap could not open the files', detail: 'There is no room.\nMake room.' },
    ]);
  });
});

test('a second instance quits and starts nothing', async () => {
  const { electron, options, started } = boot(({ electron }) => {
    electron.hasLock = false;
  });
  await started;
  expect(electron.quits).toBe(1);
  expect(electron.log).not.toContain('ready');
  expect(options).toEqual([]);
  expect(electron.windows).toEqual([]);
  expect(electron.handlers.size).toBe(0);
});

describe('the window', () => {
  test('closed on macOS leaves Rewrap running, and comes back when asked for', async () => {
    const { electron, started } = boot(undefined, { process: { platform: 'darwin' } });
    await started;
    emit(electron.app, 'activate', true);
    expect(electron.windows).toHaveLength(1);
    electron.window.closeByHand();
    electron.app.emit('window-all-closed');
    expect(electron.quits).toBe(0);
    emit(electron.app, 'activate', false);
    expect(electron.windows).toHaveLength(2);
    expect(electron.window.loaded).toEqual(['app://rewrap/']);
    emit(electron.app, 'activate', true);
    expect(electron.windows).toHaveLength(2);
  });

  test.each(['linux', 'win32'] as const)('closed on %s quits', async (platform) => {
    const { electron, started } = boot(undefined, { process: { platform } });
    await started;
    electron.window.closeByHand();
    electron.app.emit('window-all-closed');
    await settle();
    expect(electron.log.at(-1)).toBe('quit');
  });

  const showing = (view: string) => ({ channel: eventChannel('show'), args: [{ view }] });
  const fileMenu = ({ menu }: FakeElectron, label: string) => {
    const file = menu?.find((item) => item.label === '&File')?.submenu;
    const item = Array.isArray(file) ? file.find((each) => each.label === label) : undefined;
    if (item?.click === undefined) throw new Error(`No ${label}`);
    item.click({} as never, undefined, {} as never);
  };

  test('asked for a view while there is none opens one, and its page hears it once it listens', async () => {
    const { electron, started } = boot(undefined, { process: { platform: 'darwin' } });
    await started;
    await electron.invoke('rewrap:app.ready', {});
    electron.window.closeByHand();
    fileMenu(electron, 'Open files…');
    const { webContents } = electron.window;
    expect(electron.windows).toHaveLength(2);
    // That it has loaded does not mean that it listens.
    expect(webContents.sent).toEqual([]);
    await electron.invoke('rewrap:app.ready', {});
    expect(webContents.sent).toEqual([showing('open-files')]);
    fileMenu(electron, 'Open folder…');
    expect(webContents.sent.at(-1)).toEqual(showing('open-folder'));
  });

  test('keeps the last view that was asked for while its page loads, and plans that were opened', async () => {
    const { electron, engine, started } = boot();
    await started;
    fileMenu(electron, 'Settings…');
    fileMenu(electron, 'Open folder…');
    engine.emit('planOpened', { planId: 'p1' });
    // A state is not kept: the page fetches it.
    engine.emit('intakeProgress', { files: 1, blobs: 1, done: true });
    const { webContents } = electron.window;
    const progress = { channel: eventChannel('intakeProgress'), args: [{ files: 1, blobs: 1, done: true }] };
    expect(webContents.sent).toEqual([progress]);
    await electron.invoke('rewrap:app.ready', {});
    const opened = { channel: eventChannel('planOpened'), args: [{ planId: 'p1' }] };
    expect(webContents.sent.slice(1)).toEqual([showing('open-folder'), opened]);
  });

  test.each([
    ['crashed', 'render-process-gone', { reason: 'crashed', exitCode: 1 }],
    ['is loaded again', 'did-start-navigation', { isMainFrame: true, isSameDocument: false }],
  ])(
    'with a page that %s keeps what is asked of it until the next one listens',
    async (_what, event, details) => {
      const { electron, started } = boot();
      await started;
      await electron.invoke('rewrap:app.ready', {});
      const { webContents } = electron.window;
      if (event === 'did-start-navigation') webContents.emit(event, details);
      else emit(webContents, event, details);
      fileMenu(electron, 'Settings…');
      expect(webContents.sent).toEqual([]);
      await electron.invoke('rewrap:app.ready', {});
      expect(webContents.sent).toEqual([showing('settings')]);
    },
  );

  test('a page that is not ours is not listened to', async () => {
    const { electron, started } = boot();
    await started;
    fileMenu(electron, 'Settings…');
    await electron.invoke('rewrap:app.ready', {}, { frame: null });
    expect(electron.window.webContents.sent).toEqual([]);
  });

  test('loads a page that crashes again, but not for ever', async () => {
    const { electron, engine, started } = boot();
    await started;
    const { webContents } = electron.window;
    emit(webContents, 'render-process-gone', { reason: 'clean-exit', exitCode: 0 });
    expect(webContents.reloads).toBe(0);
    for (let crash = 0; crash < 3; crash += 1) {
      emit(webContents, 'render-process-gone', { reason: 'crashed', exitCode: 1 });
    }
    expect(webContents.reloads).toBe(3);
    expect(electron.exitCode).toBeNull();
    emit(webContents, 'render-process-gone', { reason: 'oom', exitCode: 1 });
    await vi.waitFor(() => expect(electron.exitCode).toBe(1));
    expect(webContents.reloads).toBe(3);
    expect(engine.closed).toBe(1);
    expect(electron.asked).toMatchObject([{ type: 'error', message: 'Rewrap has to close' }]);
    expect(electron.asked[0]?.detail).toContain('again and again (oom)');
  });

  test('loads a page that crashes now and then again each time, and each time says so', async () => {
    const { dir, electron, started } = boot();
    await started;
    const clock = vi.spyOn(Date, 'now');
    for (let crash = 1; crash <= 6; crash += 1) {
      clock.mockReturnValue(crash * 5 * 60_000);
      emit(electron.window.webContents, 'render-process-gone', { reason: 'crashed', exitCode: 1 });
    }
    clock.mockRestore();
    expect(electron.window.webContents.reloads).toBe(6);
    expect(electron.exitCode).toBeNull();
    const log = readFileSync(join(dir, 'logs', 'rewrap.log'), 'utf8');
    expect(log.match(/ page-loaded\n/g)).toHaveLength(7);
  });
});

describe('quitting', () => {
  test('waits for the engine, closes it once, then quits', async () => {
    let finish = () => {};
    const { electron, engine, started } = boot(({ engine }) => {
      engine.closing = new Promise((resolve) => {
        finish = resolve;
      });
    });
    await started;
    electron.app.quit();
    electron.app.quit();
    await settle();
    expect(electron.log).not.toContain('quit');
    expect(engine.closed).toBe(1);
    finish();
    await settle();
    expect(electron.log.filter((entry) => entry === 'quit')).toHaveLength(1);
    expect(engine.closed).toBe(1);
  });

  test('goes on when the engine cannot close', async () => {
    const { electron, started } = boot(({ engine }) => {
      engine.closing = Promise.reject(new Error('stuck'));
      engine.closing.catch(() => {});
    });
    await started;
    electron.app.quit();
    await settle();
    expect(electron.log.at(-1)).toBe('quit');
  });
});

describe('a start that fails', () => {
  test('says why in plain words and exits with 1', async () => {
    const { electron, started } = boot(undefined, {
      startEngine: async () => {
        throw new FaultError(
          fault('X', 'The data folder cannot be written.', 'detail', 'Change its permissions.'),
        );
      },
    });
    await started;
    expect(electron.asked).toMatchObject([
      {
        type: 'error',
        message: 'Rewrap could not start',
        detail:
          'The data folder cannot be written. detail Change its permissions.\nEvery file is wholly old or wholly new.',
      },
    ]);
    expect(electron.exitCode).toBe(1);
    expect(electron.windows).toEqual([]);
  });

  test('because the engine cannot be loaded is said on screen, in the log, in a terminal and in diagnostics', async () => {
    const errors = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { dir, electron, started } = boot(({ electron }) => electron.answers.push(1), {
      startEngine: async () => {
        throw Object.assign(new Error('No such built-in module: node:sqlite'), {
          code: 'ERR_UNKNOWN_BUILTIN_MODULE',
        });
      },
    });
    await started;
    const words = 'No such built-in module: node:sqlite';
    expect(electron.asked[0]?.message).toBe('Rewrap could not start');
    expect(electron.asked[0]?.detail).toContain(words);
    expect(String(errors.mock.calls)).toContain(words);
    const log = readFileSync(join(dir, 'logs', 'rewrap.log'), 'utf8');
    expect(log).toMatch(
      / gave-up .*code=ERR_UNKNOWN_BUILTIN_MODULE words="No such built-in module: node:sqlite"/,
    );
    expect(electron.clipboardText).toContain('Engine: not started');
    expect(electron.clipboardText).toContain(words);
    expect(electron.exitCode).toBe(1);
  });

  test('before Electron is ready is said in the one box that there is then', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const { dir, electron, started } = boot(undefined, { process: { env: { REWRAP_HOME: 'one.bin' } } });
    await started;
    const [box] = electron.boxes;
    expect(box?.title).toBe('Rewrap could not start');
    expect(box?.content).toContain(`REWRAP_HOME names ${join(dir, 'one.bin')}, which is no folder`);
    expect(box?.content).toContain('The system says EEXIST.');
    expect(box?.content).not.toContain('mkdir');
    expect(electron.exitCode).toBe(1);
  });

  test('because the window would have no sandbox', async () => {
    const argv = ['rewrap', '--no-sandbox'];
    const { electron, options, started } = boot(undefined, { process: { argv } });
    await started;
    expect(electron.boxes[0]?.content).toContain('no sandbox');
    expect(electron.boxes[0]?.content).toContain('.deb');
    expect(electron.exitCode).toBe(1);
    expect(options).toEqual([]);
    const willing = boot(undefined, { process: { argv, env: { REWRAP_NO_SANDBOX: '1' } } });
    await willing.started;
    expect(willing.electron.windows).toHaveLength(1);
    const developer = boot(({ electron: fake }) => Object.assign(fake, { packaged: false }), {
      process: { argv },
    });
    await developer.started;
    expect(developer.electron.windows).toHaveLength(1);
  });

  test('because the page is not built is found before the engine starts', async () => {
    const { electron, options, started } = boot(undefined, {
      openPage: () => {
        throw new Error('No page');
      },
    });
    await started;
    expect(electron.asked[0]?.detail).toContain('No page');
    expect(electron.exitCode).toBe(1);
    expect(options).toEqual([]);
  });

  test('because the page does not load closes the engine first', async () => {
    FakeWindow.loadFails = new Error('ERR_FAILED');
    const { electron, engine, started } = boot();
    await started;
    await vi.waitFor(() => expect(electron.exitCode).toBe(1));
    expect(electron.asked[0]?.detail).toContain('ERR_FAILED');
    expect(engine.closed).toBe(1);
  });

  test('is no failure when the window was closed meanwhile', async () => {
    FakeWindow.loadFails = new Error('ERR_ABORTED');
    const { electron, started } = boot(({ electron }) => {
      electron.app.on('web-contents-created', () => {
        electron.window.destroyed = true;
      });
    });
    await started;
    await settle();
    expect([...electron.boxes, ...electron.asked]).toEqual([]);
    expect(electron.exitCode).toBeNull();
  });
});
