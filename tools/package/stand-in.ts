import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

// A folder laid out like Electron's own dist/, made from nothing, so that packing, hooks, file rules, fuses and asar
// are real where the runtime itself cannot be fetched. It runs nothing.

/** Marks the fuse wire in the executable (Electron's documentation of fuses). */
const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
/** How Electron ships: `1` on, `0` off; in the order of `FuseV1Options`. */
const SHIPPED = '101100011';

/** Bytes that look like an executable's start and hold a fuse wire as Electron ships it. */
function executable(magic: number[]): Buffer {
  const wire = Buffer.concat([Buffer.from(SENTINEL), Buffer.from([1, SHIPPED.length]), Buffer.from(SHIPPED)]);
  return Buffer.concat([Buffer.from(magic), Buffer.alloc(4096, 0x90), wire, Buffer.alloc(4096, 0x90)]);
}

const ELF = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0];
const MACH_O = [0xcf, 0xfa, 0xed, 0xfe];

function write(folder: string, files: Record<string, string | Uint8Array>): void {
  for (const [name, bytes] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes, { mode: 0o755 });
  }
}

function linux(folder: string): void {
  write(folder, {
    electron: executable(ELF),
    'chrome-sandbox': Buffer.from(ELF),
    'locales/en-US.pak': '',
    'locales/de.pak': '',
  });
}

/** A real, empty PE with the version resource that the integrity hash is put beside. */
function windows(folder: string): void {
  const { NtExecutable, NtExecutableResource, Resource } = createRequire(
    createRequire(import.meta.url).resolve('app-builder-lib'),
  )('resedit');
  const program = NtExecutable.createEmpty(false, false);
  const resources = NtExecutableResource.from(program);
  const version = Resource.VersionInfo.createEmpty();
  version.setStringValues({ lang: 1033, codepage: 1200 }, { ProductName: 'Electron' });
  version.outputToResourceEntries(resources.entries);
  resources.outputResource(program);
  program.setExtraData(executable([]));
  write(folder, {
    'electron.exe': Buffer.from(program.generate()),
    'ffmpeg.dll': 'MZ',
    'locales/en-US.pak': '',
    'locales/de.pak': '',
  });
}

function plist(values: Record<string, string>): string {
  const members = Object.entries(values).map(([key, value]) => `<key>${key}</key><string>${value}</string>`);
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>${members.join('')}</dict></plist>
`;
}

function mac(folder: string): void {
  const contents = 'Electron.app/Contents';
  const framework = `${contents}/Frameworks/Electron Framework.framework`;
  const info = (name: string) =>
    plist({ CFBundleExecutable: name, CFBundleName: name, CFBundleIdentifier: 'com.github.Electron' });
  write(folder, {
    [`${contents}/Info.plist`]: info('Electron'),
    [`${contents}/MacOS/Electron`]: Buffer.from(MACH_O),
    [`${contents}/Resources/electron.icns`]: 'icns',
    [`${contents}/Resources/en.lproj/locale.pak`]: '',
    [`${contents}/Resources/de.lproj/locale.pak`]: '',
    [`${framework}/Versions/A/Electron Framework`]: executable(MACH_O),
    [`${framework}/Versions/A/Resources/en.lproj/locale.pak`]: '',
    [`${framework}/Versions/A/Resources/de.lproj/locale.pak`]: '',
  });
  symlinkSync('Versions/A/Electron Framework', join(folder, framework, 'Electron Framework'));
  for (const suffix of ['', ' (GPU)', ' (Plugin)', ' (Renderer)']) {
    const helper = `Electron Helper${suffix}`;
    write(folder, {
      [`${contents}/Frameworks/${helper}.app/Contents/Info.plist`]: info(helper),
      [`${contents}/Frameworks/${helper}.app/Contents/MacOS/${helper}`]: Buffer.from(MACH_O),
    });
  }
}

/** Makes the stand-in for one platform in an empty folder. */
export function makeStandIn(platform: 'linux' | 'win32' | 'darwin', version: string, folder: string): void {
  ({ linux, win32: windows, darwin: mac })[platform](folder);
  write(folder, {
    version,
    LICENSE: 'Licence of the runtime',
    'LICENSES.chromium.html': '<title>Licences of Chromium</title>',
    ...(platform === 'darwin' ? {} : { 'resources.pak': '' }),
  });
}
