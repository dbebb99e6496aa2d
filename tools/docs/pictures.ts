/**
 * `npm run docs:pictures`: the pictures of the documents, from the real application on a practice KMS. With `-- --all` also
 * every view in every state, in both themes and four widths: a contact sheet of each view in `test-results/pictures/`, to be
 * looked at. With `-- --check` there are no pictures: axe looks at every view in every state and theme. Words narrow it to
 * scenes or views named so at the beginning; `--list` names them; `--widths 640,1280` takes other widths; `--out FOLDER` puts
 * the sheets elsewhere.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Browser, chromium, type Page } from '@playwright/test';
import { violationsInForcedColours, violationsInThemes } from '../../e2e/support/axe.ts';
import { findChromium } from '../chromium.mjs';
import { disabledControls } from './scenes/explained.ts';
import { SCENES, type Scene, withoutScene } from './scenes/index.ts';
import { inScene, offeredViews, seed } from './scenes/stage.ts';

const root = resolve(import.meta.dirname, '..', '..');
const folder = join(root, 'docs', 'pictures');
const THEMES = ['light', 'dark'] as const;
/** Where a scene is reached, whatever its pictures: a narrow window leaves out words that scenes wait for. */
const DOCUMENTS_WIDTH = 1280;
const WIDTHS = [1024, 1280, 1440, 1920];

interface Look {
  readonly theme: (typeof THEMES)[number];
  readonly width: number;
}

interface Taken {
  readonly name: string;
  readonly png: Buffer;
}

const heightOf = (width: number): number => Math.round(width * 0.64);

/** One scene in each look, in an application of its own. */
function pictures(browser: Browser, seeded: string, scene: Scene, looks: readonly Look[]): Promise<Taken[]> {
  const viewport = { width: DOCUMENTS_WIDTH, height: heightOf(DOCUMENTS_WIDTH) };
  return inScene(browser, seeded, scene, viewport, async (page) => {
    const missing = withoutScene(await offeredViews(page));
    if (missing.length > 0) throw new Error(`no scene shows ${missing.join(', ')}: see tools/docs/scenes/`);
    await explained(page);
    const taken: Taken[] = [];
    for (const look of looks) taken.push(await picture(page, scene, look));
    return taken;
  });
}

async function picture(page: Page, { name }: Scene, { theme, width }: Look): Promise<Taken> {
  await page.emulateMedia({ colorScheme: theme });
  await page.setViewportSize({ width, height: heightOf(width) });
  // Two frames: what follows the size of the window has followed it. As text, since these types know no window.
  await page.evaluate(
    'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))',
  );
  return { name: `${name}, ${theme}, ${width} px`, png: await page.screenshot({ animations: 'disabled' }) };
}

/** Throws where a control cannot be used and does not say why. */
async function explained(page: Page): Promise<void> {
  const { unexplained } = await disabledControls(page);
  if (unexplained.length > 0)
    throw new Error(
      `${unexplained.join(', ')} cannot be used and ${unexplained.length === 1 ? 'does' : 'do'} not say why`,
    );
}

/** Throws with what axe finds in a scene. */
async function check(browser: Browser, seeded: string, scene: Scene): Promise<void> {
  const found = await inScene(browser, seeded, scene, { width: 1280, height: 820 }, async (page) => [
    ...(await violationsInThemes(page)),
    ...(await violationsInForcedColours(page)),
  ]);
  if (found.length > 0) throw new Error(found.join('\n'));
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
    `<style>body{font:14px sans-serif;margin:20px;background:#888}main{display:grid;grid-template-columns:repeat(${THEMES.length * widths.length},1fr);gap:12px}figure{margin:0}img{width:100%}</style><h1>${title}</h1><main>${taken
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
const widthsAt = words.indexOf('--widths');
const [, givenWidths = WIDTHS.join()] = widthsAt < 0 ? [] : words.splice(widthsAt, 2);
const widths = givenWidths.split(',').map(Number);
const all = words.includes('--all') || words.includes('--sheets-only');
const checks = words.includes('--check');
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
if (!checks) mkdirSync(folder, { recursive: true });
const failed: string[] = [];
const sheets = new Map<string, Taken[]>();
for (const scene of scenes) {
  try {
    if (checks) await check(browser, seeded, scene);
    if (scene.inDocuments === true && !checks && !words.includes('--sheets-only')) {
      const [taken] = await pictures(browser, seeded, scene, [{ theme: 'light', width: DOCUMENTS_WIDTH }]);
      if (taken !== undefined) writeFileSync(join(folder, `${scene.name}-light.png`), taken.png);
    }
    if (all) {
      const looks = THEMES.flatMap((theme) => widths.map((width) => ({ theme, width })));
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
  console.error(`${checks ? 'not accessible' : 'no picture of'}: ${failed.join(', ')}`);
  process.exitCode = 1;
}
