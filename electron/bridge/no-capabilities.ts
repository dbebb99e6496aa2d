/** Abilities of a host that has no window: a shell. */
export const NO_CAPABILITIES = {
  chooseFiles: false,
  chooseFolder: false,
  readClipboard: false,
  reveal: false,
  openBrowser: false,
  download: false,
  endSessions: false,
} as const;
