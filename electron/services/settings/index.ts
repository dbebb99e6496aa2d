export { chooseDataDir, chosenDataDir, dataDir } from './data-folder.ts';
export { appHandlers, SettingsFile } from './settings.ts';
