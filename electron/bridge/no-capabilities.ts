/** Abilities of a host that has no window: a shell. */
export const CAN_NOTHING = {
  chooseFiles: false,
  chooseFolder: false,
  readClipboard: false,
  reveal: false,
  openBrowser: false,
  download: false,
  endSessions: false,
} as const;
