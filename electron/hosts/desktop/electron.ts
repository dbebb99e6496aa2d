/**
 * The part of Electron that the desktop host uses, handed in by `main.ts`. Nothing in this folder loads the runtime
 * itself, so tests run where there is none, against a fake of this same type.
 */
export type ElectronMain = Pick<
  typeof import('electron'),
  | 'app'
  | 'BrowserWindow'
  | 'clipboard'
  | 'dialog'
  | 'ipcMain'
  | 'Menu'
  | 'nativeTheme'
  | 'Notification'
  | 'powerMonitor'
  | 'powerSaveBlocker'
  | 'protocol'
  | 'screen'
  | 'session'
  | 'shell'
  | 'utilityProcess'
>;
