/**
 * `npm run docs:pictures`: the pictures of the documents, from the real application on a practice KMS. With `-- --all` also
 * every view and state, in both themes and three widths, as contact sheets in `test-results/pictures/`, to be looked at.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Browser, chromium, type Page } from '@playwright/test';
import { start } from '../../e2e/support/processes.ts';
import { findChromium } from '../chromium.mjs';
import { SCENES, type Scene } from './scenes.ts';

const root = resolve(import.meta.dirname, '..', '..');
const folder = join(root, 'docs', 'pictures');
const sheets = join(root, 'test-results', 'pictures');
const THEMES = ['light', 'dark'] as const;
const WIDTHS = [1024, 1440, 1920] as const;

interface Look {
  readonly theme: (typeof THEMES)[number];
  readonly width: number;
}

/** One scene in one look, in an application of its own: scenes do not see each other. */
async function picture(browser: Browser, scene: Scene, look: Look): Promise<Buffer> {
  const home = mkdtempSync(join(tmpdir(), 'rewrap-pictures-'));
  const host = start(
    ['serve', '--practice', '--allow-unverified', '--allow-undo', ...(scene.flags ?? [])],
    home,
  );
  const context = await browser.newContext({
    viewport: { width: look.width, height: Math.round(look.width * 0.64) },
    colorScheme: look.theme,
    reducedMotion: 'reduce',
  });
  try {
    const [, address = ''] = await host.waitFor(/Rewrap is at (\S+)/);
    const page: Page = await context.newPage();
    await page.goto(address);
    await page.getByRole('button', { name: /^Connection: Practice KMS.*111122223333/ }).waitFor();
    await scene.show(page, home);
    return await page.screenshot({ animations: 'disabled' });
  } finally {
    await context.close();
    await host.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

async function contactSheet(
  browser: Browser,
  title: string,
  pictures: readonly { readonly name: string; readonly png: Buffer }[],
): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1800, height: 1200 } });
  await page.setContent(
    `<style>body{font:14px sans-serif;margin:20px;background:#888}main{display:grid;grid-template-columns:repeat(3,1fr);gap:16px}figure{margin:0}img{width:100%}</style><h1>${title}</h1><main>${pictures
      .map(
        ({ name, png }) =>
          `<figure><img src="data:image/png;base64,${png.toString('base64')}"><figcaption>${name}</figcaption></figure>`,
      )
      .join('')}</main>`,
  );
  writeFileSync(join(sheets, `${title}.png`), await page.screenshot({ fullPage: true }));
  await page.close();
}

const all = process.argv.includes('--all');
const only = process.argv.filter((word, i) => i > 1 && !word.startsWith('-'));
const executablePath = findChromium();
const browser = await chromium.launch({
  ...(executablePath === null ? {} : { executablePath }),
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
mkdirSync(folder, { recursive: true });
mkdirSync(sheets, { recursive: true });
for (const scene of SCENES) {
  if (only.length > 0 && !only.includes(scene.name)) continue;
  if (scene.inDocuments === true)
    writeFileSync(
      join(folder, `${scene.name}-light.png`),
      await picture(browser, scene, { theme: 'light', width: 1280 }),
    );
  if (all) {
    const taken: { name: string; png: Buffer }[] = [];
    for (const theme of THEMES)
      for (const width of WIDTHS)
        taken.push({ name: `${theme}, ${width} px`, png: await picture(browser, scene, { theme, width }) });
    await contactSheet(browser, scene.name, taken);
  }
  console.log(scene.name);
}
await browser.close();
