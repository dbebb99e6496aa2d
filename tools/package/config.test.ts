import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FuseV1Options } from '@electron/fuses';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { budgets, loadedTooSoon, misplaced } from './budgets.ts';
import { readBundles } from './bundles.ts';
import { FUSES } from './fuses.ts';
import { draw, ICNS_TYPES, ICO_SIZES, icns, ico, PNG_SIZES } from './icons.ts';
import { licenceList, licenceOf } from './licences.ts';

const root = resolve(import.meta.dirname, '../..');
const text = (path: string) => readFileSync(join(root, path), 'utf8');
const json = (path: string) => JSON.parse(text(path));
const config = parse(text('electron-builder.yml'));

describe('electron-builder.yml', () => {
  const schema = json('node_modules/app-builder-lib/scheme.json');
  // The schema describes functions and regular expressions with keywords of its own generator.
  const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);

  test("fits the builder's own schema", () => {
    validate(config);
    expect(validate.errors ?? []).toEqual([]);
  });

  test('and the schema would notice a key that is not there', () => {
    expect(validate({ ...config, mac: { ...config.mac, hardendRuntime: true } })).toBe(false);
  });

  test('makes each installer for each machine', () => {
    const targets = (platform: 'linux' | 'mac' | 'win') =>
      config[platform].target.flatMap(({ target, arch }: { target: string; arch: string[] }) =>
        arch.map((each) => `${target} ${each}`),
      );
    const both = (name: string) => [`${name} x64`, `${name} arm64`];
    expect(targets('linux')).toEqual(['AppImage', 'deb', 'rpm'].flatMap(both));
    expect(targets('mac')).toEqual(['dmg universal', 'zip universal']);
    expect(targets('win')).toEqual(['nsis', 'portable'].flatMap(both));
  });

  test('names files that exist', () => {
    const named = [
      config.afterPack,
      config.beforeBuild,
      config.mac.entitlements,
      config.mac.entitlementsInherit,
      config.nsis.include,
    ];
    expect(named.filter((path: string) => !existsSync(join(root, path)))).toEqual([]);
  });

  test("signs a hardened application that gives up nothing but the compiler's memory", () => {
    expect(config.mac).toMatchObject({ hardenedRuntime: true });
    const keys = [...text(config.mac.entitlements).matchAll(/<key>([^<]+)<\/key>\s*<(\w+)\/>/g)];
    expect(keys.map(([, key, value]) => [key, value])).toEqual([['com.apple.security.cs.allow-jit', 'true']]);
  });

  test('never starts without the sandbox', () => {
    expect(config.appImage.executableArgs).toEqual([]);
    expect(text('electron-builder.yml').replace(/^ *#.*$/gm, '')).not.toContain('no-sandbox');
  });

  test('holds no certificate, password or account', () => {
    expect(text('electron-builder.yml')).not.toMatch(/^\s*(csc\w*|certificate\w*|appleId\w*|token)\s*:/im);
  });

  test('names whom a deb and an rpm must name; the address of the project comes from the release workflow', () => {
    expect(config.linux.maintainer).toMatch(/^[^<]+ <[^@\s]+@[^>\s]+>$/);
    expect(text('.github/workflows/release.yml')).toContain('-c.extraMetadata.homepage=');
    expect(text('.github/workflows/release.yml')).toContain('-c.linux.maintainer=');
  });
});

describe('fuses', () => {
  // Numeric enumerations list their names and their numbers.
  const known = Object.values(FuseV1Options).filter((value) => typeof value === 'number');

  test('each fuse that the runtime has is decided, with a reason', () => {
    expect(known.length).toBeGreaterThanOrEqual(9);
    expect(known.filter((fuse) => FUSES[fuse] === undefined).map((fuse) => FuseV1Options[fuse])).toEqual([]);
    expect(Object.keys(FUSES)).toHaveLength(known.length);
    for (const { why } of Object.values(FUSES)) expect(why.length).toBeGreaterThan(30);
  });

  test('SECURITY.md says of each how it stands', () => {
    const rows = [...text('SECURITY.md').matchAll(/^\| `(\w+)` \| (on|off) \|/gm)].map(([, name, state]) => [
      name,
      state,
    ]);
    expect(Object.fromEntries(rows)).toEqual(
      Object.fromEntries(known.map((fuse) => [FuseV1Options[fuse], FUSES[fuse].on ? 'on' : 'off'])),
    );
  });

  test('nothing runs in our name but our own archive', () => {
    const on = known.filter((fuse) => FUSES[fuse].on).map((fuse) => FuseV1Options[fuse]);
    expect(on.sort()).toEqual([
      'EnableEmbeddedAsarIntegrityValidation',
      'OnlyLoadAppFromAsar',
      'WasmTrapHandlers',
    ]);
  });
});

describe('icons', () => {
  const svg = text('renderer/icon.svg');
  const width = (png: Uint8Array) => Buffer.from(png).readUInt32BE(16);
  const isPng = (bytes: Buffer) => bytes.subarray(1, 4).toString('latin1') === 'PNG';

  test('every size is drawn from the one SVG, in every container', async () => {
    const images = await draw(svg, [...PNG_SIZES, ...ICO_SIZES, ...ICNS_TYPES.map(([, size]) => size)]);
    for (const [size, png] of images) expect(width(png)).toBe(size);

    const windows = ico(images);
    expect([windows.readUInt16LE(0), windows.readUInt16LE(2), windows.readUInt16LE(4)]).toEqual([
      0,
      1,
      ICO_SIZES.length,
    ]);
    ICO_SIZES.forEach((size, index) => {
      const entry = 6 + 16 * index;
      const [length, offset] = [windows.readUInt32LE(entry + 8), windows.readUInt32LE(entry + 12)];
      const picture = windows.subarray(offset, offset + length);
      expect([windows.readUInt8(entry) || 256, isPng(picture), width(picture)]).toEqual([size, true, size]);
    });

    const mac = icns(images);
    expect([mac.subarray(0, 4).toString(), mac.readUInt32BE(4)]).toEqual(['icns', mac.length]);
    const parts: [string, number][] = [];
    for (let at = 8; at < mac.length; at += mac.readUInt32BE(at + 4)) {
      expect(isPng(mac.subarray(at + 8))).toBe(true);
      parts.push([mac.subarray(at, at + 4).toString(), width(mac.subarray(at + 8))]);
    }
    expect(parts).toEqual(ICNS_TYPES);
  });

  test('the corners are clear, so that it sits on any background', async () => {
    const { Resvg } = await import('@resvg/resvg-wasm');
    const { pixels } = new Resvg(svg, { fitTo: { mode: 'width', value: 64 } }).render();
    expect(pixels[3]).toBe(0);
    expect(pixels[4 * (32 * 64 + 32) + 3]).toBe(255);
  });
});

describe('licences', () => {
  test('the list names each package in the bundles, and its text', () => {
    const list = text('dist/THIRD-PARTY-LICENCES.txt');
    for (const name of ['react', 'zod', '@aws-sdk/client-kms', 'react-aria-components'])
      expect(list).toMatch(new RegExp(`^ {2}${name.replace('/', '\\/')} \\d+\\.\\d+\\.\\d+ · `, 'm'));
    expect(list).toContain('Permission is hereby granted, free of charge');
    expect(list).toContain('Apache License');
    expect(list).not.toMatch(/^ {2}(vite|vitest|typescript|electron-builder) /m);
  });

  test('a package under a licence that is not allowed stops the build', () => {
    const folder = join(root, 'tools/package/testing/unlicensed');
    expect(() => licenceOf(folder)).toThrow(/unlicensed-example has the licence "SSPL-1.0"/);
    expect(() => licenceList([folder])).toThrow();
  });
});

describe('package.json', () => {
  const { dependencies, devDependencies } = json('package.json') as Record<string, Record<string, string>>;
  const bundled = new Set(readBundles(root).flatMap(({ packages }) => packages));

  test('what is bundled is a dependency, and what is not is for development', () => {
    expect(Object.keys(dependencies ?? {}).filter((name) => !bundled.has(name))).toEqual([]);
    expect(Object.keys(devDependencies ?? {}).filter((name) => bundled.has(name))).toEqual([]);
  });

  test('each version is exact and stable, and all clients of the AWS SDK have one', () => {
    const all = Object.entries({ ...dependencies, ...devDependencies });
    expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
    const sdk = all.filter(([name]) => name.startsWith('@aws-sdk/'));
    expect(sdk.length).toBeGreaterThanOrEqual(4);
    expect(new Set(sdk.map(([, version]) => version)).size).toBe(1);
  });

  test('the Node of this clone is the one that it fetches', () => {
    expect(text('.nvmrc').trim()).toBe(json('package.json').optionalDependencies.node);
  });
});

describe('budgets', () => {
  const bundles = readBundles(root);

  test.each(budgets(bundles).map((budget) => [budget.what, budget] as const))(
    '%s',
    (_what, { bytes, most }) => {
      expect(bytes).toBeGreaterThan(0);
      expect(bytes).toBeLessThanOrEqual(most);
    },
  );

  test('no zod is in the page, and no package in the preload', () => {
    expect(misplaced(bundles)).toEqual([]);
    const page = { file: 'renderer/assets/x.js', size: 1, imports: [], later: [] };
    expect(misplaced([{ ...page, packages: ['react', 'zod'] }])).toEqual(['renderer/assets/x.js: zod']);
    expect(bundles.filter(({ file }) => /^renderer\/.*\.js$/.test(file))).not.toEqual([]);
  });

  test('the AWS SDK and the updater come when they are first needed', () => {
    expect(loadedTooSoon(bundles)).toEqual([]);
    const packages = bundles
      .filter(({ file }) => /^engine\//.test(file))
      .flatMap((bundle) => bundle.packages);
    expect(packages).toContain('@aws-sdk/client-kms');
  });
});
