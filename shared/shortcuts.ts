/**
 * Shortcuts of the desktop's menu that the page answers: the menu gives them to the system, Settings lists them. In
 * Electron's form of an accelerator.
 */
export const MENU_SHORTCUTS = {
  'open-files': { accelerator: 'CmdOrCtrl+O', words: 'Add files' },
  'open-folder': { accelerator: 'CmdOrCtrl+Shift+O', words: 'Add folder' },
  'open-plan': { accelerator: 'CmdOrCtrl+Alt+O', words: 'Open a plan' },
  paste: { accelerator: 'CmdOrCtrl+Shift+V', words: 'Paste ciphertext' },
  blobs: { accelerator: 'CmdOrCtrl+1', words: 'Show Blobs' },
  runs: { accelerator: 'CmdOrCtrl+2', words: 'Show Runs' },
  keys: { accelerator: 'CmdOrCtrl+3', words: 'Show Keys' },
  audit: { accelerator: 'CmdOrCtrl+4', words: 'Show Audit' },
  settings: { accelerator: 'CmdOrCtrl+,', words: 'Settings' },
} as const;
