import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FaultError } from '#shared/model/fault.ts';
import { openPage } from './index.ts';

const HTML = `<!doctype html>
<html><head>
<meta property="csp-nonce" nonce="__CSP_NONCE__">
<script type="module" src="/assets/index-1a2b.js"></script>
<link rel="stylesheet" href="/assets/index-1a2b.css" nonce="__CSP_NONCE__">
</head><body></body></html>`;

let root: string;
let dir: string;
const text = (body: Uint8Array): string => new TextDecoder().decode(body);

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'rewrap-page-test-'));
  dir = join(root, 'renderer');
  mkdirSync(join(dir, 'assets'), { recursive: true });
  writeFileSync(join(dir, 'index.html'), HTML);
  writeFileSync(join(dir, 'assets', 'index-1a2b.js'), 'start();');
  writeFileSync(join(dir, 'assets', 'index-1a2b.css'), 'body{}');
  writeFileSync(join(dir, 'assets', 'mono.woff2'), 'font');
  writeFileSync(join(root, 'secret.txt'), 'outside');
  symlinkSync(join(root, 'secret.txt'), join(dir, 'assets', 'link.txt'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('openPage', () => {
  it('gives the document with a nonce that is in the policy, the meta element, and never twice the same', () => {
    const page = openPage(dir);
    const nonces = ['/', '/index.html', '/?x=1'].map((path) => {
      const response = page.respond(path);
      expect(response.status).toBe(200);
      expect(response.headers['Content-Type']).toBe('text/html; charset=utf-8');
      expect(response.headers['Cache-Control']).toBe('no-store');
      const html = text(response.body);
      expect(html).not.toContain('__CSP_NONCE__');
      const nonce = /property="csp-nonce" nonce="([\w-]{24})"/.exec(html)?.[1];
      expect(nonce).toBeDefined();
      expect(response.headers['Content-Security-Policy']).toContain(`style-src 'self' 'nonce-${nonce}';`);
      expect(html.split(`nonce="${nonce}"`)).toHaveLength(3);
      return nonce;
    });
    expect(new Set(nonces).size).toBe(3);
  });

  it('lets the document load from itself alone: no inline code, no eval, no frames, no other host', () => {
    const policy = openPage(dir).respond('/').headers['Content-Security-Policy'] ?? '';
    expect(policy.replace(/'nonce-[\w-]+'/, "'nonce-N'").split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self' 'nonce-N'",
      "img-src 'self'",
      "font-src 'self'",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      'trusted-types default',
    ]);
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
  });

  it.each([
    ['/assets/index-1a2b.js', 'text/javascript; charset=utf-8'],
    ['/assets/index-1a2b.css', 'text/css; charset=utf-8'],
    ['/assets/mono.woff2', 'font/woff2'],
  ])('gives %s as %s with the headers every answer has', (path, type) => {
    const response = openPage(dir).respond(path);
    expect(response.status).toBe(200);
    expect(response.headers).toMatchObject({
      'Content-Type': type,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
    });
    expect(response.headers['Content-Security-Policy']).toMatch(/^default-src 'none';/);
    expect(response.headers['Permissions-Policy']).toMatch(/camera=\(\).*usb=\(\)/);
  });

  it.each([
    '',
    '.',
    '/..',
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/assets/%2e%2e/%2e%2e/secret.txt',
    '/..\\secret.txt',
    '/assets\\index-1a2b.js',
    '//assets/index-1a2b.js',
    '/assets/',
    '/assets',
    '/assets/index-1a2b.js/',
    '/assets/index-1a2b.js%00',
    '/assets/index-1a2b.js\0.css',
    '/assets/index-1a2b.J%53',
    '/%',
    '/__proto__',
    '/constructor',
    'http://other.example/',
    '/assets/link.txt',
    '/bridge.js',
  ])('answers 404 to %j', (path) => {
    const response = openPage(dir).respond(path);
    expect(response.status).toBe(404);
    expect(text(response.body)).toBe('Not found\n');
    expect(response.headers['X-Content-Type-Options']).toBe('nosniff');
  });

  it('puts the bridge before the first script and serves it', () => {
    const page = openPage(dir, { bridgeScript: 'window.rewrap = {};' });
    const html = text(page.respond('/').body);
    expect(html.indexOf('<script src="/bridge.js"></script>')).toBeGreaterThan(0);
    expect(html.indexOf('/bridge.js')).toBeLessThan(html.indexOf('/assets/index-1a2b.js'));
    expect(text(page.respond('/bridge.js').body)).toBe('window.rewrap = {};');
    expect(page.respond('/bridge.js').headers['Cache-Control']).toBe('no-store');
  });

  it('reads the files at start only', () => {
    const copy = join(root, 'copy');
    mkdirSync(copy);
    writeFileSync(join(copy, 'index.html'), HTML);
    const page = openPage(copy);
    writeFileSync(join(copy, 'later.js'), 'late();');
    rmSync(join(copy, 'index.html'));
    expect(page.respond('/').status).toBe(200);
    expect(page.respond('/later.js').status).toBe(404);
  });

  it.each(['missing', 'copy'])('says what to do when nothing was built at %s', (name) => {
    expect(() => openPage(join(root, name))).toThrow(FaultError);
    try {
      openPage(join(root, name));
    } catch (error) {
      expect(error instanceof FaultError && error.fault).toMatchObject({
        code: 'PageNotBuilt',
        remedy: expect.stringContaining('npm run build'),
      });
    }
  });
});
