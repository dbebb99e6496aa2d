/**
 * `npm run docs:pictures`: the pictures of the documents, from the real application on a practice KMS. With `-- --all` also
 * every view in every state, in both themes and three widths: a contact sheet of each view in `test-results/pictures/`, to be
 * looked at. Words narrow it to scenes or views named so at the beginning; `--list` names them; `--out FOLDER` puts the sheets
 * elsewhere.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Browser, chromium, type Page } from '@playwright/test';
import { start } from '../../e2e/support/processes.ts';
import { findChromium } from '../chromium.mjs';
import { disabledControls } from './scenes/explained.ts';
import { SCENES, type Scene, withoutScene } from './scenes/index.ts';

const root = resolve(import.meta.dirname, '..', '..');
const folder = join(root, 'docs', 'pictures');
const THEMES = ['light', 'dark'] as const;
const WIDTHS = [1024, 1440, 1920] as const;
const FLAGS = ['--allow-unverified', '--allow-undo', '--allow-decrypt-here'];
const PRACTICE = /^Connection: Practice KMS.*111122223333/;

interface Look {
  readonly theme: (typeof THEMES)[number];
  readonly width: number;
}

interface Taken {
  readonly name: string;
  readonly png: Buffer;
}

const heightOf = (width: number): number => Math.round(width * 0.64);

/** A home with the sample keys and the vault: an RSA key takes seconds to make. */
async function seed(): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'rewrap-pictures-'));
  for (const name of ['no-aws-config', 'no-aws-credentials']) writeFileSync(join(home, name), '');
  const host = start(['serve', '--practice'], home);
  await host.waitFor(/Rewrap is at/);
  await host.stop();
  return home;
}

/** One scene in each look, in an application of its own: scenes do not see each other. */
async function pictures(
  browser: Browser,
  seeded: string,
  scene: Scene,
  looks: readonly Look[],
): Promise<Taken[]> {
  const home = mkdtempSync(join(tmpdir(), 'rewrap-pictures-'));
  cpSync(seeded, home, { recursive: true });
  if (scene.disconnected === true)
    writeFileSync(
      join(home, 'no-aws-credentials'),
      '[default]\naws_access_key_id = AKIAPRACTICEKMSEXAMPL\naws_secret_access_key = any\n',
    );
  const host = start(['serve', ...FLAGS, ...(scene.flags?.(home) ?? ['--practice'])], home, {
    REWRAP_PRACTICE_FAULTS: scene.faults === undefined ? '' : JSON.stringify(scene.faults),
  });
  const context = await browser.newContext({ reducedMotion: 'reduce', locale: 'en-GB' });
  try {
    const [, address = ''] = await host.waitFor(/Rewrap is at (\S+)/);
    const page: Page = await context.newPage();
    const [first] = looks;
    if (first !== undefined)
      await page.setViewportSize({ width: first.width, height: heightOf(first.width) });
    await page.goto(address);
    await page
      .getByRole('button', { name: scene.disconnected === true ? /^Connection: / : PRACTICE })
      .waitFor();
    const missing = withoutScene(
      await page
        .getByRole('navigation', { name: 'Views' })
        .getByRole('button')
        .evaluateAll((buttons) => buttons.map((button) => button.getAttribute('aria-label') ?? '')),
    );
    if (missing.length > 0) throw new Error(`no scene shows ${missing.join(', ')}: see tools/docs/scenes/`);
    await scene.show(page, home);
    const { unexplained } = await disabledControls(page);
    if (unexplained.length > 0)
      throw new Error(
        `${unexplained.join(', ')} cannot be used and ${unexplained.length === 1 ? 'does' : 'do'} not say why`,
      );
    const taken: Taken[] = [];
    for (const { theme, width } of looks) {
      await page.emulateMedia({ colorScheme: theme });
      await page.setViewportSize({ width, height: heightOf(width) });
      // Two frames: what follows the size of the window has followed it. As text, since these types know no window.
      await page.evaluate(
        'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))',
      );
      taken.push({
        name: `${scene.name}, ${theme}, ${width} px`,
        png: await page.screenshot({ animations: 'disabled' }),
      });
    }
    return taken;
  } finally {
    await context.close();
    await host.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

/** All scenes of a view on one picture, a scene a row. */
async function contactSheet(
  browser: Browser,
  out: string,
  title: string,
  taken: readonly Taken[],
): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 2400, height: 1200 } });
  await page.setContent(
    `<style>body{font:14px sans-serif;margin:20px;background:#888}main{display:grid;grid-template-columns:repeat(6,1fr);gap:12px}figure{margin:0}img{width:100%}</style><h1>${title}</h1><main>${taken
      .map(
        ({ name, png }) =>
          `<figure><img src="data:image/png;base64,${png.toString('base64')}"><figcaption>${name}</figcaption></figure>`,
      )
      .join('')}</main>`,
  );
  writeFileSync(join(out, `${title.toLowerCase()}.png`), await page.screenshot({ fullPage: true }));
  await page.close();
}

const words = process.argv.slice(2);
const outAt = words.indexOf('--out');
const [, out = join(root, 'test-results', 'pictures')] = outAt < 0 ? [] : words.splice(outAt, 2);
const all = words.includes('--all');
const only = words.filter((word) => !word.startsWith('-'));
const scenes = SCENES.filter(
  ({ name, view }) => only.length === 0 || only.some((word) => name.startsWith(word) || view === word),
);
if (words.includes('--list')) {
  for (const { view, name } of SCENES) console.log(`${view}\t${name}`);
  process.exit(0);
}
const executablePath = findChromium();
const browser = await chromium.launch({
  ...(executablePath === null ? {} : { executablePath }),
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
const seeded = await seed();
mkdirSync(folder, { recursive: true });
const failed: string[] = [];
const sheets = new Map<string, Taken[]>();
for (const scene of scenes) {
  try {
    if (scene.inDocuments === true && !words.includes('--sheets-only')) {
      const [taken] = await pictures(browser, seeded, scene, [{ theme: 'light', width: 1280 }]);
      if (taken !== undefined) writeFileSync(join(folder, `${scene.name}-light.png`), taken.png);
    }
    if (all) {
      const looks = THEMES.flatMap((theme) => WIDTHS.map((width) => ({ theme, width })));
      const taken = await pictures(browser, seeded, scene, looks);
      sheets.set(scene.view, [...(sheets.get(scene.view) ?? []), ...taken]);
      mkdirSync(join(out, scene.name), { recursive: true });
      for (const { name, png } of taken)
        writeFileSync(join(out, scene.name, `${name.replace(/^.*?, /, '').replace(/[ ,]+/g, '-')}.png`), png);
    }
    console.log(scene.name);
  } catch (error) {
    failed.push(scene.name);
    console.error(`${scene.name}: ${error instanceof Error ? error.message : error}`);
  }
}
for (const [view, taken] of sheets) await contactSheet(browser, out, view, taken);
await browser.close();
rmSync(seeded, { recursive: true, force: true });
if (failed.length > 0) {
  console.error(`no picture of ${failed.join(', ')}`);
  process.exitCode = 1;
}
