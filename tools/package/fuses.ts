import { FuseV1Options } from '@electron/fuses';

/** A switch burnt into the executable, and why it stands as it does. */
interface Fuse {
  readonly on: boolean;
  readonly why: string;
}

/**
 * Every fuse of the runtime, decided. `flipFuses` fails on one that is missing here, and so does the test that reads
 * the enumeration: a new runtime's new fuse waits for a person.
 */
export const FUSES: Readonly<Record<FuseV1Options, Fuse>> = {
  [FuseV1Options.RunAsNode]: {
    on: false,
    why: 'ELECTRON_RUN_AS_NODE would let any program use our signed executable as a Node that runs its own script',
  },
  [FuseV1Options.EnableCookieEncryption]: {
    on: false,
    why: "no cookie is ever stored, and the fuse opens the system's keychain or keyring at every start to fetch a key for them",
  },
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: {
    on: false,
    why: 'NODE_OPTIONS=--require would run foreign code where the credentials are',
  },
  [FuseV1Options.EnableNodeCliInspectArguments]: {
    on: false,
    why: '--inspect would open a debugger on the process that holds the credentials',
  },
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: {
    on: true,
    why: 'app.asar must be the one that was signed (checked on macOS and Windows; Linux has no check)',
  },
  [FuseV1Options.OnlyLoadAppFromAsar]: {
    on: true,
    why: 'a folder resources/app would otherwise run instead of the archive, which is checked',
  },
  [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: {
    on: false,
    why: 'we ship no snapshot of our own, and a planted one would run before the integrity check',
  },
  [FuseV1Options.GrantFileProtocolExtraPrivileges]: {
    on: false,
    why: 'the page comes from app://; file: needs no more than a browser gives it',
  },
  [FuseV1Options.WasmTrapHandlers]: {
    on: true,
    why: 'the default; it makes WebAssembly faster, and its bounds checks hold either way',
  },
};

/** The form that `flipFuses` takes, without the version and options. */
export function fuseWire(): Record<FuseV1Options, boolean> {
  const entries = Object.entries(FUSES).map(([fuse, { on }]) => [fuse, on]);
  return Object.fromEntries(entries) as Record<FuseV1Options, boolean>;
}
