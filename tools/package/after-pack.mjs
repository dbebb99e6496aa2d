import { join } from 'node:path';
import { FuseVersion, flipFuses } from '@electron/fuses';
import { fuseWire } from './fuses.ts';

/** The executable with the fuses that are read, for each platform's layout. */
function executable({ appOutDir, electronPlatformName, packager }) {
  const name = packager.appInfo.productFilename;
  if (electronPlatformName === 'darwin') return join(appOutDir, `${name}.app`);
  if (electronPlatformName === 'win32') return join(appOutDir, `${name}.exe`);
  return join(appOutDir, packager.executableName);
}

/**
 * electron-builder's hook after the files are in place and before anything is signed: flips the fuses. The two halves
 * of a universal macOS application are left as they are, since the whole comes by here once more when it is joined.
 */
export default async function afterPack(context) {
  if (/-(x64|arm64)-temp$/.test(context.appOutDir)) return;
  await flipFuses(executable(context), {
    version: FuseVersion.V1,
    strictlyRequireAllFuses: true,
    // Unsigned builds for Apple silicon carry an ad-hoc signature that the flipped bytes would break.
    resetAdHocDarwinSignature: context.electronPlatformName === 'darwin' && process.platform === 'darwin',
    ...fuseWire(),
  });
}
